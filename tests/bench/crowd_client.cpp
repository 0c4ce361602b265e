#include "crowd_client.h"

#include <algorithm>
#include <stdexcept>

#include "rtp/packet.h"
#include "sdp/session.h"

namespace weir::bench {

namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kOpus = 111;
constexpr std::uint8_t kVp8 = 96;
constexpr std::uint8_t kTransportCcId = 3;
constexpr std::uint8_t kMidId = 4;
constexpr std::uint8_t kRidId = 5;
constexpr std::string_view kRids[] = {"a", "b", "c"};
// Of each encoding: 180p, 360p and 720p at some 70, 250 and 700 kbit/s.
constexpr std::size_t kPackets[] = {1, 2, 5};
constexpr std::size_t kPayload[] = {600, 1000, 1100};
constexpr Duration kFrame = 66'667us;
constexpr Duration kSound = 20ms;
constexpr Duration kReport = 100ms;
constexpr std::uint16_t kKeyEvery = 30;  // frames; nobody has to ask for one
constexpr std::string_view kTransportCcUri =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

Address address_of(std::uint32_t number) {
  Address address;
  const std::uint32_t ip = 0x0a000001U + number;
  store_u32(address.ip.data(), ip);
  address.port = 40'000;
  return address;
}

}  // namespace

