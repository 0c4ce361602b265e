#include "dtls/reassembler.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "base/random.h"
#include "support/shared_data.h"
#include "support/virtual_peer.h"

using namespace weir;
using namespace weir::test;
using dtls::HelloReassembler;

namespace {

using Datagram_ = std::vector<std::uint8_t>;

/// One record with one handshake message fragment.
Datagram_ record(std::uint8_t type, std::size_t length, std::uint16_t seq, std::size_t offset, Bytes body,
                 std::uint16_t epoch = 0, std::uint8_t content = 22) {
  Datagram_ out(HelloReassembler::kRecordHeader + HelloReassembler::kMessageHeader + body.size());
  ByteWriter w{out};
  w.u8(content);
  w.u16(0xfeff);
  w.u16(epoch);
  w.u16(0);
  w.u32(77);
  w.u16(static_cast<std::uint16_t>(HelloReassembler::kMessageHeader + body.size()));
  w.u8(type);
  w.u24(static_cast<std::uint32_t>(length));
  w.u16(seq);
  w.u24(static_cast<std::uint32_t>(offset));
  w.u24(static_cast<std::uint32_t>(body.size()));
  w.bytes(body);
  return out;
}

Datagram_ body_of(std::size_t size) {
  Datagram_ body(size);
  for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return body;
}

Datagram_ hello(Bytes body, std::uint16_t seq = 0) {
  return record(1, body.size(), seq, 0, body);
}

}  // namespace

TEST_CASE("what is no fragment of a ClientHello passes unchanged") {
  HelloReassembler r;
  const Datagram_ body = body_of(100);
  Datagram_ two = hello(body);
  const Datagram_ second = record(2, 50, 1, 0, Bytes{body}.first(50));
  two.insert(two.end(), second.begin(), second.end());
  Datagram_ cut = hello(body);
  cut.pop_back();
  const std::vector<Datagram_> unchanged = {
      {},
      {22},
      Datagram_(12, 22),
      Datagram_(13, 0),
      hello(body),                                         // whole
      two,                                                 // two records
      cut,                                                 // shorter than it says
      record(2, 100, 0, 0, Bytes{body}.first(10)),         // fragment of a ServerHello
      record(1, 100, 0, 0, Bytes{body}.first(10), 1),      // encrypted epoch
      record(1, 100, 0, 0, Bytes{body}.first(10), 0, 23),  // not a handshake record
      record(1, 100, 0, 95, Bytes{body}.first(10)),        // past the end of the message
      record(1, 100, 0, 0xffffff, Bytes{body}.first(10)),
      record(1, 5, 0, 0, Bytes{body}.first(10)),  // longer than the message
  };
  for (const Datagram_& datagram : unchanged) {
    CHECK(r.filter(datagram) == datagram);
    CHECK(r.held() == 0);
  }
}

TEST_CASE("fragments in any order, size and number of repetitions become the one record") {
  const Datagram_ body = body_of(1400);
  const Datagram_ whole = hello(body);
  SeededRandom random{1};
  for (const std::size_t size : {1U, 7U, 500U, 699U, 700U, 1399U}) {
    for (int round = 0; round < 4; ++round) {
      CAPTURE(size);
      HelloReassembler r;
      std::vector<Datagram_> parts = fragment_hello(whole, size);
      const std::size_t distinct = parts.size();
      REQUIRE(distinct == (body.size() + size - 1) / size);
      for (std::size_t i = parts.size() - 1; i > 0; --i) std::swap(parts[i], parts[random.below(i + 1)]);
      for (std::size_t i = 0; i + 1 < distinct; ++i) {
        CHECK(r.filter(parts[i]).empty());
        CHECK(r.filter(parts[i]).empty());  // twice
      }
      CHECK(r.filter(parts.back()) == whole);
      CHECK(r.held() == 0);
    }
  }
}

