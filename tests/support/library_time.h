// The wall clock that usrsctp reads by itself (round trips, lifetimes), for programs that run in virtual
// time.
#pragma once

#include "base/time.h"

namespace weir::test {

/// From the first call on, gettimeofday() gives this time in the whole program, shared libraries included.
void set_library_time(Time now);

}  // namespace weir::test
