// VP9 payload descriptor (RFC 9628 section 4.2).
//
//   |I|P|L|F|B|E|V|Z|
//   |M| PictureID (7)  |  PictureID, lower 8     |   if I; the second byte if M
//   | TID |U| SID |D|                                if L
//   | TL0PICIDX (8)  |                               if L and not F
//   | P_DIFF (7)   |N|  up to three                  if P and F; another follows if N
//   scalability structure                            if V (section 4.2.1)
//     | N_S |Y|G|-|-|-|
//     | WIDTH (16) | HEIGHT (16) |  N_S + 1 times    if Y
//     | N_G (8) |                                    if G, then N_G times
//     |   | TID |U| R |-|-|  P_DIFF (8), R times
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "rtp/picture_size.h"

namespace weir::rtp {

struct Vp9Descriptor {
  static constexpr std::size_t kMaxSpatialLayers = 8;
  static constexpr std::size_t kMaxReferences = 3;

  std::uint16_t size = 0;            // bytes of the descriptor
  bool inter_picture = false;        // P
  bool flexible = false;             // F
  bool start_of_frame = false;       // B: of a layer frame
  bool end_of_frame = false;         // E
  bool not_for_inter_layer = false;  // Z: no upper spatial layer refers to this frame
  std::optional<std::uint16_t> picture_id;
  std::uint8_t picture_id_offset = 0;  // where it lies, valid with picture_id
  bool picture_id_long = false;        // 15 bits
  bool layered = false;                // L: the four fields that follow were there
  std::uint8_t temporal = 0;           // TID
  std::uint8_t spatial = 0;            // SID
  bool switching_up = false;           // U
  bool inter_layer = false;            // D
  std::optional<std::uint8_t> tl0_picture_index;
  std::uint8_t tl0_offset = 0;
  std::uint8_t reference_count = 0;  // flexible mode: P_DIFF, each a distance of picture ids
  std::array<std::uint8_t, kMaxReferences> references{};
  std::uint8_t spatial_layers = 0;                     // N_S + 1 of a scalability structure, 0 without one
  std::array<PictureSize, kMaxSpatialLayers> sizes{};  // of each spatial layer; 0 x 0: not told
};

/// Nothing when the payload is cut within the descriptor, or refers to more pictures than it may.
std::optional<Vp9Descriptor> parse_vp9_descriptor(Bytes payload);

/// Writes other numbers into a payload that has them (same widths).
void rewrite_vp9_descriptor(MutableBytes payload, const Vp9Descriptor& descriptor, std::uint16_t picture_id,
                            std::uint8_t tl0_picture_index);

}  // namespace weir::rtp
