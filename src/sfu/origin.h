// Where packets come from: one encoding of a track.
#pragma once

#include <cstdint>

#include "base/slots.h"

namespace weir::sfu {

struct Origin {
  Id track;
  std::uint8_t encoding = 0;
  bool operator==(const Origin&) const = default;
};

}  // namespace weir::sfu
