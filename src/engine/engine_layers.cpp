// The calls of weir/layers.h, and what is known of a subscription.
#include "engine/copy_text.h"
#include "engine/engine_impl.h"
#include "engine/layers.h"

namespace weir::engine {

weir_status Engine::set_wants(Time now, Id id, const weir_wants& wants) {
  sfu::Subscription* subscription = impl_->core.sfu.subscriptions().find(id);
  if (subscription == nullptr) return WEIR_ERR_NOT_FOUND;
  if (subscription->kind != MediaKind::video) return WEIR_ERR_INVALID;
  subscription->wants = {.priority = wants.priority,
                         .max_width = wants.max_width,
                         .max_height = wants.max_height,
                         .max_milli_fps = wants.max_milli_fps,
                         .pinned = wants.pinned == 1,
                         .visible = wants.visible == 1,
                         .min_spatial = wants.min_spatial,
                         .max_spatial = wants.max_spatial,
                         .max_temporal = wants.max_temporal};
  impl_->core.sfu.touch_layers(subscription->receiver, true);
  return impl_->done(now, WEIR_OK);
}

weir_status Engine::set_receive_limits(Time now, Id id, const weir_receive_limits& limits) {
  sfu::Participant* participant = impl_->core.sfu.participants().find(id);
  if (participant == nullptr) return WEIR_ERR_NOT_FOUND;
  participant->receive_limits = {.max_video = limits.max_video, .max_bitrate = limits.max_bitrate};
  impl_->core.sfu.touch_layers(*participant, true);
  return impl_->done(now, WEIR_OK);
}

Result<std::vector<weir_track_layer>> Engine::track_layers(Time now, Id id) {
  sfu::Track* track = impl_->core.sfu.tracks().find(id);
  if (track == nullptr) return Error{.status = WEIR_ERR_NOT_FOUND, .reason = "no such track", .line = 0};
  std::vector<weir_track_layer> layers;
  if (track->kind != MediaKind::video) return layers;
  look_at_layers(now, *track);
  for (const sfu::Offer::Known& known : track->offer.known()) {
    const sfu::OfferedLayer& from = known.layer;
    weir_track_layer& layer = layers.emplace_back();
    layer.encoding = from.id.encoding;
    layer.spatial = from.id.spatial;
    layer.temporal = from.id.temporal;
    layer.active = from.active ? 1 : 0;
    layer.wanted = track->demand.asked_for(from.id.encoding, from.id.spatial) ? 1 : 0;
    layer.width = from.width;
    layer.height = from.height;
    layer.milli_fps = from.milli_fps;
    layer.bitrate = from.bitrate;
    if (from.id.encoding < track->encodings.size()) {
      copy_text(layer.rid, track->encodings[from.id.encoding].rid);
    }
  }
  return layers;
}

weir_status Engine::subscription_info(Id id, weir_subscription_info& info) const {
  const sfu::Subscription* subscription = impl_->core.sfu.subscriptions().find(id);
  if (subscription == nullptr) return WEIR_ERR_NOT_FOUND;
  info.kind = static_cast<std::int32_t>(subscription->kind);
  info.participant = subscription->receiver.id.value;
  info.room = subscription->receiver.room.id.value;
  info.track = subscription->current != nullptr ? subscription->current->id.value : 0;
  info.idle = subscription->idle;
  info.source_kind = subscription->source.kind;
  info.source_rank = subscription->source.rank;
  info.reserved = 0;
  copy_text(info.mid, subscription->line.mid);
  const sfu::LayerMemory& memory = subscription->layers;
  info.layer_reason = memory.reason;
  info.encoding = info.spatial = info.temporal = -1;
  const auto carried = subscription->carried();
  if (carried) {
    info.encoding = carried->encoding;
    info.spatial = carried->spatial;
    info.temporal = carried->temporal;
    const sfu::LayerMeter& meter = subscription->current->encodings[carried->encoding].meter;
    info.width = meter.width(carried->spatial);
    info.height = meter.height(carried->spatial);
  }
  info.target_encoding = memory.target ? memory.target->encoding : -1;
  info.target_spatial = memory.target ? memory.target->spatial : -1;
  info.target_temporal = memory.target ? memory.target->temporal : -1;
  info.target_bitrate = memory.bitrate;
  return WEIR_OK;
}

}  // namespace weir::engine
