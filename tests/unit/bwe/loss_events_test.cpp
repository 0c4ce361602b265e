#include "bwe/loss_events.h"

#include <doctest/doctest.h>

namespace weir::bwe {
namespace {

constexpr Duration kRtt = std::chrono::milliseconds{100};
constexpr Duration kSecond = std::chrono::seconds{1};

/// 100 packets a second.
class Sender {
 public:
  LossEvents events;
  Time now = time_from_us(1'000'000);
  bool queued = true;

  void pass(int packets) {
    for (int i = 0; i < packets; ++i) send(true);
  }
  Time lose() { return send(false); }
  void recover(Time sent) {
    events.on_packet({.sent = sent, .received = now, .recovered = true}, kRtt, queued);
  }

 private:
  Time send(bool arrives) {
    PacketResult packet;
    packet.sent = now;
    if (arrives) packet.received = now;
    events.on_packet(packet, kRtt, queued);
    now += from_ms(10);
    return packet.sent;
  }
};

}  // namespace

TEST_CASE("without loss one event more than was seen bounds the rate") {
  Sender sender;
  CHECK(sender.events.rate() == 1);
  sender.pass(100);
  CHECK(sender.events.rate() == doctest::Approx(0.01));
}

TEST_CASE("losses of one round trip are one event") {
  Sender sender;
  sender.pass(99);
  for (int i = 0; i < 10; ++i) {
    sender.lose();
    sender.lose();
    sender.pass(7);
    sender.lose();
    sender.pass(90);
  }
  CHECK(sender.events.rate() == doctest::Approx(0.01));
  // Another, when the round trip is over.
  sender.pass(1);
  sender.lose();
  sender.pass(9);
  sender.lose();
  CHECK(sender.events.rate() > 0.0105);
}

TEST_CASE("eight intervals count, the older ones less; the open one only where it is long") {
  Sender sender;
  sender.pass(10'000);
  for (int i = 0; i < 9; ++i) {
    sender.lose();
    sender.pass(49);
  }
  CHECK(sender.events.rate() == doctest::Approx(0.02));
  sender.lose();
  CHECK(sender.events.rate() == doctest::Approx(0.02));
  sender.pass(999);
  // (1000 + 50 * 5) / 6
  CHECK(sender.events.rate() == doctest::Approx(6 / 1250.0));
}

TEST_CASE("what comes late was no event") {
  Sender sender;
  sender.pass(100);
  const Time first = sender.lose();
  const Time second = sender.lose();
  sender.pass(3);
  sender.recover(first);
  CHECK(sender.events.rate() == doctest::Approx(1 / 100.0));
  sender.recover(second);
  CHECK(sender.events.rate() == doctest::Approx(1 / 105.0));
  // Too late, or told twice, or never told as lost: no harm.
  sender.recover(second);
  sender.recover(first - kSecond);
  CHECK(sender.events.rate() == doctest::Approx(1 / 105.0));
}

TEST_CASE("the rate of a TCP is that of RFC 5348 section 3.1, without timeouts") {
  Sender sender;
  sender.pass(100);
  // 9600 bit * sqrt(1.5 / 0.01) / 0.1 s
  CHECK(sender.events.tcp_rate(kRtt) == doctest::Approx(1'175'755).epsilon(0.001));
  CHECK(sender.events.tcp_rate(2 * kRtt) == doctest::Approx(587'878).epsilon(0.001));
  CHECK(sender.events.tcp_rate(Duration{0}) == sender.events.tcp_rate(from_ms(20)));
}

TEST_CASE("losses with a queue that come back are another's doing") {
  Sender sender;
  for (int i = 0; i < 2; ++i) {
    sender.lose();
    sender.pass(400);
    CHECK_FALSE(sender.events.contended(sender.now));
  }
  sender.lose();
  CHECK(sender.events.contended(sender.now));
  CHECK(sender.events.contended(sender.now + 30 * kSecond));
  CHECK_FALSE(sender.events.contended(sender.now + 40 * kSecond));
}

TEST_CASE("a path that narrows once, and radio, are nobody's doing") {
  Sender narrowed;
  for (int i = 0; i < 10; ++i) {
    narrowed.lose();
    narrowed.pass(18);
  }
  CHECK_FALSE(narrowed.events.contended(narrowed.now));
  Sender radio;
  radio.queued = false;
  for (int i = 0; i < 20; ++i) {
    radio.lose();
    radio.pass(300);
  }
  CHECK_FALSE(radio.events.contended(radio.now));
}

}  // namespace weir::bwe
