#include "conversation.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using conference::Conversation;

namespace {

constexpr std::int64_t step_us = 20'000;
constexpr std::int64_t minute_us = 60'000'000;

struct Talk {
  std::vector<std::int64_t> each;  ///< Steps in which a person talks.
  std::int64_t none = 0;
  std::int64_t two = 0;
  std::int64_t more = 0;
  std::int64_t steps = 0;
};

Talk listen(Conversation& conversation, std::size_t people, std::int64_t from_us, std::int64_t until_us) {
  Talk talk;
  talk.each.resize(people);
  for (std::int64_t now = from_us; now < until_us; now += step_us) {
    conversation.advance(now, people);
    std::int64_t talking = 0;
    for (std::size_t person = 0; person < people; ++person) {
      if (!conversation.talks(person, now)) continue;
      ++talking;
      ++talk.each[person];
    }
    talk.none += talking == 0 ? 1 : 0;
    talk.two += talking == 2 ? 1 : 0;
    talk.more += talking > 2 ? 1 : 0;
    ++talk.steps;
  }
  return talk;
}

}  // namespace

TEST_CASE("mostly one talks, sometimes two, never three, and everybody has a turn") {
  for (const std::size_t people : {2U, 3U, 10U}) {
    for (const std::uint64_t seed : {0U, 1U, 77U}) {
      CAPTURE(people);
      CAPTURE(seed);
      Conversation conversation{seed};
      const Talk talk = listen(conversation, people, 0, 15 * minute_us);
      CHECK(talk.more == 0);
      CHECK(talk.two > 0);
      CHECK(talk.two < talk.steps / 5);
      CHECK(talk.none > 0);
      CHECK(talk.none < talk.steps / 4);
      for (const std::int64_t mine : talk.each) CHECK(mine > 0);
    }
  }
}

TEST_CASE("somebody alone talks with pauses") {
  Conversation conversation{5};
  const Talk talk = listen(conversation, 1, 0, 5 * minute_us);
  CHECK(talk.each[0] > talk.steps / 3);
  CHECK(talk.none > talk.steps / 10);
}

TEST_CASE("the same seed gives the same conversation") {
  Conversation first{9};
  Conversation second{9};
  Conversation third{10};
  bool third_differs = false;
  for (std::int64_t now = 0; now < 2 * minute_us; now += step_us) {
    for (Conversation* c : {&first, &second, &third}) c->advance(now, 4);
    for (std::size_t person = 0; person < 4; ++person) {
      CHECK(first.talks(person, now) == second.talks(person, now));
      third_differs = third_differs || first.talks(person, now) != third.talks(person, now);
    }
  }
  CHECK(third_differs);
}

TEST_CASE("a round that shrinks, empties and grows goes on") {
  Conversation conversation{3};
  conversation.advance(0, 0);
  CHECK_FALSE(conversation.talks(0, 0));
  CHECK(listen(conversation, 5, minute_us, 2 * minute_us).none < 60 * 50 / 2);
  CHECK(listen(conversation, 2, 2 * minute_us, 3 * minute_us).none < 60 * 50 / 2);
  const Talk grown = listen(conversation, 6, 3 * minute_us, 13 * minute_us);
  CHECK(grown.more == 0);
  for (const std::int64_t mine : grown.each) CHECK(mine > 0);
}

TEST_CASE("after a long sleep the conversation goes on from now") {
  Conversation conversation{3};
  listen(conversation, 3, 0, minute_us);
  const Talk later = listen(conversation, 3, 1000 * minute_us, 1001 * minute_us);
  CHECK(later.more == 0);
  CHECK(later.none < later.steps / 2);
}
