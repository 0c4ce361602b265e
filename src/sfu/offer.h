// What a track offers: its layers, with what each one costs and shows.
//
// A layer that is sent is offered as it is measured. One that is not sent because the publisher was told that
// nobody wants it can be had for the asking, and is offered as it was measured last; when it does not come
// after it was asked back, it is gone. One that the publisher stopped by itself is not offered.
//
// What was measured last grows old: at a rate that nobody can take, the layer would never be asked for, nor
// measured, again. So when it was not sent for kRemember, it is offered ever more at what such a layer
// usually takes. Where that proves wrong, the next such trial waits twice as long.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/time.h"
#include "sfu/demand.h"
#include "sfu/layer.h"

namespace weir::sfu {

struct OfferedLayer {
  LayerId id;
  std::uint64_t bitrate = 0;  ///< With headers and all layers that it needs; bit/s.
  std::uint32_t width = 0;    ///< 0: not known.
  std::uint32_t height = 0;
  std::uint32_t milli_fps = 0;
  bool active = false;          ///< Sent now.
  std::uint32_t key_bytes = 0;  ///< A key picture up to this spatial layer; 0: not known.
  bool independent = false;  ///< From lower spatial layers but in key pictures: joined and left with those.
};

/// A layer as it is seen to arrive.
struct SeenLayer {
  LayerId id;
  std::uint64_t bitrate = 0;  ///< 0: not sent at present.
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t milli_fps = 0;
  std::uint32_t key_bytes = 0;
  bool independent = false;
};

class Offer {
 public:
  /// More layers than any browser sends are not looked at.
  static constexpr std::size_t kMaxLayers = 32;
  /// A layer that was asked back has so long to come.
  static constexpr Duration kReturn = std::chrono::seconds{3};
  /// The rate of what has begun says little for so long; what it was before, or a guess, counts as well.
  static constexpr Duration kSettling = std::chrono::milliseconds{1500};
  /// A lower rate counts in full after so long.
  static constexpr Duration kForget = std::chrono::seconds{5};
  /// What a layer took that is not sent is believed in full for so long, and not at all after as long again.
  static constexpr Duration kRemember = std::chrono::minutes{2};
  static constexpr Duration kRememberMost = std::chrono::minutes{64};
  /// The guess where the sender announced nothing, in bit/s for each pixel: what browsers give a camera, 0.6
  /// Mbit/s at 640x360 and 2.4 at 1280x720.
  static constexpr std::uint64_t kGuessNumerator = 13;
  static constexpr std::uint64_t kGuessDenominator = 5;

  /// A layer with the time since when it has been sent without a break.
  struct Known {
    OfferedLayer layer;
    Time since = kNever;
    bool measured = false;  ///< Its rate was more than a guess at least once.
    Time updated{};
    std::uint64_t announced = 0;  ///< Its rate as its sender told; 0: it told nothing.
    Duration remember = kRemember;
    std::uint64_t doubted = 0;  ///< What was measured before a trial that is going on; 0: none is.
  };

  /// What the sender tells of layers that it sends or could send. It stands in for a guess.
  void announce(std::span<const SeenLayer> told);
  void update(Time now, std::span<const SeenLayer> seen, const Demand& demand);
  void clear();

  /// What may be chosen from, in the order of the ids.
  std::span<const OfferedLayer> layers() const { return offered_; }
  /// Everything that ever came, in the order of the ids.
  std::span<const Known> known() const { return known_; }
  /// Rises when a layer comes that never was before, and when it is measured for the first time.
  std::size_t discoveries() const;
  /// Whether a layer came or went since this was asked last.
  bool take_changed() { return std::exchange(changed_, false); }

 private:
  Known* find_or_add(LayerId id);
  static std::uint64_t usual(const Known& known);
  static std::uint64_t remembered(Time now, const Known& known);
  static void begin(Time now, Known& known);
  static void settle(Known& known, std::uint64_t seen);
  void note(Time now, const SeenLayer& seen, const Demand& demand);
  bool silent(Time now, const Demand& demand) const;

  std::vector<Known> known_;
  std::vector<OfferedLayer> offered_;
  bool changed_ = false;
};

}  // namespace weir::sfu
