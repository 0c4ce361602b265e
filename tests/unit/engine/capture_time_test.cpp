#include "engine/capture_time.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "sfu/sfu.h"

using namespace weir;
using namespace weir::engine;

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kNtp = 3'950'000'000 * kSecond;  // the node's, at Time{0}
constexpr std::int64_t kAhead = 5 * kSecond;            // of the node's clock is the sender's

struct Fixture {
  SeededRandom random{1};
  sfu::Sfu sfu{0, {}, random};
  sfu::Room* room = *sfu.open_room({});
  weir_participant_options options{};
  sfu::Participant* ann = nullptr;
  sfu::Track* track = nullptr;
  PacketFacts facts;
  std::vector<std::uint8_t> packet = std::vector<std::uint8_t>(12);

  Fixture() {
    options.may = WEIR_MAY_ALL;
    ann = *sfu.join({}, *room, options);
    sfu::Line line;
    line.codecs.push_back({.codec = Codec::vp8, .payload_type = 96, .rtx_payload_type = std::nullopt});
    track = *sfu.add_track({}, *ann, MediaKind::video, line, WEIR_CONTENT_MAIN);
    rtp::HeaderWriter{{.payload_type = 96, .sequence = 1, .timestamp = 90'000, .ssrc = 2}}.write(packet);
    facts.packet = *rtp::Packet::parse(packet);
    facts.codec = Codec::vp8;
  }
  static NodeClock at(std::int64_t us) { return {time_from_us(us), NtpTime{ntp_from_us(kNtp + us)}}; }
  /// A sender report takes `way` to come here.
  void report(std::int64_t way) const {
    const std::int64_t sent = 10 * kSecond;
    ann->clock.observe(time_from_us(sent + way), kNtp + sent + kAhead);
    track->encodings.front().clock = {.sender_us = kNtp + sent + kAhead, .timestamp = 180'000, .known = true};
  }
};

/// In microseconds.
std::int64_t us_of(std::int64_t offset) {
  return static_cast<std::int64_t>(static_cast<double>(offset) / 4294.967296);
}

}  // namespace

TEST_CASE("the offset of the sender's clock is added, half a round trip taken off its reports") {
  Fixture f;
  f.facts.capture_time = {.at = NtpTime{77}, .clock_offset = rtp::clock_offset_from_us(-kSecond)};
  f.report(40'000);
  f.ann->round_trip = Duration{80'000};
  pass_on_capture_time(Fixture::at(30 * kSecond), *f.track, f.facts);
  CHECK(f.facts.capture_time->at.value == 77);
  REQUIRE(f.facts.capture_time->clock_offset);
  CHECK(std::abs(us_of(*f.facts.capture_time->clock_offset) - (kAhead - kSecond)) <= 1);
}

TEST_CASE("what is not known is not told: of a sender without reports, or one who did not tell") {
  Fixture f;
  f.facts.capture_time = {.at = NtpTime{77}, .clock_offset = 0};
  pass_on_capture_time(Fixture::at(kSecond), *f.track, f.facts);
  REQUIRE(f.facts.capture_time);
  CHECK_FALSE(f.facts.capture_time->clock_offset);
  f.report(0);
  pass_on_capture_time(Fixture::at(kSecond), *f.track, f.facts);
  CHECK_FALSE(f.facts.capture_time->clock_offset);
  f.facts.capture_time.reset();
  pass_on_capture_time(Fixture::at(kSecond), *f.track, f.facts);
  CHECK_FALSE(f.facts.capture_time);
}

TEST_CASE("any offset and any clock of a sender is reckoned with") {
  for (const std::int64_t offset :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    for (const std::uint64_t clock : {std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()}) {
      Fixture f;
      f.ann->clock.observe(time_from_us(1), us_from_ntp(NtpTime{clock}));
      f.facts.capture_time = {.at = NtpTime{clock}, .clock_offset = offset};
      pass_on_capture_time(Fixture::at(kSecond), *f.track, f.facts);
      CHECK(f.facts.capture_time->clock_offset);
    }
  }
}

TEST_CASE("a packet that came without is captured when its sender's reports say") {
  Fixture f;
  const sfu::Encoding& encoding = f.track->encodings.front();
  CHECK_FALSE(reported_capture_time(Fixture::at(20 * kSecond), *f.track, encoding, f.facts));
  f.report(0);
  const auto time = reported_capture_time(Fixture::at(20 * kSecond), *f.track, encoding, f.facts);
  REQUIRE(time);
  // Its timestamp is a second before that of the report.
  CHECK(std::abs(us_from_ntp(time->at) - (kNtp + 9 * kSecond + kAhead)) <= 1);
  REQUIRE(time->clock_offset);
  CHECK(std::abs(us_of(*time->clock_offset) - kAhead) <= 1);
}
