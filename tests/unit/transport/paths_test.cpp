#include <doctest/doctest.h>

#include "unit/transport/world.h"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;
using transport::EventKind;
using transport::Limits;
using transport::Mux;
using transport::Transport;

namespace {

const Address kWifi = ipv4("198.51.100.7", 40'000);
const Address kCellular = ipv4("203.0.113.9", 51'000);

VirtualPeer::Options never_nominating() {
  VirtualPeer::Options options = World::options(dtls::Role::client);
  options.nomination = VirtualPeer::Nomination::never;
  return options;
}

}  // namespace

TEST_CASE("media follows a nominated check to another network at once") {
  World world;
  VirtualPeer client{World::options(dtls::Role::client)};
  Transport& t = world.connect(client);
  REQUIRE(world.run_until([&] { return t.connected() && client.connected(); }));
  const std::uint64_t before = t.path_changes();
  world.events.clear();

  client.move_to(world.now, kCellular);
  world.step();
  REQUIRE(t.selected());
  CHECK(t.selected()->remote == kCellular);
  CHECK(t.path_changes() == before + 1);
  CHECK(world.count(EventKind::path_changed) == 1);
  // The old path still counts as the peer's: what is on its way arrives.
  REQUIRE(client.send_rtp(rtp_packet(1)));
  for (const Datagram& datagram : client.take_transmits()) world.deliver(kWifi, datagram.bytes);
  CHECK(world.media.size() == 1);
}

TEST_CASE("a path without nomination is selected only when none is, or after the selected one fell silent") {
  World world;
  VirtualPeer client{never_nominating()};
  Transport& t = world.connect(client);
  REQUIRE(world.run_until([&] { return t.connected() && client.connected(); }));
  CHECK(t.selected()->remote == kWifi);

  client.move_to(world.now, kCellular);
  const Time moved = world.now;
  world.step();
  CHECK(t.selected()->remote == kWifi);
  REQUIRE(world.run_until([&] { return t.selected()->remote == kCellular; }, 20s));
  CHECK(world.now - moved >=
        Mux::kSilent - 3s);  // the last check on the old path was up to a keep-alive interval earlier
  CHECK(world.now - moved <= Mux::kSilent + 3s);
}

TEST_CASE("consent expires after the last check and comes back with the next") {
  Limits limits;
  limits.consent_timeout = 5s;
  World world{limits};
  VirtualPeer client{World::options(dtls::Role::client)};
  Transport& t = world.connect(client);
  REQUIRE(world.run_until([&] { return t.connected() && client.connected(); }));
  world.run(8s);
  CHECK(t.selected());  // keep-alives keep it
  client.stop_checks();
  world.run(4900ms);
  // The last check may have been up to 2 s before stop_checks().
  REQUIRE(world.run_until([&] { return !t.selected(); }, 200ms));
  CHECK(world.count(EventKind::consent_expired) == 1);
  CHECK(t.connected());

  // Media of an address without consent is a stranger's.
  REQUIRE(client.send_rtp(rtp_packet(1)));
  world.step();
  CHECK(world.drops.of(DropReason::UNKNOWN_ADDRESS) == 1);

  client.check(world.now, true);
  world.step();
  REQUIRE(t.selected());
  CHECK(world.count(EventKind::consent_regained) == 1);
  REQUIRE(client.send_rtp(rtp_packet(2)));
  world.step();
  CHECK(world.media.size() == 1);
}

TEST_CASE("the number of paths has a limit, the oldest unselected goes first") {
  Limits limits;
  limits.max_paths_per_transport = 3;
  World world{limits};
  VirtualPeer client{never_nominating()};
  Transport& t = world.connect(client);
  REQUIRE(world.run_until([&] { return t.connected() && client.connected(); }));
  for (std::uint16_t i = 1; i <= 5; ++i) {
    client.move_to(world.now, ipv4("203.0.113.9", static_cast<std::uint16_t>(50'000 + i)));
    world.step();
  }
  CHECK(t.selected()->remote == kWifi);
  REQUIRE(client.send_rtp(rtp_packet(1)));
  const auto sent = client.take_transmits();
  REQUIRE(sent.size() == 1);
  const auto kind_from = [&](const char* ip, std::uint16_t port) {
    return world.deliver(ipv4(ip, port), sent[0].bytes).kind;
  };
  CHECK(kind_from("203.0.113.9", 50'003) == Mux::Kind::dropped);
  CHECK(kind_from("203.0.113.9", 50'004) == Mux::Kind::rtp);
  CHECK(kind_from("203.0.113.9", 50'005) == Mux::Kind::rtp);
  CHECK(world.deliver(kWifi, sent[0].bytes).kind == Mux::Kind::rtp);
  CHECK(world.drops.of(DropReason::UNKNOWN_ADDRESS) == 1);
}

TEST_CASE("an ICE restart: old credentials until the new ones were used") {
  World world;
  VirtualPeer client{World::options(dtls::Role::client)};
  Transport& t = world.connect(client);
  REQUIRE(world.run_until([&] { return t.connected() && client.connected(); }));
  const ice::Credentials old = t.local_credentials();

  client.restart_ice();
  const dtls::Role node_role = dtls::Role::server;
  REQUIRE(world.mux.set_remote(world.now, t, client.credentials(), node_role, "sha-256",
                               client.fingerprint()) == WEIR_OK);
  CHECK(t.local_credentials().ufrag != old.ufrag);
  CHECK(t.local_credentials().password != old.password);
  CHECK(t.connected());

  // The answer is not there yet: a check with the old credentials still passes.
  client.set_remote(old, "sha-256", world.certificate->fingerprint());
  const std::size_t answered = client.checks_answered();
  client.check(world.now, true);
  world.step();
  world.step();
  CHECK(client.checks_answered() > answered);

  client.set_remote(t.local_credentials(), "sha-256", world.certificate->fingerprint());
  client.move_to(world.now, kCellular);
  world.step();
  CHECK(t.selected()->remote == kCellular);
  CHECK(t.connected());

  // Now the old ones are over.
  client.set_remote(old, "sha-256", world.certificate->fingerprint());
  client.check(world.now, true);
  world.step();
  world.step();
  CHECK(client.last_error() == 401);
  CHECK(world.drops.of(DropReason::STUN_UNKNOWN_USER) >= 1);
  REQUIRE(client.send_rtp(rtp_packet(1)));
  world.step();
  CHECK(world.media.size() == 1);
}

TEST_CASE("a five-tuple is not taken from a transport that still checks it") {
  World world;
  VirtualPeer victim{World::options(dtls::Role::client, 11)};
  Transport& t = world.connect(victim);
  REQUIRE(world.run_until([&] { return t.connected() && victim.connected(); }));
  VirtualPeer::Options options = World::options(dtls::Role::client, 12);
  options.local = kCellular;
  VirtualPeer thief{options};
  Transport& other = world.connect(thief, Id{IdKind::participant, 0, 1, 1});
  REQUIRE(world.run_until([&] { return other.connected() && thief.connected(); }));

  thief.check(world.now, true);
  const auto forged = thief.take_transmits();
  REQUIRE(forged.size() == 1);
  CHECK(world.deliver(kWifi, forged[0].bytes).kind == Mux::Kind::dropped);
  CHECK(other.selected()->remote == kCellular);
  CHECK(t.selected()->remote == kWifi);
  CHECK(world.drops.of(DropReason::STUN_UNEXPECTED) == 1);

  // A holder that fell silent loses it: a client that came back on the same port.
  victim.stop_checks();
  world.run(Mux::kPathHold);
  thief.check(world.now, true);
  const auto later = thief.take_transmits();
  CHECK(world.deliver(kWifi, later[0].bytes).kind == Mux::Kind::handled);
  CHECK(other.selected()->remote == kWifi);
  CHECK_FALSE(t.selected());
  CHECK(world.count(EventKind::consent_expired) == 1);
}

TEST_CASE("strangers get error responses at a limited rate") {
  Limits limits;
  limits.max_unauthenticated_stun_per_second = 5;
  World world{limits};
  VirtualPeer client{World::options(dtls::Role::client)};
  client.set_remote({"unknownX", "a password of nobody here"}, "sha-256", world.certificate->fingerprint());
  const auto knock = [&](std::size_t times) {
    std::size_t replies = 0;
    for (std::size_t i = 0; i < times; ++i) {
      client.check(world.now, false);
      for (const Datagram& datagram : client.take_transmits()) world.deliver(datagram.from, datagram.bytes);
      replies += std::exchange(world.sent, {}).size();
    }
    return replies;
  };
  CHECK(knock(9) == 5);
  CHECK(world.drops.of(DropReason::STUN_UNKNOWN_USER) == 5);
  CHECK(world.drops.of(DropReason::STUN_RATE) == 4);
  world.now += 400ms;
  CHECK(knock(9) == 2);
  world.now += 3600s;
  CHECK(knock(9) == 5);

  // Whoever has a password is not slowed down by strangers.
  VirtualPeer friendly{World::options(dtls::Role::client, 13)};
  Transport& t = world.connect(friendly);
  CHECK(world.run_until([&] { return t.connected() && friendly.connected(); }));
}

TEST_CASE("a peer that claims to be controlled is told to switch") {
  World world;
  VirtualPeer::Options options = World::options(dtls::Role::client);
  options.claim_controlled = true;
  VirtualPeer client{options};
  Transport& t = world.connect(client);
  world.run(200ms);
  CHECK(client.last_error() == 487);
  CHECK_FALSE(t.selected());
}
