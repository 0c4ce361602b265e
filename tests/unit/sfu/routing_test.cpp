// Which track each subscription carries, in rooms where everything happens in any order, and in large ones.
#include "unit/sfu/control_world.h"

using namespace weir;
using namespace weir::sfu;
using namespace weir::sfu::test;

namespace {

/// Random changes, each followed by a look at everything.
class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : world_(seed), random_(seed ^ 0xc4a05) {
    for (int i = 0; i < 2; ++i) world_.open();
  }
  void step() {
    world_.now += kStep;
    people_.clear(), tracks_.clear(), subscriptions_.clear(), rooms_.clear();
    Sfu& sfu = world_.sfu;
    sfu.rooms().for_each([&](Room& room) { rooms_.push_back(&room); });
    sfu.participants().for_each([&](Participant& p) { people_.push_back(&p); });
    sfu.tracks().for_each([&](Track& t) { tracks_.push_back(&t); });
    sfu.subscriptions().for_each([&](Subscription& s) { subscriptions_.push_back(&s); });
    const std::uint64_t what = random_.below(100);
    if (what < 10 || people_.size() < 3) {
      join();
    } else if (what < 14) {
      sfu.leave(world_.now, *any(people_));
    } else if (what < 15) {
      Room& closing = *any(rooms_);
      sfu.close_room(world_.now, closing);
      world_.open();
    } else if (what < 30) {
      change_participant(*any(people_));
    } else if (what < 55 && !tracks_.empty()) {
      change_track(*any(tracks_));
    } else if (what < 80 && !tracks_.empty()) {
      carry(*any(tracks_));
    } else if (!subscriptions_.empty()) {
      change_subscription(*any(subscriptions_));
    }
    world_.check();
  }

 private:
  template <typename T>
  T* any(const std::vector<T*>& from) {
    return from[random_.below(from.size())];
  }
  MediaKind kind() { return random_.below(3) == 0 ? MediaKind::audio : MediaKind::video; }
  std::int32_t rule(MediaKind of) {
    static constexpr std::int32_t kAudio[] = {WEIR_SOURCE_RECENT, WEIR_SOURCE_SPEAKER, WEIR_SOURCE_MEMBER,
                                              WEIR_SOURCE_VOICE, WEIR_SOURCE_NONE};
    static constexpr std::int32_t kVideo[] = {WEIR_SOURCE_RECENT, WEIR_SOURCE_SPEAKER, WEIR_SOURCE_MEMBER,
                                              WEIR_SOURCE_SCREEN, WEIR_SOURCE_NONE};
    return (of == MediaKind::audio ? kAudio : kVideo)[random_.below(5)];
  }
  void join() {
    const std::uint32_t may = random_.below(5) == 0 ? WEIR_MAY_ALL & ~WEIR_MAY_RECEIVE_VIDEO : WEIR_MAY_ALL;
    world_.join(*any(rooms_), random_.below(4) == 0, may, rule(MediaKind::audio), rule(MediaKind::video));
  }
  void change_participant(Participant& who) {
    switch (random_.below(4)) {
      case 3: {
        std::vector<Id> excluded;
        for (const Participant* other : people_) {
          if (other != &who && random_.below(4) == 0) excluded.push_back(other->id);
        }
        return world_.sfu.set_excluded(world_.now, who, excluded);
      }
      case 0:
        if (!who.local()) world_.sfu.set_connected(world_.now, who, random_.below(3) != 0);
        break;
      case 1:
        if (who.tracks.size() < 4) {
          world_.track(who, kind(), WEIR_CONTENT_MAIN, random_.below(4) == 0);
        }
        break;
      default:
        world_.sfu.batch(world_.now, who.room, [&] {
          for (int i = 0; i < 2 && who.subscriptions.size() < 6; ++i) world_.subscription(who, kind());
        });
    }
  }
  void change_track(Track& track) {
    Sfu& sfu = world_.sfu;
    switch (random_.below(6)) {
      case 0:
        return sfu.remove_track(world_.now, track);
      case 1:
      case 2:
        return sfu.set_muted(world_.now, track, random_.below(2) == 0);
      case 3:
        if (track.kind == MediaKind::video) {
          sfu.set_content(world_.now, track, random_.below(2) == 0 ? WEIR_CONTENT_SCREEN : WEIR_CONTENT_MAIN);
        }
        return;
      case 4:
        return sfu.restart(world_.now, track, 0);
      default:
        if (track.kind == MediaKind::video) {
          sfu.set_codec(world_.now, track, random_.below(3) == 0 ? Codec::h264 : Codec::vp8);
        }
    }
  }
  void carry(Track& track) {
    Room& room = track.participant.room;
    if (track.kind == MediaKind::audio) {
      const auto level = static_cast<std::uint8_t>(random_.below(2) == 0 ? 15 : 127);
      if (track.voice.on_level(world_.now, level, kStep)) world_.sfu.voice_began(world_.now, room);
      world_.sfu.consider_speakers(world_.now, room);
    }
    if (!track.muted) world_.key_frame(track);
  }
  void change_subscription(Subscription& subscription) {
    Sfu& sfu = world_.sfu;
    const std::uint64_t what = random_.below(8);
    if (what == 0) return sfu.remove_subscription(world_.now, subscription);
    if (what == 1) {
      return sfu.update_subscription_line(world_.now, subscription,
                                          World::line(subscription.kind, random_.below(3) == 0));
    }
    Source source{
        .kind = rule(subscription.kind), .rank = static_cast<std::uint32_t>(random_.below(4)), .track = Id{}};
    if (random_.below(2) == 0 && !tracks_.empty()) source = {WEIR_SOURCE_TRACK, 0, any(tracks_)->id};
    sfu.set_source(world_.now, subscription, source);  // also tracks of other rooms and kinds: refused
  }

  World world_;
  SeededRandom random_;
  std::vector<Room*> rooms_;
  std::vector<Participant*> people_;
  std::vector<Track*> tracks_;
  std::vector<Subscription*> subscriptions_;
};

}  // namespace

TEST_CASE("whatever is done in whatever order, routes, sources, requests and events agree") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Chaos chaos{seed};
    for (int step = 0; step < 600; ++step) {
      CAPTURE(step);
      chaos.step();
    }
  }
}

TEST_CASE("five hundred people with twelve lines each join, speak and leave") {
  World world{7};
  Room& room = world.open();
  for (int i = 0; i < 500; ++i) {
    Participant& who = world.join(room, false, WEIR_MAY_ALL, WEIR_SOURCE_VOICE, WEIR_SOURCE_SPEAKER);
    world.sfu.batch(world.now, room, [&] {
      world.track(who, MediaKind::audio);
      world.track(who, MediaKind::video);
      for (int k = 0; k < 12; ++k) world.subscription(who, k < 3 ? MediaKind::audio : MediaKind::video);
    });
    world.sfu.set_connected(world.now, who, true);
  }
  for (int i = 0; i < 3; ++i) {
    world.now += kStep;
    Track& microphone = *room.voices[200];
    microphone.voice.on_level(world.now, 10, kStep);
    world.sfu.voice_began(world.now, room);
    world.now += std::chrono::seconds{1};
    world.sfu.consider_speakers(world.now, room);
  }
  for (int i = 0; i < 50; ++i) world.sfu.leave(world.now, *room.members[7]);
  world.take_events();
  world.sfu.tracks().for_each([&](const Track& track) { world.check_track(track); });
  world.sfu.close_room(world.now, room);
  world.take_events();
  CHECK(world.told.empty());
}
