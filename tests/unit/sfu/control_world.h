// A control plane with people, driven by a test, and all that must hold of it after every change: routes,
// sources, requests for key frames, and events that tell a host the same.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "sfu/sfu.h"

namespace weir::sfu::test {

inline constexpr Duration kStep = std::chrono::milliseconds{37};

struct World {
  explicit World(std::uint64_t seed, Limits limits = {}) : random(seed), sfu(0, limits, random) {}

  Room& open() {
    auto room = sfu.open_room({.struct_size = 0,
                               .max_participants = 0,
                               .user = 0,
                               .dominant_speaker = 1,
                               .dominant_hold_ms = 1000});
    REQUIRE(room.ok());
    return **room;
  }
  Participant& join(Room& room, bool local = true, std::uint32_t may = WEIR_MAY_ALL,
                    std::int32_t audio = WEIR_SOURCE_NONE, std::int32_t video = WEIR_SOURCE_NONE) {
    auto joined = sfu.join(now, room,
                           {.struct_size = 0,
                            .kind = local ? WEIR_PARTICIPANT_LOCAL : WEIR_PARTICIPANT_REMOTE,
                            .user = 0,
                            .may = may,
                            .default_audio_source = audio,
                            .default_video_source = video,
                            .pair_lines = 0});
    REQUIRE(joined.ok());
    return **joined;
  }
  static Line line(MediaKind kind, bool h264 = false) {
    Line line;
    const Codec codec = kind == MediaKind::audio ? Codec::opus : h264 ? Codec::h264 : Codec::vp8;
    line.codecs.push_back({.codec = codec, .payload_type = 96, .rtx_payload_type = std::nullopt});
    return line;
  }
  Track& track(Participant& of, MediaKind kind, std::int32_t content = WEIR_CONTENT_MAIN, bool h264 = false) {
    auto added = sfu.add_track(now, of, kind, line(kind, h264), content);
    REQUIRE(added.ok());
    return **added;
  }
  Subscription& subscription(Participant& of, MediaKind kind) {
    auto added = sfu.add_subscription(now, of, kind, line(kind));
    REQUIRE(added.ok());
    return **added;
  }
  void watch(Subscription& subscription, const Track& track) {
    REQUIRE(sfu.set_source(now, subscription, {.kind = WEIR_SOURCE_TRACK, .rank = 0, .track = track.id}) ==
            WEIR_OK);
  }
  /// As the data path does with a key frame: whoever waits for it begins.
  void key_frame(Track& track) {
    Encoding& encoding = track.encodings.front();
    encoding.keyframes.on_keyframe();
    for (Subscription* subscription : track.routes) {
      if (subscription->pending != &track || !subscription->receiver.connected) continue;
      subscription->next.decide(encoding.index, {.key_frame = true});
      sfu.switched(now, *subscription);
    }
  }
  void take_events() {
    for (const weir_event& event : sfu.take_events()) {
      if (event.type == WEIR_EVENT_SUBSCRIPTION_ADDED) told[event.subscription] = {};
      if (event.type == WEIR_EVENT_SUBSCRIPTION_REMOVED) told.erase(event.subscription);
      if (event.type == WEIR_EVENT_TRACK_ADDED) tracks_told.insert(event.track);
      if (event.type == WEIR_EVENT_TRACK_REMOVED) tracks_told.erase(event.track);
      if (event.type == WEIR_EVENT_DOMINANT_SPEAKER) dominant_told[event.room] = event.participant;
      if (event.type != WEIR_EVENT_SUBSCRIPTION_SOURCE) continue;
      REQUIRE(told.contains(event.subscription));
      told[event.subscription] = {event.track, static_cast<std::int32_t>(event.value)};
    }
  }

  void check_subscription(const Subscription& s);
  void check_track(const Track& track);
  void check();

