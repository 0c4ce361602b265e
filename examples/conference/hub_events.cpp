// What the node tells becomes what the clients are told.
#include <algorithm>

#include "hub.h"
#include "node_calls.h"

namespace conference {

void Hub::on_event(const weir_event& event) {
  switch (event.type) {
    case WEIR_EVENT_LOST:
      return resync();
    case WEIR_EVENT_DOMINANT_SPEAKER: {
      const auto room = rooms_by_id_.find(event.room);
      if (room != rooms_by_id_.end()) set_speaker(*room->second, event.participant);
      return;
    }
    default:
      break;
  }
  Member* const member = find(event.participant);
  if (member == nullptr) return;  // left already
  switch (event.type) {
    case WEIR_EVENT_PARTICIPANT_CONNECTED:
      return set_connected(*member, true);
    case WEIR_EVENT_PARTICIPANT_DISCONNECTED:
      return set_connected(*member, false);
    case WEIR_EVENT_PARTICIPANT_LEFT:
      return forget(*member, "disconnected");
    case WEIR_EVENT_TRACK_ADDED:
    case WEIR_EVENT_TRACK_REMOVED:
    case WEIR_EVENT_TRACK_MUTED:
      return on_track_event(event, *member);
    case WEIR_EVENT_SUBSCRIPTION_ADDED:
    case WEIR_EVENT_SUBSCRIPTION_REMOVED:
      return sync_lines(*member);
    case WEIR_EVENT_SUBSCRIPTION_SOURCE:
      return on_source_event(event, *member);
    case WEIR_EVENT_SUBSCRIPTION_LAYER:
      return on_layer_event(event, *member);
    case WEIR_EVENT_TRACK_DEMAND:
      return on_demand_event(event, *member);
    case WEIR_EVENT_DATA:
      return read_data(*member);
    case WEIR_EVENT_DATA_OVERFLOW:
      return end_chat_by_data(*member);
    case WEIR_EVENT_DATA_CONNECTED:
      if (event.value == 0) end_chat_by_data(*member);
      return;
    default:
      return;
  }
}

void Hub::on_track_event(const weir_event& event, Member& member) {
  if (event.type == WEIR_EVENT_TRACK_REMOVED) return remove_track(member, event.track);
  // An event may be older than what an offer has told us since: the node's present state decides.
  const auto info = info_of_track(node_, event.track);
  if (info) add_track(member, *info, event.track, nullptr);
}

void Hub::on_source_event(const weir_event& event, Member& member) {
  ReceiveLine* const line = member.find_line(event.subscription);
  if (line != nullptr) tell_line(member, *line, event.track, static_cast<std::int32_t>(event.value));
}

void Hub::set_connected(Member& member, bool connected) {
  if (member.connected == connected) return;
  member.connected = connected;
  member.unconnected_us = clock_.monotonic_us();
  if (!connected) end_chat_by_data(member);
  member.room->tell_all(participant_connection_message(member.id, connected));
}

void Hub::set_speaker(Room& room, weir_participant speaker) {
  if (room.speaker == speaker) return;
  room.speaker = speaker;
  room.tell_all(speaker_message(speaker));
}

/// Events were lost: compare everything with the node.
void Hub::resync() {
  std::vector<weir_participant> gone;
  for (const auto& [name, room] : rooms_) {
    const auto present = participants_of(node_, room->id);
    for (const auto& member : room->members) {
      if (std::find(present.begin(), present.end(), member->id) == present.end()) gone.push_back(member->id);
    }
  }
  for (const weir_participant id : gone) {
    if (Member* const member = find(id)) forget(*member, "disconnected");
  }
  for (const auto& [id, member] : members_) {
    sync_tracks(*member, nullptr);
    sync_lines(*member);
    tell_lines(*member);
    sync_demands(*member);
    unread_.insert(id);
    weir_participant_stats stats;
    weir_participant_stats_init(&stats, sizeof stats);
    if (member->kind != MemberKind::bot && weir_participant_get_stats(node_, id, &stats) == WEIR_OK) {
      set_connected(*member, stats.connected != 0);
    }
  }
}

}  // namespace conference
