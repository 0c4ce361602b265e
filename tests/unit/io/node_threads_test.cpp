// A node under several threads at once, and calls from inside its hooks. Also built for ThreadSanitizer.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "io/node.h"
#include "node_fixture.h"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::io;
using namespace weir::io::test;
using weir::test::LivePeer;

TEST_CASE("many threads use one node") {
  const auto node = open_node(local_options(2));
  std::atomic<bool> done{false};
  std::atomic<int> rooms_closed{0};
  std::vector<std::thread> threads;
  constexpr int kRooms = 25;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const std::uint8_t bytes[] = {0xf8, 0xff, 0xfe};
      for (int i = 0; i < kRooms; ++i) {
        const Id room = open_room(*node);
        const Id speaker = join(*node, room, WEIR_PARTICIPANT_LOCAL);
        const Id listener = join(*node, room, WEIR_PARTICIPANT_LOCAL);
        const Id track = add_voice_track(*node, speaker);
        const Id line = add_line(*node, listener, track);
        CHECK(write_frame(*node, track, bytes) == WEIR_OK);
        weir_frame frame{};
        std::uint8_t buffer[100];
        CHECK(node->read(line, frame, buffer, 5000) == WEIR_OK);
        if (i % 2 == 0) CHECK(node->leave(speaker) == WEIR_OK);
        CHECK(node->close_room(room) == WEIR_OK);
      }
    });
  }
  std::thread events{[&] {
    weir_event event{};
    while (node->next_event(event, -1) == WEIR_OK) rooms_closed += event.type == WEIR_EVENT_ROOM_CLOSED;
  }};
  std::thread statistics{[&] {
    weir_node_stats stats{};
    while (!done) {
      stats = {};
      CHECK(node->stats(stats) == WEIR_OK);
      // Workers are asked one after the other, so a thread's room may be seen on both.
      CHECK(stats.rooms <= 8);
    }
  }};
  for (std::thread& thread : threads) thread.join();
  done = true;
  statistics.join();
  node->stop();
  events.join();
  CHECK(rooms_closed == 4 * kRooms);
  weir_node_stats stats{};
  CHECK(node->stats(stats) == WEIR_OK);
  CHECK(stats.rooms == 0);
  CHECK(stats.participants == 0);
}

TEST_CASE("people connect while others are talked about") {
  const auto node = open_node(local_options(2));
  std::atomic<int> connected{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      const Id room = open_room(*node);
      LivePeer peer{t + 1, address_of(*node, room.worker()), LivePeer::Lines::send};
      const Id person = negotiate(*node, room, peer);
      connected += peer.run(20s, [&] { return peer.peer().connected(); });
      CHECK(node->leave(person) == WEIR_OK);
      CHECK(peer.run(10s, [&] { return peer.peer().closed(); }));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(connected == 3);
}

namespace {

// A host that does in its log hook what it must not: it calls the node.
struct RudeHost {
  std::atomic<Node*> node{nullptr};
  std::atomic<int> lines{0};
  std::atomic<int> refused{0};
  std::atomic<int> allowed{0};
  std::thread::id thread;

  static void log(void* user, std::int32_t, const char*) {
    RudeHost& self = *static_cast<RudeHost*>(user);
    Node* const node = self.node;
    if (node == nullptr) return;
    self.thread = std::this_thread::get_id();
    ++self.lines;
    weir_event event{};
    weir_frame frame{};
    weir_node_stats stats{};
    std::int32_t timeout = 0;
    const weir_status answers[] = {
        node->open_room({}).error().status,
        node->close_room(Id{}),
        node->join(Id{}, {}).error().status,
        node->leave(Id{}),
        node->call(Id{}, [](engine::Engine&, Time) { return WEIR_OK; }),
        node->ask<Id>(Id{}, [](engine::Engine&, Time) { return Result<Id>{Id{}}; }).error().status,
        node->next_event(event, 0),
        node->read(Id{}, frame, {}, 0),
        node->stats(stats),
        node->stop(),
    };
    for (const weir_status answer : answers) ++(answer == WEIR_ERR_REENTRANT ? self.refused : self.allowed);
    if (node->host_driven()) {
      for (const weir_status answer : {node->run_once(0), node->deadline(timeout), node->poll_fd()}) {
        ++(answer == WEIR_ERR_REENTRANT ? self.refused : self.allowed);
      }
    }
  }
};

}  // namespace

TEST_CASE("a hook that calls its node is refused, on a worker's thread and on the host's") {
  for (const std::uint32_t threads : {1U, 0U}) {
    CAPTURE(threads);
    RudeHost host;
    NodeOptions options = local_options(threads);
    options.handshake_threads = 0;
    options.log_level = WEIR_LOG_DEBUG;
    options.hooks.user = &host;
    options.hooks.log = &RudeHost::log;
    const auto node = open_node(options);
    const Id room = open_room(*node);
    LivePeer peer{1, address_of(*node, 0), LivePeer::Lines::send};
    peer.spoil_fingerprint();  // the node logs why it does not connect
    negotiate(*node, room, peer);
    host.node = node.get();
    CHECK(peer.run(10s, [&] {
      if (threads == 0) node->run_once(1);
      return host.lines > 0;
    }));
    host.node = nullptr;
    // One more call is through the worker: the hook is done when it returns.
    CHECK(node->close_room(room) == WEIR_OK);
    CHECK((host.thread == std::this_thread::get_id()) == (threads == 0));
    CHECK(host.refused > 0);
    CHECK(host.allowed == 0);
  }
}
