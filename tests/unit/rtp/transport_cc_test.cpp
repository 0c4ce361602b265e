#include "rtp/transport_cc.h"

#include <doctest/doctest.h>

#include <map>

#include "base/random.h"
#include "rtp/rtcp.h"
#include "support/shared_data.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

constexpr Duration kMs = std::chrono::milliseconds{1};

/// The decoded feedback in one RTCP packet.
std::vector<PacketArrival> decode(Bytes rtcp) {
  RtcpReader reader{rtcp};
  const auto packet = reader.next();
  REQUIRE(packet);
  REQUIRE(std::holds_alternative<TransportFeedback>(*packet));
  CHECK_FALSE(reader.next());
  const auto arrivals = parse_transport_feedback(std::get<TransportFeedback>(*packet).fci);
  REQUIRE(arrivals);
  return *arrivals;
}

/// One feedback packet of at most `room` bytes; empty when there is none.
Buffer write_one(TransportFeedbackBuilder& builder, std::size_t room = 1200) {
  Buffer out(room);
  ByteWriter writer{out};
  const bool wrote = builder.write(writer, 1, 2);
  CHECK(writer.ok());
  CHECK(wrote == (writer.size() > 0));
  out.resize(writer.size());
  CHECK(out.size() % 4 == 0);
  return out;
}

std::string pattern(const std::vector<PacketArrival>& arrivals) {
  std::string text;
  for (const PacketArrival& a : arrivals) text += a.arrival ? 'x' : '.';
  return text;
}

}  // namespace

