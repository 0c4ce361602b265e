// Rooms, participants, tracks and subscriptions as data. The control plane (sfu.h) changes them; the data
// path of the engine reads the routes of a track and changes only counters, clocks and the switch of a
// subscription.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/media_type.h"
#include "base/slots.h"
#include "base/time.h"
#include "rtp/dependency_descriptor.h"
#include "rtp/extensions.h"
#include "rtp/nack_tracker.h"
#include "rtp/packetizer.h"
#include "rtp/receive_statistics.h"
#include "sfu/active_targets.h"
#include "sfu/clock_map.h"
#include "sfu/demand.h"
#include "sfu/history.h"
#include "sfu/keyframe_requester.h"
#include "sfu/layer.h"
#include "sfu/layer_memory.h"
#include "sfu/layer_meter.h"
#include "sfu/layer_selector.h"
#include "sfu/local_queue.h"
#include "sfu/offer.h"
#include "sfu/redundancy.h"
#include "sfu/reference_pattern.h"
#include "sfu/repair_limiter.h"
#include "sfu/rewriter.h"
#include "sfu/speakers.h"
#include "sfu/wants.h"
#include "weir/room.h"

namespace weir::sfu {

struct Room;
struct Participant;
struct Subscription;

/// A codec as one media line negotiated it.
struct LineCodec {
  Codec codec = Codec::none;
  std::uint8_t payload_type = 0;
  std::optional<std::uint8_t> rtx_payload_type;
  bool nack = false;
  bool pli = false;
  bool fir = false;
  std::uint32_t clock_rate = 0;  // of telephone events, which have several
  std::optional<std::uint8_t> red_payload_type =
      std::nullopt;  // Opus with earlier frames repeated (RFC 2198)

  /// Whether packets of this payload type carry it, as it is or inside RED.
  bool carried_by(std::uint8_t type) const { return payload_type == type || red_payload_type == type; }
};

/// A negotiated media line.
struct Line {
  std::string mid;
  std::vector<LineCodec> codecs;  // the preferred first
  rtp::ExtensionMap extensions;
  bool transport_cc = false;
  bool ccfb = false;
  bool remb = false;
  std::vector<std::string> rids;  // of simulcast encodings; empty: one encoding without a name

  /// The codec that packets of this payload type carry.
  const LineCodec* carried_by(std::uint8_t payload_type) const {
    for (const LineCodec& c : codecs) {
      if (c.carried_by(payload_type)) return &c;
    }
    return nullptr;
  }
  const LineCodec* find(Codec codec) const {
    for (const LineCodec& c : codecs) {
      if (c.codec == codec) return &c;
    }
    return nullptr;
  }
};

/// What arrives on an encoding's SSRC; made anew when the SSRC or its numbering changes.
struct Reception {
  Reception(Time now, std::uint32_t media_ssrc, std::uint32_t clock_rate)
      : ssrc(media_ssrc), since(now), statistics(clock_rate) {}

  /// Whether the sender has begun another numbering: several packets in a row that are too old for anything
  /// else.
  bool numbered_anew(std::uint16_t sequence) {
    constexpr int kSeveral = 8;
    const auto newest = unwrapper.newest();
    const bool old = newest && unwrapper.peek(sequence) <= *newest - rtp::NackTracker::kWindow;
    old_in_a_row = old ? old_in_a_row + 1 : 0;
    return old_in_a_row >= kSeveral;
  }

  std::uint32_t ssrc;
  Time since;
  rtp::NackTracker nack;
  rtp::ReceiveStatistics statistics;
  Unwrapper<std::uint16_t> unwrapper;
  Time last_arrival{};
  int old_in_a_row = 0;
};

struct TrackCounters {
  std::uint64_t packets_before = 0;  // of receptions that are over
  std::uint64_t payload_bytes_before = 0;
  std::int64_t lost_before = 0;
  std::uint64_t repaired = 0;
  std::uint64_t nacks_sent = 0;
  std::uint64_t plis_sent = 0;
  std::uint64_t frames = 0;
  std::uint64_t key_frames = 0;
};

/// Where the newest key frame began to come in.
struct KeyStart {
  std::int64_t sequence = 0;  // as the history counts
  Time at{};
};

/// One simulcast encoding of a track (RFC 8853 section 5), or the only one.
struct Encoding {
  Encoding(std::uint8_t place, std::string name, MediaKind kind)
      : index(place), rid(std::move(name)), history(kind == MediaKind::video ? 1024 : 128) {}

