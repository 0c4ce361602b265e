#include "messages.h"

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "weir/layers.h"
#include "weir/room.h"

namespace conference {
namespace {

using nlohmann::json;

/// Never throws: text that is not UTF-8 is replaced.
std::string dump(const json& message) {
  return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

json id_or_null(std::uint64_t id) {
  return id == 0 ? json{} : json(std::to_string(id));
}

json track_json(const TrackView& track) {
  return {{"id", std::to_string(track.id)},
          {"kind", track.video ? "video" : "audio"},
          {"source", source_name(track.source)},
          {"muted", track.muted}};
}

json participant_json(const ParticipantView& participant) {
  json tracks = json::array();
  for (const TrackView& track : participant.tracks) tracks.push_back(track_json(track));
  return {{"id", std::to_string(participant.id)},
          {"name", participant.name},
          {"connected", participant.connected},
          {"bot", participant.bot},
          {"tracks", std::move(tracks)}};
}

json chat_json(const ChatLine& line) {
  return {{"type", "chat"},       {"participant", std::to_string(line.participant)},
          {"name", line.name},    {"text", line.text},
          {"time", line.time_ms}, {"number", line.number}};
}

json lines_json(const std::vector<LineView>& lines, const char* name) {
  json list = json::array();
  for (const LineView& line : lines) list.push_back({{"mid", line.mid}, {name, std::to_string(line.id)}});
  return list;
}

json idle_json(std::int32_t idle) {
  switch (idle) {
    case WEIR_IDLE_NOT:
      return {};
    case WEIR_IDLE_MUTED:
      return "muted";
    case WEIR_IDLE_CODEC:
      return "codec";
    case WEIR_IDLE_KEYFRAME:
      return "keyframe";
    case WEIR_IDLE_NOT_ALLOWED:
      return "not_allowed";
    case WEIR_IDLE_EXCLUDED:
      return "excluded";
    default:
      return "no_source";
  }
}

std::string_view layer_reason_name(std::int32_t reason) {
  switch (reason) {
    case WEIR_LAYER_FULL:
      return "full";
    case WEIR_LAYER_REDUCED_BANDWIDTH:
      return "reduced_bandwidth";
    case WEIR_LAYER_REDUCED_SIZE:
      return "reduced_size";
    case WEIR_LAYER_REDUCED_HYSTERESIS:
      return "reduced_hysteresis";
    case WEIR_LAYER_PAUSED_BANDWIDTH:
      return "paused_bandwidth";
    case WEIR_LAYER_PAUSED_LAYOUT:
      return "paused_layout";
    case WEIR_LAYER_PAUSED_PUBLISHER:
      return "paused_publisher";
    case WEIR_LAYER_PAUSED_LIMIT:
      return "paused_limit";
    default:
      return "undecided";
  }
}

double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

}  // namespace

std::string_view source_name(Source source) {
  switch (source) {
    case Source::microphone:
      return "microphone";
    case Source::camera:
      return "camera";
    case Source::screen:
      break;
  }
  return "screen";
}

std::string joined_message(std::uint64_t id, const JoinedView& joined) {
  json participants = json::array();
  for (const ParticipantView& each : joined.participants) participants.push_back(participant_json(each));
  json history = json::array();
  for (const ChatLine& each : joined.history) history.push_back(chat_json(each));
  const auto may = [&](std::uint32_t bit) { return (joined.may & bit) != 0; };
  return dump({{"type", "joined"},
               {"id", id},
               {"self", std::to_string(joined.self)},
               {"session", joined.session},
               {"resumed", joined.resumed},
               {"grace", joined.grace_seconds},
               {"room", joined.room},
               {"may",
                {{"sendAudio", may(WEIR_MAY_SEND_AUDIO)},
                 {"sendVideo", may(WEIR_MAY_SEND_VIDEO)},
                 {"receiveAudio", may(WEIR_MAY_RECEIVE_AUDIO)},
                 {"receiveVideo", may(WEIR_MAY_RECEIVE_VIDEO)},
                 {"sendData", may(WEIR_MAY_SEND_DATA)},
                 {"receiveData", may(WEIR_MAY_RECEIVE_DATA)}}},
               {"receive", {{"audio", joined.receive_audio}, {"video", joined.receive_video}}},
               {"participants", std::move(participants)},
               {"speaker", id_or_null(joined.speaker)},
               {"history", std::move(history)}});
}

std::string answer_message(std::uint64_t id, const AnswerView& answer) {
  return dump({{"type", "answer"},
               {"id", id},
               {"sdp", answer.sdp},
               {"tracks", lines_json(answer.tracks, "track")},
               {"subscriptions", lines_json(answer.subscriptions, "subscription")}});
}

std::string ok_message(std::uint64_t id) {
  return dump({{"type", "ok"}, {"id", id}});
}

std::string error_message(std::optional<std::uint64_t> id, const Refusal& refusal) {
  json message{{"type", "error"}, {"id", nullptr}, {"code", refusal.code}, {"message", refusal.message}};
  if (id) message["id"] = *id;
  if (refusal.line != 0) message["line"] = refusal.line;
  return dump(message);
}

std::string participant_joined_message(const ParticipantView& participant) {
  return dump({{"type", "participant-joined"}, {"participant", participant_json(participant)}});
}

std::string participant_left_message(std::uint64_t participant, std::string_view reason) {
  return dump(
      {{"type", "participant-left"}, {"participant", std::to_string(participant)}, {"reason", reason}});
}

std::string participant_connection_message(std::uint64_t participant, bool connected) {
  return dump({{"type", "participant-connection"},
               {"participant", std::to_string(participant)},
               {"connected", connected}});
}

std::string track_added_message(std::uint64_t participant, const TrackView& track) {
  return dump(
      {{"type", "track-added"}, {"participant", std::to_string(participant)}, {"track", track_json(track)}});
}

std::string track_removed_message(std::uint64_t participant, std::uint64_t track) {
  return dump({{"type", "track-removed"},
               {"participant", std::to_string(participant)},
               {"track", std::to_string(track)}});
}

std::string track_muted_message(std::uint64_t participant, std::uint64_t track, bool muted) {
  return dump({{"type", "track-muted"},
               {"participant", std::to_string(participant)},
               {"track", std::to_string(track)},
               {"muted", muted}});
}

std::string source_message(const SourceView& source) {
  return dump({{"type", "source"},
               {"mid", source.mid},
               {"track", id_or_null(source.track)},
               {"participant", id_or_null(source.participant)},
               {"idle", idle_json(source.idle)}});
}

std::string layer_message(const LayerView& layer) {
  json numbers;
  if (layer.encoding >= 0) {
    numbers = {{"encoding", layer.encoding}, {"spatial", layer.spatial}, {"temporal", layer.temporal}};
  }
  return dump({{"type", "layer"},
               {"mid", layer.mid},
               {"width", layer.width},
               {"height", layer.height},
               {"layer", std::move(numbers)},
               {"reason", layer_reason_name(layer.reason)}});
}

std::string demand_message(const DemandView& demand) {
  // One number an encoding: how many of its spatial layers, of which each needs those below it.
  json encodings = json::array();
  for (std::uint64_t rest = demand.layers; rest != 0; rest >>= 8U) {
    encodings.push_back(std::bit_width(rest & 0xffU));
  }
  return dump({{"type", "demand"},
               {"track", id_or_null(demand.track)},
               {"mid", demand.mid},
               {"encodings", std::move(encodings)}});
}

std::string speaker_message(std::uint64_t participant) {
  return dump({{"type", "speaker"}, {"participant", id_or_null(participant)}});
}

std::string chat_message(const ChatLine& line) {
  return dump(chat_json(line));
}

std::string quality_message(const std::vector<QualityView>& participants) {
  json all = json::object();
  for (const QualityView& each : participants) {
    all[std::to_string(each.participant)] = {
        {"uplinkLoss", rounded(each.uplink_loss, 1000)},
        {"roundTripTime", rounded(each.round_trip_time, 1000)},
        {"score", each.score},
        {"available", each.available == 0 ? json{} : json(each.available)}};
  }
  return dump({{"type", "quality"}, {"participants", std::move(all)}});
}

std::string closing_message(std::string_view reason, std::optional<std::uint32_t> retry_seconds) {
  json message{{"type", "closing"}, {"reason", reason}, {"retry", nullptr}};
  if (retry_seconds) message["retry"] = *retry_seconds;
  return dump(message);
}

}  // namespace conference
