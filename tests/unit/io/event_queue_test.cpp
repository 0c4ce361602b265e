#include "io/event_queue.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using weir::Duration;
using weir::io::EventQueue;

namespace {

weir_event numbered(std::uint64_t number) {
  weir_event event{};
  event.type = WEIR_EVENT_TRACK_MUTED;
  event.value = number;
  event.time_us = static_cast<std::int64_t>(number) * 10;
  return event;
}

bool readable(const EventQueue& queue) {
  pollfd fd{queue.fd(), POLLIN, 0};
  return poll(&fd, 1, 0) == 1;
}

}  // namespace

TEST_CASE("events come out in the order they went in") {
  EventQueue queue{8};
  weir_event event{};
  CHECK(queue.pop(event, Duration::zero()) == WEIR_ERR_AGAIN);
  for (std::uint64_t i = 1; i <= 3; ++i) queue.push(numbered(i));
  for (std::uint64_t i = 1; i <= 3; ++i) {
    REQUIRE(queue.pop(event, Duration::zero()) == WEIR_OK);
    CHECK(event.value == i);
  }
  CHECK(queue.pop(event, 1ms) == WEIR_ERR_AGAIN);
}

TEST_CASE("the descriptor is readable exactly while events wait, and after close") {
  EventQueue queue{8};
  weir_event event{};
  CHECK_FALSE(readable(queue));
  queue.push(numbered(1));
  queue.push(numbered(2));
  CHECK(readable(queue));
  queue.pop(event, Duration::zero());
  CHECK(readable(queue));
  queue.pop(event, Duration::zero());
  CHECK_FALSE(readable(queue));
  queue.close();
  CHECK(readable(queue));
}

TEST_CASE("a full queue marks the gap where it is and counts") {
  EventQueue queue{3};
  for (std::uint64_t i = 1; i <= 3; ++i) queue.push(numbered(i));
  CHECK(queue.lost() == 0);
  queue.push(numbered(4));
  queue.push(numbered(5));
  CHECK(queue.lost() == 2);

  weir_event event{};
  for (std::uint64_t i = 1; i <= 2; ++i) {
    REQUIRE(queue.pop(event, Duration::zero()) == WEIR_OK);
    CHECK(event.value == i);
  }
  queue.push(numbered(6));  // the mark takes one place, the event the other
  REQUIRE(queue.pop(event, Duration::zero()) == WEIR_OK);
  CHECK(event.value == 3);
  REQUIRE(queue.pop(event, Duration::zero()) == WEIR_OK);
  CHECK(event.type == WEIR_EVENT_LOST);
  CHECK(event.value == 2);
  CHECK(event.time_us == 50);
  REQUIRE(queue.pop(event, Duration::zero()) == WEIR_OK);
  CHECK(event.value == 6);
  CHECK(queue.pop(event, Duration::zero()) == WEIR_ERR_AGAIN);
  CHECK(queue.lost() == 2);
}

TEST_CASE("a gap at the end is told although nothing follows it") {
  EventQueue queue{1};
  queue.push(numbered(1));
  queue.push(numbered(2));
  weir_event event{};
  REQUIRE(queue.pop(event, Duration::zero()) == WEIR_OK);
  CHECK(event.value == 1);
  CHECK(readable(queue));
  REQUIRE(queue.pop(event, Duration::zero()) == WEIR_OK);
  CHECK(event.type == WEIR_EVENT_LOST);
  CHECK(event.value == 1);
  CHECK_FALSE(readable(queue));
}

TEST_CASE("a closed queue gives what it has and then says so") {
  EventQueue queue{8};
  queue.push(numbered(1));
  queue.close();
  queue.push(numbered(2));
  weir_event event{};
  CHECK(queue.pop(event, std::nullopt) == WEIR_OK);
  CHECK(queue.pop(event, std::nullopt) == WEIR_OK);
  CHECK(queue.pop(event, std::nullopt) == WEIR_ERR_CLOSED);
  CHECK(queue.pop(event, Duration::zero()) == WEIR_ERR_CLOSED);
}

TEST_CASE("a discarded queue is empty for good") {
  EventQueue queue{8};
  queue.push(numbered(1));
  queue.discard();
  queue.push(numbered(2));
  weir_event event{};
  CHECK(queue.pop(event, std::nullopt) == WEIR_ERR_CLOSED);
}

TEST_CASE("several waiting threads share the events and all wake at the end") {
  EventQueue queue{1000};
  std::atomic<std::uint64_t> sum{0};
  std::atomic<int> closed{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      weir_event event{};
      weir_status status;
      while ((status = queue.pop(event, std::nullopt)) == WEIR_OK) sum += event.value;
      if (status == WEIR_ERR_CLOSED) ++closed;
    });
  }
  for (std::uint64_t i = 1; i <= 500; ++i) queue.push(numbered(i));
  queue.close();
  for (std::thread& reader : readers) reader.join();
  CHECK(sum == 500U * 501 / 2);
  CHECK(closed == 3);
}
