// The chat. A member's lines come and go by its data channel host/chat once it has used that, else by its
// WebSocket; the messages are the same on both. A line may come twice, never not at all: clients know it by
// its number.
#include <array>
#include <cstring>
#include <utility>

#include "hub.h"

namespace conference {
namespace {

constexpr const char* chat_label = "host/chat";
constexpr int reads_at_once = 64;

weir_data data_of(const std::string& text) {
  weir_data data;
  weir_data_init(&data, sizeof data);
  data.flags = WEIR_DATA_TEXT | WEIR_DATA_EXISTING;
  data.data = reinterpret_cast<const std::uint8_t*>(text.data());
  data.size = text.size();
  std::strcpy(data.label, chat_label);
  return data;
}

}  // namespace

void Hub::chat(Member& member, const std::string& text) {
  Room& room = *member.room;
  const ChatLine line{member.id, member.name, text, clock_.wall_ms(), ++room.last_chat};
  room.history.push_back(line);
  if (room.history.size() > max_history) room.history.pop_front();
  const auto message = std::make_shared<const std::string>(chat_message(line));
  bool by_data = false;
  for (const auto& each : room.members) {
    by_data = by_data || each->chats_by_data;
    if (each->client != nullptr && !each->chats_by_data) each->client->send(message);
  }
  if (by_data) {
    const weir_data data = data_of(*message);
    weir_room_send_data(node_, room.id, &data, nullptr);
  }
  ++chats_;
}

void Hub::chat_by_websocket(Member& member, const std::string& text) {
  end_chat_by_data(member);
  chat(member, text);
}

std::string Hub::data_request(Member& member, std::string_view text) {
  const auto parsed = parse_request(text);
  if (const auto* bad = std::get_if<BadRequest>(&parsed)) return error_message(bad->id, bad->refusal);
  const auto* const request = std::get_if<Request>(&parsed);
  if (request == nullptr) return error_message({}, {"bad_message", "A request is a JSON object.", 0});
  const std::uint64_t id = std::visit([](const auto& each) { return each.id; }, *request);
  if (!member.data_rate.take(clock_.monotonic_us()))
    return error_message(id, {"rate", "Too many messages. Wait a second.", 0});
  const auto* const line = std::get_if<Chat>(request);
  if (line == nullptr && !std::holds_alternative<Ping>(*request))
    return error_message(id, {"bad_message", "Only chat and ping come by data channel.", 0});
  member.chats_by_data = true;
  if (line != nullptr) chat(member, line->text);
  return ok_message(id);
}

/// A member that sends faster than it is read waits for the next second.
void Hub::read_data(Member& member) {
  const weir_participant id = member.id;
  unread_.erase(id);
  data_buffer_.resize(max_message_bytes);
  for (int i = 0; i < reads_at_once; ++i) {
    weir_data data;
    weir_data_init(&data, sizeof data);
    if (weir_participant_read_data(node_, id, &data, data_buffer_.data(), data_buffer_.size(), 0) != WEIR_OK)
      return;
    if (std::strcmp(data.label, chat_label) != 0) continue;
    const std::string reply =
        data_request(member, std::string_view{reinterpret_cast<const char*>(data.data), data.size});
    const weir_data answer = data_of(reply);
    weir_participant_send_data(node_, id, &answer);
  }
  unread_.insert(id);
}

void Hub::read_unread() {
  const auto waiting = unread_;
  for (const weir_participant id : waiting) {
    if (Member* const member = find(id)) read_data(*member);
  }
  std::erase_if(unread_, [&](weir_participant id) { return find(id) == nullptr; });
}

/// What went to the data channel last may not have arrived.
void Hub::end_chat_by_data(Member& member) {
  if (!std::exchange(member.chats_by_data, false) || member.client == nullptr) return;
  for (const ChatLine& line : member.room->history) {
    member.client->send(std::make_shared<const std::string>(chat_message(line)));
  }
}

}  // namespace conference
