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

/// The rank-th track that is not the receiver's own.
Track* at_rank(const std::vector<Track*>& from, const Participant& receiver, std::uint32_t rank) {
  for (Track* track : from) {
    if (&track->participant == &receiver) continue;
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
  std::vector<Track*> voices;   // not muted, the loudest first
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
  for (Track* track : room.voices) {
    if (!track->muted && track->participant.connected) view.voices.push_back(track);
  }
  return view;
}

// The order changes as little as it must: who is equally loud, or silent, keeps the place of before.
bool Sfu::rank_voices(Time now, Room& room) const {
  constexpr double kStep = 12;  // loudness within one step counts as equal
  const auto rank = [&](const Track* track) {
    if (!track->voice.active(now, limits_.voice_hold)) return -1;
    return static_cast<int>(track->voice.loudness(now) / kStep);
  };
  const std::vector<Track*> before = room.voices;
  std::stable_sort(room.voices.begin(), room.voices.end(),
                   [&](const Track* a, const Track* b) { return rank(a) > rank(b); });
  return room.voices != before;
}

/// Whether the receiver may and can have the track at all.
Sfu::Choice Sfu::admissible(const Subscription& subscription, Track* track) const {
  const std::uint32_t needed =
      subscription.kind == MediaKind::audio ? WEIR_MAY_RECEIVE_AUDIO : WEIR_MAY_RECEIVE_VIDEO;
  if ((subscription.receiver.options.may & needed) == 0) return {nullptr, WEIR_IDLE_NOT_ALLOWED};
  if (track == nullptr) return {nullptr, WEIR_IDLE_NO_SOURCE};
  if (track->muted) return {nullptr, WEIR_IDLE_MUTED};
  if (!subscription.receiver.local() && subscription.line.find(track->expected_codec()) == nullptr) {
    return {nullptr, WEIR_IDLE_CODEC};
  }
  return {track, WEIR_IDLE_NOT};
}

Sfu::Choice Sfu::choose(const Subscription& subscription, const View& view) const {
  const Participant& receiver = subscription.receiver;
  const bool audio = subscription.kind == MediaKind::audio;
  const Source& source = subscription.source;
  Track* track = nullptr;
  if (source.kind == WEIR_SOURCE_SPEAKER) {
    track = at_rank(audio ? view.microphones_by_speaker : view.cameras_by_speaker, receiver, source.rank);
  } else if (source.kind == WEIR_SOURCE_SCREEN) {
    track = at_rank(view.screens, receiver, source.rank);
  } else if (source.kind == WEIR_SOURCE_MEMBER) {
    std::uint32_t rank = source.rank;
    for (const Participant* member : view.room->members) {
      if (member == &receiver) continue;
      if (rank-- == 0) {
        track = main_track(*member, subscription.kind);
        break;
      }
    }
  }
  return admissible(subscription, track);
}

void Sfu::settle(Time now, Room& room) {
  room.unsettled = room.batches != 0;
  if (room.unsettled || room.rule_subscriptions.empty()) return;
  rank_voices(now, room);
  const View view = view_of(room);
  const std::vector<Subscription*> subscriptions = room.rule_subscriptions;
  const Participant* voices_done = nullptr;
  for (Subscription* subscription : subscriptions) {
    if (subscription->source.kind != WEIR_SOURCE_VOICE) {
      assign(now, *subscription, choose(*subscription, view));
    } else if (voices_done != &subscription->receiver) {
      // A receiver's voice lines stand together in the list as a rule; settling it twice does no harm.
      voices_done = &subscription->receiver;
      settle_voices(now, subscription->receiver, view);
    }
  }
}

void Sfu::settle_one(Time now, Subscription& subscription) {
  if (subscription.source.kind == WEIR_SOURCE_TRACK || subscription.source.kind == WEIR_SOURCE_NONE) {
    assign(now, subscription, admissible(subscription, tracks_.find(subscription.source.track)));
    return;
  }
  Room& room = subscription.receiver.room;
  room.unsettled = room.batches != 0;
  if (room.unsettled) return;
  rank_voices(now, room);
  const View view = view_of(room);
  if (subscription.source.kind == WEIR_SOURCE_VOICE) {
    settle_voices(now, subscription.receiver, view);
  } else {
    assign(now, subscription, choose(subscription, view));
  }
}

void Sfu::settle_watchers(Time now, Track& track) {
  const std::vector<Subscription*> watchers = track.watchers;
  for (Subscription* subscription : watchers) settle_one(now, *subscription);
}

// The N loudest voices share a receiver's N voice lines. A voice that has a line keeps it.
void Sfu::settle_voices(Time now, Participant& receiver, const View& view) {
  std::vector<Subscription*> lines;
  for (Subscription* subscription : receiver.subscriptions) {
    if (subscription->source.kind == WEIR_SOURCE_VOICE) lines.push_back(subscription);
  }
  std::vector<Track*> wanted;
  for (Track* track : view.voices) {
    if (wanted.size() == lines.size()) break;
    if (&track->participant != &receiver) wanted.push_back(track);
  }
  std::vector<Subscription*> free;
  for (Subscription* line : lines) {
    Track* has = line->pending != nullptr ? line->pending : line->current;
    const auto kept = std::find(wanted.begin(), wanted.end(), has);
    if (has != nullptr && kept != wanted.end()) {
      assign(now, *line, admissible(*line, has));
      wanted.erase(kept);
    } else {
      free.push_back(line);
    }
  }
  for (Subscription* line : free) {
    Track* next = nullptr;
    if (!wanted.empty()) {
      next = wanted.front();
      wanted.erase(wanted.begin());
    }
    assign(now, *line, admissible(*line, next));
  }
}

void Sfu::unroute(Subscription& subscription, Track* track) {
  if (track == nullptr) return;
  track->routes.erase(std::remove(track->routes.begin(), track->routes.end(), &subscription),
                      track->routes.end());
  if (subscription.pending == track) subscription.pending = nullptr;
  if (subscription.current == track) subscription.current = nullptr;
  if (track->routes.empty()) cancel_keyframes(*track);
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
    choice.track->routes.push_back(&subscription);
    subscription.next = LayerSelector{};
    subscription.next.set_target(best_of(now, *choice.track));
    subscription.asked_at = now;
    // The old picture stays until the new one can be decoded, unless it stopped.
    if (subscription.current != nullptr && subscription.current->muted)
      unroute(subscription, subscription.current);
    if (subscription.current == nullptr) subscription.idle = WEIR_IDLE_KEYFRAME;
    if (subscription.receiver.connected) want_keyframe(now, subscription);
  }
  if (before != subscription.current || idle_before != subscription.idle) source_event(now, subscription);
}

