#include "sfu/speakers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

#include "unit/sfu/sounds.h"

using namespace weir;
using namespace weir::sfu;
using namespace weir::sfu::test;
using namespace std::chrono_literals;

namespace {

struct Change {
  Duration at;
  std::size_t who;
};

/// People with microphones, and the rule that names one of them, looked at every 100 ms with any phase.
class Stage {
 public:
  explicit Stage(std::vector<Sound> sounds, Duration phase = 0ms, Duration hold = DominantSpeaker::kHold)
      : sounds_(std::move(sounds)), voices_(sounds_.size()), phase_(phase), rule_(hold) {}

  /// `stall`: the path gives packets in bunches that far apart.
  void run(Duration until, Duration stall = kPacket) {
    for (; t_ < until; t_ += 5ms) {
      const Time now = kStart + t_;
      if (t_ % stall == 0ms) {
        for (; heard_ <= t_; heard_ += kPacket) {
          for (std::size_t i = 0; i < sounds_.size(); ++i) {
            voices_[i].on_level(now, static_cast<std::uint8_t>(sounds_[i](heard_)), kPacket);
          }
        }
      }
      if (t_ % 100ms == phase_) consider(now);
    }
  }
  void leave(std::size_t who) { CHECK(rule_.forget(id(who))); }
  /// Nobody: -1.
  int dominant() const { return rule_.current() ? static_cast<int>(rule_.current().index()) : -1; }
  const std::vector<Change>& changes() const { return changes_; }

 private:
  static constexpr Time kStart = time_from_us(10'000'000);
  static Id id(std::size_t who) { return {IdKind::participant, 0, 1, static_cast<std::uint32_t>(who)}; }
  void consider(Time now) {
    std::vector<DominantSpeaker::Candidate> candidates;
    for (std::size_t i = 0; i < voices_.size(); ++i) candidates.push_back({id(i), voices_[i].scores(now)});
    if (rule_.consider(now, candidates)) changes_.push_back({t_, rule_.current().index()});
  }

  std::vector<Sound> sounds_;
  std::vector<VoiceActivity> voices_;
  Duration phase_;
  DominantSpeaker rule_;
  Duration t_{};
  Duration heard_{};
  std::vector<Change> changes_;
};

template <typename Check>
void for_all_phases(Check&& check) {
  for (Duration phase = 0ms; phase < 100ms; phase += 5ms) {
    CAPTURE(phase.count());
    check(phase);
  }
}

}  // namespace

TEST_CASE("a sound begins once, and again after a pause") {
  VoiceActivity voice;
  Time now = time_from_us(1'000'000);
  CHECK_FALSE(voice.on_level(now, 127, kPacket));
  CHECK_FALSE(voice.sounding(now));
  CHECK(voice.on_level(now += 20ms, 20, kPacket));
  CHECK_FALSE(voice.on_level(now += 200ms, 20, kPacket));
  CHECK(voice.sounding(now + 200ms));
  CHECK_FALSE(voice.sounding(now + 201ms));
  CHECK(voice.active(now + 2s, 2s));
  CHECK_FALSE(voice.active(now + 2s + 1us, 2s));
  CHECK(voice.on_level(now += 201ms, 20, kPacket));
}

TEST_CASE("levels around the threshold of speech") {
  VoiceActivity voice;
  CHECK_FALSE(voice.on_level(time_from_us(1'000'000), 53, kPacket));
  CHECK(voice.on_level(time_from_us(1'020'000), 52, kPacket));
}

TEST_CASE("a voice's loudness goes in steps: up at once, down slowly, not in pauses") {
  VoiceActivity voice;
  Time now = time_from_us(1'000'000);
  CHECK(voice.on_level(now, 30, kPacket));
  CHECK(voice.step() == 5);
  CHECK_FALSE(voice.on_level(now += 20ms, 25, kPacket));  // 5 dB louder: the same step
  CHECK(voice.on_level(now += 20ms, 24, kPacket));        // 6 dB: one more
  CHECK(voice.step() == 6);
  for (int i = 0; i < 20; ++i) voice.on_level(now += 20ms, 90, kPacket);  // a pause
  CHECK(voice.step() == 6);
  for (int i = 0; i < 10; ++i) voice.on_level(now += 20ms, 40, kPacket);
  CHECK(voice.step() == 6);
  for (int i = 0; i < 60; ++i) voice.on_level(now += 20ms, 40, kPacket);
  CHECK(voice.step() == 4);
}