CrowdClient::CrowdClient(std::uint32_t number, const CrowdShape& shape, const Address& node,
                         std::shared_ptr<srtp::Backend> backend)
    : number_(number), shape_(shape), local_(address_of(number)), node_(node) {
  test::VirtualPeer::Options options;
  options.seed = number + 1;
  options.local = local_;
  options.remote = node_;
  options.backend = std::move(backend);
  peer_ = std::make_unique<test::VirtualPeer>(options);
  if (shape.data) {
    sctp::Channels::Options terms;
    terms.dtls_client = true;
    peer_->allow_data(terms);
  }
  sound_ = {0x1000'0000U + number, 100};
  for (std::size_t i = 0; i < kEncodings; ++i)
    pictures_[i] = {0x2000'0000U + (static_cast<std::uint32_t>(i) << 24U) + number, 200};
}

std::string CrowdClient::transport_lines() const {
  return "c=IN IP4 0.0.0.0\r\na=setup:active\r\na=ice-ufrag:" + peer_->credentials().ufrag +
         "\r\na=ice-pwd:" + peer_->credentials().password + "\r\na=fingerprint:sha-256 " +
         peer_->fingerprint_text() + "\r\n";
}

std::string CrowdClient::line(std::string_view kind, const std::string& mid, bool sends) const {
  const bool sound = kind == "audio";
  const std::string type = std::to_string(sound ? kOpus : kVp8);
  std::string sdp = "m=" + std::string{kind} + " 9 UDP/TLS/RTP/SAVPF " + type + (sound ? "" : " 97") +
                    "\r\n" + transport_lines() + "a=mid:" + mid + "\r\na=rtcp-mux\r\na=rtcp-rsize\r\n";
  sdp += sound ? "a=rtpmap:111 opus/48000/2\r\n"
               : "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
                 "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
  sdp += "a=rtcp-fb:" + type + " transport-cc\r\na=extmap:" + std::to_string(kTransportCcId) + " " +
         std::string{kTransportCcUri} + "\r\na=extmap:" + std::to_string(kMidId) +
         " urn:ietf:params:rtp-hdrext:sdes:mid\r\n";
  if (!sends) return sdp + "a=recvonly\r\n";
  sdp += "a=sendonly\r\n";
  if (sound) return sdp + "a=ssrc:" + std::to_string(sound_.ssrc) + " cname:crowd\r\n";
  return sdp + "a=extmap:" + std::to_string(kRidId) +
         " urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
         "a=rid:a send\r\na=rid:b send\r\na=rid:c send\r\na=simulcast:send a;b;c\r\n";
}

std::string CrowdClient::data_line() const {
  return "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" + transport_lines() +
         "a=mid:data\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n";
}

std::string CrowdClient::offer() const {
  std::string bundle;
  std::string media;
  const auto add = [&](const std::string& mid, const std::string& text) {
    bundle += " " + mid;
    media += text;
  };
  if (shape_.sends) {
    add("mic", line("audio", "mic", true));
    add("cam", line("video", "cam", true));
  }
  for (std::size_t i = 0; i < shape_.voices; ++i) {
    const std::string mid = "a" + std::to_string(i);
    add(mid, line("audio", mid, false));
  }
  if (shape_.data) add("data", data_line());
  // Last, so that more can follow.
  for (std::size_t i = 0; i < shape_.pictures; ++i) {
    const std::string mid = "v" + std::to_string(i);
    add(mid, line("video", mid, false));
  }
  return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE" + bundle + "\r\n" + media;
}

void CrowdClient::take_answer(const std::string& answer) {
  const auto session = sdp::parse(answer);
  if (!session || session->media.empty() || !session->media.front().ice ||
      !session->media.front().fingerprint)
    throw std::runtime_error{"the node's answer has no transport"};
  const sdp::Media& first = session->media.front();
  peer_->set_remote({first.ice->ufrag, first.ice->password}, first.fingerprint->algorithm,
                    first.fingerprint->value);
}

bool CrowdClient::up() const {
  if (peer_ == nullptr) return true;
  return peer_->connected() && (!shape_.data || (peer_->channels() != nullptr && peer_->channels()->up()));
}

void CrowdClient::reduce() {
  keys_ = peer_->take_srtp();
  peer_.reset();
}

void CrowdClient::receive(Time now, Bytes bytes) {
  const bool media = !bytes.empty() && bytes[0] >= 128 && bytes[0] <= 191;
  if (!media) {
    if (peer_ != nullptr) peer_->receive(now, {node_, local_, {bytes.begin(), bytes.end()}});
    return;
  }
  ++packets_received_;
  if (rtp::is_rtcp(bytes)) return;
  // Transport-wide numbers are readable without the keys.
  const auto packet = rtp::Packet::parse(bytes);
  if (!packet) return;
  const auto number = packet->extension(kTransportCcId);
  if (number && number->size() == 2) arrivals_.on_packet(now, load_u16(number->data()));
}

void CrowdClient::step(Time now) {
  if (peer_ != nullptr && peer_->deadline() <= now) peer_->step(now);
  if (peer_ != nullptr && peer_->channels() != nullptr) take_data(now);
  if (srtp() == nullptr) return;
  if (now >= next_report_) report(now);
  if (!shape_.sends) return;
  if (now >= next_sound_) send_sound(now);
  if (now >= next_picture_) send_pictures(now);
}

std::vector<test::Datagram> CrowdClient::take_transmits() {
  std::vector<test::Datagram> all = std::exchange(transmits_, {});
  if (peer_ == nullptr) return all;
  for (test::Datagram& each : peer_->take_transmits()) all.push_back(std::move(each));
  return all;
}

void CrowdClient::send(MutableBytes buffer, std::size_t size, bool rtcp) {
  const std::size_t out = rtcp ? srtp()->protect_rtcp(buffer, size) : srtp()->protect_rtp(buffer, size);
  if (out == 0) throw std::runtime_error{"a client cannot send"};
  transmits_.push_back({local_, node_, {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(out)}});
}

std::size_t CrowdClient::write_header(MutableBytes out, Stream& stream, std::uint8_t type, bool marker,
                                      std::uint32_t timestamp, std::string_view mid, std::string_view rid) {
  std::uint8_t number[2];
  store_u16(number, transport_sequence_++);
  rtp::HeaderWriter writer{{.marker = marker,
                            .payload_type = type,
                            .sequence = stream.sequence++,
                            .timestamp = timestamp,
                            .ssrc = stream.ssrc}};
  writer.add_extension(kTransportCcId, number);
  writer.add_extension(kMidId, as_bytes(mid));
  if (!rid.empty()) writer.add_extension(kRidId, as_bytes(rid));
  return writer.write(out);
}

void CrowdClient::send_sound(Time now) {
  if (next_sound_ == Time{}) next_sound_ = now + kSound * (number_ % 16) / 16;
  next_sound_ += kSound;
  std::array<std::uint8_t, 256> packet{};
  const auto timestamp = static_cast<std::uint32_t>(to_us(now) * 48 / 1000);
  const std::size_t header = write_header(packet, sound_, kOpus, false, timestamp, "mic", {});
  send(packet, header + 80, false);
}

void CrowdClient::send_pictures(Time now) {
  if (next_picture_ == Time{}) next_picture_ = now + kFrame * (number_ % 64) / 64;
  next_picture_ += kFrame;
  const bool key = frames_ % kKeyEvery == 0;
  for (std::size_t encoding = 0; encoding < kEncodings; ++encoding) send_picture(now, encoding, key);
  frames_ = static_cast<std::uint16_t>((frames_ + 1) & 0x7fff);
}

/// VP8 (RFC 7741 section 4.2) with 15-bit picture ids.
void CrowdClient::send_picture(Time now, std::size_t encoding, bool key) {
  const auto timestamp = static_cast<std::uint32_t>(to_us(now) * 90 / 1000);
  for (std::size_t i = 0; i < kPackets[encoding]; ++i) {
    std::array<std::uint8_t, 1500> packet{};
    const std::size_t header = write_header(packet, pictures_[encoding], kVp8, i + 1 == kPackets[encoding],
                                            timestamp, "cam", kRids[encoding]);
    ByteWriter w{MutableBytes{packet}.subspan(header)};
    w.u8(static_cast<std::uint8_t>(0x80 | (i == 0 ? 0x10 : 0)));  // X, S
    w.u8(0x80);                                                   // I
    w.u16(static_cast<std::uint16_t>(0x8000 | frames_));
    if (i == 0) {  // RFC 6386 section 9.1
      const auto width = static_cast<std::uint16_t>(320U << encoding);
      const auto height = static_cast<std::uint16_t>(180U << encoding);
      w.u8(key ? 0x10 : 0x11);
      w.u16(0);
      if (key) {
        w.u24(0x9d012a);
        w.u8(static_cast<std::uint8_t>(width)), w.u8(static_cast<std::uint8_t>(width >> 8));
        w.u8(static_cast<std::uint8_t>(height)), w.u8(static_cast<std::uint8_t>(height >> 8));
      }
    }
    send(packet, header + kPayload[encoding], false);
  }
}

void CrowdClient::report(Time now) {
  next_report_ = now + kReport;
  while (arrivals_.pending()) {
    std::array<std::uint8_t, 1200> memory;
    ByteWriter out{MutableBytes{memory}.first(1100)};
    if (!arrivals_.write(out, 1, 2)) throw std::runtime_error{"a report does not fit"};
    send(memory, out.size(), true);
  }
}

void CrowdClient::say(Time now, std::string_view label, std::string_view text) {
  sctp::Channels* const channels = peer_ == nullptr ? nullptr : peer_->channels();
  if (channels == nullptr || !channels->up()) return;
  auto stream = channels->find(label);
  if (!stream) stream = channels->open(label, "", {});
  if (stream) channels->send(*stream, true, as_bytes(text));
  peer_->flush_data(now);
}

void CrowdClient::take_data(Time now) {
  for (const auto& event : peer_->channels()->take_events()) {
    if (event.kind == sctp::Channels::EventKind::message) ++heard_;
  }
  peer_->flush_data(now);
}

}  // namespace weir::bench
