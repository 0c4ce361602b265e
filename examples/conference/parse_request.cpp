// Requests of clients, which may be hostile: every field is checked for its type and size before it is used.
#include <charconv>
#include <nlohmann/json.hpp>

#include "messages.h"
#include "text.h"

namespace conference {
namespace {

using nlohmann::json;

constexpr int max_depth = 4;  // an offer's tracks are the deepest
constexpr std::size_t max_tracks = 64;
constexpr std::size_t max_mid = 31;
constexpr std::size_t max_excluded = 64;
constexpr std::uint32_t max_pixels = 65'535;
constexpr std::uint32_t max_priority = 10'000;  // of weir_wants
constexpr std::size_t max_token = 4096;
constexpr std::size_t max_candidate = 1024;
constexpr std::uint64_t max_request_id = 1ULL << 53U;  // what a JavaScript number holds exactly

/// Thrown and caught in this file only.
struct Wrong {
  Refusal refusal;
};

[[noreturn]] void wrong(std::string message) {
  throw Wrong{{"bad_message", std::move(message), 0}};
}

const json& field(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) wrong(std::string{"'"} + name + "' is missing");
  return *found;
}

std::string text_field(const json& object, const char* name, std::size_t limit) {
  const json& value = field(object, name);
  if (!value.is_string()) wrong(std::string{"'"} + name + "' must be a text");
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > limit) wrong(std::string{"'"} + name + "' is too long");
  return text;
}

std::string mid_field(const json& object) {
  std::string mid = text_field(object, "mid", max_mid);
  if (mid.empty()) wrong("'mid' is empty");
  return mid;
}

std::optional<std::uint64_t> request_id(const json& object) {
  const auto found = object.find("id");
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto id = found->get<std::uint64_t>();
  return id <= max_request_id ? std::optional{id} : std::nullopt;
}

std::uint64_t track_id(const json& value) {
  if (!value.is_string()) wrong("'track' must be the text of an id");
  const auto id = parse_id(value.get_ref<const std::string&>());
  if (!id) wrong("'track' is no id");
  return *id;
}

Source source_field(const json& object) {
  const std::string name = text_field(object, "source", 32);
  for (const Source source : {Source::microphone, Source::camera, Source::screen}) {
    if (name == source_name(source)) return source;
  }
  wrong("'source' must be microphone, camera or screen");
}

Request parse_join(std::uint64_t id, const json& object) {
  Join join{id, text_field(object, "room", 4096), text_field(object, "name", 4096), {}};
  if (!valid_room_name(join.room)) {
    throw Wrong{{"room_name", "A room's name is 1 to 64 of A-Z a-z 0-9 . _ -", 0}};
  }
  if (!valid_member_name(join.name)) throw Wrong{{"name", "A name is 1 to 64 printable characters.", 0}};
  const auto token = object.find("token");
  if (token != object.end() && !token->is_null()) join.token = text_field(object, "token", max_token);
  return join;
}

Request parse_offer(std::uint64_t id, const json& object) {
  Offer offer{id, text_field(object, "sdp", max_message_bytes), {}};
  const auto tracks = object.find("tracks");
  if (tracks == object.end() || tracks->is_null()) return offer;
  if (!tracks->is_array()) wrong("'tracks' must be a list");
  if (tracks->size() > max_tracks) wrong("'tracks' is too long");
  for (const json& track : *tracks) {
    if (!track.is_object()) wrong("'tracks' must hold objects");
    offer.tracks.push_back({mid_field(track), source_field(track)});
  }
  return offer;
}

