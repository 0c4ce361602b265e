// What ends a run: one line for the person who started it.
#pragma once

#include <stdexcept>

namespace weir::load {

struct LoadError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace weir::load
