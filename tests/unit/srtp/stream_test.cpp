#include "srtp/stream.h"

#include <doctest/doctest.h>

#include <set>

#include "base/random.h"

using namespace weir;
using namespace weir::srtp;

TEST_CASE("the index that a sequence number means") {
  CHECK(estimate_index(0, 0) == 0);
  CHECK(estimate_index(0, 65'535) == 65'535);       // the first packet may have any number
  CHECK(estimate_index(0x7fff, 0xffff) == 0xffff);  // nothing lies before the first rollover
  CHECK(estimate_index(0x8000, 0) == 0);
  CHECK(estimate_index(0x8001, 0) == 0x10000);
  CHECK(estimate_index(0xffff, 0) == 0x10000);
  CHECK(estimate_index(0x10000, 0xffff) == 0xffff);
  CHECK(estimate_index(0x10000, 0x8000) == 0x18000);
  CHECK(estimate_index(0x10000, 0x8001) == 0x8001);
  CHECK(estimate_index(kLastRtpIndex, 0) == kLastRtpIndex + 1);
}

TEST_CASE("a replay window agrees with a set of all indices") {
  SeededRandom random{1};
  for (int run = 0; run < 20; ++run) {
    ReplayWindow<128> window;
    std::set<std::uint64_t> seen;
    std::uint64_t highest = 0;
    for (int i = 0; i < 3000; ++i) {
      std::uint64_t index = highest + random.below(4);
      if (random.below(3) == 0) index = highest - std::min<std::uint64_t>(highest, random.below(200));
      if (random.below(50) == 0) index = highest + random.below(400);
      REQUIRE(window.too_old(index) == (index + 128 <= highest));
      if (window.too_old(index)) continue;
      REQUIRE(window.seen(index) == seen.contains(index));
      window.add(index);
      seen.insert(index);
      highest = std::max(highest, index);
      REQUIRE(window.highest() == highest);
    }
  }
}

TEST_CASE("a table of streams finds, forgets, and has an end") {
  StreamTable table{300};
  CHECK(table.find(1) == nullptr);
  SeededRandom random{2};
  std::set<std::uint32_t> present;
  for (int i = 0; i < 20'000; ++i) {
    const auto ssrc = static_cast<std::uint32_t>(random.below(600) * 0x10000);
    REQUIRE((table.find(ssrc) != nullptr) == present.contains(ssrc));
    if (random.below(2) == 0) {
      table.remove(ssrc);
      present.erase(ssrc);
    } else if (!present.contains(ssrc)) {
      Stream* stream = table.add(ssrc);
      REQUIRE((stream == nullptr) == (present.size() == 300));
      if (stream != nullptr) present.insert(ssrc);
    }
    REQUIRE(table.size() == present.size());
  }
  for (const std::uint32_t ssrc : present) CHECK(table.find(ssrc)->ssrc == ssrc);
}

TEST_CASE("a key is used up after 2^48 packets and 2^31 reports") {
  StreamTable streams{2};
  streams.add(1)->rtp.add(kLastRtpIndex - 1);
  CHECK(take_sent_index(streams, 1, 0xffff, false) == kLastRtpIndex);
  CHECK_FALSE(take_sent_index(streams, 1, 0, false));
  CHECK(estimate_received(streams, 1, 0).refusal == DropReason::SRTP_FAILED);
  streams.find(1)->rtcp.add(kLastRtcpIndex - 1);
  CHECK(take_sent_rtcp_index(streams, 1) == kLastRtcpIndex);
  CHECK_FALSE(take_sent_rtcp_index(streams, 1));
}

TEST_CASE("a stream is small") {
  CHECK(sizeof(Stream) <= 104);  // 64 bytes of it are the replay list of 512 packets
}
