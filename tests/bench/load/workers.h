// Work that takes milliseconds (keys, DTLS handshakes) on libuv's threads.
#pragma once

#include <uv.h>

#include <functional>

namespace weir::load {

/// `work` on a thread, then `done` on the loop's. Whoever they name must live until done() has been called: a
/// loop that is turned to its end calls every one.
void run_on_worker(uv_loop_t& loop, std::function<void()> work, std::function<void()> done);

}  // namespace weir::load
