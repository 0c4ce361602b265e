#include "load/clear_header.h"

namespace weir::load {
namespace {

constexpr std::size_t kFixed = 12;
constexpr std::uint8_t kVersionMask = 0xc0;
constexpr std::uint8_t kVersion = 0x80;
constexpr std::uint8_t kExtensionBit = 0x10;

/// Either form of RFC 8285 section 4.2 and 4.3.
std::optional<std::uint16_t> find_u16(Bytes elements, bool two_bytes, std::uint8_t wanted) {
  ByteReader in{elements};
  while (in.remaining() > 0) {
    const std::uint8_t first = in.u8();
    if (first == 0) continue;  // padding
    const std::uint8_t id = two_bytes ? first : first >> 4;
    if (!two_bytes && id == 15) break;  // no more elements
    const std::size_t size = two_bytes ? in.u8() : (first & 0x0fU) + 1U;
    const Bytes data = in.bytes(size);
    if (!in.ok()) break;
    if (id == wanted && data.size() == 2) return load_u16(data.data());
  }
  return std::nullopt;
}

}  // namespace

std::optional<ClearHeader> read_clear_header(Bytes packet, std::uint8_t transport_cc) {
  if (packet.size() < kFixed || (packet[0] & kVersionMask) != kVersion) return std::nullopt;
  ClearHeader header;
  header.payload_type = packet[1] & 0x7f;
  header.sequence = load_u16(&packet[2]);
  header.timestamp = load_u32(&packet[4]);
  header.ssrc = load_u32(&packet[8]);
  ByteReader in{packet.subspan(kFixed)};
  in.skip(std::size_t{4} * (packet[0] & 0x0f));
  if ((packet[0] & kExtensionBit) != 0) {
    const std::uint16_t profile = in.u16();
    const Bytes elements = in.bytes(std::size_t{4} * in.u16());
    const bool two_bytes = (profile & 0xfff0) == 0x1000;
    if (in.ok() && transport_cc != 0 && (two_bytes || profile == 0xbede)) {
      header.transport_sequence = find_u16(elements, two_bytes, transport_cc);
    }
  }
  if (!in.ok()) return std::nullopt;
  return header;
}

}  // namespace weir::load
