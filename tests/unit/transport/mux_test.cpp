#include <doctest/doctest.h>

#include "unit/transport/world.h"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;
using transport::EventKind;
using transport::Mux;
using transport::Transport;

namespace {

void check_media_both_ways(World& world, Transport& t, VirtualPeer& client) {
  const std::vector<std::uint8_t> up = rtp_packet(1);
  REQUIRE(client.send_rtp(up));
  REQUIRE(client.send_rtcp(rtcp_packet()));
  world.step();
  REQUIRE(world.media.size() == 2);
  CHECK(world.media[0] == up);
  CHECK(world.media[1] == rtcp_packet());

  std::vector<std::uint8_t> down = rtp_packet(9, 0x5678);
  const std::vector<std::uint8_t> plain = down;
  down.resize(down.size() + srtp::kMaxOverhead);
  down.resize(t.srtp()->protect_rtp(down, plain.size()));
  client.receive(world.now, {t.selected()->local, t.selected()->remote, down});
  const auto got = client.take_media();
  REQUIRE(got.size() == 1);
  CHECK(got[0].bytes == plain);
}

}  // namespace

TEST_CASE("a browser connects in either DTLS role") {
  for (const dtls::Role role : {dtls::Role::client, dtls::Role::server}) {
    for (const auto nomination : {VirtualPeer::Nomination::after_success, VirtualPeer::Nomination::at_once}) {
      CAPTURE(static_cast<int>(role));
      World world;
      VirtualPeer::Options options = World::options(role);
      options.nomination = nomination;
      VirtualPeer client{options};
      Transport& t = world.connect(client);
      CHECK_FALSE(t.selected());
      REQUIRE(world.run_until([&] { return t.connected() && client.connected(); }, 2s));
      CHECK(t.dtls_client() == (role == dtls::Role::server));
      CHECK(t.srtp_profile() == dtls::SrtpProfile::aes128_cm_sha1_80);
      CHECK(t.dtls_cipher() == "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256");
      CHECK(world.count(EventKind::connected) == 1);
      CHECK(world.mux.handshakes_completed() == 1);
      CHECK(world.drops.total() == 0);
      CHECK(client.mapped() == options.local);
      check_media_both_ways(world, t, client);
    }
  }
}

TEST_CASE("every datagram that goes nowhere is counted by its reason") {
  World world;
  VirtualPeer client{World::options(dtls::Role::client)};
  Transport& t = world.mux.open(Id{IdKind::participant, 0, 1, 0});
  const Address stranger = ipv4("203.0.113.77", 1000);
  const auto drops_as = [&](const Address& from, std::vector<std::uint8_t> bytes, DropReason reason) {
    const std::uint64_t before = world.drops.of(reason);
    const std::uint64_t total = world.drops.total();
    CHECK(world.deliver(from, bytes).kind == Mux::Kind::dropped);
    return world.drops.of(reason) == before + 1 && world.drops.total() == total + 1;
  };
  CHECK(drops_as(stranger, {}, DropReason::EMPTY));
  for (const int first : {4, 16, 19, 64, 79, 80, 127, 192, 255}) {
    CAPTURE(first);
    CHECK(drops_as(stranger, std::vector<std::uint8_t>(40, static_cast<std::uint8_t>(first)),
                   DropReason::UNKNOWN_PROTOCOL));
  }
  for (const int first : {0, 1, 2, 3}) {
    CHECK(drops_as(stranger, std::vector<std::uint8_t>(40, static_cast<std::uint8_t>(first)),
                   DropReason::STUN_MALFORMED));
  }
  for (const int first : {20, 22, 63, 128, 191}) {
    CHECK(drops_as(stranger, std::vector<std::uint8_t>(40, static_cast<std::uint8_t>(first)),
                   DropReason::UNKNOWN_ADDRESS));
  }

  world.negotiate(client, t);
  REQUIRE(world.run_until([&] { return t.selected().has_value(); }));
  const Address peer = t.selected()->remote;
  if (!t.connected()) CHECK(drops_as(peer, rtp_packet(1), DropReason::SRTP_NO_KEYS));
  REQUIRE(world.run_until([&] { return t.connected() && client.connected(); }));
  CHECK(drops_as(peer, std::vector<std::uint8_t>(12, 22), DropReason::DTLS_MALFORMED));
  CHECK(drops_as(peer, {0x80}, DropReason::RTP_MALFORMED));
  // From here on the packet is the data path's: it is classified only.
  CHECK(world.mux.receive(world.now, *t.selected(), rtp_packet(1)).kind == Mux::Kind::rtp);
  CHECK(world.mux.receive(world.now, *t.selected(), rtcp_packet()).kind == Mux::Kind::rtcp);
}

TEST_CASE("credentials are fresh, long and of the allowed characters") {
  World world;
  std::vector<std::string> seen;
  for (std::uint32_t i = 0; i < 200; ++i) {
    const ice::Credentials& c = world.mux.open(Id{IdKind::participant, 0, 1, i}).local_credentials();
    CHECK(c.ufrag.size() == 8);
    CHECK(c.password.size() == 24);
    for (const char ch : c.ufrag + c.password) {
      CHECK((std::isalnum(static_cast<unsigned char>(ch)) != 0 || ch == '+' || ch == '/'));
    }
    seen.push_back(c.ufrag);
    seen.push_back(c.password);
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

TEST_CASE("two clients on one port do not mix") {
  World world;
  VirtualPeer first{World::options(dtls::Role::client, 21)};
  VirtualPeer::Options options = World::options(dtls::Role::server, 22);
  options.local = ipv4("198.51.100.7", 40'001);  // the same host
  VirtualPeer second{options};
  Transport& a = world.connect(first, Id{IdKind::participant, 0, 1, 0});
  Transport& b = world.connect(second, Id{IdKind::participant, 0, 1, 1});
  REQUIRE(world.run_until(
      [&] { return a.connected() && b.connected() && first.connected() && second.connected(); }));
  CHECK(a.selected()->remote.port == 40'000);
  CHECK(b.selected()->remote.port == 40'001);
  REQUIRE(first.send_rtp(rtp_packet(1)));
  const auto packet = first.take_transmits();
  CHECK(world.mux.receive(world.now, {world.node, packet[0].from}, packet[0].bytes).transport == &a);
  // The same bytes from the other's address are the other's, and its keys refuse them.
  world.deliver(options.local, packet[0].bytes);
  CHECK(world.drops.of(DropReason::SRTP_AUTH) == 1);
}

TEST_CASE("a full egress batch loses datagrams, and says so") {
  SeededRandom random{1};
  const auto certificate = *crypto::Certificate::make(random, 1'700'000'000);
  EgressBatch egress{50};
  DropCounters drops;
  Mux mux{{}, certificate, random, egress, drops, Log{}};
  VirtualPeer client{World::options(dtls::Role::client)};
  Transport& t = mux.open(Id{IdKind::participant, 0, 1, 0});
  client.set_remote(t.local_credentials(), "sha-256", certificate->fingerprint());
  client.check(time_from_us(0), true);
  const auto sent = client.take_transmits();
  CHECK(mux.receive(time_from_us(0), {sent[0].to, sent[0].from}, sent[0].bytes).kind == Mux::Kind::handled);
  CHECK(drops.of(DropReason::SEND_BUFFER) == 1);
}
