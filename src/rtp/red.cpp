#include "rtp/red.h"

#include <algorithm>

namespace weir::rtp {
namespace {

constexpr std::size_t kRedundantHead = 4;
constexpr std::size_t kPrimaryHead = 1;

/// The newest blocks that the fields can tell, as many as kMaxRedBlocks leaves.
template <typename F>
void for_each_told(std::span<const RedBlock> redundant, F&& f) {
  redundant = redundant.last(std::min(redundant.size(), kMaxRedBlocks - 1));
  for (const RedBlock& block : redundant) {
    const bool told = !block.data.empty() && block.data.size() <= kMaxRedBlockSize &&
                      block.timestamp_offset <= kMaxRedOffset;
    if (told) f(block);
  }
}

}  // namespace

std::optional<RedPayload> parse_red(Bytes payload) {
  RedPayload red;
  std::array<std::size_t, kMaxRedBlocks> sizes{};
  ByteReader reader{payload};
  for (bool more = true; more;) {
    if (red.count == kMaxRedBlocks) return std::nullopt;
    const std::uint8_t first = reader.u8();
    if (!reader.ok()) return std::nullopt;
    more = (first & 0x80) != 0;
    RedBlock& block = red.block[red.count];
    block.payload_type = first & 0x7f;
    if (more) {
      const std::uint32_t rest = reader.u24();
      block.timestamp_offset = static_cast<std::uint16_t>(rest >> 10);
      sizes[red.count] = rest & 0x3ff;
    }
    ++red.count;
  }
  for (std::size_t i = 0; i + 1 < red.count; ++i) red.block[i].data = reader.bytes(sizes[i]);
  if (!reader.ok()) return std::nullopt;
  red.block[red.count - 1].data = reader.bytes(reader.remaining());
  return red;
}

void write_red(ByteWriter& out, std::span<const RedBlock> redundant, const RedBlock& primary) {
  for_each_told(redundant, [&](const RedBlock& block) {
    out.u8(static_cast<std::uint8_t>(0x80 | (block.payload_type & 0x7f)));
    out.u24((std::uint32_t{block.timestamp_offset} << 10) | static_cast<std::uint32_t>(block.data.size()));
  });
  out.u8(primary.payload_type & 0x7f);
  for_each_told(redundant, [&](const RedBlock& block) { out.bytes(block.data); });
  out.bytes(primary.data);
}

std::size_t red_size(std::span<const RedBlock> redundant, const RedBlock& primary) {
  std::size_t size = kPrimaryHead + primary.data.size();
  for_each_told(redundant, [&](const RedBlock& block) { size += kRedundantHead + block.data.size(); });
  return size;
}

}  // namespace weir::rtp
