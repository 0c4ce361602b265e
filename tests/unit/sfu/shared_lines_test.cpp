// Lines that share a rule: who is among the N, who keeps the line, and what one change changes.
#include "unit/sfu/control_world.h"

using namespace weir;
using namespace weir::sfu;
using namespace weir::sfu::test;
using namespace std::chrono_literals;

namespace {

/// What a line carries, or will as soon as it can.
const Track* aim(const Subscription& line) {
  return line.pending != nullptr ? line.pending : line.current;
}

bool live(const Track& track, const Participant& receiver) {
  return &track.participant != &receiver && !track.muted && track.participant.connected &&
         !receiver.excludes(track.participant);
}

/// Everybody with a microphone and a camera, some with lines of the rules.
struct Meeting {
  explicit Meeting(std::uint64_t seed, bool key_frames = true)
      : world(seed), room(world.open()), random(seed ^ 0x5ea7), answers(key_frames) {}

  Participant& join(int voices, int cameras) {
    Participant& who = world.join(room, true, WEIR_MAY_ALL, WEIR_SOURCE_VOICE, WEIR_SOURCE_RECENT);
    world.sfu.batch(world.now, room, [&] {
      world.track(who, MediaKind::audio);
      world.track(who, MediaKind::video);
      for (int i = 0; i < voices; ++i) world.subscription(who, MediaKind::audio);
      for (int i = 0; i < cameras; ++i) world.subscription(who, MediaKind::video);
    });
    return who;
  }
  static Track& microphone(const Participant& who) { return *who.tracks[0]; }
  static Track& camera(const Participant& who) { return *who.tracks[1]; }

  /// One packet of somebody, then the look at the speakers that the engine has every 100 ms.
  void sound(Participant& who, std::uint8_t level = 20) {
    if (microphone(who).voice.on_level(world.now, level, 20ms)) world.sfu.voice_began(world.now, room);
  }
  void tick(Duration step) {
    world.now += step;
    world.sfu.consider_speakers(world.now, room);
    if (answers) {
      world.sfu.tracks().for_each([&](Track& track) { world.key_frame(track); });
    }
  }
  /// Somebody speaks until being the dominant speaker.
  void speak(Participant& who) {
    for (int i = 0; i < 100 && room.dominant.current() != who.id; ++i) {
      sound(who);
      world.now += 20ms;
      if (i % 5 == 4) tick(0ms);
    }
    REQUIRE(room.dominant.current() == who.id);
  }
  void check_voices(const Participant& receiver) const {
    std::set<const Track*> carried;
    std::size_t lines = 0;
    for (const Subscription* line : receiver.subscriptions) {
      if (line->kind != MediaKind::audio) continue;
      ++lines;
      if (const Track* track = aim(*line)) REQUIRE(carried.insert(track).second);
    }
    std::set<const Track*> loudest;
    for (const Track* track : room.voices) {
      if (loudest.size() < lines && live(*track, receiver)) loudest.insert(track);
    }
    REQUIRE(carried == loudest);
  }
  void check_recent(const Participant& receiver) const {
    std::set<const Track*> shown;
    std::size_t lines = 0;
    for (const Subscription* line : receiver.subscriptions) {
      if (line->kind != MediaKind::video) continue;
      ++lines;
      if (const Track* track = aim(*line)) REQUIRE(shown.insert(track).second);
    }
    std::set<const Track*> recent;
    for (const Participant* speaker : room.speakers) {
      if (recent.size() == lines || speaker->tracks.size() < 2) continue;
      if (live(camera(*speaker), receiver)) recent.insert(&camera(*speaker));
    }
    REQUIRE(shown == recent);
  }

  World world;
  Room& room;
  SeededRandom random;
  bool answers;
};

std::vector<const Track*> aims(const Participant& receiver, MediaKind kind) {
  std::vector<const Track*> all;
  for (const Subscription* line : receiver.subscriptions) {
    if (line->kind == kind) all.push_back(aim(*line));
  }
  return all;
}

}  // namespace

