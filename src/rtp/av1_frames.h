// AV1 temporal units to payloads and back (layouts in av1_frames.cpp).
#pragma once

#include "rtp/packetizer.h"

namespace weir::rtp {

/// Payloads of a temporal unit in the low-overhead bitstream format (AV1 section 5.2); empty when it is none.
std::vector<Packetizer::Payload> split_av1(Bytes unit, std::size_t max_payload);

/// Puts a temporal unit together from its payloads, in order.
class Av1Joiner {
 public:
  /// False when the payload is malformed or cannot stand at this place.
  bool add(Bytes payload);
  /// The temporal unit in the low-overhead bitstream format, with its delimiter; false when it is not whole.
  bool finish(AssembledFrame& frame);

 private:
  bool take(Bytes obu);

  std::vector<std::uint8_t> units_;    // with sizes
  std::vector<std::uint8_t> partial_;  // an OBU whose end is still to come
  bool in_fragments_ = false;
  bool key_frame_ = false;
};

}  // namespace weir::rtp
