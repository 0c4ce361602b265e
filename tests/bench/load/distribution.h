// Percentiles of times in constant memory: counts in buckets whose width is at most 1/64 of their values.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace weir::load {

class Distribution {
 public:
  /// A negative time counts as zero, one above 19 hours as that.
  void add(Duration value);
  void clear();
  std::uint64_t count() const { return count_; }
  /// The least bucket (its upper bound) that `share` of all values do not exceed; zero without values.
  Duration percentile(double share) const;

 private:
  // 64 buckets of 1 us, then 64 for each doubling.
  static constexpr unsigned kSubBits = 6;
  static constexpr unsigned kDoublings = 30;
  static constexpr std::size_t kBuckets = std::size_t{kDoublings + 1} << kSubBits;

  static std::size_t bucket_of(std::uint64_t us);
  static std::uint64_t upper_bound_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace weir::load
