#include "sctp/stack.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "base/random.h"
#include "ends.h"

using namespace weir;
using namespace weir::sctp;
using test::Ends;

TEST_CASE("associations are counted, and gone with their owner") {
  const std::size_t before = Stack::instance().associations();
  {
    Ends ends;
    CHECK(Stack::instance().associations() == before + 2);
  }
  CHECK(Stack::instance().associations() == before);
}

TEST_CASE("a packet for an end that is gone, or of nobody, is lost without a trace") {
  Ends ends;
  REQUIRE(ends.connect());
  const auto stream = ends.end[0]->open("a", "", {});
  REQUIRE(stream);
  ends.end[1]->abort();
  ends.flush();
  ends.end[1] = nullptr;
  ends.run(std::chrono::seconds{2});
  CHECK(ends.end[0]->count() == 0);  // told by an abort
}

TEST_CASE("several engines' threads share the stack: each drives its own ends and everybody's timers") {
  constexpr int kThreads = 4;
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  const Time begin = Ends::clock();
  test::set_library_time(begin);
  for (int index = 0; index < kThreads; ++index) {
    threads.emplace_back([&done, begin] {
      DropCounters drops[2];
      auto a = Channels::begin(Ends::options(true), drops[0]);
      auto b = Channels::begin(Ends::options(false), drops[1]);
      std::optional<std::uint16_t> stream;
      int received = 0;
      Time now = begin;
      for (int turn = 0; turn < 20'000 && received < 50; ++turn) {
        now += std::chrono::milliseconds{1};
        Stack::instance().advance(now);
        a->advance();
        b->advance();
        for (const auto& packet : a->take_output(64)) b->receive(packet);
        for (const auto& packet : b->take_output(64)) a->receive(packet);
        a->take_events();
        for (const auto& event : b->take_events()) {
          received += event.kind == Channels::EventKind::message ? 1 : 0;
        }
        if (!stream) stream = a->open("host", "", {});
        if (stream) a->send(*stream, true, as_bytes("message"));
      }
      done += received >= 50 ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(done == kThreads);
  Ends::clock() = begin + std::chrono::seconds{30};
}
