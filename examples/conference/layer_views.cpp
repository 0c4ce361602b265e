#include "layer_views.h"

namespace conference {

LayerView layer_of(const weir_subscription_info& info) {
  return {info.mid, info.layer_reason, info.encoding, info.spatial, info.temporal, info.width, info.height};
}

LayerView layer_of_event(std::uint64_t value) {
  const auto bits = [&](unsigned from, unsigned count) {
    return static_cast<std::uint32_t>(value >> from & ((1ULL << count) - 1));
  };
  const auto number = [&](unsigned from) { return static_cast<std::int32_t>(bits(from, 8)); };
  return {{}, number(0), number(8) - 1, number(16), number(24), bits(32, 16), bits(48, 16)};
}

std::uint64_t wanted_layers(const std::vector<weir_track_layer>& layers) {
  std::uint64_t mask = ~0ULL;
  for (const weir_track_layer& layer : layers) {
    if (layer.wanted == 0 && layer.encoding < 8 && layer.spatial < 8) {
      mask &= ~(1ULL << (8 * layer.encoding + layer.spatial));
    }
  }
  return mask;
}

}  // namespace conference
