// A VP9 encoder with spatial and temporal layers, frame by frame as a browser packs them into RTP.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"

namespace weir::test {

/// One frame of one spatial layer.
struct Vp9LayerFrame {
  std::vector<std::uint8_t> bytes;
  std::uint8_t spatial = 0;
  std::uint8_t temporal = 0;
  bool key_picture = false;
  bool inter_layer = false;
  bool not_for_inter_layer = false;  // no frame of a higher spatial layer depends on it
};

class Vp9SvcEncoder {
 public:
  static constexpr int kSpatialLayers = 3;
  static constexpr int kTemporalLayers = 3;
  static constexpr unsigned kWidth = 320;
  static constexpr unsigned kHeight = 192;

  /// `independent`: spatial layers are predicted from each other in key pictures only (L3T3_KEY). `shade`
  /// tells its pictures from others'.
  explicit Vp9SvcEncoder(bool independent, std::uint8_t shade = 0);
  ~Vp9SvcEncoder();

  /// The layer frames of the next picture: a bar that moves.
  std::vector<Vp9LayerFrame> encode(bool key);

  struct Codec;

 private:
  std::unique_ptr<Codec> codec_;
  std::int64_t number_ = 0;
  std::uint8_t shade_;
};

/// Decodes what a receiver got of each picture.
class Vp9Decoder {
 public:
  Vp9Decoder();
  ~Vp9Decoder();
  /// The width of the picture; 0 when it cannot be decoded.
  unsigned decode(Bytes picture);

 private:
  struct Codec;
  std::unique_ptr<Codec> codec_;
};

/// Payloads of RTP packets for one picture (RFC 9628 section 4.2, not flexible), with at most `size` bytes.
struct Vp9Payload {
  std::vector<std::uint8_t> bytes;
  bool marker = false;
};
std::vector<Vp9Payload> packetize_vp9(const std::vector<Vp9LayerFrame>& frames, std::uint16_t picture_id,
                                      std::uint8_t tl0_picture_index, std::size_t size);

}  // namespace weir::test
