// What the node reads in a payload: where frames begin, which are key frames, which layer they belong to. VP8
// (RFC 7741 section 4.2 and 4.3), VP9 (RFC 9628), H.264 (RFC 6184 section 5), H.265 (RFC 7798), AV1 (RTP
// payload format for AV1, section 4). Audio has no descriptor.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/media_type.h"
#include "rtp/vp9_descriptor.h"

namespace weir::rtp {

/// VP8 payload descriptor:
///   |X|R|N|S|R| PID | X: |I|L|T|K| RSV | I: |M| PictureID (7 or 15 bits) | L: TL0PICIDX | T/K: |TID|Y|
///   KEYIDX |
struct Vp8Descriptor {
  std::uint8_t size = 0;            // bytes of the descriptor
  bool start_of_partition = false;  // S
  bool non_reference = false;       // N
  std::uint8_t partition = 0;       // PID
  std::optional<std::uint16_t> picture_id;
  std::uint8_t picture_id_offset = 0;  // where it lies, valid with picture_id
  bool picture_id_long = false;        // 15 bits
  std::optional<std::uint8_t> tl0_picture_index;
  std::uint8_t tl0_offset = 0;
  std::optional<std::uint8_t> temporal_layer;
  bool layer_sync = false;  // Y
};
std::optional<Vp8Descriptor> parse_vp8_descriptor(Bytes payload);
/// Writes other numbers into a payload that has them (same widths).
void rewrite_vp8_descriptor(MutableBytes payload, const Vp8Descriptor& descriptor, std::uint16_t picture_id,
                            std::uint8_t tl0_picture_index);

/// The highest temporal layer that any codec numbers.
inline constexpr std::uint8_t kMaxTemporalLayer = 7;

/// Facts common to all codecs. Those of encrypted payloads come from the dependency descriptor
/// (dependency_descriptor.h), with the same fields. A codec that tells nothing of layers leaves a stream of
/// one.
struct PayloadFacts {
  bool frame_start = false;  // first packet of a layer frame, as far as the payload tells. H.264, H.265, AV1:
                             // parameter sets, SEI, delimiter or a picture's first slice; several packets of
                             // a frame may say so, the timestamp decides
  bool frame_end = false;    // last packet of its layer frame, where the payload tells (VP9: E); else the RTP
                             // marker decides
  bool key_frame =
      false;  // belongs to a key frame and its decoding may begin here (VP8, VP9, AV1: first
              // packet of one; H.264, H.265: parameter sets, or the start of the first slice of
              // an IDR or IRAP picture, which they may precede in a packet before; audio: always)
  std::uint16_t width = 0;  // of a key frame, that of its largest layer; 0 when the packet does not tell
  std::uint16_t height = 0;
  bool layered = false;  // the payload carries layer ids
  std::uint8_t spatial = 0;
  std::uint8_t temporal = 0;
  bool temporal_switch = false;  // from this frame on, frames of its temporal layer may be decoded without
                                 // earlier frames of that layer (VP8: Y, VP9: U)
  std::uint8_t switch_to = 0;    // the highest temporal layer that may be taken up with this frame, once the
                                 // frame itself can be decoded
  bool inter_picture = true;     // depends on earlier pictures
  bool inter_layer = false;      // depends on a lower spatial layer of the same picture
  bool non_reference = false;    // nothing depends on the frame (VP8: N, H.264: NRI is 0)
  std::uint8_t needed = 0xff;    // bit s: who decodes spatial layer s needs the frame, now or for later ones
  std::uint8_t opens = 0;   // frames of its spatial layer below this temporal layer depend, from here on,
                            // on nothing that their layer had before; 0: it does not say so
  std::uint16_t reach = 0;  // descriptor: frame numbers back to the oldest that it refers to; 0: none
  Vp8Descriptor vp8{};      // for VP8
  Vp9Descriptor vp9{};      // for VP9
};
/// Nothing when the payload is malformed. An empty payload is malformed.
std::optional<PayloadFacts> parse_payload(Codec codec, Bytes payload);

}  // namespace weir::rtp
