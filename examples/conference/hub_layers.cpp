// Layers of video: what each client wants, what it is told, and what its own tracks need not send.
#include "hub.h"
#include "layer_views.h"
#include "node_calls.h"

namespace conference {

weir_status Hub::set_wants(Member& member, const Wants& wants) {
  const ReceiveLine* const line = member.find_line(wants.mid);
  if (line == nullptr) return WEIR_ERR_NOT_FOUND;
  weir_wants all;
  weir_wants_init(&all, sizeof all);
  all.priority = wants.priority;
  all.max_width = wants.width;
  all.max_height = wants.height;
  all.pinned = wants.pinned ? 1 : 0;
  all.visible = wants.visible ? 1 : 0;
  return weir_subscription_set_wants(node_, line->id, &all);
}

void Hub::on_layer_event(const weir_event& event, Member& member) {
  ReceiveLine* const line = member.find_line(event.subscription);
  if (line != nullptr) tell_layer(member, *line, layer_of_event(event.value));
}

void Hub::tell_layer(Member& member, ReceiveLine& line, LayerView layer) {
  if (member.client == nullptr) return;
  layer.mid = line.mid;
  // A line begins undecided: that is no news.
  if (line.told_layer == layer || (!line.told_layer && layer.reason == WEIR_LAYER_UNDECIDED)) return;
  line.told_layer = layer;
  member.client->send(std::make_shared<const std::string>(layer_message(layer)));
}

void Hub::on_demand_event(const weir_event& event, Member& member) {
  Track* const track = member.find_track(event.track);
  if (track == nullptr) return;
  track->demand = event.value;
  tell_demand(member, *track);
}

void Hub::tell_demand(const Member& member, const Track& track) {
  if (member.client == nullptr || !track.demand) return;
  const DemandView view{track.mid, track.id, *track.demand};
  member.client->send(std::make_shared<const std::string>(demand_message(view)));
}

/// After lost events: what the node has told about the tracks may be among them.
void Hub::sync_demands(Member& member) {
  for (Track& track : member.tracks) {
    if (track.kind != WEIR_KIND_VIDEO) continue;
    track.demand = wanted_layers(layers_of_track(node_, track.id));
    tell_demand(member, track);
  }
}

void Hub::tell_demands(const Member& member) {
  for (const Track& track : member.tracks) tell_demand(member, track);
}

}  // namespace conference
