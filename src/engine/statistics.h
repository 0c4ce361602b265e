// Counters in the words of stats.h.
#pragma once

#include "engine/core.h"

namespace weir::engine {

/// Adds to what is there, so that workers sum up.
void add_node_stats(const Core& core, weir_node_stats& stats);
void fill_participant_stats(const Core& core, Time now, const sfu::Participant& participant,
                            weir_participant_stats& stats);
void fill_track_stats(Time now, sfu::Track& track, weir_track_stats& stats);
void fill_subscription_stats(const sfu::Subscription& subscription, weir_subscription_stats& stats);

}  // namespace weir::engine
