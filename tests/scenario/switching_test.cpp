#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

namespace {

/// One continuous stream: sequence numbers without gap, timestamps that never go back, picture ids that step
/// by one.
void check_continuous(const Received& line) {
  REQUIRE(line.sequences.size() > 10);
  CHECK_FALSE(line.has_gap());
  for (std::size_t i = 1; i < line.sequences.size(); ++i) {
    REQUIRE(line.sequences[i] == line.sequences[i - 1] + 1);
    const auto step = static_cast<std::int32_t>(line.timestamps[i] - line.timestamps[i - 1]);
    REQUIRE(step >= 0);
    REQUIRE(step <= 3 * 90'000);
    if (line.picture_ids.empty()) continue;
    const int pictures = (line.picture_ids[i] - line.picture_ids[i - 1]) & 0x7fff;
    REQUIRE((pictures == 0 || pictures == 1));
    REQUIRE((step > 0) == (pictures == 1));
    REQUIRE(static_cast<std::uint8_t>(line.tl0[i] - line.tl0[i - 1]) == pictures);
  }
}

}  // namespace

TEST_CASE(
    "a subscription changes its source: one continuous stream, a key frame first, the old picture until "
    "then") {
  World world{51};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  Client& cid = world.join(room);
  world.watch(cid, 0, ann);
  world.run(3s);
  for (int i = 0; i < 6; ++i) {
    const Client& next = i % 2 == 0 ? bob : ann;
    const std::size_t before = cid.video(0).sequences.size();
    const Time asked = world.now();
    world.watch(cid, 0, next);
    REQUIRE(world.run_until([&] { return cid.video(0).last_sender() == next.number(); }, 1s));
    CHECK(to_us(world.now() - asked) <= 300'000);
    CHECK(cid.video(0).key_frame_senders.back() == next.number());
    CHECK(cid.video(0).sequences.size() > before);
    world.run(700ms);
  }
  check_continuous(cid.video(0));
  const auto stats = world.subscription_stats(world.subscription(cid, "rv0"));
  CHECK(stats.source_changes == 7);
  CHECK(stats.last_switch_us > 0);
  CHECK(stats.last_switch_us <= 300'000);
}

TEST_CASE("a key frame of a moment ago is shown at once: nobody is asked for another") {
  World world{59};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  Client& cid = world.join(room);
  Client& dot = world.join(room, {.sends_audio = false, .sends_video = false});
  world.watch(cid, 0, ann);
  world.watch(dot, 0, ann);
  world.run(3s);
  world.watch(dot, 0, bob);
  REQUIRE(world.run_until([&] { return dot.video(0).last_sender() == bob.number(); }, 1s));
  world.run(200ms);
  const int asked = bob.plis_received();
  const Time before = world.now();
  world.watch(cid, 0, bob);
  REQUIRE(world.run_until([&] { return cid.video(0).last_sender() == bob.number(); }, 1s));
  CHECK(to_us(world.now() - before) <= 50'000);
  CHECK(cid.video(0).key_frame_senders.back() == bob.number());
  world.run(1s);
  CHECK(bob.plis_received() == asked);
  check_continuous(cid.video(0));
  // What is past does not stay behind: the pictures that follow are as old as ever.
  const Received& line = cid.video(0);
  CHECK(line.ages_us.back() < 40'000);
  const auto ticks =
      static_cast<std::int32_t>(line.timestamps.back() - line.timestamps[line.timestamps.size() - 90]);
  const std::int64_t passed = to_us(line.times.back() - line.times[line.times.size() - 90]);
  CHECK(std::abs(ticks / 90 - passed / 1000) <= 20);
}

TEST_CASE("a key frame is replayed only while it is recent, and while nothing after it is missing") {
  World world{60};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  Client& cid = world.join(room);
  Client& dot = world.join(room, {.sends_audio = false, .sends_video = false});
  world.link(bob).delay = 50ms;
  world.watch(cid, 0, ann);
  world.watch(dot, 0, ann);
  world.run(3s);
  world.watch(dot, 0, bob);
  REQUIRE(world.run_until([&] { return dot.video(0).last_sender() == bob.number(); }, 1s));
  SUBCASE("too old") {
    world.run(500ms);
  }
  SUBCASE("with a gap") {
    world.link(bob).cut = true;
    world.run(40ms);
    world.link(bob).cut = false;
    // What came after the gap is here, the repair takes 100 ms more.
    REQUIRE(world.run_until([&] { return dot.video(0).has_gap(); }, 200ms));
  }
  const int asked = bob.plis_received();
  world.watch(cid, 0, bob);
  REQUIRE(world.run_until([&] { return cid.video(0).last_sender() == bob.number(); }, 1s));
  CHECK(bob.plis_received() > asked);
  world.run(1s);
  check_continuous(cid.video(0));
}

TEST_CASE("packets of before a switch are still repaired after it") {
  World world{52};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  Client& cid = world.join(room);
  world.watch(cid, 0, ann);
  REQUIRE(world.run_until(
      [&] { return cid.peer().connected() && ann.peer().connected() && bob.peer().connected(); }, 3s));
  world.link(cid).loss = 0.1;
  for (int i = 0; i < 10; ++i) {
    world.run(400ms);
    world.watch(cid, 0, i % 2 == 0 ? bob : ann);
  }
  world.link(cid).loss = 0;
  world.run(2s);
  CHECK(cid.video(0).repaired > 5);
  CHECK_FALSE(cid.video(0).has_gap());
}

TEST_CASE("a sender with a new SSRC goes on as the same track") {
  World world{53};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.run(2s);
  ann.renew_camera_ssrc();
  const std::size_t before = bob.video(0).sequences.size();
  world.run(2s);
  CHECK(bob.video(0).sequences.size() > before + 60);
  check_continuous(bob.video(0));
  CHECK(world.events(WEIR_EVENT_TRACK_ADDED).size() == 4);
}

TEST_CASE("mute and unmute: nothing flows while muted, a key frame comes first after it") {
  World world{54};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.run(2s);
  const Id camera = world.track(ann, "cam");
  CHECK(world.engine().set_muted(world.now(), camera, true) == WEIR_OK);
  world.run(100ms);
  const std::size_t before = bob.video(0).sequences.size();
  world.run(2s);
  CHECK(bob.video(0).sequences.size() == before);
  CHECK(world.info(world.subscription(bob, "rv0")).idle == WEIR_IDLE_MUTED);
  CHECK(world.drops(DropReason::MUTED) > 50);
  const std::size_t keys = bob.video(0).key_frame_senders.size();
  const Time unmuted = world.now();
  CHECK(world.engine().set_muted(world.now(), camera, false) == WEIR_OK);
  REQUIRE(world.run_until([&] { return bob.video(0).sequences.size() > before; }, 1s));
  CHECK(to_us(world.now() - unmuted) <= 300'000);
  CHECK(bob.video(0).key_frame_senders.size() == keys + 1);
  world.run(1s);
  check_continuous(bob.video(0));
  CHECK(world.events(WEIR_EVENT_TRACK_MUTED).size() == 2);
}

TEST_CASE("a screen share is a second video track, found by its rule and bound by its mid") {
  World world{55};
  const Id room = world.open_room();
  Client& ann = world.join(room, {.sends_screen = true});
  Client& bob = world.join(room);
  ann.set_screen(false);
  world.set_rule(bob, MediaKind::video, 0, WEIR_SOURCE_SCREEN, 0);
  world.watch(bob, 1, ann);
  world.run(2s);
  CHECK(bob.video(0).sequences.empty());
  ann.set_screen(true);
  const Id screen = world.track(ann, "scr");
  CHECK(world.engine().set_content(world.now(), screen, WEIR_CONTENT_SCREEN) == WEIR_OK);
  world.run(2s);
  CHECK(bob.video(0).sequences.size() > 50);
  CHECK(bob.video(1).sequences.size() > 50);
  CHECK(world.info(world.subscription(bob, "rv0")).track == screen.value);
}

TEST_CASE("a receiver without the codec is told so, and gets nothing") {
  World world{56};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room, {.sends_video = false, .video_codec = "H264"});
  world.watch(bob, 0, ann);
  world.run(2s);
  CHECK(bob.video(0).sequences.empty());
  CHECK(world.info(world.subscription(bob, "rv0")).idle == WEIR_IDLE_CODEC);
}

TEST_CASE("fifty people join and leave: a client with two lines never negotiates again") {
  World world{57};
  const Id room = world.open_room();
  Client& ann = world.join(room, {.receives_audio = 1, .receives_video = 2});
  world.set_rule(ann, MediaKind::video, 0, WEIR_SOURCE_MEMBER, 0);
  world.set_rule(ann, MediaKind::video, 1, WEIR_SOURCE_MEMBER, 1);
  world.run(500ms);
  const std::string answer = ann.answer();
  for (int i = 0; i < 50; ++i) {
    Client& guest = world.join(room, {.receives_audio = 1, .receives_video = 0});
    world.run(400ms);
    if (i % 5 != 0) world.leave(guest);
  }
  world.run(1s);
  CHECK(ann.answer() == answer);
  CHECK(world.engine().participant_subscriptions(ann.id)->size() == 3);
  check_continuous(ann.video(0));
  check_continuous(ann.video(1));
  CHECK(ann.video(0).last_sender() == 2);  // the first guest that stayed
  CHECK(ann.video(1).last_sender() == 7);
}

TEST_CASE("sender reports keep the lips in sync over a switch between people with different clocks") {
  World world{58};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  Client& cid = world.join(room, {.receives_audio = 1, .receives_video = 1});
  for (const Client* whom : {&ann, &bob, &ann}) {
    world.watch(cid, 0, *whom);
    weir_source source{};
    source.kind = WEIR_SOURCE_TRACK;
    source.track = world.track(*whom, "mic").value;
    CHECK(world.engine().set_source(world.now(), world.subscription(cid, "ra0"), source) == WEIR_OK);
    world.run(4s);
    // What both lines say of one moment: picture and sound captured together have timestamps of the same node
    // time.
    const auto capture_us = [&](const Received& line, std::int64_t rate_khz) {
      const Received::Report& report = line.reports.back();
      const auto ticks = static_cast<std::int32_t>(line.timestamps.back() - report.timestamp);
      return us_from_ntp(report.ntp) + ticks * std::int64_t{1000} / rate_khz;
    };
    const std::int64_t picture =
        capture_us(cid.video(0), 90) - (to_us(cid.video(0).times.back()) - cid.video(0).ages_us.back());
    const std::int64_t sound =
        capture_us(cid.audio(0), 48) - (to_us(cid.audio(0).times.back()) - cid.audio(0).ages_us.back());
    CHECK(std::abs(picture - sound) < 20'000);
  }
}

TEST_CASE("whoever captured it, on whatever clock: a receiver knows how old a picture and a sound is") {
  World world{59};
  const Id room = world.open_room();
  Client& ann = world.join(room, {.receives_audio = 0, .receives_video = 0, .tells_capture = true});
  Client& bob = world.join(room, {.receives_audio = 0, .receives_video = 0, .tells_capture = true});
  Client& cid = world.join(room, {.receives_audio = 1, .receives_video = 1, .tells_capture = true});
  world.link(ann).delay = 20ms;
  world.link(bob).delay = 130ms;
  world.run(3s);
  for (const Client* whom : {&ann, &bob, &ann, &bob}) {
    const std::size_t pictures = cid.video(0).senders.size();
    const std::size_t sounds = cid.audio(0).senders.size();
    world.watch(cid, 0, *whom);
    weir_source source{};
    source.kind = WEIR_SOURCE_TRACK;
    source.track = world.track(*whom, "mic").value;
    CHECK(world.engine().set_source(world.now(), world.subscription(cid, "ra0"), source) == WEIR_OK);
    world.run(3500ms);
    const auto check = [&](const Received& line, std::size_t since) {
      int told = 0;
      bool at_once = false;
      for (auto at = line.captures.lower_bound(since); at != line.captures.end(); ++at) {
        const std::size_t place = at->first;
        const rtp::CaptureTime& time = at->second.time;
        if (line.senders[place] != whom->number()) continue;
        // The first of a source says it, or it would be reckoned on from the one before.
        at_once |= told++ == 0 && (place == since || line.senders[place - 1] != whom->number());
        REQUIRE(time.clock_offset);
        const NtpTime by_node{time.at.value - static_cast<std::uint64_t>(*time.clock_offset)};
        const std::int64_t captured = to_us(at->second.at) - line.ages_us[place];
        const NtpTime truly{World::kNtpAtZero + ntp_from_us(captured)};
        CHECK(std::abs(us_from_ntp(by_node) - us_from_ntp(truly)) <= 3'000);
      }
      CHECK(at_once == (since == 0 || line.senders[since - 1] != whom->number()));
      CHECK(told >= 3);
    };
    check(cid.video(0), pictures);
    check(cid.audio(0), sounds);
  }
}
