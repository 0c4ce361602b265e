#include "sctp/channels.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/random.h"
#include "ends.h"

using namespace weir;
using namespace weir::sctp;
using test::Ends;
using Kind = Reliability::Kind;
using EventKind = Channels::EventKind;
using Sent = Channels::Sent;

namespace {

std::vector<std::uint8_t> bytes_of(std::size_t size, std::uint64_t seed = 1) {
  std::vector<std::uint8_t> bytes(size);
  SeededRandom{seed}.fill(bytes);
  return bytes;
}

}  // namespace

TEST_CASE("both ends begin, and a channel carries text, bytes and nothing at all, both ways") {
  Ends ends;
  REQUIRE(ends.connect());
  CHECK(ends.count(0, EventKind::up) == 1);
  const auto stream = ends.end[0]->open("room/a", "proto", {});
  REQUIRE(stream);
  CHECK(*stream % 2 == 0);                                                   // the DTLS client's
  CHECK(ends.end[0]->send(*stream, true, as_bytes("first")) == Sent::done);  // before the answer
  REQUIRE(ends.run_until([&] { return !ends.messages(1).empty(); }));
  const Channel* there = ends.end[1]->find(*stream);
  REQUIRE(there != nullptr);
  CHECK(there->label == "room/a");
  CHECK(there->protocol == "proto");
  CHECK(there->reliability == Reliability{});
  CHECK(ends.count(1, EventKind::opened) == 1);
  CHECK(ends.end[1]->send(*stream, false, bytes_of(3)) == Sent::done);
  CHECK(ends.end[1]->send(*stream, true, {}) == Sent::done);
  CHECK(ends.end[1]->send(*stream, false, {}) == Sent::done);
  REQUIRE(ends.run_until([&] { return ends.messages(0).size() == 3; }));
  CHECK(ends.end[0]->find(*stream)->state == Channel::State::open);
  std::vector<Channels::Event> got;
  for (auto& event : ends.events[0]) {
    if (event.kind == EventKind::message) got.push_back(event);
  }
  CHECK_FALSE(got[0].text);
  CHECK(got[0].bytes == bytes_of(3));
  CHECK(got[1].text);
  CHECK(got[1].bytes.empty());
  CHECK_FALSE(got[2].text);
  CHECK(got[2].bytes.empty());
  const auto back = ends.end[1]->open("room/b", "", {});
  REQUIRE(back);
  CHECK(*back % 2 == 1);
}

