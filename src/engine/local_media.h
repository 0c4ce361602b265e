// Media of local participants: frames or RTP that the host writes, and what it reads.
#pragma once

#include <initializer_list>

#include "engine/core.h"

namespace weir::engine {

weir_status write_frame(Core& core, Time now, sfu::Track& track, const weir_frame& frame);
weir_status write_rtp(Core& core, Time now, sfu::Track& track, Bytes packet, std::uint32_t level);
weir_status read_local(sfu::Subscription& subscription, weir_frame& frame, MutableBytes buffer);

/// The line of a local track or subscription: no negotiation, fixed payload types.
sfu::Line local_line(std::initializer_list<Codec> codecs);

}  // namespace weir::engine
