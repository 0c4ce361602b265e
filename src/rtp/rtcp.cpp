#include "rtp/rtcp.h"

#include <algorithm>

namespace weir::rtp {
namespace {

// Packet types (RFC 3550 section 12.1, RFC 4585 section 6.1).
constexpr std::uint8_t kSenderReport = 200;
constexpr std::uint8_t kReceiverReport = 201;
constexpr std::uint8_t kSourceDescription = 202;
constexpr std::uint8_t kBye = 203;
constexpr std::uint8_t kTransportFeedback = 205;
constexpr std::uint8_t kPayloadFeedback = 206;
constexpr std::uint8_t kExtendedReport = 207;  // RFC 3611 section 2
// Feedback message types.
constexpr std::uint8_t kFormatNack = 1;
constexpr std::uint8_t kFormatCongestion = 11;
constexpr std::uint8_t kFormatTransportWide = 15;
constexpr std::uint8_t kFormatPli = 1;
constexpr std::uint8_t kFormatFir = 4;
constexpr std::uint8_t kFormatApplication = 15;
constexpr std::uint32_t kRembName = 0x52454d42;  // "REMB"

constexpr std::size_t kTransportWideHead = 8;

/// Chunks of SSRC and items; items end with a zero byte and the chunk is filled up to 32 bits (RFC 3550
/// section 6.5).
bool well_formed_chunks(Bytes body, std::uint8_t count) {
  ByteReader reader{body};
  for (std::uint8_t i = 0; i < count; ++i) {
    const std::size_t chunk = reader.remaining();
    reader.u32();
    while (reader.ok() && reader.u8() != 0) reader.skip(reader.u8());
    const std::size_t used = chunk - reader.remaining();
    reader.skip((4 - used % 4) % 4);
    if (!reader.ok()) return false;
  }
  return true;
}

std::optional<RtcpPacket> parse_sender_report(Bytes body, std::uint8_t count) {
  ByteReader reader{body};
  SenderReport report;
  report.ssrc = reader.u32();
  report.ntp.value = reader.u64();
  report.rtp_timestamp = reader.u32();
  report.packet_count = reader.u32();
  report.octet_count = reader.u32();
  report.blocks = ReportBlocks{reader.bytes(count * ReportBlock::kSize)};
  if (!reader.ok()) return std::nullopt;
  return report;
}

std::optional<RtcpPacket> parse_receiver_report(Bytes body, std::uint8_t count) {
  ByteReader reader{body};
  ReceiverReport report;
  report.ssrc = reader.u32();
  report.blocks = ReportBlocks{reader.bytes(count * ReportBlock::kSize)};
  if (!reader.ok()) return std::nullopt;
  return report;
}

/// SSRCs, then optionally the length of a reason and the reason (RFC 3550 section 6.6).
std::optional<RtcpPacket> parse_bye(Bytes body, std::uint8_t count) {
  ByteReader reader{body};
  const Bye bye{reader.bytes(std::size_t{4} * count)};
  if (reader.remaining() != 0) reader.skip(reader.u8());
  if (!reader.ok()) return std::nullopt;
  return bye;
}

/// Has no media SSRC in its head; each block names its own, and the timestamp comes last (RFC 8888 section
/// 3.1).
std::optional<RtcpPacket> parse_congestion(Bytes body) {
  if (body.size() < 8) return std::nullopt;
  const Bytes timestamp = body.last(4);
  return CongestionFeedback{load_u32(body.data()), load_u32(timestamp.data()),
                            body.subspan(4, body.size() - 8)};
}

std::optional<RtcpPacket> parse_transport_layer(Bytes body, std::uint8_t format) {
  if (format == kFormatCongestion) return parse_congestion(body);
  ByteReader reader{body};
  const std::uint32_t sender = reader.u32();
  const std::uint32_t media = reader.u32();
  if (!reader.ok()) return std::nullopt;
  const Bytes fci = reader.bytes(reader.remaining());
  switch (format) {
    case kFormatNack:
      if (fci.empty() || fci.size() % 4 != 0) return std::nullopt;
      return Nack{sender, media, fci};
    case kFormatTransportWide:
      if (fci.size() < kTransportWideHead) return std::nullopt;
      return TransportFeedback{sender, media, fci};
    default:
      return OtherRtcp{kTransportFeedback, format};
  }
}

/// |  "REMB"  | Num SSRC (8) | exponent (6) | mantissa (18) |  SSRCs
std::optional<RtcpPacket> parse_application(std::uint32_t sender, Bytes fci) {
  if (fci.size() < 4 || load_u32(fci.data()) != kRembName) {
    return OtherRtcp{kPayloadFeedback, kFormatApplication};
  }
  ByteReader reader{fci.subspan(4)};
  const std::size_t count = reader.u8();
  const std::uint32_t rate = reader.u24();
  const std::uint32_t exponent = rate >> 18;
  const std::uint64_t mantissa = rate & 0x3ffffU;
  const Bytes ssrcs = reader.bytes(count * 4);
  if (!reader.ok() || reader.remaining() != 0) return std::nullopt;
  const std::uint64_t bitrate = mantissa << exponent;
  if ((bitrate >> exponent) != mantissa) return std::nullopt;
  return Remb{sender, bitrate, ssrcs};
}

std::optional<RtcpPacket> parse_payload_specific(Bytes body, std::uint8_t format) {
  ByteReader reader{body};
  const std::uint32_t sender = reader.u32();
  const std::uint32_t media = reader.u32();
  if (!reader.ok()) return std::nullopt;
  const Bytes fci = reader.bytes(reader.remaining());
  switch (format) {
    case kFormatPli:
      return Pli{sender, media};
    case kFormatFir:
      if (fci.empty() || fci.size() % 8 != 0) return std::nullopt;
      return Fir{sender, fci};
    case kFormatApplication:
      return parse_application(sender, fci);
    default:
      return OtherRtcp{kPayloadFeedback, format};
  }
}

/// Blocks fill the packet, and each holds what it announces.
std::optional<RtcpPacket> parse_extended_report(Bytes body) {
  ByteReader reader{body};
  ExtendedReport report;
  report.ssrc = reader.u32();
  if (!reader.ok()) return std::nullopt;
  report.blocks = body.subspan(4);
  while (reader.ok() && reader.remaining() != 0) {
    const std::uint8_t type = reader.u8();
    reader.u8();
    const std::size_t size = std::size_t{reader.u16()} * 4;
    if (type == ExtendedReport::kReferenceTime && size != 8) return std::nullopt;
    if (type == ExtendedReport::kAnswers && size % ReferenceAnswer::kSize != 0) return std::nullopt;
    reader.skip(size);
  }
  if (!reader.ok()) return std::nullopt;
  return report;
}

std::optional<RtcpPacket> parse_body(std::uint8_t type, std::uint8_t count, Bytes body) {
  switch (type) {
    case kSenderReport:
      return parse_sender_report(body, count);
    case kReceiverReport:
      return parse_receiver_report(body, count);
    case kSourceDescription:
      if (!well_formed_chunks(body, count)) return std::nullopt;
      return SourceDescription{body};
    case kBye:
      return parse_bye(body, count);
    case kTransportFeedback:
      return parse_transport_layer(body, count);
    case kPayloadFeedback:
      return parse_payload_specific(body, count);
    case kExtendedReport:
      return parse_extended_report(body);
    default:
      return OtherRtcp{type, count};
  }
}

}  // namespace

ReportBlock ReportBlocks::operator[](std::size_t i) const {
  const std::uint8_t* p = &bytes_[i * ReportBlock::kSize];
  ReportBlock block;
  block.ssrc = load_u32(p);
  block.fraction_lost = p[4];
  // 24 bits, sign-extended.
  block.cumulative_lost = static_cast<std::int32_t>(load_u24(p + 5) << 8) >> 8;
  block.highest_sequence = load_u32(p + 8);
  block.jitter = load_u32(p + 12);
  block.last_sr = load_u32(p + 16);
  block.delay_since_last_sr = load_u32(p + 20);
  return block;
}

std::optional<NtpTime> ExtendedReport::reference() const {
  std::optional<NtpTime> found;
  for_each_block([&](std::uint8_t type, Bytes body) {
    if (type == kReferenceTime && !found) found = NtpTime{load_u64(body.data())};
  });
  return found;
}

std::optional<RtcpPacket> RtcpReader::next() {
  if (rest_.empty()) return std::nullopt;
  const auto fail = [this]() -> std::optional<RtcpPacket> {
    malformed_ = true;
    rest_ = {};
    return std::nullopt;
  };
  if (rest_.size() < 4 || (rest_[0] & 0xc0) != 0x80) return fail();
  const std::size_t size = (std::size_t{load_u16(&rest_[2])} + 1) * 4;
  if (size > rest_.size()) return fail();
  Bytes body = rest_.subspan(4, size - 4);
  if ((rest_[0] & 0x20) != 0) {
    // RFC 3550 section 6.4.1 asks for a multiple of four; browsers fill transport-wide feedback with one to
    // three bytes.
    if (body.empty() || body.back() == 0 || body.back() > body.size()) return fail();
    body = body.first(body.size() - body.back());
  }
  std::optional<RtcpPacket> packet = parse_body(rest_[1], rest_[0] & 0x1f, body);
  if (!packet) return fail();
  rest_ = rest_.subspan(size);
  return packet;
}

}  // namespace weir::rtp