  std::uint8_t index;
  std::string rid;
  std::optional<Reception> reception;
  std::int64_t sequence_base = 0;  // keeps unwrapped numbers of one SSRC apart from those of the one before
  HistoryIndex history;
  KeyframeRequester keyframes;
  RtpClock clock;
  LayerMeter meter;
  ReferencePattern references;
  std::shared_ptr<const rtp::DependencyStructure> structure;  // the newest that came along
  std::uint32_t active_targets = UINT32_MAX;                  // what its sender said of its decode targets
  std::optional<std::uint32_t> last_frame;                    // timestamps
  std::optional<std::uint32_t> last_key_frame;
  std::optional<KeyStart> key_start;
  std::uint16_t width = 0;  // of the last key frame
  std::uint16_t height = 0;
};

/// What a participant sends.
struct Track {
  Track(Id track_id, Participant& owner, MediaKind track_kind, Line negotiated, bool is_local)
      : id(track_id),
        participant(owner),
        kind(track_kind),
        line(std::move(negotiated)),
        local(is_local),
        codec(is_local && !line.codecs.empty() ? line.codecs.front().codec : Codec::none) {
    name_encodings();
  }

  /// Gives it the encodings that its line names. They stay what they are while the names do.
  bool name_encodings() {
    const std::size_t count = std::clamp<std::size_t>(line.rids.size(), 1, kMaxEncodings);
    bool same = encodings.size() == count;
    for (std::size_t i = 0; same && i < line.rids.size() && i < count; ++i) {
      same = encodings[i].rid == line.rids[i];
    }
    if (same) return false;
    encodings.clear();
    encodings.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      encodings.emplace_back(static_cast<std::uint8_t>(i), i < line.rids.size() ? line.rids[i] : "", kind);
    }
    return true;
  }

  /// The codec it carries or, before its first packet, will carry. Telephone events are never it.
  Codec expected_codec() const {
    if (codec != Codec::none) return codec;
    for (const LineCodec& candidate : line.codecs) {
      if (candidate.codec != Codec::telephone_event) return candidate.codec;
    }
    return Codec::none;
  }

  const Id id;
  Participant& participant;
  const MediaKind kind;
  Line line;
  const bool local;
  Codec codec;
  Time codec_since{};  // when packets of this codec began
  std::int32_t content = WEIR_CONTENT_MAIN;
  std::uint32_t min_bitrate = 0;  // of an encoder that follows its receivers; 0: it does not
  bool muted = false;
  std::uint64_t order = 0;  // rises with each track of the room

  std::vector<Encoding> encodings;  // at least one
  Offer offer;                      // of video: what can be chosen from,
  Demand demand;                    // and what its sender was told is wanted
  std::optional<Time> looked_at;    // when the offer was brought up to date
  VoiceActivity voice;
  FrameClock frames;  // of its levels
  std::uint8_t last_level = 127;
  TrackCounters counters;

  std::vector<Subscription*> routes;    // who gets its packets, or waits for a key frame of it
  std::vector<Subscription*> watchers;  // whose source names this track

  // Local tracks: how the host's frames become RTP.
  std::uint16_t next_sequence = 0;
  std::uint32_t timestamp_offset = 0;
  std::optional<rtp::Packetizer> packetizer;
  bool writes_frames = false;
  bool writes_rtp = false;
};

struct SubscriptionCounters {
  std::uint64_t packets = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t retransmitted = 0;
  std::uint64_t nacks = 0;
  std::uint64_t plis = 0;
  std::uint64_t key_frames = 0;
  std::uint64_t source_changes = 0;
  std::int64_t lost = 0;
  double fraction_lost = 0;
  double jitter = 0;
  Duration round_trip{};
  Duration last_switch{};
};

/// What a subscription is to carry.
struct Source {
  std::int32_t kind = WEIR_SOURCE_NONE;
  std::uint32_t rank = 0;
  Id track;
};

/// A line on which a participant receives.
struct Subscription {
  Subscription(Id subscription_id, Participant& owner, MediaKind line_kind, Line negotiated, Rewriter first)
      : id(subscription_id),
        receiver(owner),
        kind(line_kind),
        line(std::move(negotiated)),
        rewriter(std::move(first)) {}

