// RTP fixed header and header extension (RFC 3550 section 5.1, RFC 8285).
//
//   0                   1                   2                   3
//  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//  |                           timestamp                           |
//  |                             SSRC                              |
//  |                       CSRC 0 .. 15                            |
//  |  0xBEDE (one byte) or 0x100X (two bytes)  |  length in words  |   if X
//  |                     extension elements                        |
//  |                     payload, padding                          |
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace weir::rtp {

inline constexpr std::size_t kFixedHeaderSize = 12;

/// True when a datagram with RTP's first byte is RTCP: second byte 192 to 223 (RFC 5761 section 4).
bool is_rtcp(Bytes packet);

/// A parsed packet: views into the bytes it was parsed from.
class Packet {
 public:
  /// Nothing when the bytes are not a well-formed RTP packet (lengths, version, padding).
  static std::optional<Packet> parse(Bytes packet);

  bool marker() const { return (bytes_[1] & 0x80) != 0; }
  std::uint8_t payload_type() const { return bytes_[1] & 0x7f; }
  std::uint16_t sequence() const { return load_u16(&bytes_[2]); }
  std::uint32_t timestamp() const { return load_u32(&bytes_[4]); }
  std::uint32_t ssrc() const { return load_u32(&bytes_[8]); }
  std::uint8_t csrc_count() const { return bytes_[0] & 0x0f; }
  Bytes bytes() const { return bytes_; }
  Bytes payload() const { return bytes_.subspan(payload_offset_, payload_size_); }
  std::size_t padding_size() const { return bytes_.size() - payload_offset_ - payload_size_; }
  /// The data of the first element with this id (1 to 14 one-byte form, 1 to 255 two-byte form).
  std::optional<Bytes> extension(std::uint8_t id) const;

 private:
  Bytes bytes_;
  std::uint32_t extension_offset_ = 0;  // first byte after profile and length
  std::uint32_t extension_size_ = 0;
  std::uint16_t extension_profile_ = 0;
  std::uint32_t payload_offset_ = 0;
  std::uint32_t payload_size_ = 0;
};

/// Fields of a header to write.
struct Header {
  bool marker = false;
  std::uint8_t payload_type = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
};

/// Writes header and extension elements, then the payload is appended by the caller. Elements are written in
/// one-byte form when all fit it (id <= 14, 1 to 16 bytes), else in two-byte form; with no element there is
/// no extension block.
class HeaderWriter {
 public:
  static constexpr std::size_t kMaxElements = 12;
  explicit HeaderWriter(const Header& header) : header_(header) {}
  /// `data` is borrowed until write(). At most kMaxElements; id 0 is ignored.
  void add_extension(std::uint8_t id, Bytes data);
  /// Size of the header, or 0 when `out` is too small.
  std::size_t write(MutableBytes out) const;

 private:
  struct Element {
    std::uint8_t id;
    Bytes data;
  };
  Header header_;
  Element elements_[kMaxElements];
  std::size_t count_ = 0;
};

}  // namespace weir::rtp
