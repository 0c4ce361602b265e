#include "dtls/retransmit_timer.h"

#include "session_pair.h"

using namespace weir;
using namespace weir::dtls;

TEST_CASE("the intermediate delay passes, then the final one, and zero ends the timer") {
  RetransmitTimer timer;
  timer.now = time_from_us(1'000'000);
  CHECK(RetransmitTimer::get(&timer) == -1);
  RetransmitTimer::set(&timer, 100, 400);
  CHECK(RetransmitTimer::get(&timer) == 0);
  timer.now += 100ms;
  CHECK(RetransmitTimer::get(&timer) == 1);
  timer.now += 300ms;
  CHECK(RetransmitTimer::get(&timer) == 2);
  RetransmitTimer::set(&timer, 0, 0);
  CHECK(RetransmitTimer::get(&timer) == -1);
  RetransmitTimer::set(&timer, 1000, RetransmitTimer::kNeverMs);
  CHECK(timer.final == timer.now + 2s);
}

TEST_CASE("the timer is an argument: lost flights are repeated at the deadline and not before") {
  Pair p;
  p.make();
  p.client->step(p.now, {});
  REQUIRE(p.client->take_transmits().size() == 1);  // lost
  const Time first = p.client->deadline();
  CHECK(first == p.now + 250ms);
  p.client->step(first - 1us, {});
  CHECK(p.client->take_transmits().empty());
  p.now = first;
  p.client->step(p.now, {});
  CHECK(p.client->deadline() == p.now + 500ms);
  p.exchange();
  CHECK(p.client->state() == State::connected);
}

TEST_CASE("a datagram that comes after the deadline is not lost to the retransmission") {
  Pair p;
  p.make();
  p.client->step(p.now, {});
  for (const auto& d : p.client->take_transmits()) p.server->step(p.now, d);
  const auto flight = p.server->take_transmits();
  REQUIRE_FALSE(flight.empty());
  p.now = p.client->deadline() + 1s;
  for (const auto& d : flight) p.client->step(p.now, d);
  CHECK(p.client->take_transmits().size() >=
        2);  // the repeated ClientHello, and the answer to the server's flight
  CHECK(p.server->deadline() < p.now);
  p.server->step(p.now, {});
  p.exchange();
  CHECK(p.client->deadline() > p.now);
  p.now = p.client->deadline();
  p.client->step(p.now, {});
  p.exchange();
  CHECK(p.client->state() == State::connected);
  CHECK(p.server->state() == State::connected);
}

TEST_CASE("intervals grow to two seconds and the time-out ends it") {
  Pair p;
  p.make();
  const Time begin = p.now;
  Duration longest{};
  std::size_t sent = 0;
  while (p.client->state() == State::handshaking) {
    p.client->step(p.now, {});
    sent += p.client->take_transmits().size();
    if (p.client->state() != State::handshaking) break;
    REQUIRE(p.client->deadline() > p.now);
    longest = std::max(longest, p.client->deadline() - p.now);
    p.now = p.client->deadline();
  }
  CHECK(p.client->state() == State::failed);
  CHECK(p.client->failure() == "the handshake took too long");
  CHECK(p.now - begin == 30s);
  CHECK(longest == 2s);
  CHECK(sent > 14);
  CHECK(sent < 22);
  CHECK(p.client->deadline() == kNever);
}

TEST_CASE("every single datagram of a handshake may be lost") {
  for (std::size_t lost = 0; lost < 8; ++lost) {
    CAPTURE(lost);
    Pair p;
    p.make();
    std::size_t number = 0;
    p.client->step(p.now, {});
    const Time give_up = p.now + 20s;
    while (p.now < give_up &&
           (p.client->state() != State::connected || p.server->state() != State::connected)) {
      for (const auto& d : p.client->take_transmits()) {
        if (number++ != lost) p.server->step(p.now, d);
      }
      for (const auto& d : p.server->take_transmits()) {
        if (number++ != lost) p.client->step(p.now, d);
      }
      p.now += 10ms;
      if (p.now >= p.client->deadline()) p.client->step(p.now, {});
      if (p.now >= p.server->deadline()) p.server->step(p.now, {});
    }
    CHECK(p.client->state() == State::connected);
    CHECK(p.server->state() == State::connected);
  }
}
