// What was decided of a video subscription's layer, and what the next decision has to know of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/slots.h"
#include "base/time.h"
#include "sfu/layer.h"
#include "sfu/wants.h"

namespace weir::sfu {

struct LayerMemory {
  std::optional<LayerId> target;
  std::int32_t reason = WEIR_LAYER_UNDECIDED;
  std::uint64_t bitrate = 0;  ///< Of the target.
  std::uint32_t width = 0;
  std::uint32_t height = 0;

  std::uint64_t told = 0;  ///< Value of the last WEIR_EVENT_SUBSCRIPTION_LAYER.

  Id track;                     ///< That it was decided for.
  Wants wants;                  ///< Likewise.
  std::size_t discoveries = 0;  ///< What was known of the track then.
  Time changed{};
  std::uint64_t budget = 0;     ///< Of all that the receiver got at the last rise, bit/s.
  std::optional<Time> rose;     ///< The last rise that was not taken back.
  std::uint64_t rose_from = 0;  ///< What it took before; 0: it was not shown.
  Duration hold{};              ///< How long nothing rises after a change; 0: as usual.
  std::optional<Time>
      short_since;  ///< The estimate has not been enough for it and the others that are shown.
};

}  // namespace weir::sfu
