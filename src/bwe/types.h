// Words that the parts of the bandwidth estimator share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace weir::bwe {

/// Bits per second. Floating, because every formula here multiplies by ratios.
using Rate = double;

constexpr double seconds(Duration d) {
  return static_cast<double>(d.count()) * 1e-6;
}
constexpr double milliseconds(Duration d) {
  return static_cast<double>(d.count()) * 1e-3;
}
constexpr Duration from_ms(double ms) {
  return Duration{static_cast<std::int64_t>(ms * 1e3)};
}
/// How long `bytes` take at `rate`; rate > 0.
constexpr Duration time_to_send(std::size_t bytes, Rate rate) {
  return Duration{static_cast<std::int64_t>(static_cast<double>(bytes) * 8e6 / rate)};
}

/// In the order in which the pacer lets them go.
enum class PacketKind : std::uint8_t { audio, retransmission, video, padding };

/// One packet as it left.
struct SentPacket {
  std::uint16_t sequence = 0;  // transport-wide
  Time at;
  std::uint32_t size = 0;  // bytes on the wire
  PacketKind kind = PacketKind::video;
  std::uint32_t probe = 0;  // cluster it belongs to; 0: none
  // What RFC 8888 calls the packet. 0: its SSRC reports by transport-wide numbers alone.
  std::uint32_t ssrc = 0;
  std::uint16_t rtp_sequence = 0;
};

/// One packet's fate as a report tells it that names SSRCs and RTP sequence numbers (RFC 8888).
struct RtpArrival {
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;
  std::optional<Duration> arrival;  // on the receiver's clock, modulo 2^16 s; nothing: not received
};

/// What became of a sent packet, told once or, when a lost one comes after all, twice.
struct PacketResult {
  Time sent;
  std::optional<Time> received;  // on the receiver's clock; nothing: lost
  std::uint32_t size = 0;
  std::uint32_t probe = 0;
  bool recovered = false;  // had been told as lost
};

/// A burst to send at `rate` so that the path shows what it can carry.
struct ProbeCluster {
  std::uint32_t id = 0;
  Rate rate = 0;
  std::uint32_t bytes = 0;
  std::uint32_t packets = 0;
};

}  // namespace weir::bwe
