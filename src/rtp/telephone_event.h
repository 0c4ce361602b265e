// Keys of a telephone and other events (RFC 4733 section 2.3).
//
//   | event (8) |E|R| volume (6) | duration (16) |
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace weir::rtp {

struct TelephoneEvent {
  static constexpr std::size_t kSize = 4;
  std::uint8_t event = 0;      // 0 to 9, 10 *, 11 #, 12 to 15 A to D (section 3.2)
  bool end = false;            // E
  std::uint8_t volume = 0;     // -dBm0, 0 to 63
  std::uint16_t duration = 0;  // in timestamp units, from the packet's timestamp on
  bool operator==(const TelephoneEvent&) const = default;
};

/// Nothing when the payload is too short. What follows the first event is not read: packets with several
/// report on times that have passed (section 2.5.2.3).
std::optional<TelephoneEvent> parse_telephone_event(Bytes payload);
void write_telephone_event(ByteWriter& out, const TelephoneEvent& event);

/// The key of an event, 0 when it is no key.
constexpr char key_of(std::uint8_t event) {
  constexpr char kKeys[] = "0123456789*#ABCD";
  return event < sizeof kKeys - 1 ? kKeys[event] : '\0';
}

}  // namespace weir::rtp
