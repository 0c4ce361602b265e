// Layers in the engine: when the allocation of a receiver's bandwidth is decided anew, what then happens to
// its subscriptions, and what publishers are told.
#pragma once

#include "engine/core.h"

namespace weir::engine {

/// After every input: decides for the receivers whose routes, wishes or tracks changed, those at once that
/// were not decided for lately.
void settle_layers(Core& core, Time now);

/// A timer of a participant fired: its layers may be due.
void service_layers(Core& core, Time now, sfu::Participant& receiver);

/// A timer of a track fired: looks whether its layers came or went, and tells its publisher what is wanted.
void service_demand(Core& core, Time now, sfu::Track& track);

/// Takes a publisher's video layers allocation (rtp/layers_allocation.h).
void take_announcement(sfu::Track& track, Bytes extension);

/// What was one layer of an encoding turns out to be two temporal ones: who got it goes on getting both.
void split_layer(sfu::Track& track, std::uint8_t encoding);

/// The layers of a track as they are seen now.
void look_at_layers(Time now, sfu::Track& track);

}  // namespace weir::engine
