// What the files that define the calls of an Engine share.
#pragma once

#include "engine/core.h"
#include "engine/engine.h"

namespace weir::engine {

struct Engine::Impl {
  Core core;
  Time last_now{};

  template <typename T>
  Result<Id> made(Time now, const Result<T*>& result) {
    core.settle(now);
    last_now = now;
    if (result) return result.value()->id;
    if (result.error().status == WEIR_ERR_LIMIT) ++core.counters.limit_refusals;
    return result.error();
  }
  weir_status done(Time now, weir_status status) {
    core.settle(now);
    last_now = now;
    if (status == WEIR_ERR_LIMIT) ++core.counters.limit_refusals;
    return status;
  }
};

}  // namespace weir::engine
