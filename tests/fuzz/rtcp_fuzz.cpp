// Any bytes as a compound RTCP packet: reading ends, stays within them, and what is understood can be written
// again.
#include <cstdint>
#include <cstdlib>
#include <type_traits>
#include <vector>

#include "rtp/congestion_feedback.h"
#include "rtp/rtcp.h"
#include "rtp/transport_cc.h"

using namespace weir::rtp;
using weir::Bytes;
using weir::ByteWriter;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<ReportBlock> copy_of(const ReportBlocks& blocks) {
  std::vector<ReportBlock> copy;
  for (std::size_t i = 0; i < blocks.size(); ++i) copy.push_back(blocks[i]);
  return copy;
}

std::vector<std::uint32_t> ssrcs_in(Bytes bytes) {
  std::vector<std::uint32_t> ssrcs;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) ssrcs.push_back(weir::load_u32(&bytes[i]));
  return ssrcs;
}

struct Rewrite {
  ByteWriter& out;

  void operator()(const SenderReport& p) const {
    write_sender_report(out, p.ssrc, p.ntp, p.rtp_timestamp, p.packet_count, p.octet_count,
                        copy_of(p.blocks));
  }
  void operator()(const ReceiverReport& p) const { write_receiver_report(out, p.ssrc, copy_of(p.blocks)); }
  void operator()(const SourceDescription& p) const { write_sdes_cname(out, 1, weir::as_text(p.chunks)); }
  void operator()(const Bye& p) const { write_bye(out, ssrcs_in(p.ssrcs)); }
  void operator()(const Nack& p) const {
    std::vector<std::uint16_t> numbers;
    p.for_each([&](std::uint16_t n) { numbers.push_back(n); });
    write_nack(out, p.sender_ssrc, p.media_ssrc, numbers);
  }
  void operator()(const Pli& p) const { write_pli(out, p.sender_ssrc, p.media_ssrc); }
  void operator()(const Fir& p) const {
    for (std::size_t i = 0; i < p.size(); ++i) write_fir(out, p.sender_ssrc, p.ssrc(i), p.sequence(i));
  }
  void operator()(const Remb& p) const { write_remb(out, p.sender_ssrc, p.bitrate, ssrcs_in(p.ssrcs)); }
  void operator()(const TransportFeedback& p) const { parse_transport_feedback(p.fci); }
  void operator()(const CongestionFeedback& p) const {
    if (const auto streams = parse_congestion_feedback(p))
      write_congestion_feedback(out, p.sender_ssrc, *streams, p.report_timestamp);
  }
  void operator()(const ExtendedReport& p) const {
    if (const auto reference = p.reference()) write_reference_time(out, p.ssrc, *reference);
    p.for_each_answer([&](const ReferenceAnswer& answer) { write_reference_answer(out, p.ssrc, answer); });
  }
  void operator()(const OtherRtcp&) const {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  RtcpReader reader{Bytes{data, size}};
  std::vector<std::uint8_t> memory(1U << 16);
  ByteWriter out{memory};
  std::size_t packets = 0;
  while (const auto packet = reader.next()) {
    require(++packets <= size / 4);
    std::visit(Rewrite{out}, *packet);
  }
  RtcpReader again{out.written()};
  while (again.next()) {
  }
  require(!again.malformed());
  return 0;
}
