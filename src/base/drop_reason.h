// Why a packet went no further (law 5). The list is public: weir/stats.h.
#pragma once

#include <array>
#include <cstdint>

#include "weir/stats.h"

namespace weir {

#define WEIR_DROP_SCOPED(name, value, text) name = (value),
enum class DropReason : std::uint8_t { WEIR_DROP_LIST(WEIR_DROP_SCOPED) };
#undef WEIR_DROP_SCOPED

class DropCounters {
 public:
  void count(DropReason reason, std::uint64_t n = 1) { counts_[static_cast<std::size_t>(reason)] += n; }
  std::uint64_t of(DropReason reason) const { return counts_[static_cast<std::size_t>(reason)]; }
  std::uint64_t at(std::size_t index) const { return counts_[index]; }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t c : counts_) sum += c;
    return sum;
  }

 private:
  std::array<std::uint64_t, WEIR_DROP_COUNT> counts_{};
};

}  // namespace weir
