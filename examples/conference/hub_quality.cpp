// How good each member's connection is, told to the whole room every two seconds.
#include <algorithm>

#include "hub.h"
#include "quality.h"

namespace conference {

QualityView Hub::quality_of(Member& member) {
  QualityView view{member.id, 0, 0, 5, 0};
  if (member.kind == MemberKind::bot) return view;

  weir_participant_stats connection;
  weir_participant_stats_init(&connection, sizeof connection);
  if (weir_participant_get_stats(node_, member.id, &connection) == WEIR_OK) {
    view.round_trip_time = connection.current_round_trip_time;
    view.available = connection.available_outgoing_bitrate;
  }
  std::uint64_t lost = 0;
  std::uint64_t received = 0;
  for (Track& track : member.tracks) {
    weir_track_stats stats;
    weir_track_stats_init(&stats, sizeof stats);
    if (weir_track_get_stats(node_, track.id, &stats) != WEIR_OK) continue;
    const auto lost_now = static_cast<std::uint64_t>(std::max<std::int64_t>(stats.packets_lost, 0));
    lost += lost_now - std::min(lost_now, track.lost);
    received += stats.packets_received - std::min(stats.packets_received, track.received);
    track.lost = lost_now;
    track.received = stats.packets_received;
  }
  if (lost + received > 0)
    view.uplink_loss = static_cast<double>(lost) / static_cast<double>(lost + received);

  double downlink_loss = 0;
  for (const ReceiveLine& line : member.lines) {
    weir_subscription_stats stats;
    weir_subscription_stats_init(&stats, sizeof stats);
    if (line.told_track == 0 || weir_subscription_get_stats(node_, line.id, &stats) != WEIR_OK) continue;
    downlink_loss = std::max(downlink_loss, stats.fraction_lost);
  }
  view.score =
      quality_score(std::max(view.uplink_loss, downlink_loss), view.round_trip_time, member.connected);
  return view;
}

void Hub::report_quality() {
  for (const auto& [name, room] : rooms_) {
    const bool anybody_listens = std::any_of(room->members.begin(), room->members.end(),
                                             [](const auto& each) { return each->client != nullptr; });
    if (!anybody_listens) continue;
    std::vector<QualityView> marks;
    marks.reserve(room->members.size());
    for (const auto& member : room->members) marks.push_back(quality_of(*member));
    room->tell_all(quality_message(marks));
  }
}

}  // namespace conference
