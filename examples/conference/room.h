// Rooms and their members as the server remembers them between the library's events and the clients'
// messages.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "address_limits.h"
#include "messages.h"
#include "weir/weir.h"

namespace conference {

constexpr std::size_t max_history = 50;
constexpr double chats_per_second = 50;  // by data channel; as much again at once

/// The hub's end of a WebSocket.
class Client {
 public:
  virtual ~Client() = default;
  virtual void send(std::shared_ptr<const std::string> message) = 0;
  /// Close after what waits has been sent.
  virtual void close(unsigned code, std::string_view reason) = 0;
};

enum class MemberKind { browser, whip, whep, bot };
std::string_view kind_name(MemberKind kind);

/// What a member sends.
struct Track {
  weir_track id = 0;
  std::int32_t kind = WEIR_KIND_AUDIO;
  Source source = Source::microphone;
  bool muted = false;
  std::string mid;
  std::optional<std::uint64_t> demand;  // layers that somebody wants, as weir_event::value says
  std::uint64_t lost = 0;               // at the last quality report
  std::uint64_t received = 0;           // at the last quality report
};

/// A line on which a member receives, and what its client was told last.
struct ReceiveLine {
  weir_subscription id = 0;
  std::int32_t kind = WEIR_KIND_AUDIO;
  std::string mid;
  bool told = false;
  weir_track told_track = 0;
  std::int32_t told_idle = 0;
  std::optional<LayerView> told_layer;
};

struct Room;

struct Member {
  weir_participant id = 0;
  Room* room = nullptr;
  std::string name;
  MemberKind kind = MemberKind::browser;
  std::uint32_t may = WEIR_MAY_ALL;
  std::vector<Track> tracks;
  std::vector<ReceiveLine> lines;
  Client* client = nullptr;      // none: a bot, WHIP, WHEP, or a browser that may still resume
  std::string secret;            // of a browser's session
  std::int64_t detached_us = 0;  // when the WebSocket was lost
  bool connected = false;
  std::int64_t unconnected_us = 0;  // since when there is no media connection
  std::int64_t visit = 0;           // in the store
  bool chats_by_data = false;       // it has been heard on its channel host/chat
  TokenBucket data_rate{chats_per_second, 2 * chats_per_second};

  Track* find_track(weir_track track);
  ReceiveLine* find_line(weir_subscription subscription);
  ReceiveLine* find_line(std::string_view mid);
  ParticipantView view() const;
};

struct Room {
  std::string name;
  weir_room id = 0;
  bool keep = false;                             // the bots' room stays when everybody else has left
  std::vector<std::unique_ptr<Member>> members;  // in the order of joining
  std::deque<ChatLine> history;
  std::uint64_t last_chat = 0;
  weir_participant speaker = 0;

  bool has_screen_besides(const Member& viewer) const;
  void tell_all(std::string message, const Member* except = nullptr) const;
};

TrackView view_of(const Track& track);

}  // namespace conference
