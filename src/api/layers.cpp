// weir/layers.h
#include "weir/layers.h"

#include <cstring>
#include <vector>

#include "api/boundary.h"
#include "api/handle.h"

using weir::Id;
using weir::Result;
using weir::Time;
using weir::engine::Engine;
namespace api = weir::api;

namespace {

constexpr std::uint32_t kMaxPriority = 10'000;
constexpr std::uint32_t kMaxPixels = 65'535;

weir_wants default_wants() {
  weir_wants wants{};
  wants.priority = 1;
  wants.visible = 1;
  wants.max_spatial = WEIR_LAYER_ANY;
  wants.max_temporal = WEIR_LAYER_ANY;
  return wants;
}

bool is_valid(const weir_wants& w) {
  return w.priority >= 1 && w.priority <= kMaxPriority && w.max_width <= kMaxPixels &&
         w.max_height <= kMaxPixels && w.pinned <= 1 && w.visible <= 1 && w.max_spatial <= WEIR_LAYER_ANY &&
         w.min_spatial <= w.max_spatial && w.max_temporal <= WEIR_LAYER_ANY;
}

}  // namespace

weir_status weir_wants_init(weir_wants* wants, size_t size) {
  return api::init_struct(wants, size, default_wants());
}

weir_status weir_subscription_set_wants(weir_node* node, weir_subscription subscription,
                                        const weir_wants* wants) {
  if (node == nullptr || wants == nullptr) return WEIR_ERR_INVALID;
  weir_wants complete = default_wants();
  if (const weir_status status = api::take_struct(wants, complete); status != WEIR_OK) return status;
  if (!is_valid(complete)) return WEIR_ERR_INVALID;
  return api::guarded([&] {
    return node->io->call(Id{subscription}, [&](Engine& engine, Time now) {
      return engine.set_wants(now, Id{subscription}, complete);
    });
  });
}

weir_status weir_receive_limits_init(weir_receive_limits* limits, size_t size) {
  return api::init_struct(limits, size, weir_receive_limits{});
}

weir_status weir_participant_set_receive_limits(weir_node* node, weir_participant participant,
                                                const weir_receive_limits* limits) {
  if (node == nullptr) return WEIR_ERR_INVALID;
  weir_receive_limits complete{};
  if (const weir_status status = api::take_struct(limits, complete); status != WEIR_OK) return status;
  return api::guarded([&] {
    return node->io->call(Id{participant}, [&](Engine& engine, Time now) {
      return engine.set_receive_limits(now, Id{participant}, complete);
    });
  });
}

weir_status weir_track_layers(weir_node* node, weir_track track, weir_track_layer* out, size_t capacity,
                              size_t* count) {
  if (node == nullptr || count == nullptr || (out == nullptr && capacity > 0)) return WEIR_ERR_INVALID;
  using Layers = std::vector<weir_track_layer>;
  return api::guarded([&]() -> weir_status {
    const Result<Layers> layers = node->io->ask<Layers>(
        Id{track}, [&](Engine& engine, Time now) { return engine.track_layers(now, Id{track}); });
    if (!layers) return layers.error().status;
    *count = layers->size();
    if (layers->size() > capacity) return WEIR_ERR_BUFFER;
    if (!layers->empty()) std::memcpy(out, layers->data(), layers->size() * sizeof(weir_track_layer));
    return WEIR_OK;
  });
}
