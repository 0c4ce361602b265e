#include "load/descriptions.h"

#include <charconv>
#include <sstream>

#include "load/error.h"

namespace weir::load {
namespace {

constexpr std::string_view kTransportCcUri =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

std::string session_head(const Self& self, const std::string& bundle) {
  return "v=0\r\no=- 1 " + std::to_string(self.version) +
         " IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE" + bundle + "\r\n";
}

std::string transport_of(const Self& self) {
  return "c=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=setup:active\r\na=ice-ufrag:" + self.ice.ufrag +
         "\r\na=ice-pwd:" + self.ice.password + "\r\na=fingerprint:sha-256 " + self.fingerprint +
         "\r\na=candidate:1 1 udp 2130706431 " + self.address.ip_text() + " " +
         std::to_string(self.address.port) + " typ host\r\na=end-of-candidates\r\n";
}

std::string feedback_of(std::uint8_t payload_type, bool video) {
  const std::string line = "a=rtcp-fb:" + std::to_string(payload_type) + " ";
  std::string text = line + "transport-cc\r\n";
  if (video) text += line + "nack\r\n" + line + "nack pli\r\n" + line + "ccm fir\r\n";
  return text;
}

std::string codec_of(bool video) {
  if (!video) return "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n";
  return "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
}

std::string extension_line(unsigned id) {
  return "a=extmap:" + std::to_string(id) + " " + std::string{kTransportCcUri} + "\r\n";
}

std::string ssrcs_of(const SentStream& stream) {
  const std::string media = std::to_string(stream.ssrc());
  std::string text = "a=msid:load " + track_id_of(stream) + "\r\n";
  if (stream.kind() == SentStream::Kind::audio) return text + "a=ssrc:" + media + " cname:load\r\n";
  const std::string rtx = std::to_string(stream.rtx_ssrc());
  text += "a=ssrc-group:FID " + media + " " + rtx + "\r\n";
  return text + "a=ssrc:" + media + " cname:load\r\na=ssrc:" + rtx + " cname:load\r\n";
}

bool is(const sdp::Format& format, std::string_view encoding) {
  if (format.encoding.size() != encoding.size()) return false;
  for (std::size_t i = 0; i < encoding.size(); ++i) {
    if ((format.encoding[i] | 0x20) != encoding[i]) return false;
  }
  return true;
}

const sdp::Format* find_format(const sdp::Media& line, std::string_view encoding) {
  for (const sdp::Format& format : line.formats) {
    if (is(format, encoding)) return &format;
  }
  return nullptr;
}

const sdp::ExtMap* find_transport_cc(const sdp::Media& line) {
  for (const sdp::ExtMap& map : line.extensions) {
    if (map.uri == kTransportCcUri) return &map;
  }
  return nullptr;
}

const sdp::Format* find_rtx(const sdp::Media& line, std::uint8_t of) {
  for (const sdp::Format& format : line.formats) {
    if (is(format, "rtx") && sdp::fmtp_parameter(format.parameters, "apt") == std::to_string(of))
      return &format;
  }
  return nullptr;
}

std::string accepted_line(const Self& self, const sdp::Media& line, const sdp::Format& codec) {
  const bool video = line.type == "video";
  const std::string type = std::to_string(codec.payload_type);
  const sdp::Format* const rtx = video ? find_rtx(line, codec.payload_type) : nullptr;
  std::string text = "m=" + line.type + " 9 UDP/TLS/RTP/SAVPF " + type;
  if (rtx != nullptr) text += " " + std::to_string(rtx->payload_type);
  text += "\r\n" + transport_of(self) + "a=mid:" + line.mid + "\r\na=recvonly\r\n";
  text += "a=rtpmap:" + type + (video ? " VP8/90000\r\n" : " opus/48000/2\r\n");
  text += feedback_of(codec.payload_type, video);
  if (rtx != nullptr) {
    const std::string repair = std::to_string(rtx->payload_type);
    text += "a=rtpmap:" + repair + " rtx/90000\r\na=fmtp:" + repair + " apt=" + type + "\r\n";
  }
  if (const sdp::ExtMap* const map = find_transport_cc(line)) text += extension_line(map->id);
  return text;
}

void read_codecs(const sdp::Media& line, Remote& remote) {
  if (const sdp::ExtMap* const map = find_transport_cc(line)) remote.transport_cc = map->id;
  if (const sdp::Format* const opus = find_format(line, "opus")) remote.opus = opus->payload_type;
  if (const sdp::Format* const vp8 = find_format(line, "vp8")) {
    remote.vp8 = vp8->payload_type;
    if (const sdp::Format* const rtx = find_rtx(line, vp8->payload_type)) remote.rtx = rtx->payload_type;
  }
  for (const sdp::SsrcGroup& group : line.ssrc_groups) {
    if (group.semantics == "FID" && group.ssrcs.size() == 2) {
      remote.rtx_ssrcs.emplace_back(group.ssrcs[0], group.ssrcs[1]);
    }
  }
}

}  // namespace

std::string track_id_of(const SentStream& stream) {
  return std::to_string(stream.ssrc());
}

std::optional<Address> address_of(std::string_view candidate) {
  std::istringstream in{std::string{candidate}};
  std::string foundation;
  std::string component;
  std::string transport;
  std::string priority;
  std::string address;
  std::uint16_t port = 0;
  if (!(in >> foundation >> component >> transport >> priority >> address >> port)) return std::nullopt;
  if (component != "1" || (transport != "udp" && transport != "UDP") || port == 0) return std::nullopt;
  return Address::parse(address, port);
}

std::string make_offer(const Self& self, const std::vector<OfferedLine>& lines) {
  std::string bundle;
  for (std::size_t i = 0; i < lines.size(); ++i) bundle += " " + std::to_string(i);
  std::string text = session_head(self, bundle);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool video = lines[i].kind == SentStream::Kind::video;
    text += video ? "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n" : "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n";
    text += transport_of(self) + "a=mid:" + std::to_string(i) + "\r\n" + codec_of(video);
    text += feedback_of(video ? kVp8 : kOpus, video) + extension_line(kTransportCc);
    text += lines[i].stream == nullptr ? "a=recvonly\r\n" : "a=sendonly\r\n" + ssrcs_of(*lines[i].stream);
  }
  return text;
}

