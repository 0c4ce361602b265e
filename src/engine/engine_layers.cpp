// The calls of weir/layers.h.
#include "engine/copy_text.h"
#include "engine/engine_impl.h"

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
  return impl_->done(now, WEIR_OK);
}

weir_status Engine::set_receive_limits(Time now, Id id, const weir_receive_limits& limits) {
  sfu::Participant* participant = impl_->core.sfu.participants().find(id);
  if (participant == nullptr) return WEIR_ERR_NOT_FOUND;
  participant->receive_limits = {.max_video = limits.max_video, .max_bitrate = limits.max_bitrate};
  return impl_->done(now, WEIR_OK);
}

Result<std::vector<weir_track_layer>> Engine::track_layers(Time now, Id id) {
  sfu::Track* track = impl_->core.sfu.tracks().find(id);
  if (track == nullptr) return Error{.status = WEIR_ERR_NOT_FOUND, .reason = "no such track", .line = 0};
  std::vector<weir_track_layer> layers;
  if (track->kind != MediaKind::video) return layers;
  for (const sfu::Encoding& encoding : track->encodings) {
    for (std::uint8_t spatial = 0; spatial < sfu::kSpatialLayers; ++spatial) {
      for (std::uint8_t temporal = 0; temporal < sfu::kTemporalLayers; ++temporal) {
        if (!encoding.meter.active(now, spatial, temporal)) continue;
        const sfu::LayerMeter::Measured measured = encoding.meter.measure(now, spatial, temporal);
        weir_track_layer& layer = layers.emplace_back();
        layer.encoding = encoding.index;
        layer.spatial = spatial;
        layer.temporal = temporal;
        layer.active = 1;
        layer.wanted = 1;
        layer.width = measured.width;
        layer.height = measured.height;
        layer.milli_fps = measured.milli_fps;
        layer.bitrate = measured.bitrate;
        copy_text(layer.rid, encoding.rid);
      }
    }
  }
  return layers;
}

}  // namespace weir::engine