void Sfu::switched(Time now, Subscription& subscription) {
  Track* began = subscription.pending;
  unroute(subscription, subscription.current);
  subscription.pending = nullptr;
  subscription.current = began;
  subscription.selector = subscription.next;
  subscription.idle = WEIR_IDLE_NOT;
  subscription.counters.last_switch = now - subscription.asked_at;
  ++subscription.counters.source_changes;
  source_event(now, subscription);
}

// Speakers.

void Sfu::voice_began(Time now, Room& room) {
  if (rank_voices(now, room)) settle(now, room);
}

void Sfu::consider_speakers(Time now, Room& room) {
  std::vector<DominantSpeaker::Candidate> candidates;
  for (const Track* track : room.voices) {
    if (!track->muted) candidates.push_back({track->participant.id, track->voice.loudness(now)});
  }
  const bool changed = room.dominant.consider(now, candidates);
  if (changed) {
    Participant* dominant = participants_.find(room.dominant.current());
    room.speakers.erase(std::remove(room.speakers.begin(), room.speakers.end(), dominant),
                        room.speakers.end());
    room.speakers.insert(room.speakers.begin(), dominant);
    emit(now, WEIR_EVENT_DOMINANT_SPEAKER, *dominant);
  }
  if (rank_voices(now, room) || changed) settle(now, room);
}

}  // namespace weir::sfu
