// Offers written for these tests after what browsers send. Lines end with LF here; crlf() makes them as on
// the wire.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/address.h"
#include "sdp/answer.h"

namespace weir::test {

inline std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

/// The text with every `from` replaced; "" as `to` removes.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

inline constexpr std::string_view kFingerprint =
    "a=fingerprint:sha-256 01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:"
    "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF\n";

/// ICE, DTLS and RTCP of a line as browsers repeat them.
inline std::string path(std::string_view mid) {
  return "c=IN IP4 0.0.0.0\na=rtcp:9 IN IP4 0.0.0.0\na=ice-ufrag:Ab+/\na=ice-pwd:abcdefghijklmnopqrstuvwx\n"
         "a=ice-options:trickle\n" +
         std::string{kFingerprint} + "a=setup:actpass\na=mid:" + std::string{mid} +
         "\na=rtcp-mux\na=rtcp-rsize\n";
}

inline std::string head(std::string_view mids) {
  return "v=0\no=- 4611731400430051336 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE " + std::string{mids} +
         "\na=extmap-allow-mixed\na=msid-semantic: WMS 5f1c\n";
}

inline std::string chromium_audio(std::string_view mid, std::string_view direction) {
  return "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\n" + path(mid) +
         "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\n"
         "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\n"
         "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\n"
         "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\na=" +
         std::string{direction} +
         "\na=msid:5f1c 0d2e\n"
         "a=rtpmap:111 opus/48000/2\na=rtcp-fb:111 transport-cc\na=fmtp:111 minptime=10;useinbandfec=1\n"
         "a=rtpmap:63 red/48000/2\na=fmtp:63 111/111\na=rtpmap:9 G722/8000\na=rtpmap:0 PCMU/8000\n"
         "a=rtpmap:8 PCMA/8000\na=rtpmap:13 CN/8000\na=rtpmap:110 telephone-event/48000\n"
         "a=rtpmap:126 telephone-event/8000\n"
         "a=ssrc:1001 cname:kNq1\na=ssrc:1001 msid:5f1c 0d2e\n";
}

inline std::string chromium_codec(int payload_type, int rtx, std::string_view name,
                                  std::string_view parameters) {
  const std::string pt = std::to_string(payload_type);
  std::string text = "a=rtpmap:" + pt + " " + std::string{name} + "/90000\n";
  for (const char* feedback : {"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"}) {
    text += "a=rtcp-fb:" + pt + " " + feedback + "\n";
  }
  if (!parameters.empty()) text += "a=fmtp:" + pt + " " + std::string{parameters} + "\n";
  return text + "a=rtpmap:" + std::to_string(rtx) + " rtx/90000\na=fmtp:" + std::to_string(rtx) +
         " apt=" + pt + "\n";
}

inline std::string chromium_video(std::string_view mid, std::string_view direction) {
  const auto h264 = [](std::string_view mode, std::string_view profile) {
    return "level-asymmetry-allowed=1;packetization-mode=" + std::string{mode} +
           ";profile-level-id=" + std::string{profile};
  };
  return "m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 107 108 109 114 115 116 117 118 39 40 45 46 98 99 123 "
         "124\n" +
         path(mid) +
         "a=extmap:14 urn:ietf:params:rtp-hdrext:toffset\n"
         "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\n"
         "a=extmap:13 urn:3gpp:video-orientation\n"
         "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\n"
         "a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\n"
         "a=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/video-content-type\n"
         "a=extmap:7 http://www.webrtc.org/experiments/rtp-hdrext/video-timing\n"
         "a=extmap:8 http://www.webrtc.org/experiments/rtp-hdrext/color-space\n"
         "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n"
         "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n"
         "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\na=" +
         std::string{direction} + "\na=msid:5f1c 7a9b\n" + chromium_codec(96, 97, "VP8", "") +
         chromium_codec(103, 104, "H264", h264("1", "640c1f")) +
         chromium_codec(107, 108, "H264", h264("1", "42001f")) +
         chromium_codec(109, 114, "H264", h264("0", "42001f")) +
         chromium_codec(115, 116, "H264", h264("1", "42e01f")) +
         chromium_codec(117, 118, "H264", h264("1", "4d001f")) +
         chromium_codec(39, 40, "H264", h264("1", "f4001f")) +
         chromium_codec(45, 46, "AV1", "level-idx=5;profile=0;tier=0") +
         chromium_codec(98, 99, "VP9", "profile-id=0") +
         "a=rtpmap:123 red/90000\na=rtpmap:124 ulpfec/90000\n"
         "a=ssrc-group:FID 2001 2002\na=ssrc:2001 cname:kNq1\na=ssrc:2001 msid:5f1c 7a9b\n"
         "a=ssrc:2002 cname:kNq1\na=ssrc:2002 msid:5f1c 7a9b\n";
}

inline std::string data_channel(std::string_view mid) {
  return replaced(replaced("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n" + path(mid),
                           "a=rtcp-mux\na=rtcp-rsize\n", ""),
                  "a=rtcp:9 IN IP4 0.0.0.0\n", "") +
         "a=sctp-port:5000\na=max-message-size:262144\n";
}

inline std::string chromium_offer() {
  return crlf(head("0 1") + chromium_audio("0", "sendrecv") + chromium_video("1", "sendrecv"));
}

/// Firefox: attributes of the session, feedback and formats in an order of its own, extmap directions.
inline std::string firefox_offer() {
  const std::string ice = "a=ice-pwd:a5011a06eed4a4e8b2dabbb4a9a19eca\na=ice-ufrag:7636c9c4\n";
  return crlf(
      "v=0\no=mozilla...THIS_IS_SDPARTA-99.0 3962622008805172949 0 IN IP4 0.0.0.0\ns=-\nt=0 0\n" +
      std::string{kFingerprint} + "a=group:BUNDLE 0 1\na=ice-options:trickle\na=msid-semantic:WMS *\n" +
      "m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101\nc=IN IP4 0.0.0.0\na=sendrecv\n"
      "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\n"
      "a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level\n"
      "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\n"
      "a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1\na=fmtp:101 0-15\n" +
      ice +
      "a=mid:0\na=msid:- {e6d7}\na=rtcp-mux\na=rtpmap:109 opus/48000/2\na=rtpmap:9 G722/8000/1\n"
      "a=rtpmap:0 PCMU/8000\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000/1\na=setup:actpass\n"
      "a=ssrc:3001 cname:{ee0e}\n"
      "m=video 0 UDP/TLS/RTP/SAVPF 120 124 126 127 97 98\nc=IN IP4 0.0.0.0\na=bundle-only\na=recvonly\n"
      "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\n"
      "a=extmap:4/sendonly http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\n"
      "a=extmap:6/recvonly urn:3gpp:video-orientation\n"
      "a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\n"
      "a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1\n"
      "a=fmtp:97 profile-level-id=42e01f;level-asymmetry-allowed=1\na=fmtp:120 max-fs=12288;max-fr=60\n"
      "a=fmtp:124 apt=120\na=fmtp:127 apt=126\na=fmtp:98 apt=97\n" +
      ice +
      "a=mid:1\na=rtcp-fb:* nack\na=rtcp-fb:* nack pli\na=rtcp-fb:* ccm fir\na=rtcp-fb:* goog-remb\n"
      "a=rtcp-fb:* transport-cc\na=rtcp-mux\na=rtcp-rsize\na=rtpmap:120 VP8/90000\na=rtpmap:124 rtx/90000\n"
      "a=rtpmap:126 H264/90000\na=rtpmap:127 rtx/90000\na=rtpmap:97 H264/90000\na=rtpmap:98 rtx/90000\n"
      "a=setup:actpass\n");
}

/// What a node would say of itself for these lines: identity k has SSRC 7000 + k, RTX 8000 + k.
inline sdp::LocalDescription local_for(const sdp::Negotiated& negotiated) {
  sdp::LocalDescription local;
  local.session_id = 42;
  local.version = 7;
  local.ice = {"nodeufrag", "nodepasswordnodepassword"};
  local.fingerprint.assign(32, 0xab);
  local.cname = "node";
  local.candidates = {*Address::parse("192.0.2.1", 3478), *Address::parse("2001:db8::1", 3478)};
  for (std::size_t k = 0; k < negotiated.lines.size(); ++k) {
    local.lines.emplace_back();
    if (!negotiated.lines[k].from_node) continue;
    const auto offset = static_cast<std::uint32_t>(k);
    local.lines.back() = sdp::LineIdentity{7000 + offset, 8000 + offset, "stream" + std::to_string(k),
                                           "track" + std::to_string(k)};
  }
  return local;
}

}  // namespace weir::test
