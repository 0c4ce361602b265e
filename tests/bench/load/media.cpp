#include "load/media.h"

#include <cstring>
#include <utility>

#include "rtp/packet.h"

namespace weir::load {
namespace {

constexpr std::uint32_t kMark = 0x57656972;
constexpr std::size_t kTrailer = 12;
constexpr std::size_t kHeader = 12 + 8;  // with one element of two octets, padded
constexpr std::size_t kOsn = 2;

void write_header(ByteWriter& w, const rtp::Header& header, std::uint16_t transport_sequence) {
  w.u8(0x90);  // version 2, extension
  w.u8(static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | header.payload_type));
  w.u16(header.sequence);
  w.u32(header.timestamp);
  w.u32(header.ssrc);
  w.u16(0xbede);  // RFC 8285 section 4.2
  w.u16(1);
  w.u8(kTransportCc << 4 | 1);
  w.u16(transport_sequence);
  w.u8(0);
}

}  // namespace

std::optional<Time> send_time_of(Bytes payload) {
  if (payload.size() < kTrailer) return std::nullopt;
  const std::uint8_t* const trailer = payload.data() + payload.size() - kTrailer;
  if (load_u32(trailer) != kMark) return std::nullopt;
  return time_from_us(static_cast<std::int64_t>(load_u64(trailer + 4)));
}

SentStream::SentStream(Kind kind, std::uint32_t ssrc, std::size_t payload)
    : kind_(kind), ssrc_(ssrc), payload_(payload), kept_(kind == Kind::video ? kKept : 0) {}

void SentStream::begin_frame(Time now) {
  timestamp_ = ticks_from_us(to_us(now), kind_ == Kind::audio ? 48'000 : 90'000);
  if (kind_ == Kind::audio) return;
  picture_ = static_cast<std::uint16_t>((picture_ + 1) & 0x7fff);
  key_ = std::exchange(key_wanted_, false);
}

/// Descriptor (RFC 7741 section 4.2) with a picture id of 15 bits; a frame begins with its tag (RFC 6386
/// section 9.1).
void SentStream::write_vp8_start(ByteWriter& w, bool first) const {
  w.u8(static_cast<std::uint8_t>(0x80 | (first ? 0x10 : 0)));  // X, S
  w.u8(0x80);                                                  // I
  w.u16(static_cast<std::uint16_t>(0x8000 | picture_));
  if (!first) return;
  w.u8(key_ ? 0x10 : 0x11);  // P: 0 on a key frame; shown
  w.u16(0);
  if (!key_) return;
  w.u24(0x9d012a);
  w.u16(0x0005);  // 1280, little-endian
  w.u16(0xd002);  // 720
}

std::size_t SentStream::write(MutableBytes out, Time now, std::uint16_t transport_sequence, bool first,
                              bool last) {
  ByteWriter w{out};
  rtp::Header header;
  header.marker = kind_ == Kind::video && last;
  header.payload_type = kind_ == Kind::audio ? kOpus : kVp8;
  header.sequence = sequence_;
  header.timestamp = timestamp_;
  header.ssrc = ssrc_;
  write_header(w, header, transport_sequence);
  if (kind_ == Kind::video) {
    write_vp8_start(w, first);
  } else {
    w.u8(0x78);  // TOC: CELT, 20 ms (RFC 6716 section 3.1)
  }
  static constexpr std::array<std::uint8_t, kMaxPacket> kFiller{};
  w.bytes(Bytes{kFiller}.first(kHeader + payload_ - kTrailer - w.size()));
  w.u32(kMark);
  w.u64(static_cast<std::uint64_t>(to_us(now)));
  if (!w.ok()) return 0;
  if (!kept_.empty()) {
    Kept& kept = kept_[sequence_ % kKept];
    kept.sequence = sequence_;
    kept.size = static_cast<std::uint16_t>(w.size());
    std::memcpy(kept.bytes.data(), out.data(), w.size());
  }
  ++sequence_;
  ++packets_;
  octets_ += payload_;
  return w.size();
}

std::size_t SentStream::write_rtx(MutableBytes out, std::uint16_t sequence,
                                  std::uint16_t transport_sequence) {
  if (kept_.empty()) return 0;
  const Kept& kept = kept_[sequence % kKept];
  if (kept.size == 0 || kept.sequence != sequence || out.size() < kept.size + kOsn) return 0;
  ByteWriter w{out};
  rtp::Header header;
  header.marker = (kept.bytes[1] & 0x80) != 0;
  header.payload_type = kVp8Rtx;
  header.sequence = rtx_sequence_++;
  header.timestamp = load_u32(&kept.bytes[4]);
  header.ssrc = rtx_ssrc();
  write_header(w, header, transport_sequence);
  w.u16(sequence);
  w.bytes(Bytes{kept.bytes}.first(kept.size).subspan(kHeader));
  return w.ok() ? w.size() : 0;
}

}  // namespace weir::load
