// The hub: every room and member, between the clients' requests and the library's events. One thread. It
// never waits for the network, and what a client is told goes to a queue with a limit (Client::send).
//
// hub.cpp: who is there. hub_media.cpp: offers, lines, mute. hub_layers.cpp: layers of video.
// hub_chat.cpp: chat. hub_events.cpp: what the node tells. hub_quality.cpp: marks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "clock.h"
#include "messages.h"
#include "room.h"
#include "store.h"
#include "weir/weir.h"

namespace conference {

struct HubOptions {
  std::uint32_t resume_grace_s = 30;
  std::uint32_t receive_audio = 3;  // lines that a page should offer
  std::uint32_t receive_video = 9;
  std::int64_t http_patience_us = 30'000'000;  // WHIP and WHEP: so long without a media connection
};

class Hub {
 public:
  Hub(weir_node* node, Store& store, Clock clock, HubOptions options);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  struct Newcomer {
    std::string room;
    std::string name;
    MemberKind kind = MemberKind::browser;
    std::uint32_t may = WEIR_MAY_ALL;
    Client* client = nullptr;
  };

  // Who is there.
  std::variant<Member*, Refusal> join(const Newcomer& newcomer);
  /// The member whose session secret this is, now with this client; the client it had is closed.
  Member* resume(const std::string& session, Client* client);
  void leave(weir_participant participant, std::string_view reason);
  /// The WebSocket of a member is gone; media goes on for the grace time.
  void detach(weir_participant participant, const Client* client);
  Member* find(weir_participant participant);
  JoinedView joined_view(const Member& member, bool resumed) const;
  /// Say to a client that has just (re)joined what each of its lines shows.
  void tell_lines(Member& member);
  /// Say to it which layers of its tracks anybody wants, where the node has said so.
  void tell_demands(const Member& member);

  /// A room that the host fills with local participants; stays open. Throws StartError.
  weir_room open_room_for_bots(const std::string& name);
  void add_bot(const std::string& room, weir_participant participant, const std::string& name);

  // Media.
  std::variant<AnswerView, Refusal> offer(Member& member, const std::string& sdp,
                                          const std::vector<OfferedTrack>& tracks);
  weir_status add_candidate(const Member& member, const std::string& candidate);
  std::variant<std::monostate, Refusal> subscribe(Member& member, const std::string& mid,
                                                  const Wanted& wanted);
  std::variant<std::monostate, Refusal> mute(Member& member, weir_track track, bool muted);
  weir_status set_wants(Member& member, const Wants& wants);
  weir_status set_excluded(const Member& member, const std::vector<std::uint64_t>& participants);

  // Chat: hub_chat.cpp.
  void chat_by_websocket(Member& member, const std::string& text);
  /// One message of a member's channel host/chat; the reply.
  std::string data_request(Member& member, std::string_view text);

  // What the node tells, and what time brings.
  void on_event(const weir_event& event);
  void expire();
  void report_quality();

  /// Every client is told; nobody may join or resume any more.
  void announce_shutdown(std::uint32_t retry_seconds);
  void close_rooms();
  bool stopping() const { return stopping_; }

  /// Called for a WHIP or WHEP member that has just left.
  std::function<void(weir_participant)> on_http_member_left;

  std::size_t room_count() const { return rooms_.size(); }
  std::size_t count_members(MemberKind kind) const;
  std::uint64_t joins() const { return joins_; }
  std::uint64_t resumes() const { return resumes_; }
  std::uint64_t chats() const { return chats_; }
  weir_node* node() const { return node_; }

 private:
  std::variant<Room*, Refusal> find_or_open(const std::string& name);
  void close_if_empty(Room& room);
  void forget(Member& member, std::string_view reason);

  void sync_tracks(Member& member, const std::vector<OfferedTrack>* offered);
  void add_track(Member& member, const weir_track_info& info, weir_track track,
                 const std::vector<OfferedTrack>* offered);
  void remove_track(Member& member, weir_track track);
  void sync_lines(Member& member);
  void tell_line(Member& member, ReceiveLine& line, weir_track track, std::int32_t idle);
  void tell_layer(Member& member, ReceiveLine& line, LayerView layer);
  void tell_demand(const Member& member, const Track& track);
  void sync_demands(Member& member);
  void aim_viewers(Room& room);
  void aim_viewer(Member& viewer);
  void set_muted(Member& member, weir_track track, bool muted);
  void set_connected(Member& member, bool connected);
  void set_speaker(Room& room, weir_participant speaker);
  void resync();

  void on_track_event(const weir_event& event, Member& member);
  void on_source_event(const weir_event& event, Member& member);
  void on_layer_event(const weir_event& event, Member& member);
  void on_demand_event(const weir_event& event, Member& member);

  void chat(Member& member, const std::string& text);
  void read_data(Member& member);
  void read_unread();
  void end_chat_by_data(Member& member);

  QualityView quality_of(Member& member);

  weir_node* node_;
  Store& store_;
  Clock clock_;
  HubOptions options_;
  std::unordered_map<std::string, std::unique_ptr<Room>> rooms_;
  std::unordered_map<weir_room, Room*> rooms_by_id_;
  std::unordered_map<weir_participant, Member*> members_;
  std::unordered_map<weir_track, weir_participant> senders_;
  std::unordered_set<weir_participant> unread_;  // members with more on their channel than was read at once
  std::vector<std::uint8_t> data_buffer_;
  bool stopping_ = false;
  std::uint64_t joins_ = 0;
  std::uint64_t resumes_ = 0;
  std::uint64_t chats_ = 0;
};

}  // namespace conference
