#include "rtp/congestion_feedback.h"

#include <algorithm>

namespace weir::rtp {
namespace {

constexpr std::size_t kHead = 8;       // RTCP header and the sender's SSRC
constexpr std::size_t kBlockHead = 8;  // SSRC, begin_seq, num_reports
constexpr std::size_t kTimestamp = 4;
constexpr std::size_t kMaxPacket = 0x10000 * 4;
constexpr std::uint16_t kReceived = 0x8000;
constexpr std::uint16_t kOffset = 0x1fff;
constexpr std::uint16_t kTooOld = 0x1ffe;       // 8189/1024 s ago or more
constexpr std::uint16_t kUnavailable = 0x1fff;  // came after the report's timestamp

constexpr std::size_t padded_reports(std::size_t count) {
  return (count + 1) / 2 * 4;
}

CongestionArrival read_report(std::uint16_t sequence, std::uint16_t bits) {
  CongestionArrival arrival;
  arrival.sequence = sequence;
  arrival.received = (bits & kReceived) != 0;
  // Section 3.1: without R the other fields mean nothing.
  if (!arrival.received) return arrival;
  arrival.ecn = static_cast<Ecn>((bits >> 13) & 3);
  const std::uint16_t offset = bits & kOffset;
  if (offset < kTooOld) arrival.age = Duration{offset * std::int64_t{1'000'000} / 1024};
  return arrival;
}

std::uint16_t write_report(const CongestionArrival& arrival) {
  if (!arrival.received) return 0;
  std::uint16_t offset = kUnavailable;
  if (arrival.age) {
    const std::int64_t ticks = (std::max<std::int64_t>(to_us(*arrival.age), 0) * 1024 + 500'000) / 1'000'000;
    offset = static_cast<std::uint16_t>(std::min<std::int64_t>(ticks, kTooOld));
  }
  return static_cast<std::uint16_t>(kReceived | (static_cast<unsigned>(arrival.ecn) << 13) | offset);
}

}  // namespace

std::optional<std::vector<StreamArrivals>> parse_congestion_feedback(const CongestionFeedback& feedback) {
  std::vector<StreamArrivals> streams;
  ByteReader reader{feedback.blocks};
  while (reader.remaining() != 0) {
    StreamArrivals& stream = streams.emplace_back();
    stream.ssrc = reader.u32();
    const std::uint16_t begin = reader.u16();
    const std::size_t count = reader.u16();
    if (!reader.ok() || count > kMaxCongestionReports || padded_reports(count) > reader.remaining()) {
      return std::nullopt;
    }
    stream.packets.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
      stream.packets.push_back(read_report(static_cast<std::uint16_t>(begin + i), reader.u16()));
    if (count % 2 != 0) reader.u16();
  }
  return streams;
}

void write_congestion_feedback(ByteWriter& out, std::uint32_t sender_ssrc,
                               std::span<const StreamArrivals> streams, std::uint32_t report_timestamp) {
  std::size_t size = kHead + kTimestamp;
  bool good = true;
  for (const StreamArrivals& stream : streams) {
    size += kBlockHead + padded_reports(stream.packets.size());
    good = good && stream.packets.size() <= kMaxCongestionReports;
  }
  if (!good || size > kMaxPacket || size > out.remaining()) {
    out.zeros(out.remaining() + 1);  // fails, and writes nothing
    return;
  }
  out.u8(0x8b);  // version 2, format 11
  out.u8(205);
  out.u16(static_cast<std::uint16_t>(size / 4 - 1));
  out.u32(sender_ssrc);
  for (const StreamArrivals& stream : streams) {
    out.u32(stream.ssrc);
    out.u16(stream.packets.empty() ? std::uint16_t{0} : stream.packets.front().sequence);
    out.u16(static_cast<std::uint16_t>(stream.packets.size()));
    for (const CongestionArrival& arrival : stream.packets) out.u16(write_report(arrival));
    if (stream.packets.size() % 2 != 0) out.u16(0);
  }
  out.u32(report_timestamp);
}

}  // namespace weir::rtp
