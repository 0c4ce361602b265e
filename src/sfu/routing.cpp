// Which track each subscription carries. Rules look at a view of the room that is made once for each change.
#include <algorithm>

#include "sfu/sfu.h"

namespace weir::sfu {

namespace {

Track* main_track(const Participant& participant, MediaKind kind) {
  for (Track* track : participant.tracks) {
    if (track->kind == kind && track->content == WEIR_CONTENT_MAIN) return track;
  }
  return nullptr;
}

bool hears(const Participant& receiver, const Participant& other) {
  return &other != &receiver && !receiver.excludes(other);
}

/// The rank-th track of somebody whom the receiver hears and sees.
Track* at_rank(const std::vector<Track*>& from, const Participant& receiver, std::uint32_t rank) {
  for (Track* track : from) {
    if (!hears(receiver, track->participant)) continue;
    if (rank-- == 0) return track;
  }
  return nullptr;
}

}  // namespace

struct Sfu::View {
  const Room* room = nullptr;
  std::vector<Track*> cameras_by_speaker;  // not muted
  std::vector<Track*> microphones_by_speaker;
  std::vector<Track*> screens;  // the newest first

  const std::vector<Track*>& by_speaker(MediaKind kind) const {
    return kind == MediaKind::audio ? microphones_by_speaker : cameras_by_speaker;
  }
};

Sfu::View Sfu::view_of(const Room& room) {
  View view;
  view.room = &room;
  for (const Participant* participant : room.speakers) {
    if (!participant->connected) continue;  // has nothing to show, whatever it negotiated
    Track* camera = main_track(*participant, MediaKind::video);
    if (camera != nullptr && !camera->muted) view.cameras_by_speaker.push_back(camera);
    Track* microphone = main_track(*participant, MediaKind::audio);
    if (microphone != nullptr && !microphone->muted) view.microphones_by_speaker.push_back(microphone);
    for (Track* track : participant->tracks) {
      if (track->kind == MediaKind::video && track->content == WEIR_CONTENT_SCREEN && !track->muted) {
        view.screens.push_back(track);
      }
    }
  }
  std::sort(view.screens.begin(), view.screens.end(),
            [](const Track* a, const Track* b) { return a->order > b->order; });
  return view;
}

/// Whether the receiver may and can have the track at all.
Sfu::Choice Sfu::admissible(const Subscription& subscription, Track* track) const {
  const std::uint32_t needed =
      subscription.kind == MediaKind::audio ? WEIR_MAY_RECEIVE_AUDIO : WEIR_MAY_RECEIVE_VIDEO;
  if ((subscription.receiver.options.may & needed) == 0) return {nullptr, WEIR_IDLE_NOT_ALLOWED};
  if (track == nullptr) return {nullptr, WEIR_IDLE_NO_SOURCE};
  if (subscription.receiver.excludes(track->participant)) return {nullptr, WEIR_IDLE_EXCLUDED};
  if (track->muted) return {nullptr, WEIR_IDLE_MUTED};
  if (!subscription.receiver.local() && subscription.line.find(track->expected_codec()) == nullptr) {
    return {nullptr, WEIR_IDLE_CODEC};
  }
  return {track, WEIR_IDLE_NOT};
}

Sfu::Choice Sfu::choose(const Subscription& subscription, const View& view) const {
  const Participant& receiver = subscription.receiver;
  const Source& source = subscription.source;
  Track* track = nullptr;
  if (source.kind == WEIR_SOURCE_SPEAKER) {
    track = at_rank(view.by_speaker(subscription.kind), receiver, source.rank);
  } else if (source.kind == WEIR_SOURCE_SCREEN) {
    track = at_rank(view.screens, receiver, source.rank);
  } else if (source.kind == WEIR_SOURCE_MEMBER) {
    std::uint32_t rank = source.rank;
    for (const Participant* member : view.room->members) {
      if (!hears(receiver, *member)) continue;
      if (rank-- == 0) {
        track = main_track(*member, subscription.kind);
        break;
      }
    }
  }
  return admissible(subscription, track);
}

void Sfu::settle(Time now, Room& room, Touched touched) {
  room.unsettled = room.batches != 0;
  if (room.unsettled) return;
  if (touched == Touched::all) settle_voices(now, room);
  if (room.ranked.empty() && room.recent_lines.empty()) return;
  const View view = view_of(room);
  for (Subscription* subscription : room.ranked) {
    if (touched == Touched::speakers && subscription->source.kind != WEIR_SOURCE_SPEAKER) continue;
    assign(now, *subscription, choose(*subscription, view));
  }
  for (const SharedLines& shared : room.recent_lines)
    settle_shared(now, shared, view.by_speaker(shared.kind));
}

void Sfu::settle_one(Time now, Subscription& subscription) {
  const std::int32_t kind = subscription.source.kind;
  if (kind == WEIR_SOURCE_TRACK || kind == WEIR_SOURCE_NONE) {
    assign(now, subscription, admissible(subscription, tracks_.find(subscription.source.track)));
    return;
  }
  Room& room = subscription.receiver.room;
  room.unsettled = room.batches != 0;
  if (room.unsettled) return;
  if (kind == WEIR_SOURCE_VOICE) {
    settle_shared(now, *shared_lines(subscription), room.voices);
  } else if (kind == WEIR_SOURCE_RECENT) {
    settle_shared(now, *shared_lines(subscription), view_of(room).by_speaker(subscription.kind));
  } else {
    assign(now, subscription, choose(subscription, view_of(room)));
  }
}

void Sfu::settle_watchers(Time now, Track& track) {
  const std::vector<Subscription*> watchers = track.watchers;
  for (Subscription* subscription : watchers) settle_one(now, *subscription);
}

void Sfu::set_excluded(Time now, Participant& receiver, std::vector<Id> excluded) {
  std::sort(excluded.begin(), excluded.end());
  excluded.erase(std::unique(excluded.begin(), excluded.end()), excluded.end());
  if (excluded == receiver.excluded) return;
  receiver.excluded = std::move(excluded);
  batch(now, receiver.room, [&] {
    for (Subscription* subscription : receiver.subscriptions) settle_one(now, *subscription);
  });
}

void Sfu::unroute(Subscription& subscription, Track* track) {
  if (track == nullptr) return;
  // The last one takes its place: a voice that takes the lines of hundreds costs each of them the same.
  const std::size_t place = subscription.place_in(*track);
  Subscription* last = track->routes.back();
  last->place_in(*track) = place;
  track->routes[place] = last;
  track->routes.pop_back();
  if (subscription.pending == track) subscription.pending = nullptr;
  if (subscription.current == track) subscription.current = nullptr;
  if (track->routes.empty()) cancel_keyframes(*track);
  if (track->kind != MediaKind::video) return;
  woken_.push_back(track->id);
  touch_layers(subscription.receiver, true);
}

/// What it carries begins anew: sound with its next packet, a picture with a key frame. Its numbers go on
/// without a gap.
void Sfu::begin_again(Time now, Subscription& subscription) {
  Track* track = subscription.current;
  if (track == nullptr) return;
  if (subscription.pending != nullptr) {
    unroute(subscription, track);
  } else {
    subscription.current = nullptr;
    subscription.pending = track;
    subscription.pending_place = subscription.current_place;
    subscription.next = subscription.selector;
    subscription.next.restart();
  }
  subscription.asked_at = now;
  subscription.idle = WEIR_IDLE_KEYFRAME;
  source_event(now, subscription);
}

void Sfu::source_event(Time now, const Subscription& subscription) {
  weir_event& event = emit(now, WEIR_EVENT_SUBSCRIPTION_SOURCE, subscription.receiver);
  event.subscription = subscription.id.value;
  event.track = subscription.current != nullptr ? subscription.current->id.value : 0;
  event.value = static_cast<std::uint64_t>(subscription.idle);
}

void Sfu::assign(Time now, Subscription& subscription, Choice choice) {
  const Track* before = subscription.current;
  const std::int32_t idle_before = subscription.idle;
  if (choice.track == nullptr) {
    unroute(subscription, subscription.pending);
    unroute(subscription, subscription.current);
    subscription.idle = choice.idle;
  } else if (choice.track == subscription.current) {
    unroute(subscription, subscription.pending);
    subscription.idle = WEIR_IDLE_NOT;
  } else if (choice.track != subscription.pending) {
    unroute(subscription, subscription.pending);
    subscription.pending = choice.track;
    subscription.pending_place = choice.track->routes.size();
    choice.track->routes.push_back(&subscription);
    if (subscription.kind == MediaKind::video) touch_layers(subscription.receiver, true);
    subscription.next = LayerSelector{};
    subscription.next.set_target(best_of(now, *choice.track));
    subscription.asked_at = now;
    // The old picture stays until the new one can be decoded, unless it stopped.
    if (subscription.current != nullptr && subscription.current->muted)
      unroute(subscription, subscription.current);
    if (subscription.current == nullptr) subscription.idle = WEIR_IDLE_KEYFRAME;
    // Who decides on the layers asks for the one that it decides for.
    if (subscription.receiver.connected && !subscription.allocated) want_keyframe(now, subscription);
  }
  if (before != subscription.current || idle_before != subscription.idle) source_event(now, subscription);
}

void Sfu::switched(Time now, Subscription& subscription) {
  Track* began = subscription.pending;
  unroute(subscription, subscription.current);
  subscription.pending = nullptr;
  subscription.current = began;
  subscription.current_place = subscription.pending_place;
  subscription.selector = subscription.next;
  subscription.idle = WEIR_IDLE_NOT;
  subscription.counters.last_switch = now - subscription.asked_at;
  ++subscription.counters.source_changes;
  source_event(now, subscription);
}

// Speakers.

void Sfu::consider_speakers(Time now, Room& room) {
  voice_began(now, room);
  if (!room.names_dominant) return;
  std::vector<DominantSpeaker::Candidate> candidates;
  for (const Track* track : room.voices) {
    // Those who have not sounded for so long have no score.
    if (!track->voice.active(now, SpeechActivity::kLookBack)) continue;
    if (!track->muted) candidates.push_back({track->participant.id, track->voice.scores(now)});
  }
  if (!room.dominant.consider(now, candidates)) return;
  Participant* dominant = participants_.find(room.dominant.current());
  room.speakers.erase(std::remove(room.speakers.begin(), room.speakers.end(), dominant), room.speakers.end());
  room.speakers.insert(room.speakers.begin(), dominant);
  emit(now, WEIR_EVENT_DOMINANT_SPEAKER, *dominant);
  settle(now, room, Touched::speakers);
}

}  // namespace weir::sfu
