// Offer in, answer out: from a session description to tracks, subscriptions and a transport.
#pragma once

#include <string>
#include <string_view>

#include "engine/core.h"

namespace weir::engine {

/// On failure the session goes on as it was.
Result<std::string> negotiate(Core& core, Time now, sfu::Participant& participant, std::string_view offer);

}  // namespace weir::engine
