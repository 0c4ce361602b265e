// Video layers allocation (http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00): what a
// sender means to send in each layer of each of its simulcast streams.
//
//   |RID| NS| sl_bm |     this stream's index, streams less one, spatial layers active in all of them
//   |sl0_bm |sl1_bm| ...  four bits a stream, when sl_bm is 0
//   |#tl|#tl|#tl|#tl| ... two bits a spatial layer: temporal layers less one
//   bitrate (leb128, kbit/s) of each temporal layer of each spatial layer, the layers below included
//   |width - 1 (16)|height - 1 (16)|frame rate (8)| of each spatial layer, or nothing
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "rtp/picture_size.h"

namespace weir::rtp {

inline constexpr std::size_t kMaxAllocatedStreams = 4;
inline constexpr std::size_t kMaxAllocatedSpatial = 4;
inline constexpr std::size_t kMaxAllocatedTemporal = 4;

struct AllocatedLayer {
  std::uint8_t stream = 0;  // in the order of the offer's rids
  std::uint8_t spatial = 0;
  std::uint8_t temporal_layers = 0;
  std::array<std::uint32_t, kMaxAllocatedTemporal> kbps{};  // up to and with each temporal layer
  PictureSize size;                                         // 0 x 0: not told
  std::uint8_t frame_rate = 0;
};

struct LayersAllocation {
  std::uint8_t stream = 0;  // that carries this
  std::uint8_t streams = 1;
  bool sized = false;
  std::uint8_t layer_count = 0;  // 0: nothing is sent
  std::array<AllocatedLayer, kMaxAllocatedStreams * kMaxAllocatedSpatial> layer{};

  /// By stream, then by spatial layer.
  std::span<const AllocatedLayer> layers() const { return {layer.data(), layer_count}; }
};

/// Nothing when the extension is malformed.
std::optional<LayersAllocation> parse_layers_allocation(Bytes extension);

}  // namespace weir::rtp