  /// The layer of `current` that is forwarded now.
  std::optional<LayerId> carried() const {
    const auto layer = current != nullptr ? selector.current() : std::nullopt;
    return layer && layer->encoding < current->encodings.size() ? layer : std::nullopt;
  }

  const Id id;
  Participant& receiver;
  const MediaKind kind;
  Line line;
  Source source;
  Wants wants;
  Track* current = nullptr;       // what it carries
  Track* pending = nullptr;       // what it will carry from the next packet (audio) or key frame (video) on
  LayerSelector selector;         // video: what of `current`
  ActiveTargets targets;          // and what its descriptors said of it
  LayerSelector next;             // and of `pending`
  LayerMemory layers;             // what was decided, for the one that is pending or else current
  bool allocated = false;         // somebody decides on the layers; without, the best are carried
  std::size_t current_place = 0;  // in the routes of `current`
  std::size_t pending_place = 0;
  std::int32_t idle = WEIR_IDLE_NO_SOURCE;
  Time asked_at{};

  std::size_t& place_in(const Track& track) { return current == &track ? current_place : pending_place; }

  Rewriter rewriter;
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;
  std::uint16_t rtx_sequence = 0;
  bool acknowledged = false;  // the receiver has reported on the SSRC: the mid extension is no longer needed
  RepairLimiter repairs;
  std::optional<std::uint16_t> departed;  // the highest number that has left
  Redundancy redundancy;                  // sound: what the path loses
  bool made_redundancy = false;           // packets left as RED that came without
  Time next_request{};                    // requests of the receiver for a key frame are heard from then on
  SubscriptionCounters counters;
  std::unique_ptr<LocalQueue> local;  // set for a local participant
};

struct Participant {
  Participant(Id participant_id, Room& in, const weir_participant_options& with)
      : id(participant_id), room(in), options(with) {}

  bool local() const { return options.kind == WEIR_PARTICIPANT_LOCAL; }

  const Id id;
  Room& room;
  const weir_participant_options options;
  ReceiveLimits receive_limits;
  bool layers_pending = false;  // the layers of its subscriptions are to be decided anew,
  bool layers_urgent = false;   // and soon
  Time layers_decided{};
  Time layers_due = kNever;
  std::uint64_t video_wanted = 0;  // bit/s that its video would take on a link without end
  bool connected = false;          // local ones always are
  Time joined_at{};
  Duration connect_time{};
  ClockOffset clock;
  Duration round_trip{};                     // from its reports; 0: not known
  std::vector<Track*> tracks;                // oldest first
  std::vector<Subscription*> subscriptions;  // in the order of its lines
  std::vector<Id> excluded;                  // participants it does not hear or see; sorted

  bool excludes(const Participant& other) const {
    return std::binary_search(excluded.begin(), excluded.end(), other.id);
  }
};

/// The lines of one receiver that share a rule: the N loudest voices, or the N most recent speakers.
struct SharedLines {
  Participant* receiver = nullptr;
  MediaKind kind = MediaKind::audio;
  std::vector<Subscription*> lines;
};

struct Room {
  Room(Id room_id, const weir_room_options& options, std::uint32_t limit)
      : id(room_id),
        max_participants(limit),
        names_dominant(options.dominant_speaker != 0),
        dominant(std::chrono::milliseconds{options.dominant_hold_ms}) {}

  const Id id;
  const std::uint32_t max_participants;
  const bool names_dominant;
  std::vector<Participant*> members;   // in the order of joining
  std::vector<Participant*> speakers;  // the most recent first, then in the order of joining
  std::vector<Track*> voices;          // microphones, in the order of overtakes()
  DominantSpeaker dominant;
  std::vector<Subscription*> ranked;      // lines whose source is a rule with a rank
  std::vector<SharedLines> voice_lines;   // WEIR_SOURCE_VOICE
  std::vector<SharedLines> recent_lines;  // WEIR_SOURCE_RECENT
  std::uint64_t next_order = 1;
  std::uint32_t batches = 0;  // under way (Sfu::batch)
  bool unsettled = false;     // rules are to be looked at when the last of them ends
};

}  // namespace weir::sfu
