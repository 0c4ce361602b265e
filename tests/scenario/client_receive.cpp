// What the scripted client does with what it receives.
#include <algorithm>

#include "rtp/packet.h"
#include "rtp/payload.h"
#include "rtp/rtcp.h"
#include "rtp/rtx.h"
#include "scenario/client.h"
#include "scenario/client_numbers.h"

namespace weir::scenario {

void Client::receive(Time now, const test::Datagram& datagram) {
  peer_->receive(now, datagram);
  take_data(now);
  for (const test::VirtualPeer::Media& media : peer_->take_media()) {
    for (const std::uint8_t byte : media.bytes) digest_ = (digest_ ^ byte) * 0x100000001b3U;
    if (media.rtcp) {
      take_rtcp(now, media.bytes);
    } else {
      take_rtp(now, media.bytes);
    }
  }
}

Client::Outgoing* Client::outgoing(std::uint32_t ssrc) {
  if (screen_stream_.ssrc == ssrc) return &screen_stream_;
  if (audio_stream_.ssrc == ssrc) return &audio_stream_;
  for (Outgoing& stream : camera_streams_) {
    if (stream.ssrc == ssrc) return &stream;
  }
  return nullptr;
}

void Client::note_arrival(Time now, const rtp::Packet& packet) {
  std::optional<std::uint16_t> number;
  if (const auto data = packet.extension(kTransportCcId); person_.offers_transport_cc && data) {
    number = load_u16(data->data());
    transport_numbers_.push_back(*number);
  }
  bytes_received_ += packet.bytes().size();
  if (packet.payload().empty()) ++padding_received_;
  reports_.on_packet(now, packet.ssrc(), packet.sequence(), number, packet.bytes().size());
}

void Client::take_rtp(Time now, Bytes bytes) {
  auto packet = rtp::Packet::parse(bytes);
  if (!packet) return;
  note_arrival(now, *packet);
  std::vector<std::uint8_t> restored(bytes.size());
  for (auto& [mid, line] : lines_) {
    const bool rtx = line.rtx_ssrc != 0 && packet->ssrc() == line.rtx_ssrc;
    if (rtx) {
      const std::size_t size = rtp::unwrap_rtx(*packet, line.ssrc, kVp8, restored);
      packet = rtp::Packet::parse(Bytes{restored}.first(size));
      if (!packet) return;
      if (line.unwrapper.newest() && line.missing.count(line.unwrapper.peek(packet->sequence())) == 0) {
        ++line.repeated;
        return;
      }
      ++line.repaired;
    } else if (packet->ssrc() != line.ssrc) {
      continue;
    }
    const auto newest = line.unwrapper.newest();
    const std::int64_t sequence = line.unwrapper.unwrap(packet->sequence());
    line.missing.erase(sequence);
    if (newest && sequence > *newest) {
      for (std::int64_t gap = *newest + 1; gap < sequence; ++gap) line.missing.insert(gap);
    }
    line.sequences.push_back(sequence);
    line.timestamps.push_back(packet->timestamp());
    line.times.push_back(now);
    line.markers.push_back(packet->marker());
    if (person_.keeps_packets) line.packets.emplace_back(packet->bytes().begin(), packet->bytes().end());
    line.payload_types.push_back(packet->payload_type());
    const auto capture = packet->extension(kCaptureTimeId);
    if (const auto time = capture && person_.tells_capture ? rtp::parse_capture_time(*capture) : std::nullopt)
      line.captures[line.senders.size()] = {now, *time};
    const Bytes payload = mid[1] == 'a' ? take_sound(line, *packet) : packet->payload();
    if (payload.size() < kStampSize) {
      if (mid[1] != 'a') return;  // padding
      line.senders.push_back(0);
      line.encodings.push_back(0);
      line.ages_us.push_back(0);
      return;
    }
    const std::uint32_t stamp = load_u32(&payload[payload.size() - kStampSize]);
    const std::uint32_t sender = stamp & 0xffffffU;
    line.senders.push_back(sender);
    line.encodings.push_back(static_cast<int>(stamp >> 24));
    line.ages_us.push_back(to_us(now) - static_cast<std::int64_t>(load_u64(&payload[payload.size() - 8])));
    if (mid[1] == 'v') {
      const auto facts = rtp::parse_payload(Codec::vp8, payload);
      if (!facts || !facts->vp8.picture_id) return;
      line.picture_ids.push_back(*facts->vp8.picture_id);
      line.tl0.push_back(facts->vp8.tl0_picture_index.value_or(0));
      line.temporal.push_back(facts->temporal);
      if (facts->key_frame) line.key_frame_senders.push_back(sender);
    }
    return;
  }
}

void Client::take_rtcp(Time now, Bytes bytes) {
  rtp::RtcpReader reader{bytes};
  while (const auto packet = reader.next()) {
    if (const auto* pli = std::get_if<rtp::Pli>(&*packet)) {
      ++plis_received_;
      if (Outgoing* stream = outgoing(pli->media_ssrc)) stream->key_wanted = true;
    } else if (const auto* nack = std::get_if<rtp::Nack>(&*packet)) {
      ++nacks_received_;
      Outgoing* lost = outgoing(nack->media_ssrc);
      if (lost == nullptr) continue;
      Outgoing& stream = *lost;
      nack->for_each([&](std::uint16_t sequence) {
        const auto sent = stream.sent.find(sequence);
        if (sent == stream.sent.end()) return;
        if (stream.rtx_ssrc == 0) {  // without RTX: the packet as it was
          peer_->send_rtp(sent->second);
          return;
        }
        const auto original = rtp::Packet::parse(sent->second);
        std::vector<std::uint8_t> rtx(sent->second.size() + 32);
        rtp::HeaderWriter writer{{.marker = original->marker(),
                                  .payload_type = kVp8Rtx,
                                  .sequence = stream.rtx_sequence++,
                                  .timestamp = original->timestamp(),
                                  .ssrc = stream.rtx_ssrc}};
        if (person_.encodings > 1 && stream.ssrc != screen_stream_.ssrc) {
          writer.add_extension(kMidId, as_bytes("cam"));
          writer.add_extension(kRepairedRidId, as_bytes(kRids[static_cast<std::size_t>(stream.encoding)]));
        }
        std::size_t size = writer.write(rtx);
        store_u16(&rtx[size], sequence);
        size += 2;
        std::copy(original->payload().begin(), original->payload().end(),
                  rtx.begin() + static_cast<std::ptrdiff_t>(size));
        rtx.resize(size + original->payload().size());
        peer_->send_rtp(rtx);
      });
    } else if (std::get_if<rtp::TransportFeedback>(&*packet) != nullptr) {
      ++transport_feedback_received_;
    } else if (const auto* remb = std::get_if<rtp::Remb>(&*packet)) {
      remb_ = remb->bitrate;
    } else if (const auto* report = std::get_if<rtp::SenderReport>(&*packet)) {
      for (auto& [mid, line] : lines_) {
        if (line.ssrc == report->ssrc) line.reports.push_back({now, report->ntp, report->rtp_timestamp});
      }
    } else if (const auto* blocks = std::get_if<rtp::ReceiverReport>(&*packet)) {
      reports_about_me_ += static_cast<int>(blocks->blocks.size());
    } else if (const auto* extended = std::get_if<rtp::ExtendedReport>(&*packet)) {
      if (const auto reference = extended->reference()) asked_ = {extended->ssrc, *reference, now};
    }
  }
}

}  // namespace weir::scenario