TEST_CASE("without levels, packets larger than silence sound, softer than speech") {
  VoiceActivity voice;
  Time now = time_from_us(1'000'000);
  CHECK_FALSE(voice.on_unknown_level(now, VoiceActivity::kSilentPayload, kPacket));
  CHECK(voice.on_unknown_level(now += 20ms, VoiceActivity::kSilentPayload + 1, kPacket));
  CHECK(voice.step() == 3);
  // Packets of one size for ever: may be a voice, but nothing that becomes dominant.
  for (int i = 0; i < 200; ++i) voice.on_unknown_level(now += 20ms, 160, kPacket);
  CHECK(voice.sounding(now));
  CHECK(voice.scores(now).recent == 0);
}

TEST_CASE("who sounds overtakes who is silent, the louder the softer, the later the earlier") {
  const Time now = time_from_us(10'000'000);
  const auto voice = [&](Duration ago, std::uint8_t level) {
    VoiceActivity v;
    v.on_level(now - ago, level, kPacket);
    return v;
  };
  const auto ahead = [&](const VoiceActivity& a, const VoiceActivity& b) { return overtakes(now, 2s, a, b); };
  CHECK(ahead(voice(0ms, 40), voice(201ms, 10)));  // sounding, before louder but silent
  CHECK_FALSE(ahead(voice(201ms, 10), voice(0ms, 40)));
  CHECK(ahead(voice(0ms, 20), voice(0ms, 26)));
  CHECK_FALSE(ahead(voice(0ms, 18), voice(0ms, 20)));  // the same step
  CHECK(ahead(voice(300ms, 40), voice(400ms, 20)));    // both silent: who spoke later
  CHECK_FALSE(ahead(voice(400ms, 20), voice(300ms, 40)));
  CHECK(ahead(voice(2s, 40), voice(2001ms, 20)));            // within the hold, before what is over
  CHECK_FALSE(ahead(voice(2001ms, 20), voice(2002ms, 20)));  // all over: the order stays
  CHECK_FALSE(ahead(VoiceActivity{}, VoiceActivity{}));
}

TEST_CASE("a cough never makes anybody dominant, whenever it comes and whoever speaks") {
  for_all_phases([](Duration phase) {
    for (Duration at = 4s; at < 4100ms; at += 20ms) {
      Stage nobody{{silence(), burst(at, 200ms, 5)}, phase};
      nobody.run(6s);
      CHECK(nobody.dominant() == -1);
      Stage talk{{speech(1, 30, 6s), burst(at, 200ms, 5)}, phase};
      talk.run(6s);
      CHECK(talk.changes().size() == 1);
      CHECK(talk.dominant() == 0);
      Stage after{{speech(1, 30, 2s), burst(at, 300ms, 5)}, phase};  // nobody else speaks any more
      after.run(6s);
      CHECK(after.changes().size() == 1);
      Stage twice{{silence(), then(burst(at, 200ms, 5), at + 400ms, burst(at, 200ms, 5))}, phase};
      twice.run(12s);
      CHECK(twice.changes().empty());
    }
  });
}

TEST_CASE("typing for a minute makes nobody dominant") {
  for (const Duration key : {20ms, 40ms}) {
    Stage stage{{speech(2, 30, 2s), strokes(120ms, key, 10)}};
    stage.run(60s);
    CHECK(stage.changes().size() == 1);
    CHECK(stage.dominant() == 0);
  }
}

TEST_CASE("a speaker takes over half a second after beginning, 0.65 s after the other stopped") {
  for_all_phases([](Duration phase) {
    Stage in_silence{{tone(25), silence()}, phase};
    in_silence.run(1s);
    REQUIRE(in_silence.changes().size() == 1);
    CHECK(in_silence.changes()[0].at <= 500ms);
    for (Duration offset = 0ms; offset < 100ms; offset += 20ms) {
      const Duration stop = 3s + offset;
      Stage turn{{burst(0ms, stop, 25), burst(stop, 3s, 25)}, phase};
      turn.run(5s);
      REQUIRE(turn.changes().size() == 2);
      CHECK(turn.changes()[1].who == 1);
      CHECK(turn.changes()[1].at - stop <= 650ms);
    }
  });
}

