#include "support/live_peer.h"

#include <algorithm>
#include <stdexcept>

#include "rtp/packet.h"

namespace weir::test {
namespace {

constexpr std::uint8_t kOpus = 111;

// The value of the first "a=<name>:" line.
std::string attribute(const std::string& sdp, const std::string& name) {
  const std::string begin = "a=" + name + ":";
  const std::size_t at = sdp.find(begin);
  if (at == std::string::npos) throw std::runtime_error{"the answer has no " + name};
  const std::size_t from = at + begin.size();
  return sdp.substr(from, sdp.find("\r\n", from) - from);
}

std::vector<std::uint8_t> from_hex(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 3) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

VirtualPeer::Options peer_options(std::uint64_t seed, const Address& local, const Address& node) {
  VirtualPeer::Options options;
  options.seed = seed;
  options.local = local;
  options.remote = node;
  return options;
}

}  // namespace

LivePeer::LivePeer(std::uint64_t seed, const Address& node, Lines lines, const char* address)
    : socket_(address),
      peer_(peer_options(seed, socket_.local(), node)),
      lines_(lines),
      ssrc_(static_cast<std::uint32_t>(0x1000 + seed)) {
  sctp::Channels::Options terms;
  terms.dtls_client = true;
  if (lines == Lines::data) peer_.allow_data(terms);
}

std::string LivePeer::offer() const {
  std::string fingerprint = peer_.fingerprint_text();
  if (spoiled_) fingerprint[0] = fingerprint[0] == '0' ? '1' : '0';
  std::string sdp = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n";
  if (lines_ == Lines::data) {
    sdp +=
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"
        "a=setup:active\r\na=sctp-port:5000\r\n";
  } else {
    sdp +=
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtcp-mux\r\n"
        "a=setup:active\r\na=rtpmap:111 opus/48000/2\r\n"
        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n";
  }
  sdp +=
      "a=ice-ufrag:" + peer_.credentials().ufrag + "\r\na=ice-pwd:" + peer_.credentials().password + "\r\n";
  sdp += "a=fingerprint:sha-256 " + fingerprint + "\r\n";
  if (lines_ == Lines::data) return sdp;
  if (lines_ == Lines::send) return sdp + "a=sendonly\r\na=ssrc:" + std::to_string(ssrc_) + " cname:live\r\n";
  return sdp + "a=recvonly\r\n";
}

void LivePeer::take_answer(const std::string& answer) {
  const std::string fingerprint = attribute(answer, "fingerprint");
  const std::size_t space = fingerprint.find(' ');
  ice::Credentials credentials;
  credentials.ufrag = attribute(answer, "ice-ufrag");
  credentials.password = attribute(answer, "ice-pwd");
  peer_.set_remote(credentials, fingerprint.substr(0, space), from_hex(fingerprint.substr(space + 1)));
}

void LivePeer::flush() {
  for (const Datagram& datagram : peer_.take_transmits()) socket_.send(datagram.to, datagram.bytes);
}

void LivePeer::turn(Duration wait) {
  const Time now = real_time();
  peer_.step(now);
  flush();
  const Time due = std::max(peer_.deadline(), now);
  if (auto arrival = socket_.receive(std::min(wait, due - now))) {
    peer_.receive(real_time(), {arrival->from, socket_.local(), std::move(arrival->bytes)});
    flush();
  }
  if (sctp::Channels* const channels = peer_.channels()) {
    for (const auto& event : channels->take_events()) {
      if (event.kind == sctp::Channels::EventKind::message) heard_.emplace_back(as_text(event.bytes));
    }
  }
  for (const VirtualPeer::Media& media : peer_.take_media()) {
    if (media.rtcp) continue;
    if (const auto packet = rtp::Packet::parse(media.bytes)) {
      const Bytes payload = packet->payload();
      received_.emplace_back(payload.begin(), payload.end());
    }
  }
}

bool LivePeer::run(Duration limit, const std::function<bool()>& done) {
  const Time end = real_time() + limit;
  while (!done()) {
    if (real_time() >= end) return false;
    turn(std::chrono::milliseconds{20});
  }
  return true;
}

bool LivePeer::say(std::string_view label, std::string_view text) {
  sctp::Channels* const channels = peer_.channels();
  if (channels == nullptr || !channels->up()) return false;
  auto stream = channels->find(label);
  if (!stream) stream = channels->open(label, "", {});
  const bool sent = stream && channels->send(*stream, true, as_bytes(text)) == sctp::Channels::Sent::done;
  peer_.flush_data(real_time());
  flush();
  return sent;
}

bool LivePeer::send_audio(std::uint16_t sequence, Bytes payload) {
  std::vector<std::uint8_t> packet(12 + payload.size());
  packet[0] = 0x80;
  packet[1] = kOpus;
  store_u16(&packet[2], sequence);
  store_u32(&packet[4], sequence * 960U);
  store_u32(&packet[8], ssrc_);
  std::copy(payload.begin(), payload.end(), packet.begin() + 12);
  const bool sent = peer_.send_rtp(packet);
  flush();
  return sent;
}

}  // namespace weir::test
