#include "media_peer.h"

#include <stdexcept>

#include "sdp/session.h"

namespace weir::bench {

namespace {

constexpr std::uint8_t kOpus = 111;
constexpr std::uint8_t kVp8 = 96;
constexpr std::uint8_t kTransportCc = 3;
constexpr std::size_t kHeader = 12 + 8;  // with one element of two bytes, padded

test::VirtualPeer::Options options_of(std::uint64_t seed, const Address& local, const Address& node) {
  test::VirtualPeer::Options options;
  options.seed = seed;
  options.local = local;
  options.remote = node;
  return options;
}

}  // namespace

MediaPeer::MediaPeer(std::uint64_t seed, const Address& local, const Address& node, const MediaShape& shape,
                     bool sends, bool feedback)
    : local_(local),
      peer_(options_of(seed, local, node)),
      shape_(shape),
      sends_(sends),
      feedback_(feedback),
      ssrc_(static_cast<std::uint32_t>(0x1000 + seed)) {}

std::string MediaPeer::offer() const {
  const std::string type = std::to_string(shape_.sound() ? kOpus : kVp8);
  std::string sdp = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=";
  sdp += shape_.sound() ? "audio" : "video";
  sdp += " 9 UDP/TLS/RTP/SAVPF " + type + (shape_.sound() ? "" : " 97");
  sdp += "\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=setup:active\r\n";
  sdp += "a=rtpmap:" + type + (shape_.sound() ? " opus/48000/2\r\n" : " VP8/90000\r\n");
  if (!shape_.sound()) {
    sdp += "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
  }
  if (feedback_) {
    sdp += "a=rtcp-fb:" + type + " transport-cc\r\na=extmap:" + std::to_string(kTransportCc) +
           " http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n";
  }
  sdp += "a=ice-ufrag:" + peer_.credentials().ufrag + "\r\na=ice-pwd:" + peer_.credentials().password +
         "\r\na=fingerprint:sha-256 " + peer_.fingerprint_text() + "\r\n";
  if (!sends_) return sdp + "a=recvonly\r\n";
  return sdp + "a=sendonly\r\na=ssrc:" + std::to_string(ssrc_) + " cname:bench\r\n";
}

void MediaPeer::take_answer(const std::string& answer) {
  const auto session = sdp::parse(answer);
  if (!session || session->media.empty() || !session->media.front().ice ||
      !session->media.front().fingerprint) {
    throw std::runtime_error{"the node's answer has no transport"};
  }
  const sdp::Media& line = session->media.front();
  peer_.set_remote({line.ice->ufrag, line.ice->password}, line.fingerprint->algorithm,
                   line.fingerprint->value);
}

/// RTP (RFC 3550 section 5.1) with the transport-wide number; of video VP8 (RFC 7741 section 4.2) with
/// 15-bit picture ids.
std::size_t MediaPeer::write_packet(MutableBytes out, std::size_t index) const {
  ByteWriter w{out};
  const bool last = index + 1 == shape_.packets;
  w.u8(0x90);
  w.u8(static_cast<std::uint8_t>((last ? 0x80 : 0) | (shape_.sound() ? kOpus : kVp8)));
  w.u16(sequence_);
  w.u32(timestamp_);
  w.u32(ssrc_);
  w.u16(0xbede);
  w.u16(1);
  w.u8(kTransportCc << 4 | 1);
  w.u16(transport_sequence_);
  w.u8(0);
  if (!shape_.sound()) {
    w.u8(static_cast<std::uint8_t>(0x80 | (index == 0 ? 0x10 : 0)));  // X, S
    w.u8(0x80);                                                       // I
    w.u16(static_cast<std::uint16_t>(0x8000 | frames_));
    if (index == 0) {  // RFC 6386 section 9.1
      const bool key = frames_ % 3 == 0;
      w.u8(key ? 0x10 : 0x11);
      w.u16(0);
      if (key) w.u24(0x9d012a), w.u16(0x0005), w.u16(0xd002);  // 1280x720
    }
  }
  while (w.ok() && w.size() < kHeader + shape_.payload) w.u8(static_cast<std::uint8_t>(w.size()));
  return w.ok() ? w.size() : 0;
}

std::vector<test::Datagram> MediaPeer::next_frame(Time now) {
  timestamp_ = static_cast<std::uint32_t>(to_us(now) * (shape_.sound() ? 48 : 90) / 1000);
  for (std::size_t i = 0; i < shape_.packets; ++i, ++sequence_, ++transport_sequence_) {
    std::array<std::uint8_t, 1500> packet;
    const std::size_t size = write_packet(packet, i);
    if (size == 0 || !peer_.send_rtp(Bytes{packet}.first(size))) throw std::runtime_error{"cannot send"};
  }
  frames_ = static_cast<std::uint16_t>((frames_ + 1) & 0x7fff);
  return peer_.take_transmits();
}

}  // namespace weir::bench
