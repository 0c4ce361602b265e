// libvpx's VP8 encoder for one live stream of pictures, owned.
#pragma once

#include <vpx/vpx_encoder.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "media/picture.h"

namespace weir::media {

class Vp8Encoder {
 public:
  struct Frame {
    Bytes data;  ///< Valid until the next encode(); empty when rate control skipped the picture.
    bool key = false;
  };

  static Result<std::unique_ptr<Vp8Encoder>> make(std::uint32_t width, std::uint32_t height,
                                                  std::uint32_t frame_rate, std::uint32_t bitrate);
  ~Vp8Encoder();
  Vp8Encoder(const Vp8Encoder&) = delete;
  Vp8Encoder& operator=(const Vp8Encoder&) = delete;

  /// Encodes the next picture, of the size that was given to make(). Nothing when libvpx failed.
  std::optional<Frame> encode(Picture& picture, bool key);

 private:
  Vp8Encoder() = default;

  vpx_codec_ctx_t codec_{};
  bool open_ = false;
  vpx_codec_pts_t next_ = 0;
};

}  // namespace weir::media
