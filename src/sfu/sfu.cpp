#include "sfu/sfu.h"

#include <algorithm>
#include <utility>

namespace weir::sfu {

namespace {

Error limit(const char* which) {
  return {.status = WEIR_ERR_LIMIT, .reason = std::string{which} + " is reached", .line = 0};
}

template <typename T>
void remove_value(std::vector<T*>& from, const T* value) {
  from.erase(std::remove(from.begin(), from.end(), value), from.end());
}

/// Ranks count up line by line; a line that comes after others went takes the first that none of them has.
std::uint32_t free_rank(const Participant& participant, MediaKind kind, std::int32_t rule) {
  std::uint32_t rank = 0;
  for (const Subscription* other : participant.subscriptions) rank += other->kind == kind ? 1 : 0;
  const auto taken = [&](std::uint32_t wanted) {
    return std::any_of(
        participant.subscriptions.begin(), participant.subscriptions.end(),
        [&](const auto* s) { return s->kind == kind && s->source.kind == rule && s->source.rank == wanted; });
  };
  if (!taken(rank)) return rank;
  for (rank = 0; taken(rank);) ++rank;
  return rank;
}

}  // namespace

void cancel_keyframes(Track& track) {
  for (Encoding& encoding : track.encodings) encoding.keyframes.cancel();
}

Sfu::Sfu(std::uint8_t worker, Limits limits, Random& random)
    : limits_(limits),
      random_(random),
      rooms_(IdKind::room, worker, limits.rooms),
      participants_(IdKind::participant, worker, limits.participants),
      tracks_(IdKind::track, worker, std::size_t{limits.participants} * limits.tracks_per_participant),
      subscriptions_(IdKind::subscription, worker,
                     std::size_t{limits.participants} * limits.subscriptions_per_participant) {}

weir_event& Sfu::emit(Time now, std::int32_t type, const Room& room) {
  weir_event& event = events_.emplace_back();
  event.struct_size = sizeof event;
  event.type = type;
  event.room = room.id.value;
  event.time_us = to_us(now);
  return event;
}

weir_event& Sfu::emit(Time now, std::int32_t type, const Participant& participant) {
  weir_event& event = emit(now, type, participant.room);
  event.participant = participant.id.value;
  event.user = participant.options.user;
  return event;
}

// Rooms and people.

Result<Room*> Sfu::open_room(const weir_room_options& options) {
  const std::uint32_t most =
      options.max_participants == 0 ? limits_.room_participants : options.max_participants;
  Room* room = rooms_.emplace(options, std::min(most, limits_.room_participants));
  if (room == nullptr) return limit("max_rooms");
  return room;
}

void Sfu::close_room(Time now, Room& room) {
  ++room.batches;  // for good: nobody is left to settle anything for
  room.ranked.clear();
  room.voice_lines.clear();
  room.recent_lines.clear();
  for (Participant* member : room.members) {
    while (!member->subscriptions.empty()) remove_subscription(now, *member->subscriptions.back());
  }
  while (!room.members.empty()) leave(now, *room.members.back());
  emit(now, WEIR_EVENT_ROOM_CLOSED, room);
  rooms_.erase(room.id);
}

Result<Participant*> Sfu::join(Time now, Room& room, const weir_participant_options& options) {
  if (room.members.size() >= room.max_participants) return limit("the room's max_participants");
  Participant* participant = participants_.emplace(room, options);
  if (participant == nullptr) return limit("max_participants");
  participant->joined_at = now;
  participant->connected = participant->local();
  room.members.push_back(participant);
  room.speakers.push_back(participant);
  return participant;  // who has no tracks yet changes no rule
}

void Sfu::leave(Time now, Participant& participant) {
  Room& room = participant.room;
  batch(now, room, [&] {
    while (!participant.subscriptions.empty()) remove_subscription(now, *participant.subscriptions.back());
    while (!participant.tracks.empty()) remove_track(now, *participant.tracks.back());
    remove_value(room.members, &participant);
    remove_value(room.speakers, &participant);
    emit(now, WEIR_EVENT_PARTICIPANT_LEFT, participant);
    const bool was_dominant = room.dominant.forget(participant.id);
    participants_.erase(participant.id);
    if (was_dominant) emit(now, WEIR_EVENT_DOMINANT_SPEAKER, room);
    settle(now, room);
  });
}

void Sfu::set_connected(Time now, Participant& participant, bool connected) {
  if (std::exchange(participant.connected, connected) == connected) return;
  settle(now, participant.room);
  if (!connected) {
    // What comes meanwhile is not sent. Going on from where the source is then would leave a gap, and one
    // of 2^15 packets is more than SRTP can follow (RFC 3711 section 3.3.1).
    for (Subscription* subscription : participant.subscriptions) begin_again(now, *subscription);
    return;
  }
  if (participant.connect_time == Duration{}) participant.connect_time = now - participant.joined_at;
  emit(now, WEIR_EVENT_PARTICIPANT_CONNECTED, participant);
  touch_layers(participant, true);
  for (Subscription* subscription : participant.subscriptions) {
    if (subscription->pending != nullptr && !subscription->allocated) want_keyframe(now, *subscription);
  }
}

// Tracks.

Result<Track*> Sfu::add_track(Time now, Participant& participant, MediaKind kind, Line line,
                              std::int32_t content) {
  if (participant.tracks.size() >= limits_.tracks_per_participant) return limit("max_tracks_per_participant");
  Track* track = tracks_.emplace(participant, kind, std::move(line), participant.local());
  if (track == nullptr) return limit("max_tracks_per_participant");
  Room& room = participant.room;
  track->content = content;
  track->order = room.next_order++;
  participant.tracks.push_back(track);
  if (kind == MediaKind::audio) room.voices.push_back(track);
  emit(now, WEIR_EVENT_TRACK_ADDED, participant).track = track->id.value;
  if (kind == MediaKind::video) woken_.push_back(track->id);
  settle(now, room);
  return track;
}

void Sfu::remove_track(Time now, Track& track) {
  Participant& participant = track.participant;
  const std::vector<Subscription*> watchers = track.watchers;
  for (Subscription* subscription : watchers) {
    subscription->source = Source{};
    assign(now, *subscription, admissible(*subscription, nullptr));
  }
  const std::vector<Subscription*> routes = track.routes;
  for (Subscription* subscription : routes) {
    if (subscription->pending == &track) unroute(*subscription, &track);
    if (subscription->current == &track) {
      unroute(*subscription, &track);
      subscription->idle = subscription->pending != nullptr ? WEIR_IDLE_KEYFRAME : WEIR_IDLE_NO_SOURCE;
      source_event(now, *subscription);
    }
  }
  remove_value(participant.tracks, &track);
  remove_value(participant.room.voices, &track);
  emit(now, WEIR_EVENT_TRACK_REMOVED, participant).track = track.id.value;
  tracks_.erase(track.id);
  settle(now, participant.room);
}

void Sfu::update_track_line(Time now, Track& track, Line line) {
  track.line = std::move(line);
  if (track.name_encodings()) {
    track.offer.clear();
    track.demand = {};
    const std::vector<Subscription*> routes = track.routes;
    for (Subscription* subscription : routes) {
      if (subscription->current == &track) begin_again(now, *subscription);
    }
    layers_changed(now, track);
  }
  settle_watchers(now, track);
  settle(now, track.participant.room);
}

void Sfu::set_content(Time now, Track& track, std::int32_t content) {
  if (track.content == content) return;
  track.content = content;
  settle(now, track.participant.room);
}

void Sfu::set_muted(Time now, Track& track, bool muted) {
  if (track.muted == muted) return;
  track.muted = muted;
  if (muted) cancel_keyframes(track);
  weir_event& event = emit(now, WEIR_EVENT_TRACK_MUTED, track.participant);
  event.track = track.id.value;
  event.value = muted ? 1 : 0;
  settle_watchers(now, track);
  settle(now, track.participant.room);
}

void Sfu::set_codec(Time now, Track& track, Codec codec) {
  if (track.codec == codec) return;
  const bool expected = track.expected_codec() == codec;
  track.codec = codec;
  track.codec_since = now;
  if (expected) return;
  settle_watchers(now, track);
  settle(now, track.participant.room);
}

void Sfu::restart(Time now, Track& track, std::uint8_t encoding) {
  const std::vector<Subscription*> routes = track.routes;
  for (Subscription* subscription : routes) {
    if (subscription->current != &track) continue;
    const auto carried = subscription->selector.current();
    if (track.kind == MediaKind::audio || (carried && carried->encoding == encoding)) {
      begin_again(now, *subscription);
    }
  }
  layers_changed(now, track);
  if (!track.routes.empty()) want_keyframe(now, track, encoding);
}

// Without somebody who decides, a subscription carries the best that is sent.
LayerSelector::Target Sfu::best_of(Time now, const Track& track) {
  LayerSelector::Target best;
  best.layer.spatial = kSpatialLayers - 1;
  best.layer.temporal = kTemporalLayers - 1;
  std::uint64_t most = 0;
  for (const Encoding& encoding : track.encodings) {
    if (!encoding.meter.active(now)) continue;
    const std::uint64_t size = std::uint64_t{encoding.width} * encoding.height;
    if (size < most) continue;
    most = size;
    best.layer.encoding = encoding.index;
  }
  return best;
}

void Sfu::layers_changed(Time now, Track& track) {
  if (track.kind != MediaKind::video) return;
  track.looked_at.reset();
  for (const Subscription* subscription : track.routes) touch_layers(subscription->receiver);
  if (track.encodings.size() < 2) return;
  const LayerSelector::Target best = best_of(now, track);
  for (Subscription* subscription : track.routes) {
    if (subscription->allocated) continue;
    LayerSelector& selector = subscription->pending == &track ? subscription->next : subscription->selector;
    if (selector.target() && selector.target()->layer == best.layer) continue;
    selector.set_target(best);
    if (selector.needs_keyframe()) want_keyframe(now, track, best.layer.encoding);
  }
}

// Subscriptions.

Result<Subscription*> Sfu::add_subscription(Time now, Participant& participant, MediaKind kind, Line line) {
  if (participant.subscriptions.size() >= limits_.subscriptions_per_participant) {
    return limit("max_subscriptions_per_participant");
  }
  const bool audio = kind == MediaKind::audio;
  const Rewriter rewriter{static_cast<std::uint16_t>(random_.u32() & 0x7fff), random_.u32(),
                          audio ? clock_rate_of(Codec::opus) : clock_rate_of(Codec::vp8)};
  Subscription* subscription = subscriptions_.emplace(participant, kind, std::move(line), rewriter);
  if (subscription == nullptr) return limit("max_subscriptions_per_participant");
  subscription->allocated = !audio && limits_.layers_decided;
  subscription->ssrc = random_.u32() | 1U;
  subscription->rtx_ssrc = subscription->ssrc ^ 0x80000000U;
  subscription->rtx_sequence = static_cast<std::uint16_t>(random_.u32());
  Source source;
  source.kind = audio ? participant.options.default_audio_source : participant.options.default_video_source;
  source.rank = free_rank(participant, kind, source.kind);
  participant.subscriptions.push_back(subscription);
  emit(now, WEIR_EVENT_SUBSCRIPTION_ADDED, participant).subscription = subscription->id.value;
  set_source(now, *subscription, source);
  return subscription;
}

void Sfu::remove_subscription(Time now, Subscription& subscription) {
  Participant& participant = subscription.receiver;
  forget_source(subscription);
  unroute(subscription, subscription.pending);
  unroute(subscription, subscription.current);
  remove_value(participant.subscriptions, &subscription);
  emit(now, WEIR_EVENT_SUBSCRIPTION_REMOVED, participant).subscription = subscription.id.value;
  subscriptions_.erase(subscription.id);
}

void Sfu::update_subscription_line(Time now, Subscription& subscription, Line line) {
  subscription.line = std::move(line);
  settle_one(now, subscription);
}

void Sfu::forget_source(Subscription& subscription) {
  if (Track* track = tracks_.find(subscription.source.track)) remove_value(track->watchers, &subscription);
  follow_rule_no_more(subscription);
}

weir_status Sfu::set_source(Time now, Subscription& subscription, const Source& source) {
  const bool audio = subscription.kind == MediaKind::audio;
  Track* track = nullptr;
  switch (source.kind) {
    case WEIR_SOURCE_TRACK:
      track = tracks_.find(source.track);
      if (track == nullptr) return WEIR_ERR_NOT_FOUND;
      if (&track->participant.room != &subscription.receiver.room || track->kind != subscription.kind) {
        return WEIR_ERR_INVALID;
      }
      break;
    case WEIR_SOURCE_SCREEN:
      if (audio) return WEIR_ERR_INVALID;
      break;
    case WEIR_SOURCE_VOICE:
      if (!audio) return WEIR_ERR_INVALID;
      break;
    case WEIR_SOURCE_NONE:
    case WEIR_SOURCE_SPEAKER:
    case WEIR_SOURCE_MEMBER:
    case WEIR_SOURCE_RECENT:
      break;
    default:
      return WEIR_ERR_INVALID;
  }
  if (source.rank > 65535) return WEIR_ERR_INVALID;
  forget_source(subscription);
  subscription.source = source;
  if (track != nullptr) {
    track->watchers.push_back(&subscription);
  } else {
    subscription.source.track = Id{};
    if (source.kind != WEIR_SOURCE_NONE) follow_rule(subscription);
  }
  settle_one(now, subscription);
  return WEIR_OK;
}

void Sfu::touch_layers(Participant& receiver, bool urgent) {
  if (receiver.layers_pending && (receiver.layers_urgent || !urgent)) return;
  receiver.layers_pending = true;
  receiver.layers_urgent = urgent;
  undecided_.push_back(receiver.id);
}

// As WEIR_EVENT_SUBSCRIPTION_LAYER has it.
void Sfu::tell_layer(Time now, Subscription& subscription) {
  std::uint64_t value = static_cast<std::uint64_t>(subscription.layers.reason);
  const Track* track = subscription.current;
  if (const auto carried = subscription.carried()) {
    const LayerMeter& meter = track->encodings[carried->encoding].meter;
    value |= (std::uint64_t{carried->encoding} + 1) << 8 | std::uint64_t{carried->spatial} << 16 |
             std::uint64_t{carried->temporal} << 24 | std::uint64_t{meter.width(carried->spatial)} << 32 |
             std::uint64_t{meter.height(carried->spatial)} << 48;
  }
  if (std::exchange(subscription.layers.told, value) == value) return;
  weir_event& event = emit(now, WEIR_EVENT_SUBSCRIPTION_LAYER, subscription.receiver);
  event.subscription = subscription.id.value;
  event.track = track != nullptr ? track->id.value : 0;
  event.value = value;
}

void Sfu::want_keyframe(Time now, Track& track, std::uint8_t encoding) {
  if (track.muted || track.kind != MediaKind::video || encoding >= track.encodings.size()) return;
  track.encodings[encoding].keyframes.want(now);
  woken_.push_back(track.participant.id);
}

void Sfu::want_keyframe(Time now, const Subscription& subscription) {
  Track* track = subscription.pending != nullptr ? subscription.pending : subscription.current;
  if (track == nullptr) return;
  const LayerSelector& selector = subscription.pending != nullptr ? subscription.next : subscription.selector;
  const auto carried = selector.current();
  if (carried && !selector.needs_keyframe()) {
    want_keyframe(now, *track, carried->encoding);
  } else if (selector.target()) {
    want_keyframe(now, *track, selector.target()->layer.encoding);
  }
}

}  // namespace weir::sfu