TEST_CASE("overlapping fragments, several in one datagram, several in one record") {
  const Datagram_ body = body_of(300);
  const auto part = [&](std::size_t at, std::size_t size) {
    return record(1, 300, 0, at, Bytes{body}.subspan(at, size));
  };
  HelloReassembler r;
  CHECK(r.filter(part(0, 200)).empty());
  CHECK(r.filter(part(50, 100)).empty());
  CHECK(r.filter(part(100, 200)) == hello(body));

  Datagram_ both = part(0, 150);
  const Datagram_ last = part(150, 150);
  both.insert(both.end(), last.begin(), last.end());
  CHECK(r.filter(both) == hello(body));

  Datagram_ one = part(0, 150);
  one.insert(one.end(), last.begin() + 13, last.end());
  store_u16(&one[11], static_cast<std::uint16_t>(one.size() - 13));
  CHECK(r.filter(one) == hello(body));

  // A record beside it passes before it.
  Datagram_ mixed = record(2, 10, 1, 0, Bytes{body}.first(10));
  const Datagram_ other = mixed;
  CHECK(r.filter(part(0, 299)).empty());
  const Datagram_ end = part(299, 1);
  mixed.insert(mixed.end(), end.begin(), end.end());
  Datagram_ expected = other;
  const Datagram_ whole = hello(body);
  expected.insert(expected.end(), whole.begin(), whole.end());
  CHECK(r.filter(mixed) == expected);
}

TEST_CASE("lengths at and around the limit") {
  const Datagram_ body = body_of(HelloReassembler::kMaxHello + 1);
  HelloReassembler r;
  const Bytes exact = Bytes{body}.first(HelloReassembler::kMaxHello);
  CHECK(r.filter(record(1, exact.size(), 0, 0, exact.first(9000))).empty());
  CHECK(r.held() == HelloReassembler::kMaxHello);
  CHECK(r.filter(record(1, exact.size(), 0, 9000, exact.subspan(9000))) == hello(exact));

  CHECK(r.filter(record(1, body.size(), 0, 0, Bytes{body}.first(9000))).empty());
  CHECK(r.held() == 0);
  CHECK(r.filter(record(1, 0xffffff, 0, 0xffff00, Bytes{body}.first(200))).empty());
  CHECK(r.held() == 0);
}

TEST_CASE("empty fragments make nothing complete and hold nothing for ever") {
  HelloReassembler r;
  CHECK(r.filter(record(1, 300, 0, 0, {})).empty());
  CHECK(r.held() == 300);
  CHECK(r.filter(record(1, 300, 0, 300, {})).empty());
  // A ClientHello without a body is whole.
  const Datagram_ nothing = record(1, 0, 0, 0, {});
  CHECK(r.filter(nothing) == nothing);
}

TEST_CASE("another message than the one begun takes its place") {
  const Datagram_ body = body_of(300);
  HelloReassembler r;
  CHECK(r.filter(record(1, 16'000, 9, 0, Bytes{body}.first(100))).empty());
  CHECK(r.filter(record(1, 300, 0, 0, Bytes{body}.first(100))).empty());
  CHECK(r.held() == 300);
  CHECK(r.filter(record(1, 300, 1, 100, Bytes{body}.subspan(100))).empty());  // another message_seq
  CHECK(r.filter(record(1, 300, 1, 0, Bytes{body}.first(100))) == hello(body, 1));
}

TEST_CASE("random bytes neither crash nor grow it") {
  SeededRandom random{99};
  HelloReassembler r;
  for (int i = 0; i < 20'000; ++i) {
    Datagram_ bytes(random.below(120));
    random.fill(bytes);
    if (bytes.size() > 30 && random.below(2) == 0) {
      const Datagram_ start = record(1, random.below(20'000), static_cast<std::uint16_t>(random.below(2)),
                                     random.below(300), Bytes{bytes}.first(random.below(bytes.size())));
      bytes.insert(bytes.begin(), start.begin(), start.end());
    }
    const Datagram_ out = r.filter(bytes);
    CHECK(out.size() <= bytes.size() + HelloReassembler::kMaxHello + 25);
    CHECK(r.held() <= HelloReassembler::kMaxHello);
  }
}

TEST_CASE("the browsers' own ClientHellos, cut up") {
  WEIR_NEEDS_SHARED_DATA(folder, "dtls");
  for (const char* name : {"ch_chromium.bin", "ch_firefox.bin"}) {
    CAPTURE(name);
    const Datagram_ whole = read_file(*folder / name);
    REQUIRE(whole.size() > 1200);
    HelloReassembler r;
    CHECK(r.filter(whole) == whole);
    const std::vector<Datagram_> parts = fragment_hello(whole, 1150);
    REQUIRE(parts.size() == 2);
    CHECK(r.filter(parts[1]).empty());
    CHECK(r.filter(parts[0]) == whole);
  }
}
