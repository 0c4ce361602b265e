#include "rtp/rtx.h"

namespace weir::rtp {

std::size_t unwrap_rtx(const Packet& rtx, std::uint32_t ssrc, std::uint8_t payload_type, MutableBytes out) {
  constexpr std::size_t kOsnSize = 2;
  const Bytes payload = rtx.payload();
  if (payload.size() < kOsnSize) return 0;
  const Bytes whole = rtx.bytes();
  const std::size_t size = whole.size() - kOsnSize;
  if (out.size() < size) return 0;
  const std::size_t header = whole.size() - payload.size() - rtx.padding_size();
  const std::uint16_t original_sequence = load_u16(payload.data());
  std::memmove(out.data(), whole.data(), header);
  if (size > header) std::memmove(out.data() + header, whole.data() + header + kOsnSize, size - header);
  out[1] = static_cast<std::uint8_t>((whole[1] & 0x80) | (payload_type & 0x7f));
  store_u16(&out[2], original_sequence);
  store_u32(&out[8], ssrc);
  return size;
}

}  // namespace weir::rtp
