// How often a packet is sent again. A receiver that asks faster than answers can arrive, or for ever, gets no
// more.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/time.h"

namespace weir::sfu {

class RepairLimiter {
 public:
  static constexpr std::uint8_t kMaxRepeats = 10;

  /// True when the packet may be sent again now; then it counts as sent.
  bool allow(Time now, std::uint16_t sequence, Duration round_trip) {
    if (slots_ == nullptr) slots_ = std::make_unique<Slots>();
    Slot& slot = (*slots_)[sequence % slots_->size()];
    if (!slot.used || slot.sequence != sequence) {
      slot = Slot{.sequence = sequence, .repeats = 1, .used = true, .last = now};
      return true;
    }
    // An answer is under way for about a round trip; ask again before and it would come twice.
    const Duration pause = round_trip / 2 > kMinPause ? round_trip / 2 : kMinPause;
    if (slot.repeats >= kMaxRepeats || now - slot.last < pause) return false;
    ++slot.repeats;
    slot.last = now;
    return true;
  }

 private:
  static constexpr Duration kMinPause = std::chrono::milliseconds{10};
  struct Slot {
    std::uint16_t sequence = 0;
    std::uint8_t repeats = 0;
    bool used = false;
    Time last{};
  };
  using Slots = std::array<Slot, 128>;
  std::unique_ptr<Slots> slots_;  // from the first repair on
};

}  // namespace weir::sfu
