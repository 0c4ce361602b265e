// weir/room.h
#include "weir/room.h"

#include <cstring>
#include <string>
#include <vector>

#include "api/boundary.h"
#include "api/handle.h"

using weir::Bytes;
using weir::Id;
using weir::MutableBytes;
using weir::Result;
using weir::Time;
using weir::engine::Engine;
namespace api = weir::api;

namespace {

constexpr std::size_t kMaxFrameBytes = 4U << 20;
constexpr std::size_t kMinRtpBytes = 12;
constexpr std::size_t kMaxRtpBytes = 1400;
constexpr std::uint32_t kMaxRank = 65535;
constexpr std::uint32_t kMaxDominantHold = 60'000;  // ms

using Ids = std::vector<std::uint64_t>;

weir_status give_id(const Result<Id>& made, std::uint64_t* out) {
  if (!made) return made.error().status;
  *out = made->value;
  return WEIR_OK;
}

/// A call that answers a list of ids.
template <typename List>
weir_status list_ids(weir_node* node, Id id, std::uint64_t* out, size_t capacity, size_t* count,
                     List&& list) {
  if (node == nullptr || count == nullptr || (out == nullptr && capacity > 0)) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    const Result<Ids> ids = node->io->ask<Ids>(id, [&](Engine& engine, Time) { return list(engine); });
    if (!ids) return ids.error().status;
    *count = ids->size();
    if (ids->size() > capacity) return WEIR_ERR_BUFFER;
    if (!ids->empty()) std::memcpy(out, ids->data(), ids->size() * sizeof(std::uint64_t));
    return WEIR_OK;
  });
}

/// A call that changes something and answers a status.
template <typename Change>
weir_status change(weir_node* node, Id id, Change&& action) {
  if (node == nullptr) return WEIR_ERR_INVALID;
  return api::guarded([&] { return node->io->call(id, action); });
}

/// A call that adds something to a participant from options that must be given.
template <typename Options, typename Add>
weir_status add(weir_node* node, Id participant, const Options* given, Options options, std::uint64_t* out,
                Add&& adder) {
  if (node == nullptr || given == nullptr || out == nullptr) return WEIR_ERR_INVALID;
  if (const weir_status status = api::take_struct(given, options); status != WEIR_OK) return status;
  return api::guarded([&]() -> weir_status {
    return give_id(
        node->io->ask<Id>(participant, [&](Engine& engine, Time now) { return adder(engine, now, options); }),
        out);
  });
}

/// A call that tells what something is.
template <typename Info, typename Tell>
weir_status tell(weir_node* node, Id id, Info* out, Tell&& teller) {
  if (node == nullptr) return WEIR_ERR_INVALID;
  if (const weir_status status = api::check_out(out); status != WEIR_OK) return status;
  return api::guarded([&]() -> weir_status {
    Info info{};
    const weir_status status = node->io->call(id, [&](Engine& engine, Time) { return teller(engine, info); });
    if (status == WEIR_OK) api::give_struct(info, out);
    return status;
  });
}

weir_room_options default_room_options() {
  weir_room_options options{};
  options.dominant_speaker = 1;
  options.dominant_hold_ms = 1000;
  return options;
}

weir_participant_options default_participant_options() {
  weir_participant_options options{};
  options.kind = WEIR_PARTICIPANT_REMOTE;
  options.may = WEIR_MAY_ALL;
  options.default_audio_source = WEIR_SOURCE_VOICE;
  options.default_video_source = WEIR_SOURCE_NONE;
  return options;
}

weir_subscription_options default_subscription_options() {
  weir_subscription_options options{};
  options.format = WEIR_FORMAT_FRAME;
  options.max_queue = 256;
  return options;
}

weir_frame default_frame() {
  weir_frame frame{};
  frame.level = WEIR_LEVEL_NONE;
  return frame;
}

// A rule that names somebody: a fixed track belongs to one subscription and is no default.
bool is_default_source(std::int32_t kind, std::int32_t only_of_other_media) {
  return kind >= WEIR_SOURCE_NONE && kind <= WEIR_SOURCE_RECENT && kind != WEIR_SOURCE_TRACK &&
         kind != only_of_other_media;
}

bool is_valid(const weir_room_options& o) {
  return o.dominant_speaker <= 1 && o.dominant_hold_ms <= kMaxDominantHold;
}

bool is_valid(const weir_participant_options& o) {
  return (o.kind == WEIR_PARTICIPANT_REMOTE || o.kind == WEIR_PARTICIPANT_LOCAL) && o.may <= WEIR_MAY_ALL &&
         is_default_source(o.default_audio_source, WEIR_SOURCE_SCREEN) &&
         is_default_source(o.default_video_source, WEIR_SOURCE_VOICE) && o.pair_lines <= 1;
}

}  // namespace

// ---- rooms ----

weir_status weir_room_options_init(weir_room_options* options, size_t size) {
  return api::init_struct(options, size, default_room_options());
}

