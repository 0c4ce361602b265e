#include "engine/downlink.h"

#include <doctest/doctest.h>

#include "sfu/sfu.h"

using namespace weir;
using namespace weir::engine;
using bwe::PacketKind;

namespace {

constexpr Duration kMs = std::chrono::milliseconds{1};
constexpr Time kStart = time_from_us(5'000'000);

/// A receiver with a line of sound and one of video.
struct Receiver {
  SeededRandom random{1};
  sfu::Sfu sfu{0, {}, random};
  sfu::Room* room = *sfu.open_room({});
  sfu::Participant* bob = *sfu.join({}, *room,
                                    {.struct_size = 0,
                                     .kind = 0,
                                     .user = 0,
                                     .may = WEIR_MAY_ALL,
                                     .default_audio_source = 0,
                                     .default_video_source = 0,
                                     .pair_lines = 0});
  sfu::Subscription* sound = nullptr;
  sfu::Subscription* video = nullptr;

  Receiver(const sfu::Line& with_sound, const sfu::Line& with_video) {
    sound = *sfu.add_subscription({}, *bob, MediaKind::audio, with_sound);
    video = *sfu.add_subscription({}, *bob, MediaKind::video, with_video);
  }
};

sfu::Line line(bool transport_cc, bool ccfb = false, bool remb = false) {
  sfu::Line made{.mid = "0", .codecs = {}, .extensions = {}, .rids = {}};
  made.transport_cc = transport_cc;
  if (transport_cc) made.extensions.set(rtp::Extension::transport_cc, 3);
  made.ccfb = ccfb;
  made.remb = remb;
  return made;
}

PathFeedback feedback_of(const sfu::Line& sound, const sfu::Line& video) {
  const Receiver receiver{sound, video};
  Downlink downlink{{}};
  downlink.configure(*receiver.bob);
  return downlink.feedback();
}

Downlink estimating() {
  const Receiver receiver{line(true), line(true, false, true)};
  Downlink downlink{{.unreported = 600'000}};
  downlink.configure(*receiver.bob);
  return downlink;
}

HeldPacket held(std::uint64_t subscription) {
  HeldPacket packet;
  packet.subscription = Id{subscription};
  return packet;
}

void depart(Downlink& downlink, Time now, std::size_t size, PacketKind kind) {
  downlink.departed(now, {.size = size, .kind = kind, .numbered = true, .tracked = true});
}

}  // namespace

TEST_CASE("what is negotiated decides how the rate is found, the best first") {
  CHECK(feedback_of(line(false), line(false)) == PathFeedback::none);
  CHECK(feedback_of(line(false), line(false, false, true)) == PathFeedback::remb);
  CHECK(feedback_of(line(false), line(false, true, true)) == PathFeedback::rtp);
  CHECK(feedback_of(line(false), line(true, true, true)) == PathFeedback::transport_cc);
  sfu::Line without_extension = line(true);
  without_extension.extensions = {};
  CHECK(feedback_of(line(false), without_extension) == PathFeedback::none);
}

TEST_CASE("only packets of lines that have the extension are numbered: video alone in Firefox") {
  const Receiver receiver{line(false), line(true)};
  Downlink downlink{{}};
  downlink.configure(*receiver.bob);
  CHECK(downlink.numbers(receiver.video->line));
  CHECK_FALSE(downlink.numbers(receiver.sound->line));
  CHECK_FALSE(downlink.tracks(receiver.sound->line));
  CHECK(downlink.transport_sequence() == 0);
  downlink.departed(kStart, {.size = 100, .kind = PacketKind::audio});
  CHECK(downlink.transport_sequence() == 0);
  depart(downlink, kStart, 100, PacketKind::video);
  CHECK(downlink.transport_sequence() == 1);
}

TEST_CASE("without feedback there is a fixed rate, no pacing and no timer") {
  Downlink downlink{{.unreported = 900'000}};
  CHECK(downlink.target() == 900'000);
  for (int i = 0; i < 1000; ++i) {
    CHECK(downlink.hold(1200, PacketKind::video, held(1)));
    CHECK(downlink.departure() <= kStart);
    CHECK(downlink.next(kStart));
  }
  CHECK(downlink.deadline() == kNever);
  CHECK(downlink.on_transport_feedback(kStart, {}));  // unasked for: not even read
}

TEST_CASE("what waits leaves in turn: retransmissions before video, each in its order") {
  Downlink downlink = estimating();
  downlink.advance(kStart);
  do {
    downlink.hold(1200, PacketKind::video, held(1));
  } while (downlink.next(kStart));
  CHECK(downlink.hold(1200, PacketKind::video, held(2)));
  CHECK(downlink.hold(1200, PacketKind::retransmission, held(3)));
  CHECK(downlink.queued_bytes() == 3600);
  std::vector<std::uint64_t> order;
  for (Time now = kStart; now < kStart + 200 * kMs && order.size() < 3; now += kMs) {
    while (const auto turn = downlink.next(now)) order.push_back(turn->packet->subscription.value);
  }
  CHECK(order == std::vector<std::uint64_t>{3, 1, 2});
  CHECK_FALSE(downlink.next(kStart + 500 * kMs));
}

TEST_CASE("what goes through an idle path goes at once, and what then waits leaves together") {
  Downlink downlink = estimating();
  downlink.advance(kStart);
  CHECK(downlink.departure() == kNever);
  for (int i = 0; i < 20; ++i) downlink.hold(100, PacketKind::video, held(1));
  CHECK(downlink.departure() <= kStart);
  int gone = 0;
  while (downlink.next(kStart)) ++gone;
  CHECK(gone > 1);
  CHECK(gone < 20);
  CHECK(downlink.departure() == kStart + 5 * kMs);
  downlink.hold(100, PacketKind::video, held(1));  // nor does another one bring it forward
  CHECK(downlink.departure() == kStart + 5 * kMs);
  downlink.hold(60, PacketKind::audio, held(2));  // but sound goes at once
  CHECK(downlink.departure() <= kStart);
  CHECK(downlink.next(kStart)->item.kind == PacketKind::audio);
  CHECK_FALSE(downlink.next(kStart));
  Time now = kStart;
  for (; downlink.queued() > 0; now += 5 * kMs) {
    while (downlink.next(now)) {
    }
  }
  CHECK(downlink.departure() == kNever);
  now += 5 * kMs;
  downlink.hold(100, PacketKind::video, held(1));  // for one that comes later nothing is left of that wait
  CHECK(downlink.departure() <= now);
}

TEST_CASE("where media leaves much of the estimate unused a whole picture goes at once") {
  const auto at_once = [](std::size_t frame) {
    Downlink downlink = estimating();  // 600 kbit/s
    Time now = kStart;
    for (int i = 0; i < 90; ++i, now += 33 * kMs) {
      depart(downlink, now, frame, PacketKind::video);
      downlink.advance(now);
      downlink.on_receiver_report(now);
      while (const auto turn = downlink.next(now)) downlink.padded(now, turn->item, 0);  // no probes
    }
    for (int i = 0; i < 100; ++i) downlink.hold(100, PacketKind::video, held(1));
    int gone = 0;
    while (downlink.next(now)) ++gone;
    return gone;
  };
  CHECK(at_once(500) > 15);   // 120 kbit/s: 20 ms of the estimate
  CHECK(at_once(2400) <= 6);  // 580 kbit/s: 5 ms
}

TEST_CASE("the queue is bounded by time, and clear() says what it drops") {
  Downlink downlink = estimating();
  downlink.advance(kStart);
  std::size_t count = 0;
  while (downlink.hold(1200, PacketKind::video, held(1))) ++count;
  CHECK(downlink.queued_time() > std::chrono::seconds{2});
  CHECK(downlink.queued_time() < std::chrono::milliseconds{2050});
  CHECK(downlink.hold(60, PacketKind::audio, held(2)));
  CHECK_FALSE(downlink.hold(1200, PacketKind::retransmission, held(3)));
  CHECK(downlink.clear() == count + 1);
  CHECK(downlink.queued_bytes() == 0);
  CHECK_FALSE(downlink.next(kStart));
}

TEST_CASE("upper temporal layers are shed while the queue is long") {
  Downlink downlink = estimating();
  downlink.advance(kStart);
  CHECK(downlink.shed_layers() == 0);
  while (downlink.queued_time() <= 250 * kMs) downlink.hold(1200, PacketKind::video, held(1));
  CHECK(downlink.shed_layers() == 1);
  while (downlink.queued_time() <= 500 * kMs) downlink.hold(1200, PacketKind::video, held(1));
  CHECK(downlink.shed_layers() > 3);
  downlink.clear();
  CHECK(downlink.shed_layers() == 0);
}

TEST_CASE("padding repeats each recent packet twice at most, the newest first") {
  Downlink downlink = estimating();
  CHECK_FALSE(downlink.newest());
  CHECK_FALSE(downlink.take_repeatable());
  for (std::uint16_t i = 0; i < 100; ++i) downlink.remember({Id{1}, i, 0, 97});
  CHECK(downlink.newest()->sequence == 99);
  CHECK(downlink.take_repeatable()->sequence == 99);
  CHECK(downlink.take_repeatable()->sequence == 98);
  int left = 0;
  while (downlink.take_repeatable()) ++left;
  CHECK(left == 2 * 64 - 2);
  CHECK(downlink.newest());  // its line can still be padded
}

TEST_CASE("a probe without anything to fill it ends") {
  Downlink downlink = estimating();
  downlink.set_wanted(kStart, 5e6);
  depart(downlink, kStart, 1000, PacketKind::video);
  downlink.end_turn(kStart);
  CHECK(downlink.probes() == 2);
  int asked = 0;
  for (Time now = kStart; now < kStart + 100 * kMs; now += kMs) {
    while (const auto turn = downlink.next(now)) {
      CHECK_FALSE(turn->packet);
      downlink.padded(now, turn->item, 0);
      ++asked;
    }
  }
  CHECK(asked == 2);
}

TEST_CASE("sound alone is not probed for") {
  Downlink downlink = estimating();
  downlink.set_wanted(kStart, 5e6);
  for (int i = 0; i < 500; ++i) {
    depart(downlink, kStart + i * 20 * kMs, 100, PacketKind::audio);
    downlink.advance(kStart + i * 20 * kMs);
  }
  CHECK(downlink.probes() == 0);
}

TEST_CASE("video gets what sound and repairs leave; another generation when that moves by 5 %") {
  Downlink downlink = estimating();
  const auto first = downlink.available(kStart);
  CHECK(first.bitrate == doctest::Approx(0.98 * 600'000));
  CHECK(downlink.available(kStart).generation == first.generation);
  // 40 kbit/s of sound for two seconds.
  for (int i = 0; i < 100; ++i) depart(downlink, kStart + i * 20 * kMs, 100, PacketKind::audio);
  const auto second = downlink.available(kStart + 1980 * kMs);
  CHECK(second.bitrate == doctest::Approx(600'000 - 35'000 - 12'000).epsilon(0.01));
  CHECK(second.generation != first.generation);
  for (int i = 0; i < 20; ++i) depart(downlink, kStart + 1980 * kMs, 1000, PacketKind::retransmission);
  CHECK(downlink.available(kStart + 1980 * kMs).bitrate ==
        doctest::Approx(600'000 - 35'000 - 176'000).epsilon(0.02));
  for (int i = 0; i < 200; ++i) depart(downlink, kStart + 1980 * kMs, 1000, PacketKind::retransmission);
  CHECK(downlink.for_video(kStart + 1980 * kMs) > 0.6 * 600'000);  // repairs never take more than 30 %
}

TEST_CASE("REMB limits only where it was negotiated, and is held for 5 s") {
  Downlink downlink = estimating();
  downlink.on_remb(kStart, 100'000);
  CHECK(downlink.target() == 100'000);
  downlink.advance(kStart + std::chrono::seconds{5});
  CHECK(downlink.target() == 100'000);
  downlink.advance(kStart + std::chrono::milliseconds{5001});
  CHECK(downlink.target() == 600'000);
  const Receiver receiver{line(true), line(true)};
  Downlink stranger{{.unreported = 600'000}};
  stranger.configure(*receiver.bob);
  stranger.on_remb(kStart, 5);
  CHECK(stranger.target() == 600'000);
  const Receiver old{line(false), line(false, false, true)};
  Downlink alone{{}};
  alone.configure(*old.bob);
  alone.on_remb(kStart, 5);
  CHECK(alone.target() == 30'000);
  alone.on_remb(kStart, UINT64_MAX);
  CHECK(alone.target() == 20'000'000);
  REQUIRE(alone.deadline() == kStart + std::chrono::microseconds{5'000'001});
  alone.advance(kStart + std::chrono::seconds{5});
  CHECK(alone.target() == 20'000'000);
  alone.advance(alone.deadline());
  CHECK(alone.target() == 1'000'000);
  CHECK(alone.deadline() == kNever);
}

TEST_CASE("malformed feedback is told; another association begins anew and keeps what is wanted") {
  Downlink downlink = estimating();
  const std::uint8_t broken[4] = {};
  CHECK_FALSE(downlink.on_transport_feedback(kStart, broken));
  downlink.set_wanted(kStart, 3e6);
  depart(downlink, kStart, 1000, PacketKind::video);
  downlink.remember({Id{1}, 1, 0, 97});
  downlink.hold(1000, PacketKind::video, held(1));
  downlink.begin(kStart + kMs);
  CHECK(downlink.queued_bytes() == 0);
  CHECK_FALSE(downlink.newest());
  CHECK(downlink.wanted() == 3e6);
  CHECK(downlink.target() == 600'000);
  CHECK(downlink.transport_sequence() == 1);  // the receiver may know the number
}

TEST_CASE(
    "data on the path is taken off what video may have, half of it at most; pictures leave data a quarter") {
  Downlink downlink = estimating();
  Time now = kStart;
  CHECK(downlink.data_rate(now) == 0);  // no picture, no limit
  const double before = downlink.for_video(now);
  for (int i = 0; i < 100; ++i, now += 10 * kMs) {
    depart(downlink, now, 625, PacketKind::video);  // 500 kbit/s of 600
    downlink.on_data(now, 125);                     // 100 kbit/s
  }
  CHECK(downlink.data_rate(now) == doctest::Approx(600'000 * 0.25 / 8).epsilon(0.5));
  CHECK(downlink.for_video(now) < before - 50'000);
  CHECK(downlink.for_video(now) > before - 110'000);
  for (int i = 0; i < 300; ++i, now += 10 * kMs) downlink.on_data(now, 5000);  // 4 Mbit/s
  CHECK(downlink.for_video(now) == doctest::Approx(before - 0.5 * downlink.target()));
  CHECK(downlink.data_rate(now) == 0);  // no picture was sent meanwhile
  now += std::chrono::seconds{10};
  CHECK(downlink.for_video(now) == doctest::Approx(before).epsilon(0.01));
}

TEST_CASE("one subscription's media or repairs are dropped, and others' keep their turn") {
  Downlink downlink = estimating();
  for (const std::uint64_t id : {1U, 2U, 1U, 2U}) REQUIRE(downlink.hold(5000, PacketKind::video, held(id)));
  for (const std::uint64_t id : {1U, 2U}) REQUIRE(downlink.hold(500, PacketKind::retransmission, held(id)));
  CHECK(downlink.behind());
  CHECK(downlink.tight(kStart));
  CHECK(downlink.drop_repairs(Id{1}) == 1);
  CHECK(downlink.drop_repairs(Id{1}) == 0);
  CHECK(downlink.drop_media(Id{1}) == 2);
  CHECK(downlink.queued_bytes() == 10'500);
  Time now = kStart;
  for (const PacketKind kind : {PacketKind::retransmission, PacketKind::video, PacketKind::video}) {
    const auto turn = downlink.next(now);
    REQUIRE(turn);
    CHECK(turn->item.kind == kind);
    CHECK(turn->packet->subscription == Id{2});
    now += 1000 * kMs;
  }
  CHECK_FALSE(downlink.next(now));
  CHECK_FALSE(downlink.behind());
  CHECK_FALSE(downlink.tight(now));
}
