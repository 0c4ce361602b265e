#include "abr/utility.h"

#include <algorithm>

namespace weir::abr {

namespace {

constexpr std::int64_t kUnit = 1'000'000;
constexpr std::uint32_t kFluent = 30'000;  // more than 30 pictures a second count as 30

/// (1 + k) x / (k + x): 0 at 0, 1 at 1, and flatter the further up, as judged quality is over resolution and
/// frame rate (the Q-STAR model of Ou, Xue and Wang 2014 has exponentials of this shape). Exact in integers.
std::int64_t saturate(std::int64_t x, std::int64_t k) {
  return (kUnit + k) * x / (k + x);
}

/// part / whole in millionths, at most one. A whole of 0 is not known, and then all are alike.
std::int64_t share(std::uint64_t part, std::uint64_t whole) {
  if (part >= whole) return kUnit;
  return static_cast<std::int64_t>(part * static_cast<std::uint64_t>(kUnit) / whole);
}

}  // namespace

Reference reference_of(const Subscription& subscription, std::span<const Layer> layers) {
  Reference sent;
  for (const Layer& layer : layers) {
    if (layer.bitrate == 0) continue;
    sent.width = std::max(sent.width, layer.width);
    sent.height = std::max(sent.height, layer.height);
    sent.milli_fps = std::max(sent.milli_fps, std::min(layer.milli_fps, kFluent));
  }
  if (subscription.max_width > 0) sent.width = subscription.max_width;
  if (subscription.max_height > 0) sent.height = subscription.max_height;
  return sent;
}

bool covers(const Reference& reference, const Layer& layer) {
  return layer.width >= reference.width || layer.height >= reference.height;
}

std::int64_t utility_of(const Subscription& subscription, const Reference& reference, const Layer& layer) {
  if (layer.bitrate == 0) return 0;
  // A picture fits into its tile by the tighter side, so the side that comes nearest to the tile's says how
  // much it would have to be enlarged.
  const std::int64_t side =
      std::max(share(layer.width, reference.width), share(layer.height, reference.height));
  const std::int64_t resolution = saturate(side * side / kUnit, kUnit / 4);
  const std::int64_t fluency = saturate(share(layer.milli_fps, reference.milli_fps), kUnit / 5);
  const std::int64_t quality = layer.quality == 0 ? 1000 : std::min<std::int64_t>(layer.quality, 1000);
  const std::int64_t picture = resolution * fluency / kUnit * quality / 1000;
  return subscription.weight * std::max<std::int64_t>(picture * kFullUtility / kUnit, 1);
}

}  // namespace weir::abr
