// Datagrams on their way in: demultiplexed, and media unprotected in buffers of the pool, those of one read
// together.
#pragma once

#include <span>

#include "engine/core.h"

namespace weir::engine {

/// As many of the first ones as the arena has room to answer; how many.
std::size_t receive_datagrams(Core& core, Time now, std::span<const Datagram> batch);

}  // namespace weir::engine
