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
