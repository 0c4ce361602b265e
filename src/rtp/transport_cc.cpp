#include "rtp/transport_cc.h"

#include <algorithm>
#include <span>

namespace weir::rtp {
namespace {

// A chunk is 16 bits:
//   |0| symbol (2) | run length (13)                      run length chunk
//   |1|0| 14 symbols of 1 bit: received with a small delta, or not
//   |1|1| 7 symbols of 2 bits
enum Symbol : std::uint8_t { kNotReceived = 0, kSmallDelta = 1, kLargeDelta = 2, kReserved = 3 };

constexpr std::int64_t kReferenceTick = 64'000;  // us
constexpr std::int64_t kDeltaTick = 250;         // us
constexpr std::size_t kRtcpHead = 12;            // header and two SSRCs
constexpr std::size_t kFciHead = 8;
constexpr std::size_t kMaxRun = 8191;
constexpr std::size_t kMaxStatuses = 65535;

/// Symbols of the chunks, as many as the packet status count says. Nothing when the chunks are too few.
std::optional<std::vector<std::uint8_t>> read_symbols(ByteReader& reader, std::size_t count) {
  std::vector<std::uint8_t> symbols;
  while (symbols.size() < count) {
    const std::uint16_t chunk = reader.u16();
    if (!reader.ok()) return std::nullopt;
    const std::size_t wanted = count - symbols.size();
    if ((chunk & 0x8000) == 0) {
      const std::size_t run = std::min<std::size_t>(chunk & 0x1fff, wanted);
      symbols.insert(symbols.end(), run, static_cast<std::uint8_t>((chunk >> 13) & 3));
      if (run == 0) return std::nullopt;  // would let a stranger send chunks that say nothing
    } else if ((chunk & 0x4000) == 0) {
      for (std::size_t i = 0; i < std::min<std::size_t>(14, wanted); ++i) {
        symbols.push_back(static_cast<std::uint8_t>((chunk >> (13 - i)) & 1));
      }
    } else {
      for (std::size_t i = 0; i < std::min<std::size_t>(7, wanted); ++i) {
        symbols.push_back(static_cast<std::uint8_t>((chunk >> (12 - 2 * i)) & 3));
      }
    }
  }
  return symbols;
}

/// The chunk that tells most of the symbols at the front; takes those away.
std::uint16_t take_chunk(std::span<const std::uint8_t>& symbols) {
  const std::uint8_t symbol = symbols.front();
  std::size_t run = 1;
  while (run < symbols.size() && run < kMaxRun && symbols[run] == symbol) ++run;
  const std::size_t few = std::min<std::size_t>(14, symbols.size());
  const auto first_large =
      std::find(symbols.begin(), symbols.begin() + static_cast<std::ptrdiff_t>(few), kLargeDelta);
  const bool one_bit = first_large == symbols.begin() + static_cast<std::ptrdiff_t>(few);
  unsigned chunk = 0;
  std::size_t used = 0;
  if (run >= few || (run >= 7 && !one_bit)) {
    chunk = (unsigned{symbol} << 13) | static_cast<unsigned>(run);
    used = run;
  } else if (one_bit) {
    chunk = 0x8000;
    for (; used < few; ++used) chunk |= unsigned{symbols[used]} << (13 - used);
  } else {
    chunk = 0xc000;
    for (; used < std::min<std::size_t>(7, symbols.size()); ++used)
      chunk |= unsigned{symbols[used]} << (12 - 2 * used);
  }
  symbols = symbols.subspan(used);
  return static_cast<std::uint16_t>(chunk);
}

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

}  // namespace

std::optional<std::vector<PacketArrival>> parse_transport_feedback(Bytes fci) {
  ByteReader reader{fci};
  const std::uint16_t base = reader.u16();
  const std::size_t count = reader.u16();
  const std::int32_t reference = static_cast<std::int32_t>(reader.u24() << 8) >> 8;
  reader.u8();
  if (!reader.ok() || count == 0) return std::nullopt;
  const auto symbols = read_symbols(reader, count);
  if (!symbols) return std::nullopt;

  std::vector<PacketArrival> packets(count);
  Duration at{reference * kReferenceTick};
  for (std::size_t i = 0; i < count; ++i) {
    packets[i].sequence = static_cast<std::uint16_t>(base + i);
    switch ((*symbols)[i]) {
      case kNotReceived:
        continue;
      case kSmallDelta:
        at += Duration{reader.u8() * kDeltaTick};
        break;
      case kLargeDelta:
        at += Duration{static_cast<std::int16_t>(reader.u16()) * kDeltaTick};
        break;
      default:
        return std::nullopt;
    }
    packets[i].arrival = at;
  }
  if (!reader.ok()) return std::nullopt;
  return packets;
}

void TransportFeedbackBuilder::on_packet(Time now, std::uint16_t sequence) {
  const std::optional<std::int64_t> newest = unwrapper_.newest();
  const std::int64_t extended = unwrapper_.unwrap(sequence);
  constexpr auto kLimit = static_cast<std::int64_t>(kWindow);
  if (newest && extended + kLimit <= *newest) return;  // too old to be of use
  // A jump over the whole window is another numbering, not that many losses.
  if (!next_ || (newest && extended > *newest + kLimit)) next_ = extended;

  const auto at = std::lower_bound(arrivals_.begin(), arrivals_.end(), extended,
                                   [](const Arrival& a, std::int64_t s) { return a.sequence < s; });
  if (at != arrivals_.end() && at->sequence == extended) return;
  arrivals_.insert(at, Arrival{extended, now});
  if (arrivals_.size() > kWindow) {
    // Nobody asks for feedback. The older half goes, so that this is rare, and is not reported as lost.
    arrivals_.erase(arrivals_.begin(), arrivals_.begin() + static_cast<std::ptrdiff_t>(kWindow / 2));
    next_ = std::max(*next_, arrivals_.front().sequence);
  }
}

bool TransportFeedbackBuilder::pending() const {
  return !arrivals_.empty();
}

TransportFeedbackBuilder::Encoded TransportFeedbackBuilder::encode(std::size_t packets) const {
  Encoded encoded;
  const Arrival& first = arrivals_.front();
  // A late packet, whose place was reported as lost, gets a feedback of its own run: what lies around it is
  // reported already.
  const bool late = first.sequence < *next_;
  encoded.base = late ? first.sequence : *next_;
  encoded.reference = floor_div(to_us(first.time), kReferenceTick);
  std::int64_t told = encoded.reference * kReferenceTick;  // the time the receiver of the feedback arrives at
  std::int64_t expected = encoded.base;
  std::vector<std::uint8_t> symbols;
  for (std::size_t i = 0; i < std::min(packets, arrivals_.size()); ++i) {
    const Arrival& arrival = arrivals_[i];
    if (late && (arrival.sequence != expected || arrival.sequence >= *next_)) break;
    const auto gap = static_cast<std::size_t>(arrival.sequence - expected);
    if (symbols.size() + gap + 1 > kMaxStatuses) break;
    const std::int64_t delta = floor_div(to_us(arrival.time) - told + kDeltaTick / 2, kDeltaTick);
    if (delta < INT16_MIN || delta > INT16_MAX) break;  // needs another reference time
    told += delta * kDeltaTick;
    symbols.insert(symbols.end(), gap, kNotReceived);
    if (delta >= 0 && delta <= 255) {
      symbols.push_back(kSmallDelta);
    } else {
      symbols.push_back(kLargeDelta);
      encoded.deltas.push_back(static_cast<std::uint8_t>(static_cast<std::uint16_t>(delta) >> 8));
    }
    encoded.deltas.push_back(static_cast<std::uint8_t>(delta));
    expected = arrival.sequence + 1;
    ++encoded.packets;
  }
  encoded.statuses = symbols.size();
  for (std::span<const std::uint8_t> rest{symbols}; !rest.empty();)
    encoded.chunks.push_back(take_chunk(rest));
  return encoded;
}

bool TransportFeedbackBuilder::write(ByteWriter& out, std::uint32_t sender_ssrc, std::uint32_t media_ssrc) {
  if (arrivals_.empty() || out.remaining() < kRtcpHead + kFciHead + 4) return false;
  // At least one byte a packet: more than the room cannot fit. What the chunks take is found by trying.
  std::size_t packets = std::min(arrivals_.size(), out.remaining() - kRtcpHead - kFciHead);
  Encoded encoded;
  std::size_t padded = 0;
  std::size_t size = 0;
  for (;; packets = encoded.packets * 3 / 4) {
    if (packets == 0) return false;
    encoded = encode(packets);
    size = kRtcpHead + kFciHead + encoded.chunks.size() * 2 + encoded.deltas.size();
    padded = (size + 3) & ~std::size_t{3};
    if (padded <= out.remaining()) break;
  }
  const std::size_t padding = padded - size;
  out.u8(padding == 0 ? 0x8f : 0xaf);  // version 2, format 15; the padding bit
  out.u8(205);
  out.u16(static_cast<std::uint16_t>(padded / 4 - 1));
  out.u32(sender_ssrc);
  out.u32(media_ssrc);
  out.u16(static_cast<std::uint16_t>(encoded.base));
  out.u16(static_cast<std::uint16_t>(encoded.statuses));
  out.u24(static_cast<std::uint32_t>(encoded.reference) & 0xffffffU);
  out.u8(feedback_count_++);
  for (const std::uint16_t chunk : encoded.chunks) out.u16(chunk);
  out.bytes(encoded.deltas);
  if (padding != 0) {
    out.zeros(padding - 1);
    out.u8(static_cast<std::uint8_t>(padding));
  }
  next_ = std::max(*next_, arrivals_[encoded.packets - 1].sequence + 1);
  arrivals_.erase(arrivals_.begin(), arrivals_.begin() + static_cast<std::ptrdiff_t>(encoded.packets));
  return true;
}

}  // namespace weir::rtp
