#include "conversation.h"

#include <algorithm>

namespace conference {
namespace {

constexpr std::int64_t shortest_turn_us = 2'000'000;
constexpr std::int64_t longest_turn_us = 8'000'000;
constexpr std::int64_t longest_overlap_us = 900'000;  // below half of the shortest turn: no three at once
constexpr std::int64_t longest_gap_us = 1'200'000;
constexpr std::int64_t shortest_monologue_gap_us = 1'000'000;
constexpr std::int64_t longest_monologue_gap_us = 4'000'000;
constexpr std::int64_t first_word_us = 500'000;

}  // namespace

std::int64_t Conversation::between(std::int64_t low_us, std::int64_t high_us) {
  const auto span = static_cast<std::uint64_t>(high_us - low_us + 1);
  return low_us + static_cast<std::int64_t>(random_() % span);
}

// Anybody but who spoke last.
std::size_t Conversation::next_speaker(std::size_t people) {
  if (people == 1) return 0;
  const std::size_t last = turns_[0].person;
  if (last >= people || turns_[0].until_us == 0) return random_() % people;
  const std::size_t choice = random_() % (people - 1);
  return choice < last ? choice : choice + 1;
}

void Conversation::begin_turn(std::int64_t at_us, std::size_t people) {
  const std::size_t person = next_speaker(people);
  turns_[1] = turns_[0];
  turns_[0] = {person, at_us, at_us + between(shortest_turn_us, longest_turn_us)};
  const std::int64_t pause = people == 1 ? between(shortest_monologue_gap_us, longest_monologue_gap_us)
                                         : between(-longest_overlap_us, longest_gap_us);
  next_us_ = turns_[0].until_us + pause;
}

void Conversation::advance(std::int64_t now_us, std::size_t people) {
  if (people == 0) return;
  if (!begun_) {
    begun_ = true;
    next_us_ = now_us + first_word_us;
  }
  // One turn at most, and from now on: after a long sleep nobody recites what was missed.
  if (now_us >= next_us_) begin_turn(now_us, people);
}

bool Conversation::talks(std::size_t person, std::int64_t now_us) const {
  return std::any_of(turns_.begin(), turns_.end(), [&](const Turn& turn) {
    return turn.person == person && turn.from_us <= now_us && now_us < turn.until_us;
  });
}

}  // namespace conference
