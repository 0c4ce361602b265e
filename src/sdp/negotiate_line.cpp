#include "sdp/negotiate_line.h"

#include <algorithm>

#include "sdp/codec_match.h"
#include "sdp/simulcast.h"
#include "sdp/text.h"

namespace weir::sdp {

namespace {

/// Longest mid that fits an element of the one-byte form (RFC 8285 section 4.2).
constexpr std::size_t kLongestMidElement = 16;

bool is_data_channel(const Media& media) {
  return media.type == "application" && media.protocol.find("SCTP") != std::string::npos;
}

/// RFC 8829 section 5.1.2 tells to take any RTP profile, since the keys come from DTLS whatever is written
/// there.
bool is_media_profile(const Media& media) {
  std::string_view profile = media.protocol;
  for (const std::string_view prefix : {"UDP/TLS/", "TCP/DTLS/", "TCP/TLS/"}) {
    if (profile.substr(0, prefix.size()) == prefix) profile.remove_prefix(prefix.size());
  }
  if (profile == "RTP/SAVPF" || profile == "RTP/SAVP") return true;
  return (profile == "RTP/AVPF" || profile == "RTP/AVP") && media.fingerprint.has_value();
}

/// Why a data channel line is rejected; empty when it is not. Before RFC 8841 the SCTP port stood in place of
/// the format and a=sctpmap told the rest; browsers have not made such offers since 2019.
std::string data_channel_rejection(const Media& media, const Policy& policy) {
  if (!policy.data_channels) return "data channels are not enabled";
  if (media.protocol != "UDP/DTLS/SCTP" && media.protocol != "TCP/DTLS/SCTP")
    return "the protocol " + quoted(media.protocol) + " is not SCTP over DTLS";
  if (media.format_ids.front() != "webrtc-datachannel")
    return "SCTP for " + quoted(media.format_ids.front()) + " is not supported (webrtc-datachannel is)";
  if (!media.sctp_port) return "a=sctp-port is missing";
  return *media.sctp_port == 0 ? "the SCTP association is closed (a=sctp-port:0)" : "";
}

/// Why the line is rejected before its codecs are looked at; empty when it is not.
std::string rejection_of(const Media& media, const Policy& policy) {
  if (media.port == 0 && !media.bundle_only) return "stopped by the client (port 0)";
  if (is_data_channel(media)) return data_channel_rejection(media, policy);
  if (media.type != "audio" && media.type != "video")
    return "media of type " + quoted(media.type) + " are not supported";
  if (!policy.media) return "the running connection was made for data alone, without keys for media";
  if (!is_media_profile(media))
    return "the protocol " + quoted(media.protocol) + " is not SRTP with keys from DTLS";
  return {};
}

void take_feedback(const Format& format, MediaKind kind, NegotiatedCodec& codec) {
  for (const std::string& value : format.feedback) {
    if (equals_ignoring_case(value, "nack")) codec.nack = true;
    if (equals_ignoring_case(value, "transport-cc")) codec.transport_cc = true;
    if (equals_ignoring_case(value, "ack ccfb")) codec.ccfb = true;
    if (kind != MediaKind::video) continue;
    if (equals_ignoring_case(value, "nack pli")) codec.pli = true;
    if (equals_ignoring_case(value, "ccm fir")) codec.fir = true;
    if (equals_ignoring_case(value, "goog-remb")) codec.remb = true;
  }
}

void take_codecs(const Media& media, const std::vector<CodecMatch>& matches, NegotiatedLine& line) {
  std::array<const Format*, 128> rtx_of{};  // by the payload type that it repairs (RFC 4588 section 8.1)
  std::array<const Format*, 128> red_of{};  // by the one that it repeats
  for (const Format& format : media.formats) {
    const auto note = [&](std::array<const Format*, 128>& table, std::optional<std::uint8_t> of) {
      if (of && *of < table.size() && table[*of] == nullptr) table[*of] = &format;
    };
    note(red_of, red_primary(format));
    if (!equals_ignoring_case(format.encoding, "rtx")) continue;
    note(rtx_of, number<std::uint8_t>(fmtp_parameter(format.parameters, "apt").value_or("")));
  }
  for (const CodecMatch& match : matches) {
    NegotiatedCodec codec;
    codec.codec = match.codec;
    codec.payload_type = match.format->payload_type;
    codec.clock_rate = match.format->clock_rate;
    codec.parameters = answer_parameters(match);
    take_feedback(*match.format, line.kind, codec);
    const Format* rtx = rtx_of[codec.payload_type];
    // Without generic NACK nothing is ever asked for again.
    if (rtx != nullptr && codec.nack && rtx->clock_rate == codec.clock_rate) {
      codec.rtx_payload_type = rtx->payload_type;
    }
    const Format* red = red_of[codec.payload_type];
    if (red != nullptr && codec.codec == Codec::opus) codec.red_payload_type = red->payload_type;
    line.codecs.push_back(std::move(codec));
  }
}

bool any_codec(const NegotiatedLine& line, bool NegotiatedCodec::*flag) {
  return std::any_of(line.codecs.begin(), line.codecs.end(),
                     [&](const NegotiatedCodec& codec) { return codec.*flag; });
}

bool has_rids(const NegotiatedLine& line) {
  return !line.encodings.empty() && !line.encodings.front().rid.empty();
}

bool is_wanted(rtp::Extension extension, const NegotiatedLine& line) {
  using enum rtp::Extension;
  // A line that carries nothing now may carry simulcast after the next offer, and libwebrtc offers then only
  // the extensions that an answer has left it. Without that of the rid it refuses its own offer.
  const bool idle = !line.to_node && !line.from_node;
  switch (extension) {
    case mid:
      return !line.mid.empty() && line.mid.size() <= kLongestMidElement;
    case audio_level:
      return line.kind == MediaKind::audio;
    case video_orientation:
      return line.kind == MediaKind::video;
    case abs_send_time:
    case abs_capture_time:
      return true;
    case transport_cc:
      return any_codec(line, &NegotiatedCodec::transport_cc);
    case rid:
    case repaired_rid:
      return has_rids(line) || (idle && line.kind == MediaKind::video);
    case playout_delay:
    case color_space:
    case dependency_descriptor:
    case video_layers_allocation:
    case frame_marking:
      return line.kind == MediaKind::video;
    case count:
      break;
  }
  return false;
}

/// RFC 8285 section 7: a direction other than sendrecv must be one in which this line's media flow at all.
bool is_usable(const ExtMap& offered, bool allow_mixed, const NegotiatedLine& line) {
  // Ids above 14 need the two-byte form (section 4.3), which may stand beside the other only when that was
  // agreed.
  if (offered.id == 0 || (offered.id > 14 && !allow_mixed) || offered.id == 15) return false;
  switch (offered.direction.value_or(Direction::sendrecv)) {
    case Direction::sendrecv:
      return true;
    case Direction::sendonly:
      return line.to_node;
    case Direction::recvonly:
      return line.from_node;
    case Direction::inactive:
      break;
  }
  return false;
}

void take_extensions(const Media& media, bool allow_mixed, ExtensionIds& ids, NegotiatedLine& line) {
  for (const ExtMap& offered : media.extensions) {
    const auto extension = rtp::extension_of(offered.uri);
    if (!extension || line.extensions.has(*extension)) continue;
    if (!is_wanted(*extension, line) || !is_usable(offered, allow_mixed, line)) continue;
    std::optional<rtp::Extension>& meaning = ids.meaning[offered.id];
    std::uint8_t& id = ids.id[static_cast<std::size_t>(*extension)];
    if ((meaning && *meaning != *extension) || (id != 0 && id != offered.id)) continue;
    meaning = *extension;
    id = offered.id;
    line.extensions.set(*extension, offered.id);
  }
}

/// Feedback on numbers that no packet carries serves nobody. Of two kinds for congestion control one is
/// answered: whoever gets both would have to choose, and transport-wide feedback is what every browser has.
/// RFC 8888 is only for what the node sends, since it makes no such reports itself.
void settle_feedback(NegotiatedLine& line) {
  const bool transport_cc = line.extensions.has(rtp::Extension::transport_cc);
  for (NegotiatedCodec& codec : line.codecs) {
    codec.transport_cc = codec.transport_cc && transport_cc;
    codec.ccfb = codec.ccfb && !transport_cc && line.from_node && !line.to_node;
  }
}

/// SSRCs of the client: media ones, and which repairs which (RFC 5576 section 4.2, RFC 4588 section 9).
void take_ssrcs(const Media& media, NegotiatedLine& line) {
  std::vector<std::uint32_t> repair;
  for (const SsrcGroup& group : media.ssrc_groups) {
    if (group.ssrcs.size() != 2 || group.ssrcs[0] == group.ssrcs[1]) continue;
    if (group.semantics == "FID") line.rtx_ssrcs.emplace_back(group.ssrcs[0], group.ssrcs[1]);
    if (group.semantics == "FID" || group.semantics == "FEC-FR") repair.push_back(group.ssrcs[1]);
  }
  std::sort(repair.begin(), repair.end());
  for (const Ssrc& source : media.ssrcs) {
    if (!std::binary_search(repair.begin(), repair.end(), source.ssrc)) line.ssrcs.push_back(source.ssrc);
  }
}

}  // namespace

NegotiatedLine negotiate_line(const Media& media, const Policy& policy, bool allow_mixed, ExtensionIds& ids) {
  NegotiatedLine line;
  line.mid = media.mid;
  line.type = media.type;
  line.data_channel = is_data_channel(media);
  line.kind = media.type == "video" ? MediaKind::video : MediaKind::audio;
  line.screen = media.content == "slides";
  line.rejection = rejection_of(media, policy);
  line.rejected = !line.rejection.empty();
  if (line.rejected) return line;
  if (line.data_channel) {
    constexpr std::uint64_t kAbsentMessageSize = 65'536;  // RFC 8841 section 6.1: 64K
    line.sctp_port = *media.sctp_port;
    line.max_message_size = media.max_message_size.value_or(kAbsentMessageSize);
    return line;
  }

  const bool audio = line.kind == MediaKind::audio;
  line.to_node = sends(media.direction) && (audio ? policy.receive_audio : policy.receive_video);
  line.from_node = receives(media.direction) && (audio ? policy.send_audio : policy.send_video);
  const std::vector<CodecMatch> matches = match_codecs(media, line.kind, policy.codecs);
  if (matches.empty()) {
    line.rejected = true;
    line.to_node = line.from_node = false;
    line.rejection = "none of its codecs is supported (" + supported_codecs(line.kind, policy.codecs) + ")";
    return line;
  }
  take_codecs(media, matches, line);
  take_encodings(media, line);
  take_extensions(media, allow_mixed, ids, line);
  settle_feedback(line);
  // A rid that no packet carries binds nothing.
  if (has_rids(line) && !line.extensions.has(rtp::Extension::rid)) {
    line.encodings.clear();
    line.extensions.set(rtp::Extension::repaired_rid, 0);
  }
  take_ssrcs(media, line);
  return line;
}

}  // namespace weir::sdp