TEST_CASE("speech with its dips and pauses takes over within a second as a rule, within two always") {
  int within_a_second = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    Stage turn{{speech(seed, 25, 3s), then(silence(), 3s, speech(seed + 1000, 30, 5s))}};
    turn.run(6s);
    REQUIRE(turn.changes().size() == 2);
    CHECK(turn.changes()[1].at <= 5s);
    within_a_second += turn.changes()[1].at <= 4s ? 1 : 0;
  }
  CHECK(within_a_second >= 65);
}

TEST_CASE("pauses of 300 ms between words lose nothing to somebody who speaks all the time, as loudly") {
  for_all_phases([](Duration phase) {
    for (Duration word = 100ms; word <= 500ms; word += 20ms) {
      const Sound words = strokes(word + 300ms, word, 25);
      Stage stage{{then(tone(25), 1s, words), then(silence(), 1s, tone(25))}, phase};
      stage.run(20s);
      CHECK(stage.changes().size() == 1);
      CHECK(stage.dominant() == 0);
    }
  });
}

TEST_CASE("equal talkers do not alternate: not at all while both speak, never within the hold") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Stage both{{speech(seed, 25, 60s), speech(seed + 50, 25, 60s)}};
    both.run(60s);
    CHECK(both.changes().size() == 1);
    // With pauses of up to 1.5 s either may take over, but no sooner than the hold.
    for (const Duration hold : {500ms, 1000ms, 3000ms}) {
      Stage halting{{speech(seed, 25, 60s, 1500ms), speech(seed + 50, 25, 60s, 1500ms)}, 0ms, hold};
      halting.run(60s);
      CHECK(halting.changes().size() >= 3);
      for (std::size_t i = 1; i < halting.changes().size(); ++i) {
        CHECK(halting.changes()[i].at - halting.changes()[i - 1].at >= hold);
      }
    }
  }
}

TEST_CASE("who interrupts must be clearly louder for most of a second") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Stage louder{{speech(seed, 30, 20s, 100ms), then(silence(), 5s, speech(seed + 50, 20, 10s, 100ms))}};
    louder.run(9s);
    REQUIRE(louder.changes().size() == 2);
    CHECK(louder.changes()[1].at >= 5600ms);
    CHECK(louder.changes()[1].at <= 7s);
    Stage little{{speech(seed, 30, 20s, 100ms), then(silence(), 5s, speech(seed + 50, 27, 10s, 100ms))}};
    little.run(15s);
    CHECK(little.changes().size() == 1);
  }
}

TEST_CASE("music takes nothing from a speaker, however loud, and gives way to one") {
  for (const int level : {5, 15, 25, 35}) {
    CAPTURE(level);
    Stage stage{{speech(3, 30, 30s), then(silence(), 2s, music(level))}};
    stage.run(30s);
    CHECK(stage.changes().size() == 1);
    Stage concert{{music(level), then(silence(), 10s, speech(4, 30, 10s))}};
    concert.run(20s);
    REQUIRE(concert.changes().size() == 2);
    CHECK(concert.changes()[1].at <= 11s);
    CHECK(concert.dominant() == 1);
  }
}

TEST_CASE("who left is followed at once; a hold of zero holds nothing") {
  Stage stage{{tone(25), tone(25)}, 0ms, 60s};
  stage.run(2s);
  REQUIRE(stage.dominant() == 0);
  stage.leave(0);
  CHECK(stage.dominant() == -1);
  stage.run(2200ms);
  CHECK(stage.dominant() != -1);
  DominantSpeaker rule;
  CHECK_FALSE(rule.forget(Id{}));
}

TEST_CASE("packets that come in bunches count for when they were recorded") {
  for (const Duration stall : {60ms, 120ms, 240ms}) {
    CAPTURE(stall.count());
    Stage turn{{burst(0ms, 3s, 25), burst(3s, 3s, 25)}};
    turn.run(6s, stall);
    REQUIRE(turn.changes().size() == 2);
    CHECK(turn.changes()[1].at <= 3600ms + stall);
    Stage cough{{speech(1, 30, 2s), burst(4s, 200ms, 5)}};
    cough.run(6s, stall);
    CHECK(cough.changes().size() == 1);
  }
}