Wanted parse_rule(const json& rule) {
  if (!rule.is_object()) wrong("'rule' must be an object");
  Wanted wanted;
  const std::string kind = text_field(rule, "kind", 32);
  if (kind == "speaker") {
    wanted.kind = Wanted::Kind::speaker;
  } else if (kind == "member") {
    wanted.kind = Wanted::Kind::member;
  } else if (kind == "screen") {
    wanted.kind = Wanted::Kind::screen;
  } else if (kind == "voice") {
    wanted.kind = Wanted::Kind::voice;
  } else if (kind == "recent") {
    wanted.kind = Wanted::Kind::recent;
  } else {
    wrong("'kind' must be speaker, member, screen, voice or recent");
  }
  const auto rank = rule.find("rank");
  if (rank != rule.end()) {
    if (!rank->is_number_unsigned() || rank->get<std::uint64_t>() > 65'535)
      wrong("'rank' must be 0 to 65535");
    wanted.rank = rank->get<std::uint32_t>();
  }
  return wanted;
}

Request parse_subscribe(std::uint64_t id, const json& object) {
  Subscribe subscribe{id, mid_field(object), {}};
  const auto rule = object.find("rule");
  const auto track = object.find("track");
  if ((rule != object.end()) == (track != object.end())) wrong("either 'track' or 'rule' is needed");
  if (rule != object.end()) {
    subscribe.wanted = parse_rule(*rule);
  } else if (!track->is_null()) {
    subscribe.wanted = {Wanted::Kind::track, track_id(*track), 0};
  }
  return subscribe;
}

Request parse_mute(std::uint64_t id, const json& object) {
  const json& muted = field(object, "muted");
  if (!muted.is_boolean()) wrong("'muted' must be true or false");
  return Mute{id, track_id(field(object, "track")), muted.get<bool>()};
}

std::uint32_t number_field(const json& object, const char* name, std::uint32_t least, std::uint32_t most,
                           std::uint32_t otherwise) {
  const auto found = object.find(name);
  if (found == object.end()) return otherwise;
  const bool fits = found->is_number_unsigned() && found->get<std::uint64_t>() >= least &&
                    found->get<std::uint64_t>() <= most;
  if (!fits)
    wrong(std::string{"'"} + name + "' must be " + std::to_string(least) + " to " + std::to_string(most));
  return found->get<std::uint32_t>();
}

bool truth_field(const json& object, const char* name, bool otherwise) {
  const auto found = object.find(name);
  if (found == object.end()) return otherwise;
  if (!found->is_boolean()) wrong(std::string{"'"} + name + "' must be true or false");
  return found->get<bool>();
}

Request parse_wants(std::uint64_t id, const json& object) {
  Wants wants{id, mid_field(object)};
  wants.width = number_field(object, "width", 0, max_pixels, wants.width);
  wants.height = number_field(object, "height", 0, max_pixels, wants.height);
  wants.priority = number_field(object, "priority", 1, max_priority, wants.priority);
  wants.pinned = truth_field(object, "pinned", wants.pinned);
  wants.visible = truth_field(object, "visible", wants.visible);
  return wants;
}

Request parse_exclude(std::uint64_t id, const json& object) {
  const json& participants = field(object, "participants");
  if (!participants.is_array()) wrong("'participants' must be a list");
  if (participants.size() > max_excluded) wrong("'participants' is too long");
  Exclude exclude{id, {}};
  for (const json& participant : participants) {
    const auto who =
        participant.is_string() ? parse_id(participant.get_ref<const std::string&>()) : std::nullopt;
    if (!who) wrong("'participants' must hold the texts of ids");
    exclude.participants.push_back(*who);
  }
  return exclude;
}

Request parse_chat(std::uint64_t id, const json& object) {
  Chat chat{id, text_field(object, "text", max_message_bytes)};
  if (!valid_chat_text(chat.text)) wrong("A chat message is 1 to 2000 printable characters.");
  return chat;
}

Request parse_typed(const std::string& type, std::uint64_t id, const json& object) {
  if (type == "join") return parse_join(id, object);
  if (type == "resume") return Resume{id, text_field(object, "session", 128)};
  if (type == "offer") return parse_offer(id, object);
  if (type == "candidate") return Candidate{id, text_field(object, "candidate", max_candidate)};
  if (type == "subscribe") return parse_subscribe(id, object);
  if (type == "mute") return parse_mute(id, object);
  if (type == "wants") return parse_wants(id, object);
  if (type == "exclude") return parse_exclude(id, object);
  if (type == "chat") return parse_chat(id, object);
  if (type == "leave") return Leave{id};
  if (type == "ping") return Ping{id};
  wrong("'type' is not known");
}

/// Nothing for what is no JSON object, is not UTF-8, or nests deeper than any request does.
std::optional<json> parse_object(std::string_view text) {
  bool too_deep = false;
  const auto watch_depth = [&](int depth, json::parse_event_t, json&) {
    too_deep = too_deep || depth > max_depth;
    return !too_deep;  // false discards the value, so that hostile nesting costs no memory
  };
  json object = json::parse(text, watch_depth, false);
  if (too_deep || !object.is_object()) return std::nullopt;
  return object;
}

}  // namespace

std::optional<std::uint64_t> parse_id(std::string_view text) {
  std::uint64_t id = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (fault != std::errc{} || end != text.data() + text.size() || id == 0) return std::nullopt;
  return id;
}

std::variant<Request, BadRequest, NotAnObject> parse_request(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return NotAnObject{};
  const auto id = request_id(*object);
  try {
    if (!id) wrong("'id' must be a whole number from 0 to 2^53");
    return parse_typed(text_field(*object, "type", 64), *id, *object);
  } catch (const Wrong& fault) {
    return BadRequest{id, fault.refusal};
  } catch (const json::exception&) {
    return BadRequest{id, {"bad_message", "The message cannot be read.", 0}};
  }
}

}  // namespace conference
