#include "hub.h"

#include <algorithm>

#include "node_calls.h"
#include "secrets.h"
#include "start_error.h"

namespace conference {

Hub::Hub(weir_node* node, Store& store, Clock clock, HubOptions options)
    : node_{node}, store_{store}, clock_{std::move(clock)}, options_{options} {}

Hub::~Hub() = default;

Member* Hub::find(weir_participant participant) {
  const auto found = members_.find(participant);
  return found == members_.end() ? nullptr : found->second;
}

std::variant<Room*, Refusal> Hub::find_or_open(const std::string& name) {
  const auto found = rooms_.find(name);
  if (found != rooms_.end()) return found->second.get();
  auto room = std::make_unique<Room>();
  room->name = name;
  const weir_status status = weir_room_open(node_, nullptr, &room->id);
  if (status == WEIR_ERR_LIMIT) return Refusal{"limit", "The server has no place for another room.", 0};
  if (status != WEIR_OK) return refusal_of(status);
  Room* const opened = room.get();
  rooms_by_id_.emplace(opened->id, opened);
  rooms_.emplace(name, std::move(room));
  return opened;
}

void Hub::close_if_empty(Room& room) {
  if (room.keep || !room.members.empty()) return;
  weir_room_close(node_, room.id);
  rooms_by_id_.erase(room.id);
  rooms_.erase(std::string{room.name});
}

std::variant<Member*, Refusal> Hub::join(const Newcomer& newcomer) {
  if (stopping_) return Refusal{"shutdown", "The server is stopping.", 0};
  const auto opened = find_or_open(newcomer.room);
  if (const auto* refusal = std::get_if<Refusal>(&opened)) return *refusal;
  Room& room = *std::get<Room*>(opened);

  weir_participant_options options;
  weir_participant_options_init(&options, sizeof options);
  options.may = newcomer.may;
  if (newcomer.kind == MemberKind::whep) {
    options.default_video_source = WEIR_SOURCE_SPEAKER;
    options.pair_lines = 1;
  }
  weir_participant id = 0;
  const weir_status status = weir_participant_join(node_, room.id, &options, &id);
  if (status != WEIR_OK) {
    close_if_empty(room);
    if (status == WEIR_ERR_LIMIT) return Refusal{"full", "The room is full.", 0};
    return refusal_of(status);
  }
  auto member = std::make_unique<Member>();
  member->id = id;
  member->room = &room;
  member->name = newcomer.name;
  member->kind = newcomer.kind;
  member->may = newcomer.may;
  member->client = newcomer.client;
  member->unconnected_us = clock_.monotonic_us();
  if (newcomer.kind == MemberKind::browser) member->secret = random_secret();
  member->visit = store_.begin_visit(room.name, member->name, kind_name(member->kind), clock_.wall_ms());
  Member* const joined = member.get();
  members_.emplace(id, joined);
  room.members.push_back(std::move(member));
  room.tell_all(participant_joined_message(joined->view()), joined);
  ++joins_;
  return joined;
}

Member* Hub::resume(const std::string& session, Client* client) {
  // "<participant>.<secret>": the first part finds, the second one proves.
  const std::size_t dot = session.find('.');
  const auto id = parse_id(session.substr(0, dot));
  Member* const member = stopping_ || dot == std::string::npos || !id ? nullptr : find(*id);
  if (member == nullptr || member->kind != MemberKind::browser) return nullptr;
  if (!equal_in_constant_time(std::string_view{session}.substr(dot + 1), member->secret)) return nullptr;
  if (member->client != nullptr && member->client != client) {
    member->client->send(std::make_shared<const std::string>(closing_message("replaced", std::nullopt)));
    member->client->close(1000, "replaced");
  }
  member->client = client;
  member->detached_us = 0;
  for (ReceiveLine& line : member->lines) {
    line.told = false;
    line.told_layer.reset();
  }
  ++resumes_;
  return member;
}

void Hub::detach(weir_participant participant, const Client* client) {
  Member* const member = find(participant);
  if (member == nullptr || member->client != client) return;
  member->client = nullptr;
  member->detached_us = clock_.monotonic_us();
}

void Hub::leave(weir_participant participant, std::string_view reason) {
  Member* const member = find(participant);
  if (member == nullptr) return;
  weir_participant_leave(node_, participant);
  forget(*member, reason);
}

/// The member is gone from the node; takes it out of everything here and tells the others.
void Hub::forget(Member& member, std::string_view reason) {
  Room& room = *member.room;
  const weir_participant id = member.id;
  const bool over_http = member.kind == MemberKind::whip || member.kind == MemberKind::whep;
  const bool shared_screen = std::any_of(member.tracks.begin(), member.tracks.end(),
                                         [](const Track& track) { return track.source == Source::screen; });
  for (const Track& track : member.tracks) senders_.erase(track.id);
  members_.erase(id);
  store_.end_visit(member.visit, reason, clock_.wall_ms());
  if (member.client != nullptr) {
    if (reason != "left")
      member.client->send(std::make_shared<const std::string>(closing_message("room-closed", std::nullopt)));
    member.client->close(1000, reason);
  }
  const auto same = [&](const auto& each) { return each.get() == &member; };
  const auto place = std::find_if(room.members.begin(), room.members.end(), same);
  const std::unique_ptr<Member> gone = std::move(*place);
  room.members.erase(place);
  room.tell_all(participant_left_message(id, reason));
  if (room.speaker == id) set_speaker(room, 0);
  if (shared_screen) aim_viewers(room);
  if (over_http && on_http_member_left) on_http_member_left(id);
  close_if_empty(room);
}

JoinedView Hub::joined_view(const Member& member, bool resumed) const {
  const Room& room = *member.room;
  JoinedView view;
  view.self = member.id;
  view.session = std::to_string(member.id) + "." + member.secret;
  view.resumed = resumed;
  view.grace_seconds = options_.resume_grace_s;
  view.room = room.name;
  view.may = member.may;
  view.receive_audio = (member.may & WEIR_MAY_RECEIVE_AUDIO) != 0 ? options_.receive_audio : 0;
  view.receive_video = (member.may & WEIR_MAY_RECEIVE_VIDEO) != 0 ? options_.receive_video : 0;
  for (const auto& each : room.members) view.participants.push_back(each->view());
  view.speaker = room.speaker;
  view.history.assign(room.history.begin(), room.history.end());
  return view;
}

weir_room Hub::open_room_for_bots(const std::string& name) {
  const auto opened = find_or_open(name);
  if (const auto* refusal = std::get_if<Refusal>(&opened))
    throw StartError{"cannot open the bots' room: " + refusal->message};
  Room& room = *std::get<Room*>(opened);
  room.keep = true;
  return room.id;
}

void Hub::add_bot(const std::string& room_name, weir_participant participant, const std::string& name) {
  const auto found = rooms_.find(room_name);
  if (found == rooms_.end() || members_.count(participant) != 0) return;
  Room& room = *found->second;
  auto member = std::make_unique<Member>();
  member->id = participant;
  member->room = &room;
  member->name = name;
  member->kind = MemberKind::bot;
  member->connected = true;
  member->visit = store_.begin_visit(room.name, name, kind_name(MemberKind::bot), clock_.wall_ms());
  Member* const joined = member.get();
  members_.emplace(participant, joined);
  room.members.push_back(std::move(member));
  room.tell_all(participant_joined_message(joined->view()));
  sync_tracks(*joined, nullptr);
}

void Hub::expire() {
  read_unread();
  const std::int64_t now = clock_.monotonic_us();
  const std::int64_t grace = std::int64_t{options_.resume_grace_s} * 1'000'000;
  std::vector<std::pair<weir_participant, const char*>> gone;
  for (const auto& [id, member] : members_) {
    const bool over_http = member->kind == MemberKind::whip || member->kind == MemberKind::whep;
    if (member->kind == MemberKind::browser && member->client == nullptr &&
        now - member->detached_us >= grace) {
      gone.emplace_back(id, "timeout");
    } else if (over_http && !member->connected && now - member->unconnected_us >= options_.http_patience_us) {
      gone.emplace_back(id, "disconnected");
    }
  }
  for (const auto& [id, reason] : gone) leave(id, reason);
}

std::size_t Hub::count_members(MemberKind kind) const {
  return static_cast<std::size_t>(std::count_if(members_.begin(), members_.end(),
                                                [&](const auto& each) { return each.second->kind == kind; }));
}

void Hub::announce_shutdown(std::uint32_t retry_seconds) {
  stopping_ = true;
  for (const auto& [name, room] : rooms_) room->tell_all(closing_message("shutdown", retry_seconds));
}

void Hub::close_rooms() {
  for (const auto& [id, member] : members_) {
    store_.end_visit(member->visit, "shutdown", clock_.wall_ms());
    if (member->client != nullptr) member->client->close(1001, "shutdown");
    if (on_http_member_left) on_http_member_left(id);
  }
  for (const auto& [name, room] : rooms_) weir_room_close(node_, room->id);
  members_.clear();
  senders_.clear();
  rooms_by_id_.clear();
  rooms_.clear();
}

}  // namespace conference
