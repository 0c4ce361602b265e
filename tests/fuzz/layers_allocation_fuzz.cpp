// Any bytes as a video layers allocation: at most 16 layers, each within its limits.
#include <cstdint>
#include <cstdlib>

#include "rtp/layers_allocation.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto allocation = weir::rtp::parse_layers_allocation({data, size});
  if (!allocation) return 0;
  require(allocation->layers().size() <= 16 && allocation->streams <= weir::rtp::kMaxAllocatedStreams);
  for (const auto& layer : allocation->layers()) {
    require(layer.stream < allocation->streams && layer.spatial < weir::rtp::kMaxAllocatedSpatial);
    require(layer.temporal_layers >= 1 && layer.temporal_layers <= weir::rtp::kMaxAllocatedTemporal);
    require((layer.size.width != 0) == allocation->sized);
  }
  return 0;
}
