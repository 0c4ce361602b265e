#include "rtp/packet.h"

#include <algorithm>

namespace weir::rtp {
namespace {

constexpr std::uint8_t kVersionBits = 0x80;
constexpr std::uint16_t kOneByteProfile = 0xbede;
constexpr std::uint16_t kTwoByteProfile =
    0x1000;  // the low 4 bits are the application's (RFC 8285 section 4.3)
constexpr std::uint8_t kMaxOneByteId = 14;
constexpr std::size_t kMaxOneByteSize = 16;
constexpr std::size_t kMaxTwoByteSize = 255;

/// One-byte elements: |  ID (4)  | size - 1 (4) |  data  (RFC 8285 section 4.2). A zero byte is padding.
std::optional<Bytes> find_one_byte(Bytes block, std::uint8_t id) {
  std::size_t at = 0;
  while (at < block.size()) {
    const std::uint8_t head = block[at++];
    if (head == 0) continue;
    const auto element = static_cast<std::uint8_t>(head >> 4);
    // Id 15, and id 0 with a length, end the processing of the whole block.
    if (element == 15 || element == 0) return std::nullopt;
    const std::size_t size = (head & 0x0fU) + 1U;
    if (size > block.size() - at) return std::nullopt;
    if (element == id) return block.subspan(at, size);
    at += size;
  }
  return std::nullopt;
}

/// Two-byte elements: |  ID (8)  |  size (8)  |  data  (RFC 8285 section 4.3). A zero id is one byte of
/// padding.
std::optional<Bytes> find_two_byte(Bytes block, std::uint8_t id) {
  std::size_t at = 0;
  while (at < block.size()) {
    const std::uint8_t element = block[at++];
    if (element == 0) continue;
    if (at == block.size()) return std::nullopt;
    const std::size_t size = block[at++];
    if (size > block.size() - at) return std::nullopt;
    if (element == id) return block.subspan(at, size);
    at += size;
  }
  return std::nullopt;
}

}  // namespace

bool is_rtcp(Bytes packet) {
  return packet.size() >= 2 && packet[1] >= 192 && packet[1] <= 223;
}

std::optional<Packet> Packet::parse(Bytes packet) {
  if (packet.size() < kFixedHeaderSize || (packet[0] & 0xc0) != kVersionBits) return std::nullopt;
  Packet parsed;
  parsed.bytes_ = packet;
  std::size_t offset = kFixedHeaderSize + std::size_t{4} * parsed.csrc_count();
  if (offset > packet.size()) return std::nullopt;
  if ((packet[0] & 0x10) != 0) {
    if (packet.size() - offset < 4) return std::nullopt;
    parsed.extension_profile_ = load_u16(&packet[offset]);
    const std::size_t size = std::size_t{4} * load_u16(&packet[offset + 2]);
    offset += 4;
    if (size > packet.size() - offset) return std::nullopt;
    parsed.extension_offset_ = static_cast<std::uint32_t>(offset);
    parsed.extension_size_ = static_cast<std::uint32_t>(size);
    offset += size;
  }
  std::size_t payload = packet.size() - offset;
  if ((packet[0] & 0x20) != 0) {
    // The last byte counts the padding, itself included (RFC 3550 section 5.1).
    if (payload == 0) return std::nullopt;
    const std::size_t padding = packet.back();
    if (padding == 0 || padding > payload) return std::nullopt;
    payload -= padding;
  }
  parsed.payload_offset_ = static_cast<std::uint32_t>(offset);
  parsed.payload_size_ = static_cast<std::uint32_t>(payload);
  return parsed;
}

std::optional<Bytes> Packet::extension(std::uint8_t id) const {
  if (id == 0 || extension_size_ == 0) return std::nullopt;
  const Bytes block = bytes_.subspan(extension_offset_, extension_size_);
  if (extension_profile_ == kOneByteProfile) return find_one_byte(block, id);
  if ((extension_profile_ & 0xfff0) == kTwoByteProfile) return find_two_byte(block, id);
  return std::nullopt;
}

void HeaderWriter::add_extension(std::uint8_t id, Bytes data) {
  if (id == 0 || data.size() > kMaxTwoByteSize || count_ == std::size(elements_)) return;
  elements_[count_++] = {id, data};
}

std::size_t HeaderWriter::write(MutableBytes out) const {
  ByteWriter writer{out};
  writer.u8(count_ == 0 ? kVersionBits : kVersionBits | 0x10);
  writer.u8(static_cast<std::uint8_t>((header_.marker ? 0x80 : 0) | (header_.payload_type & 0x7f)));
  writer.u16(header_.sequence);
  writer.u32(header_.timestamp);
  writer.u32(header_.ssrc);
  if (count_ == 0) return writer.ok() ? writer.size() : 0;

  const std::span<const Element> elements{elements_, count_};
  const bool one_byte = std::all_of(elements.begin(), elements.end(), [](const Element& e) {
    return e.id <= kMaxOneByteId && !e.data.empty() && e.data.size() <= kMaxOneByteSize;
  });
  std::size_t size = 0;
  for (const Element& e : elements) size += (one_byte ? 1 : 2) + e.data.size();
  const std::size_t padded = (size + 3) & ~std::size_t{3};
  writer.u16(one_byte ? kOneByteProfile : kTwoByteProfile);
  writer.u16(static_cast<std::uint16_t>(padded / 4));
  for (const Element& e : elements) {
    if (one_byte) {
      writer.u8(static_cast<std::uint8_t>((unsigned{e.id} << 4) | (e.data.size() - 1)));
    } else {
      writer.u8(e.id);
      writer.u8(static_cast<std::uint8_t>(e.data.size()));
    }
    writer.bytes(e.data);
  }
  writer.zeros(padded - size);
  return writer.ok() ? writer.size() : 0;
}

}  // namespace weir::rtp
