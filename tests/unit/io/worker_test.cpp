#include "io/worker.h"

#include <doctest/doctest.h>

#include <atomic>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "io/clock.h"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::io;

namespace {

// One worker with all that a node would give it.
struct Bench {
  Bench() {
    auto sockets = open_sockets(Address::parse("127.0.0.1", 0), std::nullopt, 0, {});
    REQUIRE(sockets.ok());
    engine::Options options;
    options.packet_buffers = 64;
    const WorkerContext context{events, readable,    nullptr,
                                random, certificate, Log{&Bench::note, this, WEIR_LOG_DEBUG}};
    auto made = Worker::make(options, std::move(*sockets), context);
    REQUIRE(made.ok());
    worker = std::move(*made);
  }
  static void note(void* user, std::int32_t, const char* line) { static_cast<Bench*>(user)->log += line; }

  std::string log;
  EventQueue events{100};
  ReadableSignal readable;
  crypto::SystemRandom random;
  std::shared_ptr<const crypto::Certificate> certificate =
      crypto::Certificate::make(random, unix_now_seconds()).value();
  std::unique_ptr<Worker> worker;
};

std::thread::id thread_of_a_call(Worker& worker) {
  std::thread::id id;
  CHECK(worker.call([&](engine::Engine&, Time) {
    id = std::this_thread::get_id();
    return WEIR_OK;
  }) == WEIR_OK);
  return id;
}

}  // namespace

TEST_CASE("a command runs on the worker's thread, or on the host's when there is none") {
  Bench bench;
  CHECK(thread_of_a_call(*bench.worker) == std::this_thread::get_id());
  bench.worker->start();
  const std::thread::id first = thread_of_a_call(*bench.worker);
  CHECK(first != std::this_thread::get_id());
  CHECK(thread_of_a_call(*bench.worker) == first);
}

TEST_CASE("what a command throws is its caller's status, and the worker goes on") {
  for (const bool threaded : {false, true}) {
    CAPTURE(threaded);
    Bench bench;
    if (threaded) bench.worker->start();
    CHECK(bench.worker->call([](engine::Engine&, Time) -> weir_status { throw std::bad_alloc{}; }) ==
          WEIR_ERR_NO_MEMORY);
    CHECK(bench.worker->call([](engine::Engine&, Time) -> weir_status {
      throw std::runtime_error{"broken"};
    }) == WEIR_ERR_INTERNAL);
    const auto asked =
        bench.worker->ask<int>([](engine::Engine&, Time) -> Result<int> { throw std::bad_alloc{}; });
    CHECK(asked.error().status == WEIR_ERR_NO_MEMORY);
    CHECK(bench.worker->ask<int>([](engine::Engine&, Time) -> Result<int> { return 7; }).value() == 7);
    bench.worker->shutdown();
    CHECK(bench.log.find("broken") != std::string::npos);
  }
}

TEST_CASE("commands of many threads all run, also while the worker ends") {
  Bench bench;
  bench.worker->start();
  std::atomic<int> done{0};
  std::atomic<int> closed{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      while (bench.worker->call([&](engine::Engine&, Time) {
        ++done;
        return WEIR_OK;
      }) == WEIR_OK) {
      }
      ++closed;
    });
  }
  while (done < 200) std::this_thread::yield();
  bench.worker->shutdown();
  for (std::thread& caller : callers) caller.join();
  CHECK(closed == 8);
  CHECK(bench.worker->call([](engine::Engine&, Time) { return WEIR_OK; }) == WEIR_ERR_CLOSED);
}

TEST_CASE("shutting down closes the rooms and says so") {
  for (const bool threaded : {false, true}) {
    CAPTURE(threaded);
    Bench bench;
    if (threaded) bench.worker->start();
    REQUIRE(bench.worker->open_room({}).ok());
    const Result<Id> second = bench.worker->open_room({});
    REQUIRE(second.ok());
    std::uint64_t people = 99;
    CHECK(bench.worker->close_room(*second, people) == WEIR_OK);
    CHECK(people == 0);
    CHECK(bench.worker->close_room(*second, people) == WEIR_ERR_NOT_FOUND);
    bench.worker->shutdown();
    bench.worker->shutdown();
    int closed = 0;
    weir_event event{};
    while (bench.events.pop(event, Duration::zero()) == WEIR_OK)
      closed += event.type == WEIR_EVENT_ROOM_CLOSED;
    CHECK(closed == 2);
  }
}

TEST_CASE("turning the loop waits no longer than it is told") {
  Bench bench;
  const Time begin = monotonic_now();
  bench.worker->run_once(Duration::zero());
  bench.worker->run_once(5ms);
  CHECK(monotonic_now() - begin < 5s);
}
