#include "load/receiver.h"

#include <algorithm>
#include <variant>

#include "rtp/packet.h"
#include "rtp/rtcp.h"

namespace weir::load {

ReceivedStream* Receiver::find(std::uint32_t ssrc) {
  for (ReceivedStream& stream : streams_) {
    if (stream.ssrc() == ssrc) return &stream;
  }
  return nullptr;
}

ReceivedStream* Receiver::find_or_add(const ClearHeader& header) {
  if (ReceivedStream* const known = find(header.ssrc)) return known;
  const bool video = header.payload_type == remote_.vp8;
  if ((!video && header.payload_type != remote_.opus) || streams_.size() == kMaxStreams) return nullptr;
  return &streams_.emplace_back(header.ssrc, header.payload_type, video ? 90'000 : 48'000);
}

void Receiver::take_rtp(Time now, MutableBytes packet, srtp::Session& srtp, Distribution& delays) {
  const auto header = read_clear_header(packet, remote_.transport_cc);
  if (!header) return;
  if (report_at_ == kNever) report_at_ = now + kReportInterval;
  if (header->transport_sequence) {
    arrivals_.on_packet(now, *header->transport_sequence);
    if (feedback_at_ == kNever) feedback_at_ = now + kFeedbackInterval;
  }
  const bool repair = header->payload_type == remote_.rtx;
  ReceivedStream* const stream = repair ? nullptr : find_or_add(*header);
  if (stream != nullptr) count(now, *stream, header->sequence, header->timestamp, packet.size(), false);
  if (!repair && (stream == nullptr || packets_++ % sample_ != 0)) return;

  const auto plain = srtp.unprotect_rtp(packet);
  if (plain.size == 0) return;
  if (repair) return take_repair(now, *header, packet.first(plain.size));
  const auto parsed = rtp::Packet::parse(packet.first(plain.size));
  const auto sent = parsed ? send_time_of(parsed->payload()) : std::nullopt;
  if (sent) delays.add(now - *sent);
}

/// RFC 4588 section 4: the payload begins with the number of the packet that it repeats. Padding has none.
void Receiver::take_repair(Time now, const ClearHeader& header, Bytes plain) {
  const auto parsed = rtp::Packet::parse(plain);
  if (!parsed || parsed->payload().size() < 2) return;
  for (const auto& [media, repair] : remote_.rtx_ssrcs) {
    ReceivedStream* const stream = repair == header.ssrc ? find(media) : nullptr;
    if (stream == nullptr) continue;
    count(now, *stream, load_u16(parsed->payload().data()), header.timestamp, plain.size(), true);
  }
}

void Receiver::count(Time now, ReceivedStream& stream, std::uint16_t sequence, std::uint32_t timestamp,
                     std::size_t size, bool again) {
  stream.on_packet(now, sequence, timestamp, size, again, counts_);
  if (stream.missing().missing() > 0) request_at_ = std::min(request_at_, stream.missing().deadline());
}

void Receiver::take_rtcp(Time now, Bytes packet) {
  rtp::RtcpReader reader{packet};
  while (const auto part = reader.next()) {
    const auto* const report = std::get_if<rtp::SenderReport>(&*part);
    ReceivedStream* const stream = report == nullptr ? nullptr : find(report->ssrc);
    if (stream != nullptr) stream->statistics().on_sender_report(now, report->ntp);
  }
}

Time Receiver::deadline() const {
  return std::min({feedback_at_, report_at_, request_at_});
}

void Receiver::step(Time now, Outbox& out) {
  if (now >= feedback_at_) send_feedback(out);
  if (now >= request_at_) send_requests(now, out);
  if (now >= report_at_) send_reports(now, out);
}

void Receiver::send_feedback(Outbox& out) {
  feedback_at_ = kNever;
  const std::uint32_t about = streams_.empty() ? 0 : streams_.front().ssrc();
  while (arrivals_.pending()) {
    ByteWriter w{out.room()};
    if (!arrivals_.write(w, own_ssrc_, about) || !out.send_rtcp(w.size())) return;
  }
}

void Receiver::send_requests(Time now, Outbox& out) {
  request_at_ = kNever;
  for (ReceivedStream& stream : streams_) {
    if (stream.missing().missing() == 0) continue;
    const bool repairable = stream.payload_type() == remote_.vp8;
    const auto wanted = stream.missing().due(now, kRoundTrip);
    ByteWriter w{out.room()};
    if (repairable && !wanted.empty()) rtp::write_nack(w, own_ssrc_, stream.ssrc(), wanted);
    if (repairable && stream.missing().take_overflow()) rtp::write_pli(w, own_ssrc_, stream.ssrc());
    if (w.ok() && w.size() > 0) out.send_rtcp(w.size());
    request_at_ = std::min(request_at_, stream.missing().deadline());
  }
}

void Receiver::send_reports(Time now, Outbox& out) {
  constexpr std::size_t kMostBlocks = 31;  // RFC 3550 section 6.4.2
  report_at_ = now + kReportInterval;
  std::vector<rtp::ReportBlock> blocks;
  for (std::size_t begin = 0; begin < streams_.size(); begin += kMostBlocks) {
    blocks.clear();
    const std::size_t end = std::min(streams_.size(), begin + kMostBlocks);
    for (std::size_t i = begin; i < end; ++i) {
      blocks.push_back(streams_[i].statistics().report(now, streams_[i].ssrc()));
    }
    ByteWriter w{out.room()};
    rtp::write_receiver_report(w, own_ssrc_, blocks);
    if (w.ok()) out.send_rtcp(w.size());
  }
}

}  // namespace weir::load
