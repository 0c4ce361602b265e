// Pictures of libvpx as two persons send them in layers, and what libvpx makes of them at a receiver.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/media_type.h"
#include "support/vp9_svc.h"

namespace weir::test {

/// VP8 with three temporal layers, 0 2 1 2: nothing refers to the uppermost, the middle one is referred to by
/// the picture behind it.
class Vp8LayersEncoder {
 public:
  static constexpr unsigned kWidth = 160;
  static constexpr unsigned kHeight = 96;

  struct Frame {
    std::vector<std::uint8_t> bytes;
    std::uint8_t temporal = 0;
    bool key = false;
    bool sync = false;  // refers to the lowest layer alone
  };

  /// `shade` tells its pictures from others'.
  explicit Vp8LayersEncoder(std::uint8_t shade);
  ~Vp8LayersEncoder();
  Vp8LayersEncoder(const Vp8LayersEncoder&) = delete;
  Vp8LayersEncoder& operator=(const Vp8LayersEncoder&) = delete;

  Frame encode(bool key);

 private:
  struct Codec;
  std::unique_ptr<Codec> codec_;
  std::int64_t number_ = 0;
  unsigned position_ = 0;
  std::uint8_t shade_;
};

/// Payloads of RTP packets for one frame (RFC 7741 section 4.2), with at most `size` bytes of it.
std::vector<Vp9Payload> packetize_vp8(const Vp8LayersEncoder::Frame& frame, std::uint16_t picture_id,
                                      std::uint8_t tl0_picture_index, std::size_t size);

/// Decodes pictures, and tells what it saw.
class PictureDecoder {
 public:
  explicit PictureDecoder(Codec codec);
  ~PictureDecoder();
  PictureDecoder(PictureDecoder&&) noexcept;
  PictureDecoder& operator=(PictureDecoder&&) = delete;

  /// A digest of all samples of the picture; nothing when it cannot be decoded.
  std::optional<std::uint64_t> decode(Bytes picture);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::test
