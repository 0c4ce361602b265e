// Which layer each video subscription of one receiver gets: what the receiver wants and what the tracks offer
// becomes the input of abr::Allocator, and its answer becomes targets with reasons. docs/allocation.md says
// what is maximised and what keeps it calm.
#pragma once

#include <algorithm>
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
  std::optional<std::uint64_t> bitrate;  ///< What the path is estimated to carry; nothing: any rate.
  std::optional<std::uint64_t> limit;    ///< What the host or the receiver allows at most.
  std::uint32_t max_video = 0;           ///< 0: any number.

  /// What may be spent; nothing: any rate.
  std::optional<std::uint64_t> least() const {
    return bitrate && limit ? std::min(bitrate, limit) : bitrate ? bitrate : limit;
  }
};

class LayerAllocation {
 public:
  static constexpr Duration kHold = std::chrono::seconds{5};
  static constexpr Duration kLongestHold = std::chrono::seconds{60};
  /// A rise that has to be taken back this soon has failed; one that lasts longer has succeeded.
  static constexpr Duration kTrial = std::chrono::seconds{30};
  /// Estimates undershoot when a link gets narrow: so long must they say that the smallest picture of
  /// somebody shown does not fit.
  static constexpr Duration kGrace = std::chrono::seconds{2};
  /// Who was paused for want of bandwidth stays so for at least this.
  static constexpr Duration kPause = std::chrono::seconds{2};
  /// A rise begins with a key picture, and the picture of before stands still while that one arrives.
  static constexpr Duration kLongestEntry = std::chrono::milliseconds{600};

  /// Answers what all of them would take if the budget had no end, bit/s.
  std::uint64_t decide(Time now, const LayerBudget& budget, std::span<const LayerCandidate> candidates);

 private:
  struct Added {
    std::uint32_t first = 0;  // of its layers in kept_
    std::uint32_t count = 0;
    std::uint64_t useful = 0;   // bit/s that the best that is wanted takes, its entry included
    bool slow = false;          // better layers were left out for the size of their key pictures
    bool beyond_wants = false;  // layers above what the receiver wants were left out
    bool spared = false;  // it need not wait: its source, what is wanted or what can be had of it is new
  };

  void prepare(std::size_t candidates);
  void add(Time now, const LayerCandidate& candidate);
  void keep(const LayerCandidate& candidate, Added& added);
  void leave_out_slow(const LayerCandidate& candidate, Added& added);
  std::uint64_t spendable(Time now, const LayerBudget& budget, std::span<const LayerCandidate> candidates);
  void take(Time now, const LayerCandidate& candidate, const Added& added, const abr::Decision& decision);

  std::optional<abr::Allocator> allocator_;
  std::uint64_t budget_ = 0;  // of the decision that is being made
  std::uint32_t capacity_ = 0;
  std::vector<Added> added_;
  std::vector<std::uint32_t> kept_;  // indices into the layers of a candidate
  std::vector<abr::Layer> layers_;
};

}  // namespace weir::engine