  struct Carried {
    std::uint64_t track = 0;
    std::int32_t idle = WEIR_IDLE_NO_SOURCE;
  };
  Time now = time_from_us(1'000'000);
  SeededRandom random;
  Sfu sfu;
  std::map<std::uint64_t, Carried> told;
  std::set<std::uint64_t> tracks_told;
  std::map<std::uint64_t, std::uint64_t> dominant_told;
};

template <typename T>
auto times_in(const std::vector<T*>& list, const T* value) {
  return std::count(list.begin(), list.end(), value);
}

inline void World::check_subscription(const Subscription& s) {
  for (const Track* track : {s.current, s.pending}) {
    if (track == nullptr) continue;
    REQUIRE(sfu.tracks().find(track->id) == track);
    REQUIRE(&track->participant.room == &s.receiver.room);
    REQUIRE(track->kind == s.kind);
    REQUIRE(times_in<Subscription>(track->routes, &s) == 1);
    REQUIRE(track->routes[track == s.current ? s.current_place : s.pending_place] == &s);
  }
  REQUIRE((s.current == nullptr || s.current != s.pending));
  if (s.current != nullptr) {
    REQUIRE(s.idle == WEIR_IDLE_NOT);
    REQUIRE_FALSE(s.current->muted);
  } else {
    REQUIRE(s.idle != WEIR_IDLE_NOT);
    REQUIRE((s.idle == WEIR_IDLE_KEYFRAME) == (s.pending != nullptr));
  }
  const bool rule = s.source.kind != WEIR_SOURCE_NONE && s.source.kind != WEIR_SOURCE_TRACK;
  auto listed = times_in<Subscription>(s.receiver.room.ranked, &s);
  for (const auto* groups : {&s.receiver.room.voice_lines, &s.receiver.room.recent_lines}) {
    for (const SharedLines& shared : *groups) {
      REQUIRE_FALSE(shared.lines.empty());
      if (shared.receiver == &s.receiver && shared.kind == s.kind) listed += times_in(shared.lines, &s);
    }
  }
  REQUIRE(listed == (rule ? 1 : 0));
  for (const Track* track : {s.current, s.pending}) {
    if (track != nullptr) REQUIRE_FALSE((track == s.pending && s.receiver.excludes(track->participant)));
  }
  const Track* named = sfu.tracks().find(s.source.track);
  REQUIRE((named != nullptr) == (s.source.kind == WEIR_SOURCE_TRACK));
  if (named != nullptr) REQUIRE(times_in<Subscription>(named->watchers, &s) == 1);
  if (s.source.kind == WEIR_SOURCE_NONE) REQUIRE((s.current == nullptr && s.pending == nullptr));
  // What carries, or will carry as soon as it can, is what the source names.
  if (named != nullptr && s.idle == WEIR_IDLE_NOT) REQUIRE((s.pending == nullptr) == (s.current == named));
  REQUIRE(told.at(s.id.value).track == (s.current != nullptr ? s.current->id.value : 0));
  REQUIRE(told.at(s.id.value).idle == s.idle);
}

inline void World::check_track(const Track& track) {
  for (const Subscription* s : track.routes) {
    REQUIRE(sfu.subscriptions().find(s->id) == s);
    REQUIRE((s->current == &track || s->pending == &track));
  }
  for (const Subscription* s : track.watchers) {
    REQUIRE(sfu.subscriptions().find(s->id) == s);
    REQUIRE(s->source.track == track.id);
  }
  REQUIRE((track.muted ? track.routes.empty() : true));
  REQUIRE(tracks_told.contains(track.id.value));
  // Whoever waits is waited for: a request is due unless nobody who is there waits.
  const bool awaited = std::any_of(track.routes.begin(), track.routes.end(), [&](const Subscription* s) {
    return s->pending == &track && s->receiver.connected;
  });
  if (awaited && track.kind == MediaKind::video) REQUIRE(track.encodings.front().keyframes.wanted());
  if (track.routes.empty()) REQUIRE_FALSE(track.encodings.front().keyframes.wanted());
}

inline void World::check() {
  take_events();
  std::size_t tracks = 0;
  std::size_t subscriptions = 0;
  sfu.subscriptions().for_each([&](const Subscription& s) {
    ++subscriptions;
    REQUIRE(times_in<Subscription>(s.receiver.subscriptions, &s) == 1);
    check_subscription(s);
  });
  sfu.tracks().for_each([&](const Track& track) {
    ++tracks;
    REQUIRE(times_in<Track>(track.participant.tracks, &track) == 1);
    check_track(track);
  });
  REQUIRE(told.size() == subscriptions);
  REQUIRE(tracks_told.size() == tracks);
  sfu.rooms().for_each([&](const Room& room) {
    REQUIRE(room.batches == 0);
    REQUIRE_FALSE(room.unsettled);
    REQUIRE(room.speakers.size() == room.members.size());
    std::size_t microphones = 0;
    for (const Participant* member : room.members) {
      REQUIRE(sfu.participants().find(member->id) == member);
      REQUIRE(times_in<Participant>(room.speakers, member) == 1);
      for (const Track* track : member->tracks) microphones += track->kind == MediaKind::audio ? 1U : 0U;
    }
    REQUIRE(room.voices.size() == microphones);
    const Id dominant = room.dominant.current();
    REQUIRE(dominant_told[room.id.value] == dominant.value);
    if (dominant) REQUIRE(sfu.participants().find(dominant) == room.speakers.front());
  });
}

}  // namespace weir::sfu::test
