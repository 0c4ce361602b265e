// Levels of synthetic sounds over time, as microphones give them (-dBov), a packet every 20 ms.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/random.h"
#include "base/time.h"

namespace weir::sfu::test {

inline constexpr int kSilence = 127;
inline constexpr Duration kPacket = std::chrono::milliseconds{20};

/// The level at a time since the beginning.
using Sound = std::function<int(Duration)>;

inline Sound silence() {
  return [](Duration) { return kSilence; };
}

inline Sound tone(int level) {
  return [level](Duration) { return level; };
}

/// Loud from `from` on for `length`.
inline Sound burst(Duration from, Duration length, int level) {
  return [=](Duration t) { return t >= from && t < from + length ? level : kSilence; };
}

/// `loud` of every `period`.
inline Sound strokes(Duration period, Duration loud, int level) {
  return [=](Duration t) { return t % period < loud ? level : kSilence; };
}

/// A tune without rests: the level sways by a few dB.
inline Sound music(int level) {
  return [=](Duration t) { return level + static_cast<int>(to_us(t) / 60'000 % 4); };
}

/// Syllables of 120 to 220 ms with dips of 20 to 60 ms between, words of one to four of them, pauses of up to
/// `longest_pause` between words.
inline Sound speech(std::uint64_t seed, int level, Duration length,
                    Duration longest_pause = std::chrono::milliseconds{300}) {
  SeededRandom random{seed};
  std::vector<int> levels;
  const auto add = [&](std::int64_t ms, int at) {
    for (std::int64_t i = 0; i < ms / 20; ++i) levels.push_back(at + static_cast<int>(random.below(5)));
  };
  const auto between = [&](std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most - least + 1)));
  };
  while (kPacket * static_cast<std::int64_t>(levels.size()) < length) {
    for (std::int64_t syllables = between(1, 4); syllables > 0; --syllables) {
      add(between(120, 220), level);
      add(between(20, 60), level + 25);
    }
    add(between(60, to_us(longest_pause) / 1000), 75);
  }
  return [levels](Duration t) {
    const auto i = static_cast<std::size_t>(t / kPacket);
    return i < levels.size() ? levels[i] : kSilence;
  };
}

/// One sound, then another.
inline Sound then(const Sound& first, Duration at, const Sound& second) {
  return [=](Duration t) { return t < at ? first(t) : second(t - at); };
}

}  // namespace weir::sfu::test
