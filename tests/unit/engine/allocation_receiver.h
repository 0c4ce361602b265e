// A receiver whose layers are decided, for tests of the allocation.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "engine/allocation.h"

namespace weir::engine {

/// 180p, 360p, 720p, each with 7.5, 15 and 30 pictures a second.
inline std::vector<sfu::OfferedLayer> simulcast(std::uint64_t low = 150'000) {
  std::vector<sfu::OfferedLayer> layers;
  for (std::uint8_t encoding = 0; encoding < 3; ++encoding) {
    const std::uint64_t full = encoding == 0 ? low : encoding == 1 ? 500'000 : 1'700'000;
    for (std::uint8_t temporal = 0; temporal < 3; ++temporal) {
      const std::uint32_t height = 180U << encoding;
      layers.push_back({.id = {encoding, 0, temporal},
                        .bitrate = full * (4U + 3U * temporal) / 10,
                        .width = height * 16 / 9,
                        .height = height,
                        .milli_fps = 7'500U << temporal,
                        .active = true});
    }
  }
  return layers;
}

struct Receiver {
  struct Line {
    std::uint64_t id;
    std::uint64_t track;
    std::vector<sfu::OfferedLayer> layers;
    sfu::Wants wants;
    std::size_t discoveries = 18;
    bool screen = false;
    sfu::LayerMemory memory;
  };

  Line& add(std::vector<sfu::OfferedLayer> layers = simulcast(), sfu::Wants wants = {}) {
    const std::uint64_t id = lines.size() + 1;
    return lines.emplace_back(
        Line{.id = id, .track = 100 + id, .layers = std::move(layers), .wants = wants, .memory = {}});
  }
  void decide(std::optional<std::uint64_t> limit) { decide({.bitrate = std::nullopt, .limit = limit}); }
  void estimate(std::uint64_t bitrate) { decide({.bitrate = bitrate, .limit = std::nullopt}); }
  void decide(LayerBudget budget) {
    budget.max_video = max_video;
    std::vector<LayerCandidate> candidates;
    for (Line& line : lines) {
      candidates.push_back({.subscription = Id{line.id},
                            .track = Id{line.track},
                            .screen = line.screen,
                            .wants = &line.wants,
                            .layers = line.layers,
                            .discoveries = line.discoveries,
                            .memory = &line.memory});
    }
    wanted = allocation.decide(now, budget, candidates);
  }
  std::uint64_t used() const {
    std::uint64_t sum = 0;
    for (const Line& line : lines) sum += line.memory.bitrate;
    return sum;
  }

  Time now = time_from_us(1'000'000);
  std::deque<Line> lines;
  std::uint32_t max_video = 0;
  LayerAllocation allocation;
  std::uint64_t wanted = 0;
};

inline constexpr sfu::LayerId kTop{2, 0, 2};

}  // namespace weir::engine
