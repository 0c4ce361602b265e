// The first byte chooses the codec; then packets follow: |flags|sequence step|size| payload. Flags: 1 marker,
// 2 next timestamp, 4 the step is backwards, 8 the step is times 1000.
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "rtp/packetizer.h"

using weir::Bytes;
using weir::Codec;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::ByteReader reader{Bytes{data, size}};
  constexpr Codec kCodecs[] = {Codec::vp8,  Codec::h264, Codec::opus, Codec::vp9,
                               Codec::pcmu, Codec::h265, Codec::av1};
  weir::rtp::Depacketizer depacketizer{kCodecs[reader.u8() % std::size(kCodecs)]};
  weir::rtp::Header header{.marker = false, .payload_type = 96, .sequence = 65000, .timestamp = 0, .ssrc = 1};
  std::size_t pushed = 0;
  std::size_t popped = 0;
  while (reader.remaining() != 0) {
    const std::uint8_t flags = reader.u8();
    const int step = reader.u8() * ((flags & 8) != 0 ? 1000 : 1) * ((flags & 4) != 0 ? -1 : 1);
    const std::size_t length = reader.u8();
    const Bytes payload = reader.bytes(length < reader.remaining() ? length : reader.remaining());
    header.marker = (flags & 1) != 0;
    header.timestamp += (flags & 2) != 0 ? 3000 : 0;
    header.sequence = static_cast<std::uint16_t>(header.sequence + step);
    std::vector<std::uint8_t> bytes(weir::rtp::kFixedHeaderSize);
    weir::rtp::HeaderWriter{header}.write(bytes);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    depacketizer.push(*weir::rtp::Packet::parse(bytes));
    ++pushed;
    if ((flags & 16) != 0) continue;
    while (const auto frame = depacketizer.pop()) {
      require(!frame->bytes.empty() && frame->bytes.size() <= weir::rtp::Depacketizer::kMaxFrame);
      ++popped;
    }
  }
  while (depacketizer.pop()) ++popped;
  require(popped <= pushed);
  return 0;
}
