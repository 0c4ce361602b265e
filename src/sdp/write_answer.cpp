// The answer (RFC 8829 section 5.3):
//
//   v=0  o=- <id> <version> IN IP4 0.0.0.0  s=-  t=0 0
//   a=group:BUNDLE <accepted mids in the offer's order>  a=extmap-allow-mixed  a=msid-semantic: WMS *
//   a=ice-lite one section for each of the offer's, in its order; rejected ones with port 0
//
// Candidates stand on the answerer-tagged section only, the other transport attributes on all accepted ones:
// RFC 9143 section 7.1.3 wants them on the tagged one and lets browsers skip the rest.
#include <algorithm>

#include "sdp/answer.h"
#include "sdp/bundle.h"
#include "sdp/simulcast.h"
#include "sdp/text.h"

namespace weir::sdp {

namespace {

class AnswerWriter {
 public:
  AnswerWriter(const Session& offer, const Negotiated& negotiated, const LocalDescription& local)
      : offer_(offer), negotiated_(negotiated), local_(local) {
    const Result<Bundle> bundle = find_bundle(offer, negotiated.lines);
    if (bundle) bundle_ = *bundle;
    candidates_ = by_preference(local.candidates);
    for (auto it = candidates_.rbegin(); it != candidates_.rend(); ++it) {
      if (!it->v6 || default_.is_unspecified() || default_.v6) default_ = *it;
    }
  }

  std::string run() {
    session();
    for (std::size_t i = 0; i < offer_.media.size() && i < negotiated_.lines.size(); ++i) {
      if (negotiated_.lines[i].rejected) {
        rejected(offer_.media[i]);
      } else {
        accepted(i);
      }
    }
    return std::move(text_);
  }

 private:
  template <typename... Parts>
  void line(const Parts&... parts) {
    (text_.append(parts), ...);
    text_ += "\r\n";
  }

  /// RFC 8421 section 4: the two families in turn, IPv6 first, each in the given order.
  static std::vector<Address> by_preference(const std::vector<Address>& given) {
    std::vector<Address> out;
    std::size_t next[2] = {0, 0};  // IPv4, IPv6
    for (bool v6 = true; out.size() < given.size(); v6 = !v6) {
      std::size_t& i = next[v6 ? 1 : 0];
      while (i < given.size() && given[i].v6 != v6) ++i;
      if (i < given.size()) out.push_back(given[i++]);
    }
    return out;
  }

  void session() {
    line("v=0");
    line("o=- ", std::to_string(local_.session_id), " ", std::to_string(local_.version), " IN IP4 0.0.0.0");
    line("s=-");
    line("t=0 0");
    if (bundle_.grouped && !bundle_.lines.empty()) {
      text_ += "a=group:BUNDLE";
      for (const std::size_t i : bundle_.lines) text_.append(" ").append(offer_.media[i].mid);
      line();
    }
    if (offer_.extmap_allow_mixed) line("a=extmap-allow-mixed");
    line("a=msid-semantic: WMS *");
    line("a=ice-lite");
  }

  void connection(const Address& address) {
    line("c=IN ", address.v6 ? "IP6 " : "IP4 ", address.is_unspecified() ? "0.0.0.0" : address.ip_text());
  }

  /// RFC 3264 section 6: the same type and protocol, at least one format, port 0.
  void rejected(const Media& media) {
    const std::string format = media.format_ids.empty() ? "0" : media.format_ids.front();
    line("m=", media.type, " 0 ", media.protocol, " ", format);
    line("c=IN IP4 0.0.0.0");
    if (!media.mid.empty()) line("a=mid:", media.mid);
    line("a=inactive");
    if (!media.formats.empty() && !media.formats.front().encoding.empty()) rtpmap(media.formats.front());
  }

  void rtpmap(const Format& format) {
    line("a=rtpmap:", std::to_string(format.payload_type), " ", format.encoding, "/",
         std::to_string(format.clock_rate),
         format.channels == 1 ? std::string{} : "/" + std::to_string(format.channels));
  }

