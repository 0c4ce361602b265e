#include "rtp/layers_allocation.h"

#include "rtp/leb128.h"

namespace weir::rtp {
namespace {

constexpr std::size_t kSizeBytes = 5;

/// The active spatial layers of each stream, as masks.
std::array<std::uint8_t, kMaxAllocatedStreams> read_masks(ByteReader& reader, std::uint8_t shared,
                                                          std::size_t streams) {
  std::array<std::uint8_t, kMaxAllocatedStreams> masks{};
  for (std::size_t i = 0; i < streams; ++i) masks[i] = shared;
  if (shared != 0) return masks;
  for (std::size_t i = 0; i < streams; i += 2) {
    const std::uint8_t pair = reader.u8();
    masks[i] = static_cast<std::uint8_t>(pair >> 4);
    if (i + 1 < streams) masks[i + 1] = pair & 0x0f;
  }
  return masks;
}

void read_temporal_layers(ByteReader& reader, LayersAllocation& allocation) {
  std::uint8_t byte = 0;
  for (std::size_t i = 0; i < allocation.layer_count; ++i) {
    if (i % 4 == 0) byte = reader.u8();
    allocation.layer[i].temporal_layers = static_cast<std::uint8_t>(((byte >> (6 - 2 * (i % 4))) & 3) + 1);
  }
}

bool read_bitrates(ByteReader& reader, AllocatedLayer& layer) {
  for (std::size_t t = 0; t < layer.temporal_layers; ++t) {
    const auto kbps = read_leb128(reader);
    if (!kbps) return false;
    layer.kbps[t] = *kbps;
  }
  return true;
}

bool read_size(ByteReader& reader, AllocatedLayer& layer) {
  const std::uint32_t width = reader.u16() + 1U;
  const std::uint32_t height = reader.u16() + 1U;
  layer.frame_rate = reader.u8();
  if (width > UINT16_MAX || height > UINT16_MAX) return false;
  layer.size = {static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height)};
  return true;
}

}  // namespace

std::optional<LayersAllocation> parse_layers_allocation(Bytes extension) {
  LayersAllocation allocation;
  ByteReader reader{extension};
  const std::uint8_t head = reader.u8();
  if (!reader.ok()) return std::nullopt;
  allocation.stream = static_cast<std::uint8_t>(head >> 6);
  allocation.streams = static_cast<std::uint8_t>(((head >> 4) & 3) + 1);
  // A single zero byte: nothing is sent.
  if (extension.size() == 1 && head == 0) return allocation;

  const auto masks = read_masks(reader, head & 0x0f, allocation.streams);
  for (std::uint8_t stream = 0; stream < allocation.streams; ++stream) {
    for (std::uint8_t spatial = 0; spatial < kMaxAllocatedSpatial; ++spatial) {
      if (((masks[stream] >> spatial) & 1) == 0) continue;
      AllocatedLayer& layer = allocation.layer[allocation.layer_count++];
      layer.stream = stream;
      layer.spatial = spatial;
    }
  }
  const std::span<AllocatedLayer> layers{allocation.layer.data(), allocation.layer_count};
  read_temporal_layers(reader, allocation);
  for (AllocatedLayer& layer : layers) {
    if (!read_bitrates(reader, layer)) return std::nullopt;
  }
  if (!reader.ok()) return std::nullopt;
  if (reader.remaining() == 0) return allocation;
  if (reader.remaining() != kSizeBytes * layers.size()) return std::nullopt;
  allocation.sized = true;
  for (AllocatedLayer& layer : layers) {
    if (!read_size(reader, layer)) return std::nullopt;
  }
  return allocation;
}

}  // namespace weir::rtp