TEST_CASE("a large message arrives whole, in packets of the path's size, whatever is lost") {
  Ends ends;
  SeededRandom random{5};
  REQUIRE(ends.connect());
  const auto stream = ends.end[0]->open("host", "", {});
  ends.lose = [&](int, Bytes) { return random.unit() < 0.1; };
  const auto message = bytes_of(262'144);
  REQUIRE(ends.end[0]->send(*stream, false, message) == Sent::done);
  REQUIRE(ends.run_until([&] { return !ends.messages(1).empty(); }, std::chrono::seconds{120}));
  const std::string arrived = ends.messages(1)[0];
  CHECK(std::vector<std::uint8_t>(arrived.begin(), arrived.end()) == message);
  CHECK(ends.longest_packet <= 1150);
  CHECK(ends.longest_packet > 1100);
}

TEST_CASE("one byte more than the peer takes is not sent; what exceeds the own limit closes its channel") {
  auto strict = Ends::options(false);
  strict.max_message_received = 1000;
  Ends ends{Ends::options(true), strict};
  REQUIRE(ends.connect());
  const auto stream = ends.end[0]->open("host", "", {});
  CHECK(ends.end[0]->send(*stream, false, bytes_of(262'145)) == Sent::too_large);
  CHECK(ends.end[0]->send(*stream, false, bytes_of(1000)) == Sent::done);
  REQUIRE(ends.run_until([&] { return ends.messages(1).size() == 1; }));
  CHECK(ends.end[0]->send(*stream, false, bytes_of(1001)) == Sent::done);
  REQUIRE(ends.run_until([&] { return ends.count(0, EventKind::closed) == 1; }));
  CHECK(ends.messages(1).size() == 1);
  CHECK(ends.drops[1].of(DropReason::DATA_TOO_LARGE) == 1);
  CHECK(ends.end[0]->find(*stream) == nullptr);
}

TEST_CASE("reliable and ordered: all arrive in order although a third of the packets is lost") {
  Ends ends;
  SeededRandom random{6};
  REQUIRE(ends.connect());
  const auto stream = ends.end[0]->open("host", "", {});
  ends.run(std::chrono::milliseconds{100});
  ends.lose = [&](int, Bytes) { return random.unit() < 0.33; };
  std::vector<std::string> sent;
  for (int i = 0; i < 100; ++i) {
    sent.push_back(std::to_string(i));
    CHECK(ends.end[0]->send(*stream, true, as_bytes(sent.back())) == Sent::done);
    ends.step();
  }
  REQUIRE(ends.run_until([&] { return ends.messages(1).size() == 100; }, std::chrono::seconds{300}));
  CHECK(ends.messages(1) == sent);
}

TEST_CASE("no retransmissions: what is lost stays lost, what follows is not held up") {
  Ends ends;
  REQUIRE(ends.connect());
  const auto stream =
      ends.end[0]->open("host", "", {.kind = Kind::retransmits, .value = 0, .ordered = false});
  ends.run(std::chrono::milliseconds{200});
  CHECK(ends.end[1]->find(*stream)->reliability.kind == Kind::retransmits);
  int dropped = 0;
  for (int i = 0; i < 20; ++i) {
    const bool drop = i % 4 == 0;
    ends.lose = [&](int to, Bytes packet) {
      const bool lost = drop && to == 1 && packet.size() > 300;
      dropped += lost ? 1 : 0;
      return lost;
    };
    CHECK(ends.end[0]->send(*stream, true, as_bytes(std::to_string(i) + std::string(400, '.'))) ==
          Sent::done);
    ends.run(std::chrono::milliseconds{100});
  }
  ends.lose = [](int, Bytes) { return false; };
  ends.run(std::chrono::seconds{5});
  CHECK(dropped == 5);
  CHECK(ends.messages(1).size() == 15);
}

TEST_CASE("a lifetime: what could not be delivered in it is not delivered later") {
  Ends ends;
  REQUIRE(ends.connect());
  const auto brief = ends.end[0]->open("a", "", {.kind = Kind::lifetime, .value = 300, .ordered = true});
  const auto whole = ends.end[0]->open("b", "", {});
  ends.run(std::chrono::milliseconds{200});
  ends.lose = [](int, Bytes) { return true; };
  CHECK(ends.end[0]->send(*brief, true, as_bytes("late")) == Sent::done);
  CHECK(ends.end[0]->send(*whole, true, as_bytes("patient")) == Sent::done);
  ends.run(std::chrono::seconds{2});
  ends.lose = [](int, Bytes) { return false; };
  ends.run(std::chrono::seconds{10});
  CHECK(ends.end[0]->send(*brief, true, as_bytes("new")) == Sent::done);
  ends.run(std::chrono::seconds{1});
  CHECK(ends.messages(1) == std::vector<std::string>{"patient", "new"});
}

TEST_CASE("a channel that either side closes is closed on both, and its number is used again") {
  for (const int closer : {0, 1}) {
    CAPTURE(closer);
    Ends ends;
    REQUIRE(ends.connect());
    for (int round = 0; round < 5; ++round) {
      const auto stream = ends.end[0]->open("r" + std::to_string(round), "", {});
      REQUIRE(stream);
      CHECK(*stream == 0);
      CHECK(ends.end[0]->send(*stream, true, as_bytes("m")) == Sent::done);
      REQUIRE(ends.run_until([&] { return ends.messages(1).size() == static_cast<std::size_t>(round + 1); }));
      ends.run(std::chrono::milliseconds{200});
      ends.end[closer]->close(*stream);
      CHECK(ends.end[closer]->find(*stream) == nullptr);
      CHECK(ends.end[closer]->send(*stream, true, as_bytes("m")) == Sent::closed);
      REQUIRE(ends.run_until(
          [&] { return ends.count(1 - closer, EventKind::closed) == static_cast<std::size_t>(round + 1); }));
      ends.run(std::chrono::seconds{1});
      CHECK(ends.end[0]->count() == 0);
      CHECK(ends.end[1]->count() == 0);
    }
    CHECK(ends.count(closer, EventKind::closed) == 0);
  }
}

TEST_CASE("many channels closed at once are all closed, one request after the other") {
  Ends ends;
  REQUIRE(ends.connect());
  for (int i = 0; i < 64; ++i) REQUIRE(ends.end[0]->open(std::to_string(i), "", {}));
  ends.run(std::chrono::seconds{1});
  CHECK(ends.end[1]->count() == 64);
  for (int i = 0; i < 64; ++i) ends.end[0]->close(static_cast<std::uint16_t>(2 * i));
  REQUIRE(ends.run_until([&] { return ends.count(1, EventKind::closed) == 64; }, std::chrono::seconds{60}));
  ends.run(std::chrono::seconds{2});
  CHECK(ends.end[0]->open("again", "", {}) == std::optional<std::uint16_t>{0});
}

TEST_CASE("the limit of channels: the last one opens, the next does not, on either side") {
  auto few = Ends::options(false);
  few.max_channels = 2;
  Ends ends{Ends::options(true), few};
  REQUIRE(ends.connect());
  for (int i = 0; i < 3; ++i) REQUIRE(ends.end[0]->open("c", "", {}));
  REQUIRE(ends.run_until([&] { return ends.count(0, EventKind::closed) == 1; }));
  CHECK(ends.end[1]->count() == 2);
  CHECK(ends.drops[1].of(DropReason::DATA_CHANNEL_LIMIT) == 1);
  CHECK_FALSE(ends.end[1]->open("mine", "", {}));
  CHECK(ends.drops[1].of(DropReason::DATA_CHANNEL_LIMIT) == 2);
  ends.end[0]->close(0);
  ends.run(std::chrono::seconds{1});
  CHECK(ends.end[1]->open("mine", "", {}));
}

TEST_CASE("labels: 255 bytes open, 256 do not") {
  Ends ends;
  REQUIRE(ends.connect());
  CHECK(ends.end[0]->open(std::string(255, 'x'), std::string(255, 'y'), {}));
  CHECK_FALSE(ends.end[0]->open(std::string(256, 'x'), "", {}));
  CHECK_FALSE(ends.end[0]->open("x", std::string(256, 'y'), {}));
  ends.run(std::chrono::seconds{1});
  CHECK(ends.end[1]->find(std::string_view{std::string(255, 'x')}) == std::optional<std::uint16_t>{0});
  CHECK_FALSE(ends.end[1]->find(std::string_view{"y"}));
}

TEST_CASE("a slow path: the buffer has an end, half of it for what may be lost, and empties") {
  auto small = Ends::options(true);
  small.association.send_buffer = 512 * 1024;
  Ends ends{small};
  REQUIRE(ends.connect());
  const auto loose = ends.end[0]->open("a", "", {.kind = Kind::retransmits, .value = 0, .ordered = false});
  const auto firm = ends.end[0]->open("b", "", {});
  ends.run(std::chrono::milliseconds{200});
  ends.lose = [](int, Bytes) { return true; };
  const auto block = bytes_of(64 * 1024);
  for (int i = 0; i < 4; ++i) CHECK(ends.end[0]->send(*loose, false, block) == Sent::done);
  CHECK(ends.end[0]->send(*loose, false, block) == Sent::full);
  for (int i = 0; i < 4; ++i) CHECK(ends.end[0]->send(*firm, false, block) == Sent::done);
  CHECK(ends.end[0]->send(*firm, false, block) == Sent::full);
  CHECK(ends.end[0]->buffered() >= 512 * 1024);
  ends.lose = [](int, Bytes) { return false; };
  CHECK(ends.run_until([&] { return ends.end[0]->buffered() == 0; }, std::chrono::seconds{60}));
  CHECK(std::count_if(ends.events[1].begin(), ends.events[1].end(), [&](const auto& event) {
          return event.kind == EventKind::message && event.stream == *firm;
        }) == 4);
}

TEST_CASE("small messages have an end, too") {
  Ends ends;
  REQUIRE(ends.connect());
  const auto stream = ends.end[0]->open("a", "", {});
  ends.run(std::chrono::milliseconds{200});
  ends.lose = [](int, Bytes) { return true; };
  int taken = 0;
  while (taken < 100'000 && ends.end[0]->send(*stream, true, as_bytes("x")) == Sent::done) ++taken;
  CHECK(taken == 2048);
  ends.lose = [](int, Bytes) { return false; };
  CHECK(ends.run_until([&] { return ends.messages(1).size() == 2048; }, std::chrono::seconds{60}));
  ends.run(std::chrono::seconds{1});
  CHECK(ends.end[0]->buffered() == 0);
  CHECK(ends.end[0]->send(*stream, true, as_bytes("x")) == Sent::done);
}

TEST_CASE("an outage of five minutes ends nothing; an abort ends all") {
  Ends ends;
  REQUIRE(ends.connect());
  const auto stream = ends.end[0]->open("a", "", {});
  ends.run(std::chrono::milliseconds{200});
  ends.lose = [](int, Bytes) { return true; };
  CHECK(ends.end[0]->send(*stream, true, as_bytes("after all")) == Sent::done);
  ends.run(std::chrono::minutes{5});
  ends.lose = [](int, Bytes) { return false; };
  REQUIRE(ends.run_until([&] { return ends.messages(1).size() == 1; }, std::chrono::seconds{4}));
  ends.end[0]->abort();
  REQUIRE(ends.run_until([&] { return ends.count(1, EventKind::down) == 1; }));
  CHECK(ends.end[1]->find(*stream) == nullptr);
  CHECK(ends.end[1]->count() == 0);
  CHECK_FALSE(ends.end[1]->up());
  CHECK_FALSE(ends.end[1]->open("a", "", {}));
  CHECK(ends.end[0]->send(*stream, true, as_bytes("x")) == Sent::closed);
}

TEST_CASE("the other end begins anew: its old channels are over, new ones open") {
  Ends ends;
  REQUIRE(ends.connect());
  REQUIRE(ends.end[0]->open("a", "", {}));
  ends.run(std::chrono::seconds{1});
  CHECK(ends.end[1]->count() == 1);
  ends.lose = [](int to, Bytes) { return to == 1; };  // its abort is lost
  ends.end[0] = nullptr;
  ends.run(std::chrono::seconds{1});
  ends.lose = [](int, Bytes) { return false; };
  ends.end[0] = Channels::begin(Ends::options(true), ends.drops[0]);
  REQUIRE(ends.run_until([&] { return ends.end[0]->up(); }));
  CHECK(ends.count(1, EventKind::down) == 1);
  CHECK(ends.count(1, EventKind::up) == 2);
  CHECK(ends.end[1]->count() == 0);
  const auto stream = ends.end[0]->open("b", "", {});
  REQUIRE(stream);
  CHECK(ends.end[0]->send(*stream, true, as_bytes("new")) == Sent::done);
  CHECK(ends.run_until([&] { return ends.messages(1).size() == 1; }));
}
