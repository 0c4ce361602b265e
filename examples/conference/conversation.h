// Who of a round of people talks: turns that follow one another with a short gap or a short overlap, never
// more than two at once, and now and then nobody. The same seed gives the same conversation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

namespace conference {

class Conversation {
 public:
  explicit Conversation(std::uint64_t seed) : random_{seed} {}

  /// Moves on to `now_us` with `people` in the round. Time that goes back changes nothing.
  void advance(std::int64_t now_us, std::size_t people);
  bool talks(std::size_t person, std::int64_t now_us) const;

 private:
  struct Turn {
    std::size_t person = 0;
    std::int64_t from_us = 0;
    std::int64_t until_us = 0;
  };

  std::int64_t between(std::int64_t low_us, std::int64_t high_us);
  std::size_t next_speaker(std::size_t people);
  void begin_turn(std::int64_t at_us, std::size_t people);

  std::mt19937_64 random_;
  std::array<Turn, 2> turns_{};  // the newest first
  std::int64_t next_us_ = 0;
  bool begun_ = false;
};

}  // namespace conference