TEST_CASE("recent speakers: each change of who is among them changes one line at most, of any receiver") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    Meeting meeting{seed, seed % 2 == 0};
    std::vector<Participant*> viewers;
    for (int lines = 1; lines <= 6; ++lines) viewers.push_back(&meeting.join(0, lines));
    std::vector<Participant*> others;
    for (int step = 0; step < 300; ++step) {
      CAPTURE(step);
      std::vector<std::vector<const Track*>> before;
      for (const Participant* viewer : viewers) before.push_back(aims(*viewer, MediaKind::video));
      const std::uint64_t what = meeting.random.below(10);
      Participant* who = others.empty() ? nullptr : others[meeting.random.below(others.size())];
      if (what < 2 || others.size() < 3) {
        others.push_back(&meeting.join(0, 0));
      } else if (what == 2) {
        meeting.world.sfu.leave(meeting.world.now, *who);
        std::erase(others, who);
      } else if (what < 6) {
        Track& camera = Meeting::camera(*who);
        meeting.world.sfu.set_muted(meeting.world.now, camera, !camera.muted);
      } else {
        meeting.speak(*who);
      }
      for (std::size_t v = 0; v < viewers.size(); ++v) {
        meeting.check_recent(*viewers[v]);
        const auto now = aims(*viewers[v], MediaKind::video);
        int changed = 0;
        for (std::size_t i = 0; i < now.size(); ++i) changed += now[i] != before[v][i] ? 1 : 0;
        REQUIRE(changed <= 1);
      }
      meeting.tick(100ms);
    }
    meeting.world.check();
  }
}

TEST_CASE("a line goes back to whom it still shows when whom it waited for goes") {
  Meeting meeting{3, true};
  Participant& viewer = meeting.join(0, 2);
  Participant& ann = meeting.join(0, 0);
  Participant& bob = meeting.join(0, 0);
  Participant& cid = meeting.join(0, 0);
  meeting.tick(100ms);
  REQUIRE(aims(viewer, MediaKind::video) ==
          std::vector<const Track*>{&Meeting::camera(ann), &Meeting::camera(bob)});
  meeting.answers = false;
  meeting.speak(cid);
  const Subscription& line = *viewer.subscriptions[1];
  REQUIRE(line.current == &Meeting::camera(bob));
  REQUIRE(line.pending == &Meeting::camera(cid));
  meeting.world.sfu.leave(meeting.world.now, cid);
  CHECK(line.current == &Meeting::camera(bob));
  CHECK(line.pending == nullptr);
  CHECK(viewer.subscriptions[0]->current == &Meeting::camera(ann));
}

