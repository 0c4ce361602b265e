#include "room.h"

#include <algorithm>

namespace conference {

std::string_view kind_name(MemberKind kind) {
  switch (kind) {
    case MemberKind::browser:
      return "browser";
    case MemberKind::whip:
      return "whip";
    case MemberKind::whep:
      return "whep";
    case MemberKind::bot:
      break;
  }
  return "bot";
}

TrackView view_of(const Track& track) {
  return {track.id, track.kind == WEIR_KIND_VIDEO, track.source, track.muted};
}

Track* Member::find_track(weir_track track) {
  const auto found =
      std::find_if(tracks.begin(), tracks.end(), [&](const Track& each) { return each.id == track; });
  return found == tracks.end() ? nullptr : &*found;
}

ReceiveLine* Member::find_line(weir_subscription subscription) {
  const auto same = [&](const ReceiveLine& each) { return each.id == subscription; };
  const auto found = std::find_if(lines.begin(), lines.end(), same);
  return found == lines.end() ? nullptr : &*found;
}

ReceiveLine* Member::find_line(std::string_view mid) {
  const auto same = [&](const ReceiveLine& each) { return each.mid == mid; };
  const auto found = std::find_if(lines.begin(), lines.end(), same);
  return found == lines.end() ? nullptr : &*found;
}

ParticipantView Member::view() const {
  ParticipantView view{id, name, connected, kind == MemberKind::bot, {}};
  for (const Track& track : tracks) view.tracks.push_back(view_of(track));
  return view;
}

bool Room::has_screen_besides(const Member& viewer) const {
  return std::any_of(members.begin(), members.end(), [&](const auto& member) {
    return member.get() != &viewer &&
           std::any_of(member->tracks.begin(), member->tracks.end(), [](const Track& track) {
             return track.kind == WEIR_KIND_VIDEO && track.source == Source::screen;
           });
  });
}

void Room::tell_all(std::string message, const Member* except) const {
  const auto shared = std::make_shared<const std::string>(std::move(message));
  for (const auto& member : members) {
    if (member->client != nullptr && member.get() != except) member->client->send(shared);
  }
}

}  // namespace conference
