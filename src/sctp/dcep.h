// Data Channel Establishment Protocol (RFC 8832), and the payload protocol identifiers of RFC 8831 section 8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "sctp/association.h"

namespace weir::sctp {

namespace ppid {
inline constexpr std::uint32_t kDcep = 50;
inline constexpr std::uint32_t kString = 51;
inline constexpr std::uint32_t kBinary = 53;
// An SCTP message cannot be empty: one byte stands for nothing (RFC 8831 section 6.6).
inline constexpr std::uint32_t kStringEmpty = 56;
inline constexpr std::uint32_t kBinaryEmpty = 57;
}  // namespace ppid

struct Open {
  Reliability reliability;
  std::uint16_t priority = 256;  // normal (RFC 8831 section 6.4)
  std::string label;
  std::string protocol;
};

/// DATA_CHANNEL_OPEN; nothing when it is none, is cut short, or has a channel type of no RFC.
std::optional<Open> parse_open(Bytes message);
bool is_ack(Bytes message);

/// Label and protocol have at most 65535 bytes each.
std::vector<std::uint8_t> write_open(const Open& open);
std::vector<std::uint8_t> write_ack();

}  // namespace weir::sctp