  void accepted(std::size_t index) {
    const Media& media = offer_.media[index];
    const NegotiatedLine& negotiated = negotiated_.lines[index];
    const std::optional<LineIdentity> identity =
        negotiated.from_node && index < local_.lines.size() ? local_.lines[index] : std::nullopt;
    // RFC 9143 section 7.3.1: all sections of the bundle name the one address; 9 is the discard port of RFC
    // 8840.
    text_.append("m=").append(media.type).append(" ");
    text_.append(std::to_string(default_.port != 0 ? default_.port : 9)).append(" ").append(media.protocol);
    for (const NegotiatedCodec& codec : negotiated.codecs) payload_types(codec, media);
    if (negotiated.data_channel) text_ += " webrtc-datachannel";
    line();
    connection(default_);
    if (!media.mid.empty()) line("a=mid:", media.mid);
    transport(!bundle_.lines.empty() && bundle_.lines.front() == index);
    if (negotiated.data_channel) {
      line("a=sctp-port:", std::to_string(kSctpPort));
      line("a=max-message-size:", std::to_string(negotiated_.max_message_size));
      return;
    }
    line("a=", direction(negotiated, identity.has_value()));
    line("a=rtcp-mux");
    if (media.rtcp_rsize) line("a=rtcp-rsize");
    extensions(media, negotiated);
    for (const NegotiatedCodec& codec : negotiated.codecs) codec_lines(codec, media);
    // RFC 8888 section 6: with the wildcard only.
    const bool ccfb = std::any_of(negotiated.codecs.begin(), negotiated.codecs.end(),
                                  [](const NegotiatedCodec& codec) { return codec.ccfb; });
    if (ccfb) line("a=rtcp-fb:* ack ccfb");
    simulcast(negotiated);
    if (identity) sources(negotiated, *identity);
  }

  /// RFC 8851 section 6.3, RFC 8853 section 5.3.2: what the client sends, from our side. A stream that is
  /// offered paused is answered so: browsers take the state of the answer for their own, and one that a page
  /// has switched off would begin again.
  void simulcast(const NegotiatedLine& negotiated) {
    std::string streams;
    for (const SendEncoding& encoding : negotiated.encodings) {
      if (encoding.rid.empty()) continue;
      line("a=rid:", encoding.rid, " recv", restrictions_text(encoding));
      streams.append(streams.empty() ? "" : ";").append(encoding.paused ? "~" : "").append(encoding.rid);
    }
    if (!streams.empty()) line("a=simulcast:recv ", streams);
  }

  /// RED keeps its place before or after its codec: a client sends it only where it stands before.
  void payload_types(const NegotiatedCodec& codec, const Media& media) {
    const auto place = [&](std::uint8_t payload_type) {
      return std::find_if(media.formats.begin(), media.formats.end(),
                          [&](const Format& format) { return format.payload_type == payload_type; });
    };
    const auto put = [&](std::uint8_t payload_type) {
      text_.append(" ").append(std::to_string(payload_type));
    };
    const std::optional<std::uint8_t> red = codec.red_payload_type;
    const bool red_first = red && place(*red) < place(codec.payload_type);
    if (red && red_first) put(*red);
    put(codec.payload_type);
    if (red && !red_first) put(*red);
    if (codec.rtx_payload_type) put(*codec.rtx_payload_type);
  }

  static std::string_view direction(const NegotiatedLine& line, bool announced) {
    const bool sending = line.from_node && announced;
    if (line.to_node) return text_of(sending ? Direction::sendrecv : Direction::recvonly);
    return text_of(sending ? Direction::sendonly : Direction::inactive);
  }

  void transport(bool tagged) {
    line("a=ice-ufrag:", local_.ice.ufrag);
    line("a=ice-pwd:", local_.ice.password);
    text_ += "a=fingerprint:sha-256 ";
    constexpr char kDigits[] = "0123456789ABCDEF";
    for (std::size_t i = 0; i < local_.fingerprint.size(); ++i) {
      if (i != 0) text_ += ':';
      text_ += kDigits[local_.fingerprint[i] >> 4];
      text_ += kDigits[local_.fingerprint[i] & 15];
    }
    line();
    line("a=setup:", negotiated_.node_is_dtls_client ? "active" : "passive");
    if (tagged) candidates();
  }

