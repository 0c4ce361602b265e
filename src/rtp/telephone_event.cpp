#include "rtp/telephone_event.h"

#include <algorithm>

namespace weir::rtp {

std::optional<TelephoneEvent> parse_telephone_event(Bytes payload) {
  ByteReader reader{payload};
  TelephoneEvent event;
  event.event = reader.u8();
  const std::uint8_t flags = reader.u8();
  event.end = (flags & 0x80) != 0;
  event.volume = flags & 0x3f;
  event.duration = reader.u16();
  if (!reader.ok()) return std::nullopt;
  return event;
}

void write_telephone_event(ByteWriter& out, const TelephoneEvent& event) {
  out.u8(event.event);
  out.u8(static_cast<std::uint8_t>((event.end ? 0x80 : 0) | std::min<std::uint8_t>(event.volume, 63)));
  out.u16(event.duration);
}

}  // namespace weir::rtp
