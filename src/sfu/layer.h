// Layers: which of a track's simulcast encodings (RFC 8853), and how much of its spatial and temporal layers.
#pragma once

#include <compare>
#include <cstdint>

namespace weir::sfu {

/// What a subscription carries of a track: one encoding, with all layers up to these.
struct LayerId {
  std::uint8_t encoding = 0;
  std::uint8_t spatial = 0;
  std::uint8_t temporal = 0;
  constexpr auto operator<=>(const LayerId&) const = default;
};

inline constexpr std::uint8_t kMaxEncodings = 8;
inline constexpr std::uint8_t kSpatialLayers = 4;   // a dependency descriptor's spatial id has two bits
inline constexpr std::uint8_t kTemporalLayers = 8;  // and its temporal id three

/// What the choice of layers needs to know of a packet, from its payload descriptor or its dependency
/// descriptor.
struct LayerFacts {
  std::uint32_t timestamp = 0;  // tells pictures apart
  std::uint8_t spatial = 0;
  std::uint8_t temporal = 0;
  bool frame_start = false;    // of the frame of one spatial layer
  bool frame_end = false;      // likewise; false also when only the marker tells
  bool marker = false;         // last packet of the picture, with all its layers
  bool key_frame = false;      // decoding may begin with this packet
  bool sync = false;           // the frame depends on nothing that its own temporal layer had before
  std::uint8_t switch_to = 0;  // temporal layers up to this one depend, from here on, on nothing before
  bool inter_picture = true;   // the frame depends on earlier pictures
  bool inter_layer = false;    // the frame depends on a lower spatial layer of its picture
  std::uint8_t needed = 0xff;  // bit s: who decodes spatial layer s needs the frame, now or for later ones
  std::uint8_t opens = 0;      // frames of its spatial layer below this temporal layer depend, from here on,
                               // on nothing that their layer had before
  bool described = false;      // these are told:
  std::uint16_t frame_number = 0;
  std::uint16_t reach = 0;  // frame numbers back to the oldest that it refers to; 0: it refers to none
};

}  // namespace weir::sfu
