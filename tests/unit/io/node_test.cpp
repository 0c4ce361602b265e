#include "io/node.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <array>
#include <atomic>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include "node_fixture.h"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::io;
using namespace weir::io::test;
using weir::test::LivePeer;

namespace {

constexpr std::array<std::uint8_t, 3> kSilence{0xf8, 0xff, 0xfe};

// A publisher and a viewer connect and a packet passes from one to the other. `host` turns a host-driven
// node.
void media_passes(
    Node& node, Id room, const std::function<void()>& host = [] {}) {
  const Address address = address_of(node, room.worker());
  LivePeer speaker{1, address, LivePeer::Lines::send};
  LivePeer viewer{2, address, LivePeer::Lines::receive};
  const Id speaking = negotiate(node, room, speaker);
  const Id viewing = negotiate(node, room, viewer);
  const auto turn = [&] {
    host();
    speaker.turn(5ms);
    host();
    viewer.turn(5ms);
  };
  const Time end = weir::test::real_time() + 10s;
  const auto connected = [&] { return speaker.peer().connected() && viewer.peer().connected(); };
  while (!connected() && weir::test::real_time() < end) turn();
  REQUIRE(connected());

  weir_source source{};
  source.struct_size = sizeof source;
  source.kind = WEIR_SOURCE_TRACK;
  source.track = ids(node, speaking, true).at(0);
  const Id line{ids(node, viewing, false).at(0)};
  REQUIRE(node.call(line, [&](engine::Engine& e, Time now) { return e.set_source(now, line, source); }) ==
          WEIR_OK);
  std::uint16_t sequence = 100;
  while (viewer.received().empty() && weir::test::real_time() < end) {
    speaker.send_audio(sequence++, kSilence);
    turn();
  }
  REQUIRE_FALSE(viewer.received().empty());
  CHECK(viewer.received().front() == std::vector<std::uint8_t>{kSilence.begin(), kSilence.end()});
}

weir_node_stats stats_of(Node& node) {
  weir_node_stats stats{};
  REQUIRE(node.stats(stats) == WEIR_OK);
  return stats;
}

}  // namespace

TEST_CASE("media passes through a node with one thread") {
  const auto node = open_node(local_options(1));
  media_passes(*node, open_room(*node));
  const weir_node_stats stats = stats_of(*node);
  CHECK(stats.workers == 1);
  CHECK(stats.connected == 2);
  CHECK(stats.handshakes_completed == 2);
  CHECK(stats.packets_forwarded >= 1);
  CHECK(stats.datagrams_sent > 0);
  weir_event event{};
  CHECK(wait_event(*node, WEIR_EVENT_PARTICIPANT_CONNECTED, event));
  CHECK(event.room != 0);
}

TEST_CASE("media passes while the worker does the handshakes itself") {
  NodeOptions options = local_options(1);
  options.handshake_threads = 0;
  const auto node = open_node(options);
  media_passes(*node, open_room(*node));
}

TEST_CASE("rooms are spread over the workers, and media passes on each") {
  const auto node = open_node(local_options(2));
  CHECK(node->port(0) != node->port(1));
  CHECK_FALSE(node->port(2).has_value());
  const Id first = open_room(*node);
  join(*node, first, WEIR_PARTICIPANT_LOCAL);
  const Id second = open_room(*node);
  CHECK(first.worker() != second.worker());
  media_passes(*node, first);
  media_passes(*node, second);
  CHECK(stats_of(*node).workers == 2);
  CHECK(stats_of(*node).rooms == 2);
  CHECK(stats_of(*node).handshakes_completed == 4);
}

TEST_CASE("media passes through a node that its host drives") {
  for (const std::uint32_t handshake_threads : {0U, 1U}) {
    CAPTURE(handshake_threads);
    NodeOptions options = local_options(0);
    options.handshake_threads = handshake_threads;
    const auto node = open_node(options);
    const Id room = open_room(*node);
    media_passes(*node, room, [&] { REQUIRE(node->run_once(2) == WEIR_OK); });
  }
}

TEST_CASE("a host can poll: the descriptor tells of datagrams, the deadline of timers") {
  NodeOptions options = local_options(0);
  options.handshake_threads = 0;
  const auto node = open_node(options);
  std::int32_t timeout = 0;
  REQUIRE(node->deadline(timeout) == WEIR_OK);
  pollfd fd{node->poll_fd(), POLLIN, 0};
  REQUIRE(fd.fd >= 0);
  CHECK(poll(&fd, 1, 0) == 0);
  const weir::test::UdpClient client;
  client.send(address_of(*node, 0), kSilence);
  CHECK(poll(&fd, 1, 5000) == 1);
  CHECK(node->run_once(0) == WEIR_OK);
  CHECK(poll(&fd, 1, 0) == 0);
  CHECK(stats_of(*node).datagrams_received == 1);
  CHECK(node->run_once(1) == WEIR_OK);

  weir_event event{};
  open_room(*node);
  CHECK(node->next_event(event, -1) == WEIR_ERR_AGAIN);  // a host-driven node never waits
}

