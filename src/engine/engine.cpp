#include "engine/engine.h"

#include <algorithm>

#include "engine/copy_text.h"
#include "engine/data_channels.h"
#include "engine/data_path.h"
#include "engine/departure.h"
#include "engine/engine_impl.h"
#include "engine/feedback.h"
#include "engine/intake.h"
#include "engine/layers.h"
#include "engine/local_media.h"
#include "engine/negotiation.h"
#include "engine/sound.h"
#include "engine/statistics.h"
#include "sdp/session.h"

namespace weir::engine {

namespace {

Error not_found(const char* what) {
  return {.status = WEIR_ERR_NOT_FOUND, .reason = std::string{"no such "} + what, .line = 0};
}
Error invalid(const char* what) {
  return {.status = WEIR_ERR_INVALID, .reason = what, .line = 0};
}

template <typename T>
std::vector<std::uint64_t> ids_of(const std::vector<T*>& objects) {
  std::vector<std::uint64_t> ids;
  ids.reserve(objects.size());
  for (const T* object : objects) ids.push_back(object->id.value);
  return ids;
}

/// What a local reader can take.
sfu::Line readable_line(bool audio) {
  if (audio) return local_line({Codec::opus, Codec::pcmu, Codec::pcma});
  return local_line({Codec::vp8, Codec::h264, Codec::vp9, Codec::av1, Codec::h265});
}

}  // namespace

Engine::Engine(const Options& options, std::shared_ptr<const crypto::Certificate> certificate, Random& random,
               Log log)
    : impl_(new Impl{.core = {options, std::move(certificate), random, log}}) {}
Engine::~Engine() = default;

// Data.

std::size_t Engine::receive(Time now, std::span<const Datagram> batch) {
  Core& core = impl_->core;
  impl_->last_now = now;
  const std::size_t taken = receive_datagrams(core, now, batch);
  core.settle(now);
  return taken;
}

void Engine::advance(Time now) {
  Core& core = impl_->core;
  impl_->last_now = now;
  core.mux.advance(now);
  core.settle(now);
  while (has_room(core)) {
    const Id due = core.timers.pop_due(now);
    if (!due) break;
    if (sfu::Participant* participant = core.sfu.participants().find(due)) {
      service_participant(core, now, *participant);
      service_layers(core, now, *participant);
    } else if (sfu::Track* track = core.sfu.tracks().find(due)) {
      service_demand(core, now, *track);
    } else if (sfu::Room* room = core.sfu.rooms().find(due)) {
      service_speakers(core, now, *room);
    }
  }
  while (has_room(core)) {
    const Id due = core.departures.pop_due(now);
    if (!due) break;
    if (Peer* peer = core.peer(due)) service_downlink(core, now, *peer);
  }
  pump_local(core, now);
  core.settle(now);
}

void Engine::finish(Time now, transport::HandshakeJob job) {
  impl_->core.mux.finish(now, std::move(job));
  impl_->core.settle(now);
  impl_->last_now = now;
}

// Drain.

EgressBatch& Engine::egress() {
  return impl_->core.egress;
}
std::vector<transport::HandshakeJob> Engine::take_jobs() {
  return impl_->core.mux.take_jobs();
}
void Engine::count_drop(DropReason reason, std::uint64_t n) {
  impl_->core.drops.count(reason, n);
}

bool Engine::next_event(weir_event& event) {
  std::deque<weir_event>& events = impl_->core.events;
  if (events.empty()) return false;
  event = events.front();
  events.pop_front();
  return true;
}

bool Engine::pending() const {
  return !impl_->core.inbox.empty() || !impl_->core.leaving.empty();
}

Time Engine::deadline() const {
  Core& core = impl_->core;
  if (pending()) return impl_->last_now;
  return std::min({core.timers.deadline(), core.departures.deadline(), core.mux.deadline()});
}

// Rooms and people.

Result<Id> Engine::open_room(Time now, const weir_room_options& options) {
  return impl_->made(now, impl_->core.sfu.open_room(options));
}

weir_status Engine::close_room(Time now, Id id) {
  Core& core = impl_->core;
  sfu::Room* room = core.sfu.rooms().find(id);
  if (room == nullptr) return WEIR_ERR_NOT_FOUND;
  for (const sfu::Participant* member : room->members) core.drop_peer(now, member->id);
  core.timers.forget(id);
  core.sfu.close_room(now, *room);
  return impl_->done(now, WEIR_OK);
}

Result<std::vector<std::uint64_t>> Engine::room_participants(Id id) const {
  const sfu::Room* room = impl_->core.sfu.rooms().find(id);
  if (room == nullptr) return not_found("room");
  return ids_of(room->members);
}

Result<std::vector<std::uint64_t>> Engine::room_speakers(Id id) const {
  const sfu::Room* room = impl_->core.sfu.rooms().find(id);
  if (room == nullptr) return not_found("room");
  return ids_of(room->speakers);
}

Result<Id> Engine::join(Time now, Id id, const weir_participant_options& options) {
  Core& core = impl_->core;
  sfu::Room* room = core.sfu.rooms().find(id);
  if (room == nullptr) return not_found("room");
  const bool kind_known = options.kind == WEIR_PARTICIPANT_REMOTE || options.kind == WEIR_PARTICIPANT_LOCAL;
  const auto rule = [](std::int32_t kind) {
    return kind >= WEIR_SOURCE_NONE && kind <= WEIR_SOURCE_RECENT && kind != WEIR_SOURCE_TRACK;
  };
  if (!kind_known || (options.may & ~std::uint32_t{WEIR_MAY_ALL}) != 0)
    return invalid("kind or may is none of this version");
  if (!rule(options.default_audio_source) || options.default_audio_source == WEIR_SOURCE_SCREEN) {
    return invalid("default_audio_source cannot be that");
  }
  if (!rule(options.default_video_source) || options.default_video_source == WEIR_SOURCE_VOICE) {
    return invalid("default_video_source cannot be that");
  }
  return impl_->made(now, core.sfu.join(now, *room, options));
}

weir_status Engine::leave(Time now, Id id) {
  Core& core = impl_->core;
  sfu::Participant* participant = core.sfu.participants().find(id);
  if (participant == nullptr) return WEIR_ERR_NOT_FOUND;
  core.drop_peer(now, id);
  core.sfu.leave(now, *participant);
  return impl_->done(now, WEIR_OK);
}

weir_status Engine::set_excluded(Time now, Id id, std::span<const std::uint64_t> excluded) {
  Core& core = impl_->core;
  sfu::Participant* participant = core.sfu.participants().find(id);
  if (participant == nullptr) return WEIR_ERR_NOT_FOUND;
  if (excluded.size() > WEIR_MAX_EXCLUDED) return impl_->done(now, WEIR_ERR_LIMIT);
  std::vector<Id> ids;
  for (const std::uint64_t value : excluded) {
    const sfu::Participant* other = core.sfu.participants().find(Id{value});
    if (other == nullptr || &other->room != &participant->room) return WEIR_ERR_NOT_FOUND;
    if (other == participant) return WEIR_ERR_INVALID;
    ids.push_back(other->id);
  }
  core.sfu.set_excluded(now, *participant, std::move(ids));
  return impl_->done(now, WEIR_OK);
}

Result<std::string> Engine::negotiate(Time now, Id id, std::string_view offer) {
  Core& core = impl_->core;
  sfu::Participant* participant = core.sfu.participants().find(id);
  if (participant == nullptr) return not_found("participant");
  auto answer = engine::negotiate(core, now, *participant, offer);
  impl_->done(now, answer ? WEIR_OK : answer.error().status);
  return answer;
}

Result<bool> Engine::add_candidate(Id id, std::string_view candidate) {
  const sfu::Participant* participant = impl_->core.sfu.participants().find(id);
  if (participant == nullptr) return not_found("participant");
  if (participant->local()) return Error{WEIR_ERR_STATE, "a local participant has no candidates", 0};
  return sdp::check_candidate(candidate);
}

Result<std::vector<std::uint64_t>> Engine::participant_tracks(Id id) const {
  const sfu::Participant* participant = impl_->core.sfu.participants().find(id);
  if (participant == nullptr) return not_found("participant");
  return ids_of(participant->tracks);
}

Result<std::vector<std::uint64_t>> Engine::participant_subscriptions(Id id) const {
  const sfu::Participant* participant = impl_->core.sfu.participants().find(id);
  if (participant == nullptr) return not_found("participant");
  return ids_of(participant->subscriptions);
}

// Tracks.

Result<Id> Engine::add_track(Time now, Id id, const weir_track_options& options) {
  Core& core = impl_->core;
  sfu::Participant* participant = core.sfu.participants().find(id);
  if (participant == nullptr) return not_found("participant");
  if (!participant->local()) return Error{WEIR_ERR_STATE, "a remote participant adds tracks by its offer", 0};
  const auto codec = static_cast<Codec>(options.codec);
  const bool known = options.codec > WEIR_CODEC_NONE && options.codec <= WEIR_CODEC_TELEPHONE_EVENT &&
                     codec != Codec::telephone_event;
  if (!known || static_cast<std::int32_t>(kind_of(codec)) != options.kind)
    return invalid("kind and codec do not fit");
  const bool audio = kind_of(codec) == MediaKind::audio;
  if (options.content != WEIR_CONTENT_MAIN && (options.content != WEIR_CONTENT_SCREEN || audio))
    return invalid("content cannot be that");
  if (options.min_bitrate != 0 && audio) return invalid("sound does not follow the bandwidth");
  const std::uint32_t needed = audio ? WEIR_MAY_SEND_AUDIO : WEIR_MAY_SEND_VIDEO;
  if ((participant->options.may & needed) == 0)
    return Error{WEIR_ERR_STATE, "the participant may not send that", 0};
  const auto track =
      core.sfu.add_track(now, *participant, kind_of(codec), local_line({codec}), options.content);
  if (track) {
    track.value()->min_bitrate = options.min_bitrate;
    track.value()->next_sequence = static_cast<std::uint16_t>(core.random.u32());
    track.value()->timestamp_offset = core.random.u32();
  }
  return impl_->made(now, track);
}

weir_status Engine::remove_track(Time now, Id id) {
  sfu::Track* track = impl_->core.sfu.tracks().find(id);
  if (track == nullptr) return WEIR_ERR_NOT_FOUND;
  if (!track->local) return WEIR_ERR_STATE;
  impl_->core.sfu.remove_track(now, *track);
  return impl_->done(now, WEIR_OK);
}

weir_status Engine::track_info(Id id, weir_track_info& info) const {
  const sfu::Track* track = impl_->core.sfu.tracks().find(id);
  if (track == nullptr) return WEIR_ERR_NOT_FOUND;
  info.kind = static_cast<std::int32_t>(track->kind);
  info.participant = track->participant.id.value;
  info.room = track->participant.room.id.value;
  info.codec = static_cast<std::int32_t>(track->codec);
  info.content = track->content;
  info.muted = track->muted ? 1 : 0;
  info.reserved = 0;
  copy_text(info.mid, track->line.mid);
  return WEIR_OK;
}

weir_status Engine::set_content(Time now, Id id, std::int32_t content) {
  sfu::Track* track = impl_->core.sfu.tracks().find(id);
  if (track == nullptr) return WEIR_ERR_NOT_FOUND;
  if (track->kind != MediaKind::video || (content != WEIR_CONTENT_MAIN && content != WEIR_CONTENT_SCREEN)) {
    return WEIR_ERR_INVALID;
  }
  impl_->core.sfu.set_content(now, *track, content);
  return impl_->done(now, WEIR_OK);
}

weir_status Engine::set_muted(Time now, Id id, bool muted) {
  sfu::Track* track = impl_->core.sfu.tracks().find(id);
  if (track == nullptr) return WEIR_ERR_NOT_FOUND;
  impl_->core.sfu.set_muted(now, *track, muted);
  return impl_->done(now, WEIR_OK);
}

weir_status Engine::write_frame(Time now, Id id, const weir_frame& frame) {
  sfu::Track* track = impl_->core.sfu.tracks().find(id);
  if (track == nullptr) return WEIR_ERR_NOT_FOUND;
  const weir_status status = engine::write_frame(impl_->core, now, *track, frame);
  pump_local(impl_->core, now);
  return impl_->done(now, status);
}

weir_status Engine::write_rtp(Time now, Id id, Bytes packet, std::uint32_t level) {
  sfu::Track* track = impl_->core.sfu.tracks().find(id);
  if (track == nullptr) return WEIR_ERR_NOT_FOUND;
  const weir_status status = engine::write_rtp(impl_->core, now, *track, packet, level);
  pump_local(impl_->core, now);
  return impl_->done(now, status);
}

// Subscriptions.

Result<Id> Engine::add_subscription(Time now, Id id, const weir_subscription_options& options) {
  Core& core = impl_->core;
  sfu::Participant* participant = core.sfu.participants().find(id);
  if (participant == nullptr) return not_found("participant");
  if (!participant->local())
    return Error{WEIR_ERR_STATE, "a remote participant adds subscriptions by its offer", 0};
  const bool audio = options.kind == WEIR_KIND_AUDIO;
  if (!audio && options.kind != WEIR_KIND_VIDEO) return invalid("kind is neither audio nor video");
  if (options.format != WEIR_FORMAT_FRAME && options.format != WEIR_FORMAT_RTP)
    return invalid("format is none of this version");
  if (options.max_queue == 0 || options.max_queue > 65'536) return invalid("max_queue is outside 1 to 65536");
  const auto kind = static_cast<MediaKind>(options.kind);
  const auto line = readable_line(audio);
  const auto subscription = core.sfu.add_subscription(now, *participant, kind, line);
  if (subscription) {
    subscription.value()->local =
        std::make_unique<sfu::LocalQueue>(options.format == WEIR_FORMAT_FRAME, options.max_queue);
  }
  return impl_->made(now, subscription);
}

weir_status Engine::remove_subscription(Time now, Id id) {
  sfu::Subscription* subscription = impl_->core.sfu.subscriptions().find(id);
  if (subscription == nullptr) return WEIR_ERR_NOT_FOUND;
  if (subscription->local == nullptr) return WEIR_ERR_STATE;
  impl_->core.sfu.remove_subscription(now, *subscription);
  return impl_->done(now, WEIR_OK);
}

weir_status Engine::set_source(Time now, Id id, const weir_source& source) {
  sfu::Subscription* subscription = impl_->core.sfu.subscriptions().find(id);
  if (subscription == nullptr) return WEIR_ERR_NOT_FOUND;
  const sfu::Source wanted{.kind = source.kind, .rank = source.rank, .track = Id{source.track}};
  return impl_->done(now, impl_->core.sfu.set_source(now, *subscription, wanted));
}

weir_status Engine::read(Id id, weir_frame& frame, MutableBytes buffer) {
  sfu::Subscription* subscription = impl_->core.sfu.subscriptions().find(id);
  return subscription == nullptr ? WEIR_ERR_NOT_FOUND : read_local(*subscription, frame, buffer);
}

// Data.

weir_status Engine::send_data(Time now, Id id, const weir_data& message) {
  sfu::Participant* to = impl_->core.sfu.participants().find(id);
  if (to == nullptr) return WEIR_ERR_NOT_FOUND;
  return impl_->done(now, engine::send_data(impl_->core, now, *to, message));
}

Result<std::uint32_t> Engine::send_room_data(Time now, Id id, const weir_data& message) {
  const sfu::Room* to = impl_->core.sfu.rooms().find(id);
  if (to == nullptr) return not_found("room");
  auto reached = engine::send_data(impl_->core, now, *to, message);
  impl_->done(now, WEIR_OK);
  return reached;
}

weir_status Engine::read_data(Id id, weir_data& message, MutableBytes buffer) {
  const sfu::Participant* whose = impl_->core.sfu.participants().find(id);
  return whose == nullptr ? WEIR_ERR_NOT_FOUND : engine::read_data(impl_->core, *whose, message, buffer);
}

// Statistics.

void Engine::node_stats(weir_node_stats& stats) const {
  add_node_stats(impl_->core, stats);
}

weir_status Engine::participant_stats(Id id, weir_participant_stats& stats) const {
  const sfu::Participant* participant = impl_->core.sfu.participants().find(id);
  if (participant == nullptr) return WEIR_ERR_NOT_FOUND;
  fill_participant_stats(impl_->core, impl_->last_now, *participant, stats);
  return WEIR_OK;
}

weir_status Engine::track_stats(Time now, Id id, weir_track_stats& stats) {
  sfu::Track* track = impl_->core.sfu.tracks().find(id);
  if (track == nullptr) return WEIR_ERR_NOT_FOUND;
  fill_track_stats(now, *track, stats);
  return WEIR_OK;
}

weir_status Engine::subscription_stats(Id id, weir_subscription_stats& stats) const {
  const sfu::Subscription* subscription = impl_->core.sfu.subscriptions().find(id);
  if (subscription == nullptr) return WEIR_ERR_NOT_FOUND;
  fill_subscription_stats(*subscription, stats);
  return WEIR_OK;
}

}  // namespace weir::engine
