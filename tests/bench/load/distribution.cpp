#include "load/distribution.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir::load {

std::size_t Distribution::bucket_of(std::uint64_t us) {
  if (us < (1U << kSubBits)) return us;
  const auto shift = static_cast<unsigned>(std::bit_width(us)) - 1 - kSubBits;
  const std::size_t bucket =
      ((std::size_t{shift} + 1) << kSubBits) + ((us >> shift) & ((1U << kSubBits) - 1));
  return std::min(bucket, kBuckets - 1);
}

std::uint64_t Distribution::upper_bound_of(std::size_t bucket) {
  const std::size_t doubling = bucket >> kSubBits;
  if (doubling == 0) return bucket;
  const std::uint64_t sub = (std::uint64_t{1} << kSubBits) + (bucket & ((1U << kSubBits) - 1));
  return ((sub + 1) << (doubling - 1)) - 1;
}

void Distribution::add(Duration value) {
  ++buckets_[bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(to_us(value), 0)))];
  ++count_;
}

void Distribution::clear() {
  buckets_.fill(0);
  count_ = 0;
}

Duration Distribution::percentile(double share) const {
  if (count_ == 0) return Duration::zero();
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= std::max<std::uint64_t>(wanted, 1))
      return Duration{static_cast<std::int64_t>(upper_bound_of(i))};
  }
  return Duration{static_cast<std::int64_t>(upper_bound_of(kBuckets - 1))};
}

}  // namespace weir::load
