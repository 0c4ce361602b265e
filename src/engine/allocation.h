// Which layer each video subscription of one receiver gets: what the receiver wants and what the tracks offer
// becomes the input of abr::Allocator, and its answer becomes targets with reasons. docs/allocation.md says
// what is maximised and what keeps it calm.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "abr/allocator.h"
#include "base/slots.h"
#include "base/time.h"
#include "sfu/layer_memory.h"
#include "sfu/offer.h"
#include "sfu/wants.h"

namespace weir::engine {

/// A video subscription with a source.
struct LayerCandidate {
  Id subscription;
  Id track;
  bool screen = false;
  std::uint64_t min_bitrate = 0;  ///< Its sender follows the receiver, down to this; 0: it does not.
  const sfu::Wants* wants = nullptr;
  std::span<const sfu::OfferedLayer> layers;
  std::size_t discoveries = 0;         ///< Rises when a layer of the track becomes known.
  sfu::LayerMemory* memory = nullptr;  ///< The decision of before; the new one is written here.
};

struct LayerBudget {
  std::optional<std::uint64_t> bitrate;  ///< Nothing: no limit.
  std::uint32_t max_video = 0;           ///< 0: any number.
};

class LayerAllocation {
 public:
  static constexpr Duration kHold = std::chrono::seconds{5};
  static constexpr Duration kLongestHold = std::chrono::seconds{60};
  /// A rise that has to be taken back this soon has failed; one that lasts longer has succeeded.
  static constexpr Duration kTrial = std::chrono::seconds{30};

  /// Answers what all of them would take if the budget had no end, bit/s.
  std::uint64_t decide(Time now, const LayerBudget& budget, std::span<const LayerCandidate> candidates);

 private:
  struct Added {
    std::uint32_t first = 0;  // of its layers in kept_
    std::uint32_t count = 0;
    std::uint64_t useful = 0;   // bit/s of the best that is wanted
    bool beyond_wants = false;  // layers above what the receiver wants were left out
    bool spared = false;  // it need not wait: its source, what is wanted or what can be had of it is new
  };

  void prepare(std::size_t candidates);
  void add(Time now, const LayerCandidate& candidate);
  void keep(const LayerCandidate& candidate, Added& added);
  void take(Time now, const LayerCandidate& candidate, const Added& added, const abr::Decision& decision);

  std::optional<abr::Allocator> allocator_;
  std::uint32_t capacity_ = 0;
  std::vector<Added> added_;
  std::vector<std::uint32_t> kept_;  // indices into the layers of a candidate
  std::vector<abr::Layer> layers_;
};

}  // namespace weir::engine
