#include "dtls/session.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "session_pair.h"
#include "support/shared_data.h"
#include "support/virtual_peer.h"

using namespace weir;
using namespace weir::dtls;

TEST_CASE("both sides derive the same keys, crosswise") {
  Pair p;
  p.shake_hands();
  REQUIRE(p.client->state() == State::connected);
  REQUIRE(p.server->state() == State::connected);
  const auto a = p.client->take_keys();
  const auto b = p.server->take_keys();
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->profile == dtls::SrtpProfile::aes128_cm_sha1_80);
  CHECK(a->send.size() == 30);
  CHECK(a->send == b->receive);
  CHECK(a->receive == b->send);
  CHECK(a->send != a->receive);
  CHECK_FALSE(p.client->take_keys());  // once
  CHECK(p.client->cipher() == "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256");
  CHECK(p.client->failure().empty());
  CHECK(p.client->deadline() == kNever);
}

TEST_CASE("datagrams keep within the MTU") {
  Pair p;
  SessionOptions options = p.options(Role::server);
  options.mtu = 300;
  p.client = std::make_unique<Session>(p.options(Role::client));
  p.server = std::make_unique<Session>(std::move(options));
  p.client->step(p.now, {});
  for (const auto& d : p.client->take_transmits()) p.server->step(p.now, d);
  std::size_t number = 0;
  for (const auto& d : p.server->take_transmits()) {
    CHECK(d.size() <= 300);
    p.client->step(p.now, d);
    ++number;
  }
  CHECK(number >= 2);
  p.exchange();
  CHECK(p.client->state() == State::connected);
  CHECK(p.server->state() == State::connected);
}

TEST_CASE("a retransmitted final flight is answered after connecting") {
  Pair p;
  p.make();
  p.client->step(p.now, {});
  for (const auto& d : p.client->take_transmits()) p.server->step(p.now, d);
  for (const auto& d : p.server->take_transmits()) p.client->step(p.now, d);
  for (const auto& d : p.client->take_transmits()) p.server->step(p.now, d);
  REQUIRE(p.server->state() == State::connected);
  CHECK_FALSE(p.server->take_transmits().empty());  // lost
  p.now = p.client->deadline();
  p.client->step(p.now, {});
  for (const auto& d : p.client->take_transmits()) p.server->step(p.now, d);
  const auto again = p.server->take_transmits();
  REQUIRE_FALSE(again.empty());
  for (const auto& d : again) p.client->step(p.now, d);
  CHECK(p.client->state() == State::connected);
  CHECK(p.client->take_keys()->send == p.server->take_keys()->receive);
}

TEST_CASE("a certificate other than announced is refused by whoever notices") {
  for (const Role victim : {Role::client, Role::server}) {
    for (const char* algorithm : {"sha-256", "sha-512", "md5"}) {
      Pair p;
      for (const Role role : {Role::client, Role::server}) {
        SessionOptions options = p.options(role);
        if (role == victim) {
          options.remote_fingerprint_algorithm = algorithm;
          options.remote_fingerprint[0] ^= 1;
        }
        (role == Role::client ? p.client : p.server) = std::make_unique<Session>(std::move(options));
      }
      p.shake_hands();
      Session& noticed = victim == Role::client ? *p.client : *p.server;
      Session& other = victim == Role::client ? *p.server : *p.client;
      CHECK(noticed.state() == State::failed);
      CHECK(noticed.failure().find("fingerprint") != std::string::npos);
      CHECK_FALSE(noticed.take_keys());
      CHECK(other.state() != State::connected);
      CHECK_FALSE(other.take_keys());
    }
  }
}

TEST_CASE("fingerprints of other lengths work") {
  for (const char* algorithm : {"sha-384", "sha-512", "SHA-512"}) {
    Pair p;
    SessionOptions options = p.options(Role::server);
    options.remote_fingerprint_algorithm = algorithm;
    options.remote_fingerprint = crypto::digest(algorithm, p.client_certificate->certificate_der());
    p.client = std::make_unique<Session>(p.options(Role::client));
    p.server = std::make_unique<Session>(std::move(options));
    p.shake_hands();
    CHECK(p.server->state() == State::connected);
  }
}

TEST_CASE("a session that lacks something fails with a word on it") {
  Pair p;
  SessionOptions none = p.options(Role::server);
  none.certificate = nullptr;
  CHECK(Session{std::move(none)}.state() == State::failed);
  SessionOptions open = p.options(Role::server);
  open.remote_fingerprint.clear();
  Session without{std::move(open)};
  CHECK(without.state() == State::failed);
  CHECK(without.failure() == "no remote fingerprint was given");
  without.step(p.now, {});
  without.close(p.now);
  CHECK(without.take_transmits().empty());
}

TEST_CASE("close_notify ends both sides") {
  Pair p;
  p.shake_hands();
  p.server->close(p.now);
  CHECK(p.server->state() == State::closed);
  p.exchange();
  CHECK(p.client->state() == State::closed);
  p.client->step(p.now, std::vector<std::uint8_t>(50, 22));
  CHECK(p.client->take_transmits().empty());
}