TEST_CASE("only a host-driven node is turned by its host") {
  const auto node = open_node(local_options(1));
  std::int32_t timeout = 0;
  CHECK(node->run_once(0) == WEIR_ERR_STATE);
  CHECK(node->poll_fd() == WEIR_ERR_STATE);
  CHECK(node->deadline(timeout) == WEIR_ERR_STATE);
}

TEST_CASE("a second thread inside a host-driven node is refused") {
  const auto node = open_node(local_options(0));
  std::atomic<bool> done{false};
  std::thread host{[&] {
    while (!done) node->run_once(20);
  }};
  const Time end = weir::test::real_time() + 10s;
  bool refused = false;
  while (!refused && weir::test::real_time() < end) {
    const Result<Id> room = node->open_room({});
    refused = !room && room.error().status == WEIR_ERR_REENTRANT;
  }
  done = true;
  host.join();
  CHECK(refused);
  CHECK(node->run_once(0) == WEIR_OK);
}

TEST_CASE("limits hold for the whole node, and what ends makes room again") {
  NodeOptions options = local_options(2);
  options.limits.max_rooms = 2;
  options.limits.max_participants = 3;
  const auto node = open_node(options);
  const Id first = open_room(*node);
  const Id second = open_room(*node);
  REQUIRE(first.worker() != second.worker());
  CHECK(node->open_room({}).error().status == WEIR_ERR_LIMIT);
  join(*node, first, WEIR_PARTICIPANT_LOCAL);
  join(*node, first, WEIR_PARTICIPANT_LOCAL);
  const Id third = join(*node, second, WEIR_PARTICIPANT_LOCAL);
  const auto more = [&] { return node->join(second, person_options(WEIR_PARTICIPANT_LOCAL)); };
  CHECK(more().error().status == WEIR_ERR_LIMIT);
  CHECK(stats_of(*node).limit_refusals == 2);

  CHECK(node->leave(third) == WEIR_OK);
  CHECK(node->leave(third) == WEIR_ERR_NOT_FOUND);
  CHECK(more().ok());
  CHECK(more().error().status == WEIR_ERR_LIMIT);
  CHECK(node->close_room(first) == WEIR_OK);
  CHECK(node->close_room(first) == WEIR_ERR_NOT_FOUND);
  CHECK(more().ok());
  CHECK(more().ok());
  CHECK(more().error().status == WEIR_ERR_LIMIT);
  CHECK(node->open_room({}).ok());
  CHECK(node->open_room({}).error().status == WEIR_ERR_LIMIT);
}

TEST_CASE("a failed join or open does not use up the limit") {
  NodeOptions options = local_options(1);
  options.limits.max_participants = 1;
  const auto node = open_node(options);
  const Id room = open_room(*node);
  for (int i = 0; i < 3; ++i) {
    CHECK(node->join(Id{}, person_options(WEIR_PARTICIPANT_LOCAL)).error().status == WEIR_ERR_NOT_FOUND);
  }
  CHECK(node->join(room, person_options(WEIR_PARTICIPANT_LOCAL)).ok());
}

TEST_CASE("an id of no worker names nothing") {
  const auto node = open_node(local_options(1));
  const Id elsewhere{IdKind::room, 9, 1, 0};
  CHECK(node->close_room(elsewhere) == WEIR_ERR_NOT_FOUND);
  CHECK(node->leave(Id{IdKind::participant, 9, 1, 0}) == WEIR_ERR_NOT_FOUND);
  CHECK(node->call(elsewhere, [](engine::Engine&, Time) { return WEIR_OK; }) == WEIR_ERR_NOT_FOUND);
}

TEST_CASE("freeing a node tells the connected clients") {
  auto node = open_node(local_options(1));
  const Id room = open_room(*node);
  LivePeer peer{1, address_of(*node, 0), LivePeer::Lines::send};
  negotiate(*node, room, peer);
  REQUIRE(peer.run(10s, [&] { return peer.peer().connected(); }));
  node.reset();
  CHECK(peer.run(5s, [&] { return peer.peer().closed(); }));
}

