// Offers, what members send, and what their receive lines show.
#include <algorithm>

#include "hub.h"
#include "layer_views.h"
#include "node_calls.h"

namespace conference {
namespace {

/// What a track shows: as its client said, else as the library knows it.
Source source_of(const weir_track_info& info, const std::vector<OfferedTrack>* offered) {
  if (offered != nullptr) {
    for (const OfferedTrack& each : *offered) {
      const bool fits =
          each.source == Source::screen || (each.source == Source::camera) == (info.kind == WEIR_KIND_VIDEO);
      if (fits && each.mid == info.mid) return each.source;
    }
  }
  if (info.kind == WEIR_KIND_AUDIO) return Source::microphone;
  return info.content == WEIR_CONTENT_SCREEN ? Source::screen : Source::camera;
}

weir_source source_of(const Wanted& wanted) {
  weir_source source;
  weir_source_init(&source, sizeof source);
  source.rank = wanted.rank;
  switch (wanted.kind) {
    case Wanted::Kind::nothing:
      source.kind = WEIR_SOURCE_NONE;
      break;
    case Wanted::Kind::track:
      source.kind = WEIR_SOURCE_TRACK;
      source.track = wanted.track;
      break;
    case Wanted::Kind::speaker:
      source.kind = WEIR_SOURCE_SPEAKER;
      break;
    case Wanted::Kind::member:
      source.kind = WEIR_SOURCE_MEMBER;
      break;
    case Wanted::Kind::screen:
      source.kind = WEIR_SOURCE_SCREEN;
      break;
    case Wanted::Kind::voice:
      source.kind = WEIR_SOURCE_VOICE;
      break;
    case Wanted::Kind::recent:
      source.kind = WEIR_SOURCE_RECENT;
      break;
  }
  return source;
}

}  // namespace

std::variant<AnswerView, Refusal> Hub::offer(Member& member, const std::string& sdp,
                                             const std::vector<OfferedTrack>& tracks) {
  auto answer = negotiate(node_, member.id, sdp);
  if (auto* refusal = std::get_if<Refusal>(&answer)) return std::move(*refusal);
  sync_tracks(member, &tracks);
  sync_lines(member);
  if (member.kind == MemberKind::whep) aim_viewer(member);
  AnswerView view{std::move(std::get<std::string>(answer)), {}, {}};
  for (const Track& track : member.tracks) view.tracks.push_back({track.mid, track.id});
  for (const ReceiveLine& line : member.lines) view.subscriptions.push_back({line.mid, line.id});
  return view;
}

weir_status Hub::set_excluded(const Member& member, const std::vector<std::uint64_t>& participants) {
  return weir_participant_set_excluded(node_, member.id, participants.data(), participants.size());
}

weir_status Hub::add_candidate(const Member& member, const std::string& candidate) {
  return weir_participant_add_candidate(node_, member.id, candidate.data(), candidate.size());
}

/// Makes member.tracks equal to what the node has, and tells the room what changed.
void Hub::sync_tracks(Member& member, const std::vector<OfferedTrack>* offered) {
  const std::vector<weir_track> present = tracks_of(node_, member.id);
  std::vector<weir_track> gone;
  for (const Track& track : member.tracks) {
    if (std::find(present.begin(), present.end(), track.id) == present.end()) gone.push_back(track.id);
  }
  for (const weir_track track : gone) remove_track(member, track);
  for (const weir_track track : present) {
    const auto info = info_of_track(node_, track);
    if (info) add_track(member, *info, track, offered);
  }
}

void Hub::add_track(Member& member, const weir_track_info& info, weir_track id,
                    const std::vector<OfferedTrack>* offered) {
  const Track* const known = member.find_track(id);
  const Source source = known != nullptr && offered == nullptr ? known->source : source_of(info, offered);
  if (known != nullptr) {
    set_muted(member, id, info.muted != 0);
    if (known->source == source) return;
    remove_track(member, id);  // the same line shows something else now
  }
  if (info.kind == WEIR_KIND_VIDEO) {
    const std::int32_t content = source == Source::screen ? WEIR_CONTENT_SCREEN : WEIR_CONTENT_MAIN;
    if (content != info.content) weir_track_set_content(node_, id, content);
  }
  Track track;
  track.id = id;
  track.kind = info.kind;
  track.source = source;
  track.muted = info.muted != 0;
  track.mid = info.mid;
  senders_[id] = member.id;
  member.room->tell_all(track_added_message(member.id, view_of(track)));
  member.tracks.push_back(std::move(track));
  if (source == Source::screen) aim_viewers(*member.room);
}

void Hub::remove_track(Member& member, weir_track id) {
  const Track* const track = member.find_track(id);
  if (track == nullptr) return;
  const bool screen = track->source == Source::screen;
  member.tracks.erase(member.tracks.begin() + (track - member.tracks.data()));
  senders_.erase(id);
  member.room->tell_all(track_removed_message(member.id, id));
  if (screen) aim_viewers(*member.room);
}

/// Makes member.lines equal to what the node has, and tells what new lines show.
void Hub::sync_lines(Member& member) {
  std::vector<ReceiveLine> lines;
  for (const weir_subscription id : subscriptions_of(node_, member.id)) {
    const ReceiveLine* const known = member.find_line(id);
    const auto info = info_of_subscription(node_, id);
    if (!info) continue;
    ReceiveLine line = known != nullptr ? *known : ReceiveLine{};
    line.id = id;
    line.kind = info->kind;
    line.mid = info->mid;
    lines.push_back(std::move(line));
  }
  member.lines = std::move(lines);
}

void Hub::tell_lines(Member& member) {
  for (ReceiveLine& line : member.lines) {
    const auto info = info_of_subscription(node_, line.id);
    if (!info) continue;
    tell_line(member, line, info->track, info->idle);
    if (line.kind == WEIR_KIND_VIDEO) tell_layer(member, line, layer_of(*info));
  }
}

void Hub::tell_line(Member& member, ReceiveLine& line, weir_track track, std::int32_t idle) {
  if (member.client == nullptr) return;
  if (line.told && line.told_track == track && line.told_idle == idle) return;
  line.told = true;
  line.told_track = track;
  line.told_idle = idle;
  const auto sender = senders_.find(track);
  const weir_participant participant = sender == senders_.end() ? 0 : sender->second;
  member.client->send(
      std::make_shared<const std::string>(source_message({line.mid, track, participant, idle})));
}

std::variant<std::monostate, Refusal> Hub::subscribe(Member& member, const std::string& mid,
                                                     const Wanted& wanted) {
  const ReceiveLine* const line = member.find_line(mid);
  if (line == nullptr) return Refusal{"not_found", "No receive line has this mid.", 0};
  const weir_source source = source_of(wanted);
  const weir_status status = weir_subscription_set_source(node_, line->id, &source);
  if (status != WEIR_OK) return refusal_of(status);
  return std::monostate{};
}

std::variant<std::monostate, Refusal> Hub::mute(Member& member, weir_track track, bool muted) {
  // Only one's own: a track of somebody else is as unknown as one that never was.
  if (member.find_track(track) == nullptr) return Refusal{"not_found", "You have no such track.", 0};
  const weir_status status = weir_track_set_muted(node_, track, muted ? 1 : 0);
  if (status != WEIR_OK) return refusal_of(status);
  set_muted(member, track, muted);
  return std::monostate{};
}

void Hub::set_muted(Member& member, weir_track id, bool muted) {
  Track* const track = member.find_track(id);
  if (track == nullptr || track->muted == muted) return;
  track->muted = muted;
  member.room->tell_all(track_muted_message(member.id, id, muted));
}

void Hub::aim_viewers(Room& room) {
  for (const auto& member : room.members) {
    if (member->kind == MemberKind::whep) aim_viewer(*member);
  }
}

/// The first video line of a WHEP viewer shows a screen share where there is one, else whoever speaks.
void Hub::aim_viewer(Member& viewer) {
  const auto first_video = std::find_if(viewer.lines.begin(), viewer.lines.end(),
                                        [](const ReceiveLine& line) { return line.kind == WEIR_KIND_VIDEO; });
  if (first_video == viewer.lines.end()) return;
  weir_source source;
  weir_source_init(&source, sizeof source);
  source.kind = viewer.room->has_screen_besides(viewer) ? WEIR_SOURCE_SCREEN : WEIR_SOURCE_SPEAKER;
  weir_subscription_set_source(node_, first_video->id, &source);
}

}  // namespace conference
