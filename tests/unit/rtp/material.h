// What the tests of rtp/ share: bytes from hexadecimal text, packets made by hand, and readers of capture
// files.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "rtp/packet.h"

namespace weir::test {

using Buffer = std::vector<std::uint8_t>;

/// Digits; blanks between bytes are skipped.
inline Buffer hex(std::string_view text) {
  Buffer bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) throw std::invalid_argument("not a hexadecimal digit");
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<std::uint8_t>(high * 16 + digit));
      high = -1;
    }
  }
  if (high >= 0) throw std::invalid_argument("half a byte");
  return bytes;
}

inline Buffer rtp_packet(const rtp::Header& header, Bytes payload) {
  Buffer bytes(rtp::kFixedHeaderSize);
  rtp::HeaderWriter{header}.write(bytes);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

/// Datagram payloads of a little-endian pcap file of IPv4 UDP over Ethernet.
inline std::vector<Buffer> pcap_payloads(Bytes file) {
  const auto little32 = [&](std::size_t at) {
    return std::uint32_t{file[at]} | (std::uint32_t{file[at + 1]} << 8) |
           (std::uint32_t{file[at + 2]} << 16) | (std::uint32_t{file[at + 3]} << 24);
  };
  std::vector<Buffer> payloads;
  std::size_t at = 24;
  while (at + 16 <= file.size()) {
    const std::size_t captured = little32(at + 8);
    at += 16;
    if (captured > file.size() - at) throw std::runtime_error("cut capture");
    const Bytes frame = file.subspan(at, captured);
    at += captured;
    const std::size_t ip = 14;
    const std::size_t udp = ip + std::size_t{4} * (frame[ip] & 0x0fU);
    const std::size_t size = load_u16(&frame[udp + 4]);
    const Bytes payload = frame.subspan(udp + 8, size - 8);
    payloads.emplace_back(payload.begin(), payload.end());
  }
  return payloads;
}

/// Packets of an rtpdump file (rtptools): a line of text, 16 bytes, then |length|RTP length|offset in ms|
/// packet.
inline std::vector<Buffer> rtpdump_payloads(Bytes file) {
  std::vector<Buffer> payloads;
  std::size_t at = as_text(file).find('\n') + 1 + 16;
  while (at + 8 <= file.size()) {
    const std::size_t length = load_u16(&file[at]);
    const std::size_t rtp_length = load_u16(&file[at + 2]);
    if (length < 8 || length > file.size() - at) throw std::runtime_error("cut dump");
    const Bytes packet = file.subspan(at + 8, length - 8);
    if (rtp_length != 0) payloads.emplace_back(packet.begin(), packet.end());
    at += length;
  }
  return payloads;
}

}  // namespace weir::test