TEST_CASE("a node can be freed in the middle of handshakes") {
  for (const std::uint32_t threads : {0U, 1U, 2U}) {
    auto node = open_node(local_options(threads));
    const Id room = open_room(*node);
    std::vector<std::unique_ptr<LivePeer>> peers;
    for (std::uint64_t i = 0; i < 4; ++i) {
      peers.push_back(std::make_unique<LivePeer>(i, address_of(*node, room.worker()), LivePeer::Lines::send));
      negotiate(*node, room, *peers.back());
    }
    for (int turns = 0; turns < 3; ++turns) {
      for (const auto& peer : peers) peer->turn(1ms);
      if (threads == 0) node->run_once(0);
    }
    node.reset();
  }
}

TEST_CASE("after stop nobody joins, readers wake, and media still flows") {
  const auto node = open_node(local_options(1));
  const Id room = open_room(*node);
  const Id speaker = join(*node, room, WEIR_PARTICIPANT_LOCAL);
  const Id listener = join(*node, room, WEIR_PARTICIPANT_LOCAL);
  const Id track = add_voice_track(*node, speaker);
  const Id line = add_line(*node, listener, track);

  std::atomic<int> closed{0};
  std::thread events{[&] {
    weir_event event{};
    weir_status status;
    while ((status = node->next_event(event, -1)) == WEIR_OK) {
    }
    closed += status == WEIR_ERR_CLOSED;
  }};
  std::thread frames{[&] {
    weir_frame frame{};
    std::uint8_t buffer[100];
    closed += node->read(line, frame, buffer, -1) == WEIR_ERR_CLOSED;
  }};
  CHECK(node->stop() == WEIR_OK);
  events.join();
  frames.join();
  CHECK(closed == 2);
  CHECK(node->open_room({}).error().status == WEIR_ERR_CLOSED);
  CHECK(node->join(room, person_options(WEIR_PARTICIPANT_LOCAL)).error().status == WEIR_ERR_CLOSED);
  CHECK(write_frame(*node, track, kSilence) == WEIR_OK);
  weir_frame frame{};
  std::uint8_t buffer[100];
  CHECK(node->read(line, frame, buffer, -1) == WEIR_OK);
  CHECK(node->read(line, frame, buffer, -1) == WEIR_ERR_CLOSED);
}

TEST_CASE("freeing wakes readers that wait") {
  auto node = open_node(local_options(1));
  std::atomic<bool> waiting{false};
  weir_status status = WEIR_OK;
  std::thread reader{[&, raw = node.get()] {
    weir_event event{};
    waiting = true;
    status = raw->next_event(event, -1);
  }};
  while (!waiting) std::this_thread::yield();
  // The destructor waits for a reader that is inside; one that is still on its way would be the caller's
  // fault.
  node->stop();
  reader.join();
  node.reset();
  CHECK(status == WEIR_ERR_CLOSED);
}

TEST_CASE("a reader of a subscription sleeps until there is something, and wakes when it ends") {
  const auto node = open_node(local_options(1));
  const Id room = open_room(*node);
  const Id speaker = join(*node, room, WEIR_PARTICIPANT_LOCAL);
  const Id listener = join(*node, room, WEIR_PARTICIPANT_LOCAL);
  const Id track = add_voice_track(*node, speaker);
  const Id line = add_line(*node, listener, track);
  // Ping-pong: a wake that got lost would leave both waiting.
  constexpr int kFrames = 500;
  std::atomic<int> taken{0};
  weir_status last = WEIR_OK;
  std::thread reader{[&] {
    weir_frame frame{};
    std::uint8_t buffer[100];
    while ((last = node->read(line, frame, buffer, -1)) == WEIR_OK) {
      ++taken;
      taken.notify_one();
    }
  }};
  for (int i = 0; i < kFrames; ++i) {
    REQUIRE(write_frame(*node, track, kSilence) == WEIR_OK);
    taken.wait(i);
  }
  REQUIRE(node->call(line, [&](engine::Engine& e, Time now) { return e.remove_subscription(now, line); }) ==
          WEIR_OK);
  reader.join();
  CHECK(last == WEIR_ERR_NOT_FOUND);
  CHECK(taken == kFrames);
}

TEST_CASE("events that nobody takes are lost and counted, never hoarded") {
  NodeOptions options = local_options(1);
  options.limits.max_events = 4;
  const auto node = open_node(options);
  const Id room = open_room(*node);
  for (int i = 0; i < 10; ++i) add_voice_track(*node, join(*node, room, WEIR_PARTICIPANT_LOCAL));
  CHECK(stats_of(*node).events_lost >= 6);
  weir_event event{};
  std::uint64_t lost = 0;
  int events = 0;
  while (node->next_event(event, 0) == WEIR_OK) {
    ++events;
    if (event.type == WEIR_EVENT_LOST) lost += event.value;
  }
  CHECK(events <= 5);
  CHECK(lost == stats_of(*node).events_lost);
}