  /// RFC 8445 section 5.1.2.1: type preference 126 (host), a local preference for each address, component 1.
  void candidates() {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      const Address& address = candidates_[i];
      // One foundation for one base address (section 5.1.1.3).
      std::size_t foundation = 0;
      while (candidates_[foundation].ip != address.ip || candidates_[foundation].v6 != address.v6)
        ++foundation;
      const std::uint32_t local = 65'535 - static_cast<std::uint32_t>(std::min<std::size_t>(i, 65'535));
      const std::uint32_t priority = (126U << 24) | (local << 8) | 255U;
      line("a=candidate:", std::to_string(foundation + 1), " 1 udp ", std::to_string(priority), " ",
           address.ip_text(), " ", std::to_string(address.port), " typ host");
    }
    line("a=end-of-candidates");
  }

  void extensions(const Media& media, const NegotiatedLine& negotiated) {
    for (const ExtMap& offered : media.extensions) {
      const auto extension = rtp::extension_of(offered.uri);
      if (!extension || negotiated.extensions.id(*extension) != offered.id) continue;
      std::string_view direction;
      if (offered.direction == Direction::sendonly) direction = "/recvonly";
      if (offered.direction == Direction::recvonly) direction = "/sendonly";
      if (offered.direction == Direction::sendrecv) direction = "/sendrecv";
      line("a=extmap:", std::to_string(offered.id), direction, " ", offered.uri);
    }
  }

  void codec_lines(const NegotiatedCodec& codec, const Media& media) {
    const std::string payload_type = std::to_string(codec.payload_type);
    for (const Format& format : media.formats) {
      if (format.payload_type == codec.payload_type) rtpmap(format);
    }
    if (codec.remb) line("a=rtcp-fb:", payload_type, " goog-remb");
    if (codec.transport_cc) line("a=rtcp-fb:", payload_type, " transport-cc");
    if (codec.fir) line("a=rtcp-fb:", payload_type, " ccm fir");
    if (codec.nack) line("a=rtcp-fb:", payload_type, " nack");
    if (codec.pli) line("a=rtcp-fb:", payload_type, " nack pli");
    if (!codec.parameters.empty()) line("a=fmtp:", payload_type, " ", codec.parameters);
    if (codec.red_payload_type) {
      const std::string red = std::to_string(*codec.red_payload_type);
      line("a=rtpmap:", red, " red/48000/2");
      line("a=fmtp:", red, " ", payload_type, "/", payload_type);
    }
    if (!codec.rtx_payload_type) return;
    const std::string rtx = std::to_string(*codec.rtx_payload_type);
    line("a=rtpmap:", rtx, " rtx/", std::to_string(codec.clock_rate));
    line("a=fmtp:", rtx, " apt=", payload_type);
  }

  void sources(const NegotiatedLine& negotiated, const LineIdentity& identity) {
    const bool repaired =
        identity.rtx_ssrc != 0 &&
        std::any_of(negotiated.codecs.begin(), negotiated.codecs.end(),
                    [](const NegotiatedCodec& c) { return c.rtx_payload_type.has_value(); });
    const std::string ssrc = std::to_string(identity.ssrc);
    const std::string rtx = std::to_string(identity.rtx_ssrc);
    line("a=msid:", identity.stream.empty() ? "-" : identity.stream, " ", identity.track);
    if (repaired) line("a=ssrc-group:FID ", ssrc, " ", rtx);
    line("a=ssrc:", ssrc, " cname:", local_.cname);
    if (repaired) line("a=ssrc:", rtx, " cname:", local_.cname);
  }

  const Session& offer_;
  const Negotiated& negotiated_;
  const LocalDescription& local_;
  Bundle bundle_;
  std::vector<Address> candidates_;
  Address default_;  // of m= and c= (RFC 8839 section 4.2.1.2): IPv4 where there is one
  std::string text_;
};

}  // namespace

std::string write_answer(const Session& offer, const Negotiated& negotiated, const LocalDescription& local) {
  return AnswerWriter{offer, negotiated, local}.run();
}

}  // namespace weir::sdp
