#include "bwe_receiver.h"

#include <algorithm>

#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "sdp/session.h"

namespace weir::bench {
namespace {

constexpr std::uint8_t kTransportCc = 3;
constexpr Duration kAskEvery = std::chrono::milliseconds{20};
constexpr Duration kReportEvery = std::chrono::seconds{1};
constexpr Duration kPatience = std::chrono::seconds{1};
constexpr std::size_t kMostAsked = 100;
// The receiver's clock began some other time.
constexpr Duration kClockOffset = std::chrono::seconds{12'345};

}  // namespace

std::string Receiver::offer() const {
  std::string media;
  const auto line = [&](const std::string& kind, const std::string& types, const std::string& codecs) {
    media += "m=" + kind + " 9 UDP/TLS/RTP/SAVPF " + types + "\r\nc=IN IP4 0.0.0.0\r\na=mid:" + kind + "\r\n";
    media += "a=recvonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=setup:active\r\n";
    media += "a=ice-ufrag:" + peer_.credentials().ufrag + "\r\na=ice-pwd:" + peer_.credentials().password;
    media += "\r\na=fingerprint:sha-256 " + peer_.fingerprint_text() + "\r\n" + codecs;
    media += "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n";
  };
  line("audio", "111", "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n");
  line("video", "96 97",
       "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 transport-cc\r\n"
       "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n");
  return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE audio video\r\n" + media;
}

void Receiver::take_answer(const std::string& answer) {
  const auto session = sdp::parse(answer);
  if (!session) return;
  for (const sdp::Media& media : session->media) {
    for (const sdp::SsrcGroup& group : media.ssrc_groups) {
      if (group.semantics != "FID" || group.ssrcs.size() != 2) continue;
      video_ = group.ssrcs[0];
      rtx_ = group.ssrcs[1];
    }
  }
  const sdp::Media& first = session->media.front();
  if (!first.ice || !first.fingerprint) return;
  peer_.set_remote({first.ice->ufrag, first.ice->password}, first.fingerprint->algorithm,
                   first.fingerprint->value);
}

Receiver::Use Receiver::receive(Time now, const test::Datagram& datagram) {
  peer_.receive(now, datagram);
  Use use = Use::none;
  for (const test::VirtualPeer::Media& media : peer_.take_media()) {
    if (!media.rtcp) use = take_rtp(now, media.bytes);
  }
  return use;
}

Receiver::Use Receiver::take_rtp(Time now, Bytes bytes) {
  const auto packet = rtp::Packet::parse(bytes);
  if (!packet) return Use::none;
  std::optional<std::uint16_t> number;
  if (const auto data = packet->extension(kTransportCc)) number = load_u16(data->data());
  reports_.on_packet(now + kClockOffset, packet->ssrc(), packet->sequence(), number, bytes.size());
  if (packet->ssrc() == video_) {
    note_video(now, packet->sequence());
    return Use::video;
  }
  if (packet->ssrc() != rtx_) return Use::sound;
  // RFC 4588 section 4: the payload begins with the original number; padding has no payload.
  if (packet->payload().size() < 2) return Use::padding;
  const std::int64_t original = numbers_.peek(load_u16(packet->payload().data()));
  return missing_.erase(original) > 0 ? Use::repair : Use::padding;
}

void Receiver::note_video(Time now, std::uint16_t sequence) {
  const std::int64_t number = numbers_.unwrap(sequence);
  missing_.erase(number);
  const std::int64_t after = newest_ ? *newest_ + 1 : number;
  for (std::int64_t hole = std::max(after, number - 1000); hole < number; ++hole)
    missing_.emplace(hole, Missing{now});
  newest_ = std::max(newest_.value_or(number), number);
}

void Receiver::ask(Time now) {
  next_ask_ = now + kAskEvery;
  std::erase_if(missing_, [&](const auto& entry) { return now - entry.second.since > kPatience; });
  std::vector<std::uint16_t> lost;
  for (auto& [number, missing] : missing_) {
    if (now < missing.asked + round_trip_ || lost.size() == kMostAsked) continue;
    missing.asked = now;
    lost.push_back(static_cast<std::uint16_t>(number));
  }
  if (lost.empty()) return;
  std::array<std::uint8_t, 1000> out;
  ByteWriter w{out};
  rtp::write_receiver_report(w, 1, {});
  rtp::write_nack(w, 1, video_, lost);
  peer_.send_rtcp(w.written());
}

void Receiver::report(Time now) {
  next_report_ = now + kReportEvery;
  if (!newest_) return;
  const std::array<rtp::ReportBlock, 1> blocks{
      {{.ssrc = video_, .highest_sequence = static_cast<std::uint32_t>(*newest_)}}};
  std::array<std::uint8_t, 100> out;
  ByteWriter w{out};
  rtp::write_receiver_report(w, 1, blocks);
  peer_.send_rtcp(w.written());
}

void Receiver::step(Time now) {
  peer_.step(now);
  if (!peer_.connected()) return;
  if (now + kClockOffset >= reports_.deadline()) {
    for (const auto& packet : reports_.take(now + kClockOffset)) peer_.send_rtcp(packet);
  }
  if (!missing_.empty() && now >= next_ask_) ask(now);
  if (now >= next_report_) report(now);
}

Time Receiver::deadline() const {
  if (!peer_.connected()) return peer_.deadline();
  Time at = std::min(peer_.deadline(), next_report_);
  if (reports_.deadline() != kNever) at = std::min(at, reports_.deadline() - kClockOffset);
  if (!missing_.empty()) at = std::min(at, next_ask_);
  return at;
}

}  // namespace weir::bench
