// RTCP: reading compound packets as values, writing single packets (RFC 3550 section 6, RFC 4585 section 6,
// RFC 5104, RFC 5506 reduced size, REMB draft-alvestrand-rmcat-remb, transport-wide feedback
// draft-holmer-rmcat-transport-wide-cc, congestion control feedback RFC 8888, extended reports RFC 3611).
//
//  |V=2|P| RC/FMT  |      PT       |            length             |   length in 32-bit words minus one
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace weir::rtp {

/// RFC 3550 section 6.4.1.
struct ReportBlock {
  static constexpr std::size_t kSize = 24;
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;         // in 1/256
  std::int32_t cumulative_lost = 0;       // 24 bits, signed
  std::uint32_t highest_sequence = 0;     // extended
  std::uint32_t jitter = 0;               // in timestamp units
  std::uint32_t last_sr = 0;              // middle 32 bits of the SR's NTP time
  std::uint32_t delay_since_last_sr = 0;  // in 1/65536 s
};

/// Report blocks, decoded on access.
class ReportBlocks {
 public:
  ReportBlocks() = default;
  explicit ReportBlocks(Bytes bytes) : bytes_(bytes) {}
  std::size_t size() const { return bytes_.size() / ReportBlock::kSize; }
  ReportBlock operator[](std::size_t i) const;

 private:
  Bytes bytes_;
};

struct SenderReport {
  std::uint32_t ssrc = 0;
  NtpTime ntp;
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packet_count = 0;
  std::uint32_t octet_count = 0;
  ReportBlocks blocks;
};
struct ReceiverReport {
  std::uint32_t ssrc = 0;
  ReportBlocks blocks;
};
struct SourceDescription {
  Bytes chunks;
};
struct Bye {
  Bytes ssrcs;  // 4 bytes each
  std::size_t size() const { return ssrcs.size() / 4; }
  std::uint32_t operator[](std::size_t i) const { return load_u32(&ssrcs[i * 4]); }
};
/// Generic NACK (RFC 4585 section 6.2.1): entries of PID and BLP, 4 bytes each.
struct Nack {
  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;
  Bytes entries;
  /// Calls f(sequence) for each lost packet, in order of the entries.
  template <typename F>
  void for_each(F&& f) const {
    for (std::size_t i = 0; i + 4 <= entries.size(); i += 4) {
      const std::uint16_t first = load_u16(&entries[i]);
      const std::uint16_t mask = load_u16(&entries[i + 2]);
      f(first);
      for (unsigned bit = 0; bit < 16; ++bit) {
        if ((mask >> bit) & 1U) f(static_cast<std::uint16_t>(first + bit + 1));
      }
    }
  }
};
struct Pli {
  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;
};
/// Full intra request (RFC 5104 section 4.3.1): entries of SSRC and command sequence number, 8 bytes each.
struct Fir {
  std::uint32_t sender_ssrc = 0;
  Bytes entries;
  std::size_t size() const { return entries.size() / 8; }
  std::uint32_t ssrc(std::size_t i) const { return load_u32(&entries[i * 8]); }
  std::uint8_t sequence(std::size_t i) const { return entries[i * 8 + 4]; }
};
struct Remb {
  std::uint32_t sender_ssrc = 0;
  std::uint64_t bitrate = 0;
  Bytes ssrcs;
};
/// Transport-wide feedback, undecoded: the FCI after the two SSRCs. See transport_cc.h.
struct TransportFeedback {
  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;
  Bytes fci;
};
/// RFC 8888, undecoded: the blocks of all streams. See congestion_feedback.h.
struct CongestionFeedback {
  std::uint32_t sender_ssrc = 0;
  std::uint32_t report_timestamp = 0;  // middle 32 bits of the NTP time, as in a sender report
  Bytes blocks;
};
/// An answer to a reference time (RFC 3611 section 4.5): from it who asked knows the round trip.
struct ReferenceAnswer {
  static constexpr std::size_t kSize = 12;
  std::uint32_t ssrc = 0;     // of who asked
  std::uint32_t last_rr = 0;  // middle 32 bits of the reference time
  std::uint32_t delay = 0;    // since it came, in 1/65536 s
};
/// Extended report (RFC 3611 section 2): blocks, well-formed, of which two kinds are of interest here.
struct ExtendedReport {
  static constexpr std::uint8_t kReferenceTime = 4;
  static constexpr std::uint8_t kAnswers = 5;
  std::uint32_t ssrc = 0;
  Bytes blocks;
  /// The time of one who sends nothing and asks for an answer (section 4.4).
  std::optional<NtpTime> reference() const;
  /// Calls f(answer) for each answer.
  template <typename F>
  void for_each_answer(F&& f) const {
    for_each_block([&](std::uint8_t type, Bytes body) {
      if (type != kAnswers) return;
      for (; body.size() >= ReferenceAnswer::kSize; body = body.subspan(ReferenceAnswer::kSize)) {
        f(ReferenceAnswer{load_u32(body.data()), load_u32(&body[4]), load_u32(&body[8])});
      }
    });
  }

 private:
  /// |  block type  |  of the type  |  length in words  | body
  template <typename F>
  void for_each_block(F&& f) const {
    for (Bytes rest = blocks; rest.size() >= 4;) {
      const std::size_t size = std::size_t{load_u16(&rest[2])} * 4;
      if (size > rest.size() - 4) return;
      f(rest[0], rest.subspan(4, size));
      rest = rest.subspan(4 + size);
    }
  }
};
/// Well-formed, but of no interest here (APP, TMMBR, ...).
struct OtherRtcp {
  std::uint8_t packet_type = 0;
  std::uint8_t format = 0;
};

using RtcpPacket = std::variant<SenderReport, ReceiverReport, SourceDescription, Bye, Nack, Pli, Fir, Remb,
                                TransportFeedback, CongestionFeedback, ExtendedReport, OtherRtcp>;

/// Reads a compound (or reduced-size) packet from front to back.
class RtcpReader {
 public:
  explicit RtcpReader(Bytes compound) : rest_(compound) {}
  /// The next packet; nothing at the end, or when what follows is malformed (then malformed() is true).
  std::optional<RtcpPacket> next();
  bool malformed() const { return malformed_; }

 private:
  Bytes rest_;
  bool malformed_ = false;
};

/// Writers append one packet; with too little room the writer's ok() turns false.
void write_sender_report(ByteWriter& out, std::uint32_t ssrc, NtpTime ntp, std::uint32_t rtp_timestamp,
                         std::uint32_t packet_count, std::uint32_t octet_count,
                         std::span<const ReportBlock> blocks);
void write_receiver_report(ByteWriter& out, std::uint32_t ssrc, std::span<const ReportBlock> blocks);
/// One chunk with a CNAME item (at most 255 bytes).
void write_sdes_cname(ByteWriter& out, std::uint32_t ssrc, std::string_view cname);
void write_bye(ByteWriter& out, std::span<const std::uint32_t> ssrcs);
/// `sequences` in ascending order on the circle; neighbours share an entry.
void write_nack(ByteWriter& out, std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                std::span<const std::uint16_t> sequences);
void write_pli(ByteWriter& out, std::uint32_t sender_ssrc, std::uint32_t media_ssrc);
void write_fir(ByteWriter& out, std::uint32_t sender_ssrc, std::uint32_t media_ssrc, std::uint8_t sequence);
void write_remb(ByteWriter& out, std::uint32_t sender_ssrc, std::uint64_t bitrate,
                std::span<const std::uint32_t> ssrcs);
void write_reference_time(ByteWriter& out, std::uint32_t ssrc, NtpTime now);
void write_reference_answer(ByteWriter& out, std::uint32_t ssrc, const ReferenceAnswer& answer);

}  // namespace weir::rtp