weir_status weir_room_open(weir_node* node, const weir_room_options* options, weir_room* room) {
  if (node == nullptr || room == nullptr) return WEIR_ERR_INVALID;
  weir_room_options complete = default_room_options();
  if (const weir_status status = api::take_struct(options, complete); status != WEIR_OK) return status;
  if (!is_valid(complete)) return WEIR_ERR_INVALID;
  return api::guarded([&] { return give_id(node->io->open_room(complete), room); });
}

weir_status weir_room_close(weir_node* node, weir_room room) {
  if (node == nullptr) return WEIR_ERR_INVALID;
  return api::guarded([&] { return node->io->close_room(Id{room}); });
}

weir_status weir_room_participants(weir_node* node, weir_room room, weir_participant* out, size_t capacity,
                                   size_t* count) {
  return list_ids(node, Id{room}, out, capacity, count,
                  [&](Engine& engine) { return engine.room_participants(Id{room}); });
}

weir_status weir_room_speakers(weir_node* node, weir_room room, weir_participant* out, size_t capacity,
                               size_t* count) {
  return list_ids(node, Id{room}, out, capacity, count,
                  [&](Engine& engine) { return engine.room_speakers(Id{room}); });
}

weir_status weir_source_init(weir_source* source, size_t size) {
  return api::init_struct(source, size, weir_source{});
}

// ---- participants ----

weir_status weir_participant_options_init(weir_participant_options* options, size_t size) {
  return api::init_struct(options, size, default_participant_options());
}

weir_status weir_participant_join(weir_node* node, weir_room room, const weir_participant_options* options,
                                  weir_participant* participant) {
  if (node == nullptr || participant == nullptr) return WEIR_ERR_INVALID;
  weir_participant_options complete = default_participant_options();
  if (const weir_status status = api::take_struct(options, complete); status != WEIR_OK) return status;
  if (!is_valid(complete)) return WEIR_ERR_INVALID;
  return api::guarded([&] { return give_id(node->io->join(Id{room}, complete), participant); });
}

weir_status weir_participant_leave(weir_node* node, weir_participant participant) {
  if (node == nullptr) return WEIR_ERR_INVALID;
  return api::guarded([&] { return node->io->leave(Id{participant}); });
}

weir_status weir_participant_set_excluded(weir_node* node, weir_participant participant,
                                          const weir_participant* excluded, size_t count) {
  if (excluded == nullptr && count > 0) return WEIR_ERR_INVALID;
  if (count > WEIR_MAX_EXCLUDED) return WEIR_ERR_LIMIT;
  return change(node, Id{participant}, [&](Engine& engine, Time now) {
    return engine.set_excluded(now, Id{participant}, {excluded, count});
  });
}

weir_status weir_participant_negotiate(weir_node* node, weir_participant participant, const char* offer,
                                       size_t offer_size, char* answer, size_t capacity, size_t* answer_size,
                                       weir_error* error) {
  if (node == nullptr || offer == nullptr || answer_size == nullptr || (answer == nullptr && capacity > 0) ||
      !api::usable(error)) {
    return WEIR_ERR_INVALID;
  }
  return api::guarded(error, [&]() -> weir_status {
    const Result<std::string> made =
        node->io->ask<std::string>(Id{participant}, [&](Engine& engine, Time now) {
          return engine.negotiate(now, Id{participant}, std::string_view{offer, offer_size});
        });
    if (!made) return api::fail(error, made.error());
    *answer_size = made->size();
    if (made->size() >= capacity) {
      return api::fail(error, WEIR_ERR_BUFFER,
                       "the answer needs " + std::to_string(made->size() + 1) + " bytes with its zero");
    }
    std::memcpy(answer, made->c_str(), made->size() + 1);
    return WEIR_OK;
  });
}

weir_status weir_participant_add_candidate(weir_node* node, weir_participant participant,
                                           const char* candidate, size_t size) {
  if (node == nullptr || candidate == nullptr) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    const Result<bool> taken = node->io->ask<bool>(Id{participant}, [&](Engine& engine, Time) {
      return engine.add_candidate(Id{participant}, std::string_view{candidate, size});
    });
    return taken ? WEIR_OK : taken.error().status;
  });
}

weir_status weir_participant_tracks(weir_node* node, weir_participant participant, weir_track* out,
                                    size_t capacity, size_t* count) {
  return list_ids(node, Id{participant}, out, capacity, count,
                  [&](Engine& engine) { return engine.participant_tracks(Id{participant}); });
}

weir_status weir_participant_subscriptions(weir_node* node, weir_participant participant,
                                           weir_subscription* out, size_t capacity, size_t* count) {
  return list_ids(node, Id{participant}, out, capacity, count,
                  [&](Engine& engine) { return engine.participant_subscriptions(Id{participant}); });
}

// ---- tracks ----

weir_status weir_track_options_init(weir_track_options* options, size_t size) {
  return api::init_struct(options, size, weir_track_options{});
}

weir_status weir_track_add(weir_node* node, weir_participant participant, const weir_track_options* options,
                           weir_track* track) {
  return add(node, Id{participant}, options, weir_track_options{}, track,
             [&](Engine& engine, Time now, const weir_track_options& complete) {
               return engine.add_track(now, Id{participant}, complete);
             });
}