TEST_CASE("a one-bit vector decodes to arrivals") {
  const auto arrivals =
      parse_transport_feedback(hex("0027 000d 5fc2f1 03 bf8e 10 00 00 00 00 00 00 1c 04 00"));
  REQUIRE(arrivals);
  CHECK(pattern(*arrivals) == "xxxxxxx...xxx");
  CHECK(arrivals->front().sequence == 39);
  CHECK(arrivals->front().arrival == Duration{0x5fc2f1 * std::int64_t{64'000} + 16 * 250});
  CHECK(*(*arrivals)[10].arrival - *(*arrivals)[6].arrival == Duration{0x1c * 250});
  CHECK(arrivals->back().sequence == 51);
}

TEST_CASE("two-bit vectors, runs and negative deltas decode") {
  // Run of 3 losses, then a vector: large (-1 ms), small, lost.
  const auto arrivals = parse_transport_feedback(hex("fffe 0006 000001 00 0003 e400 fffc 08"));
  REQUIRE(arrivals);
  CHECK(pattern(*arrivals) == "...xx.");
  CHECK((*arrivals)[3].arrival == Duration{64'000 - 1000});
  CHECK((*arrivals)[4].arrival == Duration{64'000 - 1000 + 2000});
  CHECK((*arrivals)[2].sequence == 0);
}

TEST_CASE("the reference time is signed") {
  const auto arrivals = parse_transport_feedback(hex("0027 0001 fffffe 01 2001 00"));
  CHECK(arrivals->front().arrival == Duration{-128'000});
}

TEST_CASE("malformed feedback is refused") {
  for (const std::string text : {
           "",
           "0027 000d 5fc2f1",                   // cut head
           "0027 0000 000000 00",                // about nothing
           "0027 0001 000000 00",                // without a chunk
           "0027 0001 000000 00 20",             // half a chunk
           "0027 0001 000000 00 2001",           // without its delta
           "0027 0001 000000 00 4001 00",        // half a large delta
           "0027 0001 000000 00 6001 0000",      // reserved symbol in a run
           "0027 0007 000000 00 f000 00000000",  // reserved symbol in a vector
           "0027 0009 000000 00 0008",           // one status too few
           "0027 0001 000000 00 0000 2001 00",   // a run of nothing
       }) {
    CAPTURE(text);
    CHECK_FALSE(parse_transport_feedback(hex(text)));
  }
}

TEST_CASE("runs longer than the count are cut, and the largest count is bounded") {
  const auto cut = parse_transport_feedback(hex("0000 0002 000000 00 3fff 00 00"));
  REQUIRE(cut);
  CHECK(cut->size() == 2);
  const auto most =
      parse_transport_feedback(hex("0000 ffff 000000 00 1fff 1fff 1fff 1fff 1fff 1fff 1fff 1fff 1fff"));
  REQUIRE(most);
  CHECK(most->size() == 65535);
  CHECK_FALSE(most->back().arrival);
}

TEST_CASE("nothing is written about nothing") {
  TransportFeedbackBuilder builder;
  CHECK_FALSE(builder.pending());
  CHECK(write_one(builder).empty());
}

TEST_CASE("arrivals and losses survive the way to the sender") {
  TransportFeedbackBuilder builder;
  const Time start = time_from_us(123'456'789);
  builder.on_packet(start, 65534);
  builder.on_packet(start + 3 * kMs, 65535);
  builder.on_packet(start + 80 * kMs, 2);
  builder.on_packet(start + 79 * kMs, 1);  // out of order
  CHECK(builder.pending());
  const auto arrivals = decode(write_one(builder));
  CHECK_FALSE(builder.pending());
  CHECK(pattern(arrivals) == "xx.xx");
  CHECK(arrivals[0].sequence == 65534);
  CHECK(*arrivals[1].arrival - *arrivals[0].arrival == 3 * kMs);
  CHECK(*arrivals[4].arrival - *arrivals[3].arrival == kMs);
  CHECK(std::abs(to_us(*arrivals[0].arrival) - to_us(start)) <= 125);
}

TEST_CASE("the next feedback goes on where the last ended, and feedback packets are counted") {
  TransportFeedbackBuilder builder;
  builder.on_packet(time_from_us(0), 10);
  const Buffer first = write_one(builder);
  CHECK(first[19] == 0);
  builder.on_packet(time_from_us(1000), 13);
  const Buffer second = write_one(builder);
  CHECK(second[19] == 1);
  const auto arrivals = decode(second);
  CHECK(arrivals.front().sequence == 11);
  CHECK(pattern(arrivals) == "..x");
}

TEST_CASE("a packet that comes after it was reported lost is reported alone") {
  TransportFeedbackBuilder builder;
  builder.on_packet(time_from_us(0), 10);
  builder.on_packet(time_from_us(0), 12);
  CHECK(pattern(decode(write_one(builder))) == "x.x");
  builder.on_packet(time_from_us(5000), 11);
  builder.on_packet(time_from_us(6000), 13);
  const auto late = decode(write_one(builder));
  CHECK(late.size() == 1);
  CHECK(late[0].sequence == 11);
  CHECK(late[0].arrival);
  const auto next = decode(write_one(builder));
  CHECK(next.size() == 1);
  CHECK(next[0].sequence == 13);
  CHECK_FALSE(builder.pending());
}

TEST_CASE("a duplicate among the unreported changes nothing") {
  TransportFeedbackBuilder builder;
  builder.on_packet(time_from_us(0), 10);
  builder.on_packet(time_from_us(90'000), 10);
  const auto arrivals = decode(write_one(builder));
  CHECK(arrivals.size() == 1);
  CHECK(arrivals[0].arrival == Duration{0});
}

TEST_CASE("a pause that a delta cannot tell begins another packet") {
  TransportFeedbackBuilder builder;
  builder.on_packet(time_from_us(0), 1);
  builder.on_packet(time_from_us(32767 * 250), 2);
  builder.on_packet(time_from_us(32767 * 250 + 32768 * 250), 3);
  CHECK(decode(write_one(builder)).size() == 2);
  CHECK(builder.pending());
  const auto rest = decode(write_one(builder));
  CHECK(rest.size() == 1);
  CHECK(rest[0].arrival == Duration{65535 * 250});
}

TEST_CASE("a feedback is cut to the room there is, and none is written into too little") {
  for (const std::size_t room : {24U, 27U, 28U, 40U, 100U}) {
    CAPTURE(room);
    TransportFeedbackBuilder builder;
    for (std::uint16_t i = 0; i < 300; ++i)
      builder.on_packet(time_from_us(i * 1000), static_cast<std::uint16_t>(i * 2));
    std::size_t received = 0;
    std::uint16_t next = 0;
    while (builder.pending()) {
      const Buffer packet = write_one(builder, room);
      REQUIRE_FALSE(packet.empty());
      for (const PacketArrival& a : decode(packet)) {
        CHECK(a.sequence == next++);
        if (a.arrival) ++received;
      }
    }
    CHECK(received == 300);
  }
  TransportFeedbackBuilder builder;
  builder.on_packet(time_from_us(0), 1);
  CHECK(write_one(builder, 23).empty());
  CHECK(builder.pending());
}

TEST_CASE("memory is bounded when nobody asks for feedback, and what was dropped is not reported lost") {
  TransportFeedbackBuilder builder;
  for (std::size_t i = 0; i < 3 * TransportFeedbackBuilder::kWindow; ++i) {
    builder.on_packet(time_from_us(static_cast<std::int64_t>(i) * 100), static_cast<std::uint16_t>(i));
  }
  std::size_t received = 0;
  std::size_t lost = 0;
  while (builder.pending()) {
    for (const PacketArrival& a : decode(write_one(builder))) ++(a.arrival ? received : lost);
  }
  CHECK(received <= TransportFeedbackBuilder::kWindow);
  CHECK(received >= TransportFeedbackBuilder::kWindow / 2);
  CHECK(lost == 0);
}

TEST_CASE("a jump over the window is another numbering, not losses") {
  TransportFeedbackBuilder builder;
  builder.on_packet(time_from_us(0), 0);
  builder.on_packet(time_from_us(0), static_cast<std::uint16_t>(TransportFeedbackBuilder::kWindow + 1));
  CHECK(decode(write_one(builder)).size() == 1);
  CHECK(decode(write_one(builder)).size() == 1);
  builder.on_packet(time_from_us(0), 0);  // too old now
  CHECK_FALSE(builder.pending());
}

TEST_CASE("random loss, reordering and delay survive the way to the sender") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    SeededRandom random{seed};
    TransportFeedbackBuilder builder;
    std::map<std::uint16_t, std::int64_t> sent;
    std::map<std::uint16_t, std::int64_t> told;
    std::int64_t now = 1'000'000;
    auto sequence = static_cast<std::uint16_t>(random.u32());
    for (int i = 0; i < 500; ++i) {
      now += static_cast<std::int64_t>(random.below(random.below(20) == 0 ? 200'000 : 3000));
      ++sequence;
      if (random.below(10) == 0) continue;
      const auto at = static_cast<std::int64_t>(random.below(10) == 0 ? now + 30'000 : now);
      sent[sequence] = at;
      builder.on_packet(time_from_us(at), sequence);
      if (i % 50 != 49) continue;
      while (builder.pending()) {
        for (const PacketArrival& a : decode(write_one(builder, 200))) {
          if (a.arrival) told[a.sequence] = to_us(*a.arrival);
        }
      }
    }
    while (builder.pending()) {
      for (const PacketArrival& a : decode(write_one(builder))) {
        if (a.arrival) told[a.sequence] = to_us(*a.arrival);
      }
    }
    REQUIRE(told.size() == sent.size());
    for (const auto& [number, at] : sent) CHECK(std::abs(told[number] - at) <= 125);
  }
}

TEST_CASE("feedback that Chrome made") {
  WEIR_NEEDS_SHARED_DATA(folder, "protocol_vectors/mediasoup_rtp_rtcp");
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("FeedbackRtpTransport_")) continue;
    CAPTURE(name);
    ++seen;
    const Buffer bytes = test::read_file(entry.path());
    if (load_u16(&bytes[14]) == 0) {  // made by hand for its reference time: it tells of no packet
      CHECK_FALSE(parse_transport_feedback(Bytes{bytes}.subspan(12)));
      continue;
    }
    const auto arrivals = decode(bytes);
    CHECK(arrivals.front().sequence == load_u16(&bytes[12]));
    CHECK(arrivals.size() == load_u16(&bytes[14]));
    // All of these begin and end with a packet that arrived.
    CHECK(arrivals.front().arrival);
  }
  CHECK(seen == 12);
  const auto mixed = decode(test::read_file(*folder / "FeedbackRtpTransport_06_buffer.bin"));
  CHECK(mixed.size() == 22);
}

}  // namespace weir::rtp
