// The JSON of docs/signalling.md: what clients may say, and what they are told. Knows no socket and no room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace conference {

/// Of one WebSocket message from a client.
constexpr std::size_t max_message_bytes = 256U * 1024U;

enum class Source { microphone, camera, screen };

struct Join {
  std::uint64_t id = 0;
  std::string room;
  std::string name;
  std::string token;  // empty: none
};
struct Resume {
  std::uint64_t id = 0;
  std::string session;
};
struct OfferedTrack {
  std::string mid;
  Source source = Source::microphone;
};
struct Offer {
  std::uint64_t id = 0;
  std::string sdp;
  std::vector<OfferedTrack> tracks;
};
struct Candidate {
  std::uint64_t id = 0;
  std::string candidate;
};
struct Wanted {
  enum class Kind { nothing, track, speaker, member, screen, voice, recent };
  Kind kind = Kind::nothing;
  std::uint64_t track = 0;
  std::uint32_t rank = 0;
};
struct Subscribe {
  std::uint64_t id = 0;
  std::string mid;
  Wanted wanted;
};
struct Mute {
  std::uint64_t id = 0;
  std::uint64_t track = 0;
  bool muted = false;
};
struct Chat {
  std::uint64_t id = 0;
  std::string text;
};
/// How a client shows a receive line.
struct Wants {
  std::uint64_t id = 0;
  std::string mid;
  std::uint32_t width = 0;  // pixels of the screen; 0: any
  std::uint32_t height = 0;
  std::uint32_t priority = 1;
  bool pinned = false;
  bool visible = true;
};
/// Whom a client neither hears nor sees from now on: the whole list.
struct Exclude {
  std::uint64_t id = 0;
  std::vector<std::uint64_t> participants;
};
struct Leave {
  std::uint64_t id = 0;
};
struct Ping {
  std::uint64_t id = 0;
};

using Request =
    std::variant<Join, Resume, Offer, Candidate, Subscribe, Mute, Wants, Exclude, Chat, Leave, Ping>;

/// Why a request was not done; becomes an `error` message.
struct Refusal {
  std::string code;
  std::string message;
  std::uint32_t line = 0;  // of the SDP, from 1
};

/// A message that is an object, but no request that can be done.
struct BadRequest {
  std::optional<std::uint64_t> id;
  Refusal refusal;
};

/// No JSON object at all: the WebSocket is closed with 1007.
struct NotAnObject {};

std::variant<Request, BadRequest, NotAnObject> parse_request(std::string_view text);

/// A decimal id as the messages carry it; nothing when it is not one.
std::optional<std::uint64_t> parse_id(std::string_view text);

struct TrackView {
  std::uint64_t id = 0;
  bool video = false;
  Source source = Source::microphone;
  bool muted = false;
};
struct ParticipantView {
  std::uint64_t id = 0;
  std::string name;
  bool connected = false;
  bool bot = false;
  std::vector<TrackView> tracks;
};
struct ChatLine {
  std::uint64_t participant = 0;
  std::string name;
  std::string text;
  std::int64_t time_ms = 0;
  std::uint64_t number = 0;
};
struct JoinedView {
  std::uint64_t self = 0;
  std::string session;
  bool resumed = false;
  std::uint32_t grace_seconds = 0;
  std::string room;
  std::uint32_t may = 0;  // WEIR_MAY_*
  std::uint32_t receive_audio = 0;
  std::uint32_t receive_video = 0;
  std::vector<ParticipantView> participants;
  std::uint64_t speaker = 0;
  std::vector<ChatLine> history;
};
struct LineView {
  std::string mid;
  std::uint64_t id = 0;
};
struct AnswerView {
  std::string sdp;
  std::vector<LineView> tracks;
  std::vector<LineView> subscriptions;
};
struct SourceView {
  std::string mid;
  std::uint64_t track = 0;
  std::uint64_t participant = 0;
  std::int32_t idle = 0;  // WEIR_IDLE_*
};
/// What a receive line carries of its video.
struct LayerView {
  std::string mid;
  std::int32_t reason = 0;     // WEIR_LAYER_*
  std::int32_t encoding = -1;  // none
  std::int32_t spatial = 0;
  std::int32_t temporal = 0;
  std::uint32_t width = 0;  // 0: not known
  std::uint32_t height = 0;

  bool operator==(const LayerView&) const = default;
};
struct DemandView {
  std::string mid;
  std::uint64_t track = 0;
  std::uint64_t layers = 0;  // bit 8 * encoding + spatial
};
struct QualityView {
  std::uint64_t participant = 0;
  double uplink_loss = 0;       // 0 to 1
  double round_trip_time = 0;   // seconds
  int score = 0;                // 0 to 5
  std::uint64_t available = 0;  // bit/s that can be sent to it; 0: not known
};

// Each gives one message as JSON text. 0 as an id becomes null.
std::string joined_message(std::uint64_t id, const JoinedView& joined);
std::string answer_message(std::uint64_t id, const AnswerView& answer);
std::string ok_message(std::uint64_t id);
std::string error_message(std::optional<std::uint64_t> id, const Refusal& refusal);
std::string participant_joined_message(const ParticipantView& participant);
std::string participant_left_message(std::uint64_t participant, std::string_view reason);
std::string participant_connection_message(std::uint64_t participant, bool connected);
std::string track_added_message(std::uint64_t participant, const TrackView& track);
std::string track_removed_message(std::uint64_t participant, std::uint64_t track);
std::string track_muted_message(std::uint64_t participant, std::uint64_t track, bool muted);
std::string source_message(const SourceView& source);
std::string layer_message(const LayerView& layer);
std::string demand_message(const DemandView& demand);
std::string speaker_message(std::uint64_t participant);
std::string chat_message(const ChatLine& line);
std::string quality_message(const std::vector<QualityView>& participants);
std::string closing_message(std::string_view reason, std::optional<std::uint32_t> retry_seconds);

std::string_view source_name(Source source);

}  // namespace conference