weir_status weir_track_remove(weir_node* node, weir_track track) {
  return change(node, Id{track},
                [&](Engine& engine, Time now) { return engine.remove_track(now, Id{track}); });
}

weir_status weir_track_info_init(weir_track_info* info, size_t size) {
  return api::init_struct(info, size, weir_track_info{});
}

weir_status weir_track_get_info(weir_node* node, weir_track track, weir_track_info* info) {
  return tell(node, Id{track}, info,
              [&](Engine& engine, weir_track_info& out) { return engine.track_info(Id{track}, out); });
}

weir_status weir_track_set_content(weir_node* node, weir_track track, int32_t content) {
  if (content != WEIR_CONTENT_MAIN && content != WEIR_CONTENT_SCREEN) return WEIR_ERR_INVALID;
  return change(node, Id{track},
                [&](Engine& engine, Time now) { return engine.set_content(now, Id{track}, content); });
}

weir_status weir_track_set_muted(weir_node* node, weir_track track, uint32_t muted) {
  if (muted > 1) return WEIR_ERR_INVALID;
  return change(node, Id{track},
                [&](Engine& engine, Time now) { return engine.set_muted(now, Id{track}, muted == 1); });
}

weir_status weir_frame_init(weir_frame* frame, size_t size) {
  return api::init_struct(frame, size, default_frame());
}

weir_status weir_track_write_frame(weir_node* node, weir_track track, const weir_frame* frame) {
  if (frame == nullptr) return WEIR_ERR_INVALID;
  weir_frame complete = default_frame();
  if (const weir_status status = api::take_struct(frame, complete); status != WEIR_OK) return status;
  if (complete.data == nullptr || complete.size == 0 || complete.size > kMaxFrameBytes ||
      complete.level > WEIR_LEVEL_NONE) {
    return WEIR_ERR_INVALID;
  }
  return change(node, Id{track},
                [&](Engine& engine, Time now) { return engine.write_frame(now, Id{track}, complete); });
}

weir_status weir_track_write_rtp(weir_node* node, weir_track track, const uint8_t* data, size_t size,
                                 uint32_t level) {
  if (data == nullptr || size < kMinRtpBytes || size > kMaxRtpBytes || level > WEIR_LEVEL_NONE)
    return WEIR_ERR_INVALID;
  return change(node, Id{track}, [&](Engine& engine, Time now) {
    return engine.write_rtp(now, Id{track}, Bytes{data, size}, level);
  });
}

// ---- subscriptions ----

weir_status weir_subscription_options_init(weir_subscription_options* options, size_t size) {
  return api::init_struct(options, size, default_subscription_options());
}

weir_status weir_subscription_add(weir_node* node, weir_participant participant,
                                  const weir_subscription_options* options, weir_subscription* subscription) {
  return add(node, Id{participant}, options, default_subscription_options(), subscription,
             [&](Engine& engine, Time now, const weir_subscription_options& complete) {
               return engine.add_subscription(now, Id{participant}, complete);
             });
}

weir_status weir_subscription_remove(weir_node* node, weir_subscription subscription) {
  return change(node, Id{subscription},
                [&](Engine& engine, Time now) { return engine.remove_subscription(now, Id{subscription}); });
}

weir_status weir_subscription_info_init(weir_subscription_info* info, size_t size) {
  return api::init_struct(info, size, weir_subscription_info{});
}

weir_status weir_subscription_get_info(weir_node* node, weir_subscription subscription,
                                       weir_subscription_info* info) {
  return tell(node, Id{subscription}, info, [&](Engine& engine, weir_subscription_info& out) {
    return engine.subscription_info(Id{subscription}, out);
  });
}

weir_status weir_subscription_set_source(weir_node* node, weir_subscription subscription,
                                         const weir_source* source) {
  if (source == nullptr) return WEIR_ERR_INVALID;
  weir_source complete{};
  if (const weir_status status = api::take_struct(source, complete); status != WEIR_OK) return status;
  if (complete.kind < WEIR_SOURCE_NONE || complete.kind > WEIR_SOURCE_RECENT || complete.rank > kMaxRank) {
    return WEIR_ERR_INVALID;
  }
  return change(node, Id{subscription},
                [&](Engine& engine, Time now) { return engine.set_source(now, Id{subscription}, complete); });
}

weir_status weir_subscription_read(weir_node* node, weir_subscription subscription, weir_frame* frame,
                                   uint8_t* buffer, size_t capacity, int32_t timeout_ms) {
  if (node == nullptr || (buffer == nullptr && capacity > 0)) return WEIR_ERR_INVALID;
  if (const weir_status status = api::check_out(frame); status != WEIR_OK) return status;
  return api::guarded([&]() -> weir_status {
    weir_frame taken{};
    const weir_status status =
        node->io->read(Id{subscription}, taken, MutableBytes{buffer, capacity}, timeout_ms);
    if (status == WEIR_OK) {
      api::give_struct(taken, frame);
    } else if (status == WEIR_ERR_BUFFER) {
      weir_frame needed = *frame;
      needed.size = taken.size;
      api::give_struct(needed, frame);
    }
    return status;
  });
}
