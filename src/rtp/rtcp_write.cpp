// Writers of single RTCP packets; the layouts are those of rtcp.h. A packet is appended whole or not at all,
// so that what a ByteWriter holds after a failure is still a well-formed compound packet.
#include <algorithm>

#include "rtp/rtcp.h"

namespace weir::rtp {
namespace {

constexpr std::size_t kMaxCount = 31;  // the header's 5-bit count

/// Writes the common header of a packet of `size` bytes; false, with the writer failed, when there is too
/// little room.
bool begin(ByteWriter& out, std::size_t count, std::uint8_t type, std::size_t size) {
  if (size > out.remaining()) {
    out.zeros(size);
    return false;
  }
  out.u8(static_cast<std::uint8_t>(0x80 | count));
  out.u8(type);
  out.u16(static_cast<std::uint16_t>(size / 4 - 1));
  return true;
}

void write_block(ByteWriter& out, const ReportBlock& block) {
  // Losses saturate at what 24 signed bits hold (RFC 3550 section 6.4.1).
  const std::int32_t lost = std::clamp(block.cumulative_lost, -0x800000, 0x7fffff);
  out.u32(block.ssrc);
  out.u8(block.fraction_lost);
  out.u24(static_cast<std::uint32_t>(lost) & 0xffffffU);
  out.u32(block.highest_sequence);
  out.u32(block.jitter);
  out.u32(block.last_sr);
  out.u32(block.delay_since_last_sr);
}

struct NackEntry {
  std::uint16_t first;
  std::uint16_t mask;
};

/// Takes one entry's worth of numbers from the front.
NackEntry take_entry(std::span<const std::uint16_t>& sequences) {
  NackEntry entry{sequences.front(), 0};
  std::size_t used = 1;
  for (; used < sequences.size(); ++used) {
    const auto distance = static_cast<std::uint16_t>(sequences[used] - entry.first);
    if (distance > 16) break;
    if (distance != 0) entry.mask = static_cast<std::uint16_t>(entry.mask | (1U << (distance - 1)));
  }
  sequences = sequences.subspan(used);
  return entry;
}

}  // namespace

void write_sender_report(ByteWriter& out, std::uint32_t ssrc, NtpTime ntp, std::uint32_t rtp_timestamp,
                         std::uint32_t packet_count, std::uint32_t octet_count,
                         std::span<const ReportBlock> blocks) {
  blocks = blocks.first(std::min(blocks.size(), kMaxCount));
  if (!begin(out, blocks.size(), 200, 28 + blocks.size() * ReportBlock::kSize)) return;
  out.u32(ssrc);
  out.u64(ntp.value);
  out.u32(rtp_timestamp);
  out.u32(packet_count);
  out.u32(octet_count);
  for (const ReportBlock& block : blocks) write_block(out, block);
}

void write_receiver_report(ByteWriter& out, std::uint32_t ssrc, std::span<const ReportBlock> blocks) {
  blocks = blocks.first(std::min(blocks.size(), kMaxCount));
  if (!begin(out, blocks.size(), 201, 8 + blocks.size() * ReportBlock::kSize)) return;
  out.u32(ssrc);
  for (const ReportBlock& block : blocks) write_block(out, block);
}

void write_sdes_cname(ByteWriter& out, std::uint32_t ssrc, std::string_view cname) {
  constexpr std::uint8_t kCname = 1;
  cname = cname.substr(0, 255);
  // SSRC, item type, length, text, and at least one zero byte that ends the items (RFC 3550 section 6.5).
  const std::size_t used = 4 + 2 + cname.size();
  const std::size_t chunk = (used + 4) & ~std::size_t{3};
  if (!begin(out, 1, 202, 4 + chunk)) return;
  out.u32(ssrc);
  out.u8(kCname);
  out.u8(static_cast<std::uint8_t>(cname.size()));
  out.bytes(as_bytes(cname));
  out.zeros(chunk - used);
}

void write_bye(ByteWriter& out, std::span<const std::uint32_t> ssrcs) {
  ssrcs = ssrcs.first(std::min(ssrcs.size(), kMaxCount));
  if (!begin(out, ssrcs.size(), 203, 4 + ssrcs.size() * 4)) return;
  for (const std::uint32_t ssrc : ssrcs) out.u32(ssrc);
}

void write_nack(ByteWriter& out, std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                std::span<const std::uint16_t> sequences) {
  if (sequences.empty()) return;
  std::size_t entries = 0;
  for (auto rest = sequences; !rest.empty(); ++entries) take_entry(rest);
  if (!begin(out, 1, 205, 12 + entries * 4)) return;
  out.u32(sender_ssrc);
  out.u32(media_ssrc);
  while (!sequences.empty()) {
    const NackEntry entry = take_entry(sequences);
    out.u16(entry.first);
    out.u16(entry.mask);
  }
}

void write_pli(ByteWriter& out, std::uint32_t sender_ssrc, std::uint32_t media_ssrc) {
  if (!begin(out, 1, 206, 12)) return;
  out.u32(sender_ssrc);
  out.u32(media_ssrc);
}

void write_fir(ByteWriter& out, std::uint32_t sender_ssrc, std::uint32_t media_ssrc, std::uint8_t sequence) {
  if (!begin(out, 4, 206, 20)) return;
  out.u32(sender_ssrc);
  out.u32(0);  // the media source is in the entry (RFC 5104 section 4.3.1.2)
  out.u32(media_ssrc);
  out.u8(sequence);
  out.u24(0);
}

void write_remb(ByteWriter& out, std::uint32_t sender_ssrc, std::uint64_t bitrate,
                std::span<const std::uint32_t> ssrcs) {
  ssrcs = ssrcs.first(std::min<std::size_t>(ssrcs.size(), 255));
  if (!begin(out, 15, 206, 20 + ssrcs.size() * 4)) return;
  std::uint32_t exponent = 0;
  while ((bitrate >> exponent) > 0x3ffffU) ++exponent;
  out.u32(sender_ssrc);
  out.u32(0);
  out.bytes(as_bytes("REMB"));
  out.u8(static_cast<std::uint8_t>(ssrcs.size()));
  out.u24((exponent << 18) | static_cast<std::uint32_t>(bitrate >> exponent));
  for (const std::uint32_t ssrc : ssrcs) out.u32(ssrc);
}

void write_reference_time(ByteWriter& out, std::uint32_t ssrc, NtpTime now) {
  if (!begin(out, 0, 207, 20)) return;
  out.u32(ssrc);
  out.u8(ExtendedReport::kReferenceTime);
  out.u8(0);
  out.u16(2);
  out.u64(now.value);
}

void write_reference_answer(ByteWriter& out, std::uint32_t ssrc, const ReferenceAnswer& answer) {
  if (!begin(out, 0, 207, 24)) return;
  out.u32(ssrc);
  out.u8(ExtendedReport::kAnswers);
  out.u8(0);
  out.u16(3);
  out.u32(answer.ssrc);
  out.u32(answer.last_rr);
  out.u32(answer.delay);
}

}  // namespace weir::rtp
