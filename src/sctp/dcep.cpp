// DATA_CHANNEL_OPEN (RFC 8832 section 5.1) and DATA_CHANNEL_ACK (section 5.2):
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |  Type = 0x03  |  Channel Type |            Priority           |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                    Reliability Parameter                      |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |         Label Length          |       Protocol Length         |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                     Label, then Protocol                      |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// Channel Type: 0x00 reliable, 0x01 limited retransmissions, 0x02 limited lifetime; with 0x80 unordered.
// The answer is one byte, 0x02.
#include "sctp/dcep.h"

namespace weir::sctp {
namespace {

constexpr std::uint8_t kAck = 0x02;
constexpr std::uint8_t kOpen = 0x03;
constexpr std::uint8_t kUnordered = 0x80;
constexpr std::uint8_t kLastType = 0x02;
constexpr std::size_t kHeader = 12;

}  // namespace

std::optional<Open> parse_open(Bytes message) {
  ByteReader in{message};
  if (in.u8() != kOpen) return std::nullopt;
  Open open;
  const std::uint8_t type = in.u8();
  open.priority = in.u16();
  const std::uint32_t value = in.u32();
  const std::size_t label_size = in.u16();
  const std::size_t protocol_size = in.u16();
  open.label = as_text(in.bytes(label_size));
  open.protocol = as_text(in.bytes(protocol_size));
  const auto kind = static_cast<std::uint8_t>(type & ~kUnordered);
  if (!in.ok() || kind > kLastType) return std::nullopt;
  open.reliability = {.kind = static_cast<Reliability::Kind>(kind),
                      .value = kind == 0 ? 0 : value,
                      .ordered = (type & kUnordered) == 0};
  return open;
}

bool is_ack(Bytes message) {
  return !message.empty() && message[0] == kAck;
}

std::vector<std::uint8_t> write_open(const Open& open) {
  std::vector<std::uint8_t> message(kHeader + open.label.size() + open.protocol.size());
  ByteWriter out{message};
  out.u8(kOpen);
  out.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(open.reliability.kind) |
                                   (open.reliability.ordered ? 0 : kUnordered)));
  out.u16(open.priority);
  out.u32(open.reliability.value);
  out.u16(static_cast<std::uint16_t>(open.label.size()));
  out.u16(static_cast<std::uint16_t>(open.protocol.size()));
  out.bytes(as_bytes(open.label));
  out.bytes(as_bytes(open.protocol));
  return message;
}

std::vector<std::uint8_t> write_ack() {
  return {kAck};
}

}  // namespace weir::sctp
