// Application data after the handshake: a record and a datagram each.
#include <doctest/doctest.h>

#include "base/random.h"
#include "dtls/session.h"

using namespace weir;
using dtls::Role;
using dtls::Session;
using dtls::State;
using Pieces = std::vector<std::vector<std::uint8_t>>;

namespace {

struct Pair {
  Time now = time_from_us(1'000'000);
  std::unique_ptr<Session> client;
  std::unique_ptr<Session> server;

  explicit Pair(std::size_t mtu = 1200) {
    SeededRandom random{3};
    const auto one = *crypto::Certificate::make(random, 1'700'000'000);
    const auto two = *crypto::Certificate::make(random, 1'700'000'000);
    const auto options = [&](Role role) {
      const auto& other = role == Role::client ? two : one;
      dtls::SessionOptions o;
      o.role = role;
      o.certificate = role == Role::client ? one : two;
      o.remote_fingerprint_algorithm = "sha-256";
      o.remote_fingerprint.assign(other->fingerprint().begin(), other->fingerprint().end());
      o.seed.fill(role == Role::client ? 1 : 2);
      o.mtu = mtu;
      return o;
    };
    client = std::make_unique<Session>(options(Role::client));
    server = std::make_unique<Session>(options(Role::server));
  }
  void shake_hands() {
    client->step(now, {});
    while (carry(*client, *server) + carry(*server, *client) > 0) {
    }
    REQUIRE(client->state() == State::connected);
    REQUIRE(server->state() == State::connected);
  }
  std::size_t carry(Session& from, Session& to) const {
    std::size_t longest = 0;
    for (const auto& datagram : from.take_transmits()) {
      longest = std::max(longest, datagram.size());
      to.step(now, datagram);
    }
    return longest;
  }
};

std::vector<std::uint8_t> bytes(std::size_t size) {
  std::vector<std::uint8_t> out(size);
  SeededRandom{size}.fill(out);
  return out;
}

}  // namespace

TEST_CASE("data goes both ways, each piece as it was sent") {
  Pair p;
  CHECK_FALSE(p.client->send(p.now, bytes(10)));
  CHECK(p.client->max_payload() == 0);
  p.shake_hands();
  CHECK(p.client->send(p.now, bytes(10)));
  CHECK(p.client->send(p.now, bytes(1000)));
  p.carry(*p.client, *p.server);
  CHECK(p.server->take_received() == Pieces{bytes(10), bytes(1000)});
  CHECK(p.server->take_received().empty());
  CHECK(p.server->send(p.now, bytes(20)));
  p.carry(*p.server, *p.client);
  CHECK(p.client->take_received() == Pieces{bytes(20)});
  CHECK(p.client->deadline() == kNever);
}

TEST_CASE("the longest data fills a datagram, one byte more is refused, and none at all is nothing") {
  for (const std::size_t mtu : {std::size_t{300}, std::size_t{1200}}) {
    Pair p{mtu};
    p.shake_hands();
    const std::size_t most = p.client->max_payload();
    CHECK(most > mtu - 100);
    CHECK(most < mtu);
    CHECK(p.client->send(p.now, bytes(most)));
    CHECK(p.carry(*p.client, *p.server) <= mtu);
    CHECK(p.server->take_received() == Pieces{bytes(most)});
    CHECK_FALSE(p.client->send(p.now, bytes(most + 1)));
    CHECK_FALSE(p.client->send(p.now, {}));
    CHECK(p.client->take_transmits().empty());
    CHECK(p.client->state() == State::connected);
  }
}

TEST_CASE("data that came twice, or was changed on its way, is not given") {
  Pair p;
  p.shake_hands();
  CHECK(p.client->send(p.now, bytes(50)));
  const auto datagram = p.client->take_transmits().at(0);
  auto changed = datagram;
  changed.back() ^= 1;
  p.server->step(p.now, changed);
  CHECK(p.server->take_received().empty());
  p.server->step(p.now, datagram);
  p.server->step(p.now, datagram);
  CHECK(p.server->take_received().size() == 1);
  CHECK(p.server->state() == State::connected);
}

TEST_CASE("several records in a datagram are all given; after the end nothing is") {
  Pair p;
  p.shake_hands();
  CHECK(p.client->send(p.now, bytes(30)));
  CHECK(p.client->send(p.now, bytes(40)));
  std::vector<std::uint8_t> both;
  for (const auto& datagram : p.client->take_transmits()) {
    both.insert(both.end(), datagram.begin(), datagram.end());
  }
  p.server->step(p.now, both);
  CHECK(p.server->take_received() == Pieces{bytes(30), bytes(40)});
  CHECK(p.client->send(p.now, bytes(30)));
  const auto late = p.client->take_transmits();
  p.client->close(p.now);
  p.carry(*p.client, *p.server);
  CHECK(p.server->state() == State::closed);
  for (const auto& datagram : late) p.server->step(p.now, datagram);
  CHECK(p.server->take_received().empty());
  CHECK_FALSE(p.server->send(p.now, bytes(30)));
  CHECK_FALSE(p.client->send(p.now, bytes(30)));
}