std::string make_answer(const Self& self, const sdp::Session& offer) {
  std::string lines;
  std::string bundle;
  for (const sdp::Media& line : offer.media) {
    const sdp::Format* const codec = find_format(line, line.type == "video" ? "vp8" : "opus");
    if (codec != nullptr && sdp::sends(line.direction) && line.port != 0) {
      lines += accepted_line(self, line, *codec);
      bundle += " " + line.mid;
    } else {
      lines += "m=" + line.type + " 0 " + line.protocol + " " +
               (line.format_ids.empty() ? "0" : line.format_ids.front()) +
               "\r\nc=IN IP4 0.0.0.0\r\na=mid:" + line.mid + "\r\na=inactive\r\n";
    }
  }
  return session_head(self, bundle) + lines;
}

Remote read_remote(const sdp::Session& description, std::string_view signalling_host) {
  Remote remote;
  std::optional<Address> address;
  const sdp::Media* transport = nullptr;
  for (const sdp::Media& line : description.media) {
    if (line.port == 0) {
      ++remote.refused_lines;
      continue;
    }
    if (transport == nullptr && line.ice && line.fingerprint) transport = &line;
    read_codecs(line, remote);
    for (const std::string& text : line.candidates) {
      const std::optional<Address> candidate = address_of(text);
      if (!candidate) continue;
      if (!address || (candidate->ip_text() == signalling_host && address->ip_text() != signalling_host)) {
        address = candidate;
      }
    }
  }
  if (transport == nullptr) throw LoadError{"the server's description accepts no line"};
  remote.ice = {transport->ice->ufrag, transport->ice->password};
  remote.fingerprint = *transport->fingerprint;
  remote.active = transport->setup == sdp::Setup::active;
  remote.address = address;
  return remote;
}

}  // namespace weir::load
