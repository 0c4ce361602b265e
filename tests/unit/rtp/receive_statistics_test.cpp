#include "rtp/receive_statistics.h"

#include <doctest/doctest.h>

#include <cmath>

namespace weir::rtp {
namespace {

constexpr Duration kMs = std::chrono::milliseconds{1};
constexpr Time kStart = time_from_us(1'000'000);

/// Audio packets every 20 ms.
void receive(ReceiveStatistics& statistics, int from, int to) {
  for (int i = from; i < to; ++i) {
    statistics.on_packet(kStart + i * 20 * kMs, static_cast<std::uint16_t>(i),
                         static_cast<std::uint32_t>(i * 960), 100, false);
  }
}

}  // namespace

TEST_CASE("nothing received, nothing lost") {
  ReceiveStatistics statistics{48'000};
  const ReportBlock block = statistics.report(kStart, 7);
  CHECK(block.ssrc == 7);
  CHECK(block.fraction_lost == 0);
  CHECK(block.cumulative_lost == 0);
  CHECK(block.highest_sequence == 0);
  CHECK(block.last_sr == 0);
  CHECK(block.delay_since_last_sr == 0);
  CHECK(statistics.bitrate(kStart) == 0);
}

TEST_CASE("loss is told as a fraction since the last report and in all") {
  ReceiveStatistics statistics{48'000};
  receive(statistics, 0, 8);
  CHECK(statistics.report(kStart, 1).fraction_lost == 0);
  receive(statistics, 10, 16);  // 2 of 8
  ReportBlock block = statistics.report(kStart, 1);
  CHECK(block.fraction_lost == 64);
  CHECK(block.cumulative_lost == 2);
  CHECK(block.highest_sequence == 15);
  receive(statistics, 16, 20);
  block = statistics.report(kStart, 1);
  CHECK(block.fraction_lost == 0);
  CHECK(block.cumulative_lost == 2);
  CHECK(statistics.cumulative_lost() == 2);
  CHECK(statistics.packets() == 18);
  CHECK(statistics.payload_bytes() == 1800);
}

TEST_CASE("a packet that comes late lowers the loss, a duplicate below zero") {
  ReceiveStatistics statistics{48'000};
  receive(statistics, 0, 5);
  receive(statistics, 6, 10);
  CHECK(statistics.report(kStart, 1).cumulative_lost == 1);
  receive(statistics, 5, 6);
  CHECK(statistics.cumulative_lost() == 0);
  receive(statistics, 5, 6);
  CHECK(statistics.report(kStart, 1).cumulative_lost == -1);
  CHECK(statistics.report(kStart, 1).fraction_lost == 0);
}

TEST_CASE("a retransmission counts as bytes and repairs no loss") {
  ReceiveStatistics statistics{48'000};
  receive(statistics, 0, 5);
  receive(statistics, 6, 10);
  statistics.on_packet(kStart, 5, 0, 100, true);
  CHECK(statistics.packets() == 10);
  CHECK(statistics.payload_bytes() == 1000);
  CHECK(statistics.cumulative_lost() == 1);
  CHECK(statistics.jitter_seconds() == 0);
}

TEST_CASE("the highest sequence number counts turns") {
  ReceiveStatistics statistics{48'000};
  receive(statistics, 65530, 65540);
  const ReportBlock block = statistics.report(kStart, 1);
  CHECK(block.highest_sequence == 0x10003);
  CHECK(block.cumulative_lost == 0);
}

TEST_CASE("a stray number is not believed, a second one in a row is") {
  ReceiveStatistics statistics{48'000};
  receive(statistics, 0, 10);
  receive(statistics, 20'000, 20'001);
  receive(statistics, 10, 20);
  CHECK(statistics.cumulative_lost() == 0);
  CHECK(statistics.report(kStart, 1).highest_sequence == 19);
  receive(statistics, 30'000, 30'010);
  CHECK(statistics.report(kStart, 1).highest_sequence == 30'009);
  CHECK(statistics.cumulative_lost() == 0);
  CHECK(statistics.report(kStart, 1).fraction_lost == 0);
  CHECK(statistics.packets() == 31);
}

TEST_CASE("the largest believed gap and the first that is not") {
  ReceiveStatistics gap{48'000};
  receive(gap, 0, 1);
  receive(gap, 2999, 3000);
  CHECK(gap.cumulative_lost() == 2998);
  CHECK(gap.report(kStart, 1).fraction_lost == 255);
  ReceiveStatistics jump{48'000};
  receive(jump, 0, 1);
  receive(jump, 3000, 3001);
  CHECK(jump.cumulative_lost() == 0);
}

TEST_CASE("jitter follows appendix A.8") {
  ReceiveStatistics even{48'000};
  receive(even, 0, 100);
  CHECK(even.jitter_seconds() == doctest::Approx(0));

  // Every packet 10 ms off its place, to and fro: D is 10 ms each time, and the filter approaches it.
  ReceiveStatistics uneven{48'000};
  double expected = 0;
  for (int i = 0; i < 200; ++i) {
    uneven.on_packet(kStart + (i * 20 + (i % 2) * 10) * kMs, static_cast<std::uint16_t>(i),
                     static_cast<std::uint32_t>(i * 960), 100, false);
    if (i > 0) expected += (480 - expected) / 16;
  }
  CHECK(uneven.jitter_seconds() == doctest::Approx(expected / 48'000));
  CHECK(uneven.report(kStart, 1).jitter == static_cast<std::uint32_t>(expected));
}

TEST_CASE("a wrapping timestamp is no jitter, nor is a new offset") {
  ReceiveStatistics statistics{90'000};
  for (int i = 0; i < 10; ++i) {
    statistics.on_packet(kStart + i * 20 * kMs, static_cast<std::uint16_t>(i),
                         static_cast<std::uint32_t>(0xfffff000U + static_cast<std::uint32_t>(i) * 1800), 1,
                         false);
  }
  CHECK(statistics.jitter_seconds() == doctest::Approx(0));
  statistics.on_packet(kStart + 200 * kMs, 10, 0x70000000, 1, false);
  CHECK(statistics.jitter_seconds() == doctest::Approx(0));
}

TEST_CASE("the last sender report and the time since") {
  ReceiveStatistics statistics{48'000};
  receive(statistics, 0, 1);
  statistics.on_sender_report(kStart, NtpTime{0x1122334455667788});
  ReportBlock block = statistics.report(kStart + 1500 * kMs, 1);
  CHECK(block.last_sr == 0x33445566);
  CHECK(block.delay_since_last_sr == 98'304);
  block = statistics.report(kStart + std::chrono::hours{100}, 1);
  CHECK(block.delay_since_last_sr > 4'000'000'000U);
}

TEST_CASE("the bit rate is that of the last full second") {
  ReceiveStatistics statistics{48'000};
  receive(statistics, 0, 50);  // the first second
  CHECK(statistics.bitrate(kStart + 999 * kMs) == 0);
  CHECK(statistics.bitrate(kStart + 1000 * kMs) == 40'000);
  receive(statistics, 50, 75);
  CHECK(statistics.bitrate(kStart + 1999 * kMs) == 40'000);
  CHECK(statistics.bitrate(kStart + 2000 * kMs) == 20'000);
  CHECK(statistics.bitrate(kStart + 3000 * kMs) == 0);
  receive(statistics, 500, 501);
  CHECK(statistics.bitrate(kStart + 10'500 * kMs) == 0);
  CHECK(statistics.bitrate(kStart + 11'000 * kMs) == 800);
}

TEST_CASE("a clock rate of zero does not divide") {
  ReceiveStatistics statistics{0};
  receive(statistics, 0, 3);
  CHECK(std::isfinite(statistics.jitter_seconds()));
}

}  // namespace weir::rtp
