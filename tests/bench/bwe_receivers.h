#pragma once

#include <cstddef>

namespace weir::bench {

struct ReceiversSettings {
  std::size_t receivers = 500;
  double seconds = 10;
};

/// Prints one record. 1 when what was sent, reported or estimated is not what it has to be.
int run_receivers(const ReceiversSettings& settings);

}  // namespace weir::bench
