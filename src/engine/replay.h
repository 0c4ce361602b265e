// A key frame of a moment ago stands for one that would have to be asked for.
#pragma once

#include "engine/core.h"

namespace weir::engine {

/// A receiver that waits for a source begins with its newest key frame, when that is recent, it and all that
/// came after it are still held, and the path can take them soon. Senders make no second key frame so shortly
/// after one (libwebrtc: 300 ms), and nobody else's picture suffers. False: one has to be asked for.
bool replay_key_frame(Core& core, Time now, sfu::Subscription& subscription);

}  // namespace weir::engine
