#include "rtp/congestion_feedback.h"

#include <doctest/doctest.h>

#include "unit/rtp/material.h"
#include "unit/rtp/rtcp_material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;
using test::only;

// Two streams: three packets, of which the second was lost and the third came 1/1024 s before the report and
// marked; then one whose offset is too old, and one without a time.
constexpr const char* kTwoStreams =
    "8bcd0009 00000001 "
    "00000002 fffe0003 84000000 e0010000 "
    "00000003 00050002 bffe9fff "
    "12345678";

std::vector<StreamArrivals> arrivals(std::string_view text) {
  const Buffer bytes = hex(text);
  const auto streams = parse_congestion_feedback(only<CongestionFeedback>(bytes));
  REQUIRE(streams);
  return *streams;
}

Buffer written(std::span<const StreamArrivals> streams) {
  Buffer out(1 << 17);
  ByteWriter writer{out};
  write_congestion_feedback(writer, 1, streams, 0x12345678);
  REQUIRE(writer.ok());
  out.resize(writer.size());
  return out;
}

}  // namespace

TEST_CASE("congestion feedback tells of each stream's packets") {
  const Buffer bytes = hex(kTwoStreams);
  const auto feedback = only<CongestionFeedback>(bytes);
  CHECK(feedback.sender_ssrc == 1);
  CHECK(feedback.report_timestamp == 0x12345678);
  const auto streams = arrivals(kTwoStreams);
  REQUIRE(streams.size() == 2);
  CHECK(streams[0].ssrc == 2);
  REQUIRE(streams[0].packets.size() == 3);
  CHECK(streams[0].packets[0].sequence == 0xfffe);
  CHECK(streams[0].packets[0].received);
  CHECK(streams[0].packets[0].ecn == Ecn::not_ect);
  CHECK(streams[0].packets[0].age == Duration{1'000'000});
  CHECK_FALSE(streams[0].packets[1].received);
  CHECK_FALSE(streams[0].packets[1].age);
  CHECK(streams[0].packets[2].sequence == 0);  // around the circle
  CHECK(streams[0].packets[2].ecn == Ecn::congestion_experienced);
  CHECK(streams[0].packets[2].age == Duration{976});
  CHECK(streams[1].ssrc == 3);
  CHECK(streams[1].packets[0].ecn == Ecn::ect1);
  CHECK(streams[1].packets[0].received);
  CHECK_FALSE(streams[1].packets[0].age);
  CHECK_FALSE(streams[1].packets[1].age);
}

TEST_CASE("what is read can be written again, but for what the fields cannot tell apart") {
  std::vector<StreamArrivals> streams = arrivals(kTwoStreams);
  const Buffer again = written(streams);
  // "Too old" has become "not told".
  CHECK(again ==
        hex("8bcd0009 00000001 00000002 fffe0003 84000000 e0010000 00000003 00050002 bfff9fff 12345678"));
  streams[1].packets[0].age = Duration{8'000'000};
  CHECK(written(streams) == hex(kTwoStreams));
  streams[1].packets[0].age = Duration{-5};
  const Buffer late = written(streams);
  const auto read = parse_congestion_feedback(only<CongestionFeedback>(late));
  REQUIRE(read);
  CHECK((*read)[1].packets[0].age == Duration{0});
}

TEST_CASE("feedback about nothing is well-formed") {
  CHECK(arrivals("8bcd0002 00000001 12345678").empty());
  CHECK(arrivals("8bcd0004 00000001 00000002 00070000 12345678")[0].packets.empty());
  CHECK(written({}) == hex("8bcd0002 00000001 12345678"));
}

TEST_CASE("blocks that do not hold what they announce are refused") {
  for (const std::string text : {
           "8bcd0003 00000001 00000002 12345678",                    // half a block's head
           "8bcd0004 00000001 00000002 00010001 12345678",           // one report announced, none there
           "8bcd0005 00000001 00000002 00010003 80008000 12345678",  // three announced, two there
           "8bcd0005 00000001 00000002 00014001 80008000 12345678",  // more than a block may have
           "8bcd0006 00000001 00000002 00010001 80000000 00000003 12345678",
       }) {
    CAPTURE(text);
    const Buffer bytes = hex(text);
    CHECK_FALSE(parse_congestion_feedback(only<CongestionFeedback>(bytes)));
  }
  // Too short to have a sender and a timestamp.
  const Buffer cut = hex("8bcd0001 00000001");
  RtcpReader reader{cut};
  CHECK_FALSE(reader.next());
  CHECK(reader.malformed());
}

TEST_CASE("a block holds 16384 reports and no more") {
  std::vector<StreamArrivals> streams(1);
  streams[0].ssrc = 9;
  for (std::size_t i = 0; i < kMaxCongestionReports; ++i) {
    streams[0].packets.push_back({.sequence = static_cast<std::uint16_t>(i),
                                  .received = i % 3 != 0,
                                  .ecn = Ecn::ect0,
                                  .age = Duration{0}});
  }
  const Buffer bytes = written(streams);
  const auto again = parse_congestion_feedback(only<CongestionFeedback>(bytes));
  REQUIRE(again);
  CHECK((*again)[0].packets.size() == kMaxCongestionReports);
  CHECK((*again)[0].packets[16383].sequence == 16383);

  streams[0].packets.push_back({});
  Buffer out(1 << 17);
  ByteWriter writer{out};
  write_congestion_feedback(writer, 1, streams, 0);
  CHECK_FALSE(writer.ok());
  CHECK(writer.size() == 0);
  streams[0].packets.resize(2);
  ByteWriter small{MutableBytes{out}.first(23)};
  write_congestion_feedback(small, 1, streams, 0);
  CHECK_FALSE(small.ok());
  CHECK(small.size() == 0);
  ByteWriter exact{MutableBytes{out}.first(24)};
  write_congestion_feedback(exact, 1, streams, 0);
  CHECK(exact.ok());
}

}  // namespace weir::rtp