TEST_CASE("voices: every receiver has the first N after every sound, exclusion, mute and leave") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    Meeting meeting{seed};
    std::vector<Participant*> people;
    for (int i = 0; i < 12; ++i)
      people.push_back(&meeting.join(static_cast<int>(seed) % 2 == 0 ? 3 : i % 4, 0));
    for (int step = 0; step < 400; ++step) {
      CAPTURE(step);
      Participant& who = *people[meeting.random.below(people.size())];
      const std::uint64_t what = meeting.random.below(40);
      if (what == 0 && people.size() > 6) {
        meeting.world.sfu.leave(meeting.world.now, who);
        std::erase(people, &who);
      } else if (what == 1) {
        Track& track = Meeting::microphone(who);
        meeting.world.sfu.set_muted(meeting.world.now, track, !track.muted);
      } else if (what == 2) {
        std::vector<Id> excluded;
        for (const Participant* other : people) {
          if (other != &who && meeting.random.below(3) == 0) excluded.push_back(other->id);
        }
        meeting.world.sfu.set_excluded(meeting.world.now, who, excluded);
      } else {
        meeting.sound(who, static_cast<std::uint8_t>(10 + meeting.random.below(40)));
      }
      for (const Participant* receiver : people) meeting.check_voices(*receiver);
      meeting.tick(Duration{static_cast<std::int64_t>(meeting.random.below(150'000))});
    }
    meeting.world.check();
  }
}

TEST_CASE("a voice that begins has a line with its first packet, in place of who was silent longest") {
  Meeting meeting{5};
  Participant& listener = meeting.join(3, 0);
  std::vector<Participant*> people;
  for (int i = 0; i < 6; ++i) people.push_back(&meeting.join(0, 0));
  const auto heard = [&](int who) {
    const auto carried = aims(listener, MediaKind::audio);
    return std::find(carried.begin(), carried.end(),
                     &Meeting::microphone(*people[static_cast<std::size_t>(who)])) != carried.end();
  };
  for (const int who : {0, 1, 2}) {
    meeting.world.now += 20ms;
    meeting.sound(*people[static_cast<std::size_t>(who)]);
  }
  CHECK((heard(0) && heard(1) && heard(2)));
  // All three sound: a fourth as loud has to wait, one who is 6 dB louder has not.
  meeting.sound(*people[3]);
  CHECK_FALSE(heard(3));
  meeting.sound(*people[4], 14);
  CHECK(heard(4));
  CHECK_FALSE(heard(2));
  // 201 ms later all are silent, and who spoke first goes first.
  meeting.world.now += 241ms;
  meeting.sound(*people[5], 50);
  CHECK(heard(5));
  CHECK(heard(4));
  CHECK((heard(0) ? 1 : 0) + (heard(1) ? 1 : 0) + (heard(2) ? 1 : 0) + (heard(3) ? 1 : 0) == 1);
}

TEST_CASE("three who speak in turn before five hundred change no line after their first syllables") {
  Meeting meeting{7};
  for (int i = 0; i < 500; ++i) meeting.join(3, 0);
  const auto speak_in_turn = [&] {
    for (const std::size_t who : {100U, 200U, 300U}) {
      meeting.world.now += 250ms;
      meeting.sound(*meeting.room.members[who]);
    }
  };
  speak_in_turn();
  meeting.tick(0ms);
  meeting.world.take_events();
  for (int turn = 0; turn < 30; ++turn) speak_in_turn();
  CHECK(meeting.world.sfu.take_events().empty());
  meeting.check_voices(*meeting.room.members[0]);
  meeting.check_voices(*meeting.room.members[200]);
}

TEST_CASE("exclusion: rules go on to the next, an explicit track is idle and comes back") {
  Meeting meeting{6};
  Participant& viewer = meeting.join(1, 2);
  Participant& ann = meeting.join(0, 0);
  Participant& bob = meeting.join(0, 0);
  Participant& cid = meeting.join(0, 0);
  World& world = meeting.world;
  Sfu& sfu = world.sfu;
  sfu.set_content(world.now, world.track(ann, MediaKind::video, WEIR_CONTENT_SCREEN), WEIR_CONTENT_SCREEN);
  Track& screen = world.track(bob, MediaKind::video, WEIR_CONTENT_SCREEN);
  std::vector<Subscription*> lines;
  const auto add = [&](std::int32_t kind, std::uint32_t rank, const Track* track = nullptr) {
    lines.push_back(&world.subscription(viewer, MediaKind::video));
    REQUIRE(sfu.set_source(world.now, *lines.back(), {kind, rank, track != nullptr ? track->id : Id{}}) ==
            WEIR_OK);
  };
  add(WEIR_SOURCE_SPEAKER, 0);
  add(WEIR_SOURCE_MEMBER, 0);
  add(WEIR_SOURCE_SCREEN, 0);
  add(WEIR_SOURCE_TRACK, 0, &Meeting::camera(ann));
  meeting.tick(100ms);
  CHECK(lines[0]->current == &Meeting::camera(ann));
  CHECK(lines[1]->current == &Meeting::camera(ann));
  CHECK(lines[2]->current == &screen);
  CHECK(lines[3]->current == &Meeting::camera(ann));

  sfu.set_excluded(world.now, viewer, {ann.id, bob.id, ann.id});
  meeting.tick(100ms);
  CHECK(viewer.excluded.size() == 2);
  CHECK(lines[0]->current == &Meeting::camera(cid));
  CHECK(lines[1]->current == &Meeting::camera(cid));
  CHECK(lines[2]->current == nullptr);
  CHECK(lines[2]->idle == WEIR_IDLE_NO_SOURCE);
  CHECK(lines[3]->current == nullptr);
  CHECK(lines[3]->idle == WEIR_IDLE_EXCLUDED);
  CHECK(aims(viewer, MediaKind::video)[0] == &Meeting::camera(cid));
  CHECK(aims(viewer, MediaKind::video)[1] == nullptr);
  CHECK(aims(viewer, MediaKind::audio)[0] == &Meeting::microphone(cid));
  world.check();

  sfu.leave(world.now, bob);  // is forgotten
  sfu.set_excluded(world.now, viewer, {});
  meeting.tick(100ms);
  CHECK(lines[3]->current == &Meeting::camera(ann));
  CHECK(lines[0]->current == &Meeting::camera(ann));
  world.check();
}
