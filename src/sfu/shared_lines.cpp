// Lines of one receiver that share a rule: N lines carry the N loudest voices, or the N most recent speakers.
// Who has a line keeps it while being among them, so that a change of who is among them changes one line.
#include <algorithm>

#include "sfu/sfu.h"

namespace weir::sfu {

namespace {

std::vector<SharedLines>* groups_of(Room& room, std::int32_t rule) {
  if (rule == WEIR_SOURCE_VOICE) return &room.voice_lines;
  return rule == WEIR_SOURCE_RECENT ? &room.recent_lines : nullptr;
}

/// The first tracks of `order` that the lines could all carry at once.
std::vector<Track*> first_of(const std::vector<Track*>& order, const SharedLines& shared) {
  std::vector<Track*> first;
  first.reserve(shared.lines.size());
  for (Track* track : order) {
    if (first.size() == shared.lines.size()) break;
    const Participant& sender = track->participant;
    if (&sender == shared.receiver || track->muted || !sender.connected) continue;
    if (!shared.receiver->excludes(sender)) first.push_back(track);
  }
  return first;
}

bool take(std::vector<Track*>& from, const Track* track) {
  const auto found = track == nullptr ? from.end() : std::find(from.begin(), from.end(), track);
  if (found == from.end()) return false;
  from.erase(found);
  return true;
}

}  // namespace

SharedLines* Sfu::shared_lines(const Subscription& subscription) {
  std::vector<SharedLines>* groups = groups_of(subscription.receiver.room, subscription.source.kind);
  if (groups == nullptr) return nullptr;
  const auto found = std::find_if(groups->begin(), groups->end(), [&](const SharedLines& shared) {
    return shared.receiver == &subscription.receiver && shared.kind == subscription.kind;
  });
  return found == groups->end() ? nullptr : &*found;
}

void Sfu::follow_rule(Subscription& subscription) {
  Room& room = subscription.receiver.room;
  std::vector<SharedLines>* groups = groups_of(room, subscription.source.kind);
  if (groups == nullptr) {
    room.ranked.push_back(&subscription);
  } else if (SharedLines* shared = shared_lines(subscription)) {
    shared->lines.push_back(&subscription);
  } else {
    groups->push_back({&subscription.receiver, subscription.kind, {&subscription}});
  }
}

void Sfu::follow_rule_no_more(Subscription& subscription) {
  Room& room = subscription.receiver.room;
  if (SharedLines* shared = shared_lines(subscription)) {
    std::erase(shared->lines, &subscription);
    std::vector<SharedLines>& groups = *groups_of(room, subscription.source.kind);
    if (shared->lines.empty()) groups.erase(groups.begin() + (shared - groups.data()));
  } else {
    std::erase(room.ranked, &subscription);
  }
}

void Sfu::settle_shared(Time now, const SharedLines& shared, const std::vector<Track*>& order) {
  std::vector<Track*> wanted = first_of(order, shared);
  std::vector<Track*> next(shared.lines.size(), nullptr);
  // Whom a line waits for goes before whom it still shows.
  for (std::size_t i = 0; i < next.size(); ++i) {
    if (take(wanted, shared.lines[i]->pending)) next[i] = shared.lines[i]->pending;
  }
  for (std::size_t i = 0; i < next.size(); ++i) {
    if (next[i] == nullptr && take(wanted, shared.lines[i]->current)) next[i] = shared.lines[i]->current;
  }
  auto newcomer = wanted.begin();
  for (std::size_t i = 0; i < next.size(); ++i) {
    if (next[i] == nullptr && newcomer != wanted.end()) next[i] = *newcomer++;
    assign(now, *shared.lines[i], admissible(*shared.lines[i], next[i]));
  }
}

/// Puts the voices in order again; answers the place behind the last one that changed, 0 when none did.
std::size_t Sfu::rank_voices(Time now, Room& room) const {
  std::size_t changed = 0;
  std::vector<Track*>& voices = room.voices;
  for (std::size_t i = 1; i < voices.size(); ++i) {
    Track* track = voices[i];
    std::size_t place = i;
    while (place > 0 && overtakes(now, limits_.voice_hold, track->voice, voices[place - 1]->voice)) {
      voices[place] = voices[place - 1];
      --place;
    }
    if (place == i) continue;
    voices[place] = track;
    changed = i + 1;
  }
  return changed;
}

void Sfu::settle_voices(Time now, Room& room) {
  rank_voices(now, room);
  for (const SharedLines& shared : room.voice_lines) settle_shared(now, shared, room.voices);
}

// The set of the first N changes for nobody when only places within the fewest lines of a receiver do.
void Sfu::voice_began(Time now, Room& room) {
  const std::size_t changed = rank_voices(now, room);
  if (changed == 0 || room.voice_lines.empty()) return;
  const auto fewest = std::min_element(
      room.voice_lines.begin(), room.voice_lines.end(),
      [](const SharedLines& a, const SharedLines& b) { return a.lines.size() < b.lines.size(); });
  if (changed <= fewest->lines.size()) return;
  if (room.batches != 0) {
    room.unsettled = true;
    return;
  }
  for (const SharedLines& shared : room.voice_lines) settle_shared(now, shared, room.voices);
}

}  // namespace weir::sfu
