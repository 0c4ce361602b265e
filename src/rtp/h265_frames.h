// H.265 access units to payloads and back (layouts in h265_frames.cpp).
#pragma once

#include "rtp/packetizer.h"

namespace weir::rtp {

/// Payloads of an access unit in a byte stream (ITU-T H.265 annex B); empty when there is no NAL unit in it.
std::vector<Packetizer::Payload> split_h265(Bytes frame, std::size_t max_payload);

/// Whether a payload begins with a parameter set of the whole stream or a delimiter. What is missing before
/// such a one is hardly of this access unit; before a slice its parameter sets may be missing.
bool begins_h265_access_unit(Bytes payload);

/// Appends what one payload carries; false when it cannot stand at this place of a frame. `in_fragments`: the
/// end of a fragmented unit is still to come.
bool append_h265(AssembledFrame& frame, Bytes payload, bool& in_fragments);

}  // namespace weir::rtp