TEST_CASE("forged plain records after the handshake change nothing") {
  Pair p;
  p.shake_hands();
  const std::vector<std::vector<std::uint8_t>> forged = {
      {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 9, 9, 0, 2, 2, 40},  // plain fatal alert
      {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 9, 9, 0, 2, 1, 0},   // plain close_notify
      {21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 9, 9, 0, 2, 1, 0},   // the same, in the encrypted epoch
      {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 9, 9, 0, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
      {20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 9, 9, 0, 1, 1},
      {23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 9, 9, 0, 30},
  };
  for (const auto& datagram : forged) {
    p.client->step(p.now, datagram);
    p.server->step(p.now, datagram);
    CHECK(p.client->state() == State::connected);
    CHECK(p.server->state() == State::connected);
  }
  CHECK(p.exchange() <= 4);
  p.client->close(p.now);
  p.exchange();
  CHECK(p.server->state() == State::closed);
}

TEST_CASE("random and bent datagrams during a handshake end in a state, never in a crash") {
  SeededRandom random{5};
  for (int round = 0; round < 60; ++round) {
    Pair p;
    p.make();
    p.client->step(p.now, {});
    const auto bend = [&](std::vector<std::uint8_t> d) {
      if (random.below(4) == 0 && !d.empty())
        d[random.below(d.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
      if (random.below(10) == 0) d.resize(random.below(d.size() + 1));
      return d;
    };
    for (int i = 0; i < 8; ++i) {
      for (const auto& d : p.client->take_transmits()) p.server->step(p.now, bend(d));
      for (const auto& d : p.server->take_transmits()) p.client->step(p.now, bend(d));
      p.now += 300ms;
      p.client->step(p.now, {});
      p.server->step(p.now, {});
    }
    if (p.client->state() == State::failed) CHECK_FALSE(p.client->failure().empty());
    if (const auto keys = p.client->take_keys(); keys && p.server->state() == State::connected) {
      CHECK(p.server->take_keys()->send == keys->receive);
    }
  }
}

TEST_CASE("the browsers' post-quantum ClientHellos are answered, whole and in fragments") {
  WEIR_NEEDS_SHARED_DATA(folder, "dtls");
  Pair p;
  for (const char* name : {"ch_chromium.bin", "ch_firefox.bin"}) {
    for (const std::size_t size : {100'000U, 1150U, 200U}) {
      CAPTURE(name);
      CAPTURE(size);
      Session server{p.options(Role::server)};
      for (const auto& part : test::fragment_hello(test::read_file(*folder / name), size))
        server.step(p.now, part);
      CHECK(server.state() == State::handshaking);
      const auto flight = server.take_transmits();
      REQUIRE_FALSE(flight.empty());
      CHECK(flight[0][0] == 22);
      CHECK(flight[0][13] == 2);  // ServerHello
    }
  }
}

TEST_CASE("hostile DTLS corpora") {
  WEIR_NEEDS_SHARED_DATA(folder, "hostile_corpora/webrtc_fuzz");
  Pair p;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{*folder}) {
    if (!entry.is_regular_file() || entry.file_size() > 70'000) continue;
    const auto bytes = test::read_file(entry.path());
    if (bytes.empty() || bytes[0] < 20 || bytes[0] > 63) continue;
    Session server{p.options(Role::server)};
    server.step(p.now, bytes);
    Session client{p.options(Role::client)};
    client.step(p.now, bytes);
    CHECK(server.state() != State::connected);
    CHECK(client.state() != State::connected);
    ++files;
  }
  MESSAGE(files << " inputs");
}

TEST_CASE("a peer that wants no keys for media is taken where none are required, in either role") {
  for (const Role without : {Role::client, Role::server}) {
    for (const dtls::Srtp other : {dtls::Srtp::optional, dtls::Srtp::required}) {
      Pair p;
      SessionOptions client = p.options(Role::client);
      SessionOptions server = p.options(Role::server);
      (without == Role::client ? client : server).srtp = dtls::Srtp::none;
      (without == Role::client ? server : client).srtp = other;
      p.client = std::make_unique<Session>(std::move(client));
      p.server = std::make_unique<Session>(std::move(server));
      p.shake_hands();
      const Session& strict = without == Role::client ? *p.server : *p.client;
      if (other == dtls::Srtp::required) {
        CHECK(strict.state() == State::failed);
        CHECK(strict.failure() == "no SRTP profile in common");
        continue;
      }
      REQUIRE(p.client->state() == State::connected);
      REQUIRE(p.server->state() == State::connected);
      CHECK_FALSE(p.client->take_keys());
      CHECK_FALSE(p.server->take_keys());
      CHECK(p.client->send(p.now, as_bytes("data")));
      p.exchange();
      CHECK(p.server->take_received().size() == 1);
    }
  }
}

TEST_CASE("where both can, keys are agreed on though they are optional") {
  Pair p;
  SessionOptions server = p.options(Role::server);
  server.srtp = dtls::Srtp::optional;
  p.client = std::make_unique<Session>(p.options(Role::client));
  p.server = std::make_unique<Session>(std::move(server));
  p.shake_hands();
  CHECK(p.client->take_keys());
  CHECK(p.server->take_keys());
}
