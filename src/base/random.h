// Randomness is an argument (law 1).
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace weir {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(MutableBytes out) = 0;

  std::uint32_t u32() {
    std::uint8_t b[4];
    fill(b);
    return load_u32(b);
  }
  std::uint64_t u64() {
    std::uint8_t b[8];
    fill(b);
    return load_u64(b);
  }
  /// Uniform in [0, bound); bound > 0. The bias is below 2^-32 for bounds that fit 32 bits.
  std::uint64_t below(std::uint64_t bound) { return u64() % bound; }
  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(u64() >> 11) * 0x1.0p-53; }
};

/// A seeded generator (SplitMix64) for tests, scenarios and everything that is not a secret.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  void fill(MutableBytes out) override {
    while (!out.empty()) {
      std::uint8_t block[8];
      store_u64(block, next());
      const std::size_t n = out.size() < 8 ? out.size() : 8;
      std::memcpy(out.data(), block, n);
      out = out.subspan(n);
    }
  }

 private:
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace weir
