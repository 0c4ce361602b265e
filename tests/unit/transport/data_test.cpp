#include <doctest/doctest.h>

#include "world.h"

using namespace weir;
using namespace std::chrono_literals;
using sctp::Channels;
using test::VirtualPeer;
using test::World;

namespace {

constexpr Id kOwner{IdKind::participant, 0, 1, 0};

struct DataWorld : World {
  explicit DataWorld(transport::Limits limits = {}) : World(limits) {}

  /// As an engine does after every input.
  void flush() {
    mux.take_touched();
    mux.flush_data(now);
    drain();
  }
  bool run_data(const std::function<bool()>& done, Duration at_most = 10s) {
    for (const Time end = now + at_most; now < end && !done();) {
      flush();
      step();
    }
    return done();
  }
};

sctp::Channels::Options terms(dtls::Role role) {
  sctp::Channels::Options o;
  o.dtls_client = role == dtls::Role::client;
  return o;
}

}  // namespace

TEST_CASE("data channels come up in both DTLS roles, and carry a message each way") {
  for (const dtls::Role role : {dtls::Role::client, dtls::Role::server}) {
    DataWorld world;
    VirtualPeer client{World::options(role)};
    client.allow_data(terms(role));
    transport::Transport& t = world.connect(client);
    CHECK(t.channels() == nullptr);
    world.mux.allow_data(world.now, t, {.remote_port = 5000, .max_message_sent = 0});
    REQUIRE(world.run_data(
        [&] { return t.channels() != nullptr && t.channels()->up() && client.channels()->up(); }));
    const auto stream = t.channels()->open("a", "", {});
    REQUIRE(stream);
    CHECK(*stream % 2 == (t.dtls_client() ? 0 : 1));
    CHECK(t.channels()->send(*stream, true, as_bytes("down")) == Channels::Sent::done);
    world.mux.touch(t);
    REQUIRE(world.run_data([&] { return client.channels()->count() == 1; }));
    CHECK(client.channels()->send(*stream, true, as_bytes("up")) == Channels::Sent::done);
    client.flush_data(world.now);
    std::string got;
    REQUIRE(world.run_data([&] {
      for (const auto& event : t.channels()->take_events()) got += as_text(event.bytes);
      return got == "up";
    }));
  }
}

TEST_CASE("who has something is told once; a transport that is gone is passed over") {
  DataWorld world;
  VirtualPeer client{World::options(dtls::Role::client)};
  client.allow_data(terms(dtls::Role::client));
  transport::Transport& t = world.connect(client);
  world.mux.allow_data(world.now, t, {});
  REQUIRE(world.run_data([&] { return t.channels() != nullptr && t.channels()->up(); }));
  world.flush();
  world.mux.touch(t);
  world.mux.touch(t);
  CHECK(world.mux.take_touched() == std::vector<Id>{kOwner});
  CHECK(world.mux.take_touched().empty());
  world.mux.touch(t);
  world.mux.close(world.now, t);
  world.flush();
  world.mux.advance(world.now + 100s);
  CHECK(world.mux.deadline() == kNever);
}

TEST_CASE("SCTP leaves half of the arena to media, and says when to go on") {
  DataWorld world;
  VirtualPeer client{World::options(dtls::Role::client)};
  client.allow_data(terms(dtls::Role::client));
  transport::Transport& t = world.connect(client);
  world.mux.allow_data(world.now, t, {.remote_port = 5000, .max_message_sent = 0});
  REQUIRE(world.run_data([&] { return t.channels() != nullptr && t.channels()->up(); }));
  const auto stream = t.channels()->open("a", "", {});
  CHECK(t.channels()->send(*stream, false, std::vector<std::uint8_t>(5000)) == Channels::Sent::done);
  world.flush();
  const std::vector<std::uint8_t> media(world.egress.capacity() / 2 + 1);
  REQUIRE(world.egress.push({world.node, world.node}, media));
  CHECK(t.channels()->send(*stream, false, std::vector<std::uint8_t>(5000)) == Channels::Sent::done);
  world.mux.touch(t);
  world.mux.take_touched();
  world.mux.flush_data(world.now);
  CHECK(world.egress.entries().size() == 1);
  CHECK(world.mux.deadline() <= world.now);
  world.egress.clear();
  world.mux.flush_data(world.now);
  CHECK(world.egress.entries().size() > 1);
}

TEST_CASE("data without terms is dropped and counted; their end ends the channels, not the transport") {
  DataWorld world;
  VirtualPeer client{World::options(dtls::Role::client)};
  client.allow_data(terms(dtls::Role::client));
  transport::Transport& t = world.connect(client);
  REQUIRE(world.run_data([&] { return t.connected() && world.drops.of(DropReason::DATA_UNEXPECTED) > 0; }));
  CHECK(t.channels() == nullptr);
  world.mux.allow_data(world.now, t, {});
  REQUIRE(world.run_data(
      [&] { return t.channels() != nullptr && t.channels()->up() && client.channels()->up(); }));
  world.mux.end_data(world.now, t);
  world.mux.end_data(world.now, t);
  CHECK(t.channels() == nullptr);
  REQUIRE(world.run_data([&] { return !client.channels()->up(); }));
  CHECK(t.connected());
}

TEST_CASE("the association ends with DTLS") {
  DataWorld world;
  VirtualPeer client{World::options(dtls::Role::client)};
  client.allow_data(terms(dtls::Role::client));
  transport::Transport& t = world.connect(client);
  world.mux.allow_data(world.now, t, {});
  REQUIRE(world.run_data([&] { return t.channels() != nullptr && t.channels()->up(); }));
  client.close(world.now);
  REQUIRE(world.run_data([&] { return world.count(transport::EventKind::closed) == 1; }));
  CHECK(t.channels() == nullptr);
}

TEST_CASE("data leaves no faster than its rate, and all of it in the end; what left is told") {
  DataWorld world;
  VirtualPeer client{World::options(dtls::Role::client)};
  client.allow_data(terms(dtls::Role::client));
  transport::Transport& t = world.connect(client);
  world.mux.allow_data(world.now, t, {.remote_port = 5000, .max_message_sent = 0});
  REQUIRE(world.run_data(
      [&] { return t.channels() != nullptr && t.channels()->up() && client.channels()->up(); }));
  const auto stream = t.channels()->open("a", "", {});
  REQUIRE(stream);
  world.mux.set_data_rate(t, 50'000);
  world.run_data([&] { return false; }, 1s);
  world.mux.take_data_sent();
  const std::vector<std::uint8_t> block(100'000, 'x');
  CHECK(t.channels()->send(*stream, false, block) == Channels::Sent::done);
  world.mux.touch(t);
  std::size_t got = 0;
  const auto arrived = [&] {
    for (const auto& event : client.channels()->take_events()) got += event.bytes.size();
    return got >= block.size();
  };
  const Time began = world.now;
  CHECK_FALSE(world.run_data(arrived, 1800ms));
  std::size_t sent = 0;
  for (const auto& each : world.mux.take_data_sent()) {
    CHECK(each.owner == kOwner);
    sent += each.bytes;
  }
  CHECK(sent > 60'000);
  CHECK(sent < 100'000);
  CHECK(world.run_data(arrived, 5s));
  CHECK(world.now - began > 2s);
  CHECK(world.now - began < 4s);
}
