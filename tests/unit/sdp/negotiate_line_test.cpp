#include "sdp/negotiate_line.h"

#include <doctest/doctest.h>

#include "unit/sdp/offers.h"

using namespace weir;
using namespace weir::sdp;
using namespace weir::test;

namespace {

NegotiatedLine line_of(const std::string& section, const Policy& policy = {}, bool allow_mixed = true) {
  const auto session = parse("v=0\no=- 1 2 IN IP4 127.0.0.1\n" + section);
  REQUIRE_MESSAGE(session.ok(), (session.ok() ? "" : session.error().reason));
  ExtensionIds ids;
  return negotiate_line(session->media.at(0), policy, allow_mixed, ids);
}

std::vector<int> payload_types(const NegotiatedLine& line) {
  std::vector<int> out;
  for (const NegotiatedCodec& codec : line.codecs) out.push_back(codec.payload_type);
  return out;
}

}  // namespace

TEST_CASE("codecs: what they carry, and only those of the policy") {
  const NegotiatedLine line = line_of(chromium_video("1", "sendrecv"));
  // VP8; H.264 constrained baseline ... high; AV1; VP9
  CHECK(payload_types(line) == std::vector<int>{96, 115, 107, 117, 103, 45, 98});
  const NegotiatedCodec& vp8 = line.codecs[0];
  CHECK(vp8.codec == Codec::vp8);
  CHECK(vp8.clock_rate == 90'000);
  CHECK(vp8.rtx_payload_type == 97);
  CHECK(vp8.parameters.empty());
  CHECK((vp8.nack && vp8.pli && vp8.fir && vp8.remb && vp8.transport_cc));
  const NegotiatedCodec& h264 = line.codecs[1];
  CHECK(h264.codec == Codec::h264);
  CHECK(h264.rtx_payload_type == 116);
  CHECK(h264.parameters == "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");

  Policy policy;
  policy.codecs = {Codec::h264, Codec::vp8};
  CHECK(payload_types(line_of(chromium_video("1", "sendrecv"), policy)) ==
        std::vector<int>{96, 115, 107, 117, 103});
  policy.codecs = {Codec::h264};
  CHECK(payload_types(line_of(chromium_video("1", "sendrecv"), policy)) ==
        std::vector<int>{115, 107, 117, 103});
}

TEST_CASE("audio: Opus with its RED, G.711, telephone events of both clocks") {
  const NegotiatedLine line = line_of(chromium_audio("0", "sendrecv"));
  CHECK(payload_types(line) == std::vector<int>{111, 0, 8, 110, 126});
  const NegotiatedCodec& opus = line.codecs.at(0);
  CHECK(opus.parameters == "minptime=10;useinbandfec=1");
  CHECK(opus.transport_cc);
  CHECK_FALSE(opus.nack);
  CHECK_FALSE(opus.rtx_payload_type.has_value());
  CHECK(opus.red_payload_type == 63);
  CHECK(line.codecs[1].codec == Codec::pcmu);
  CHECK_FALSE(line.codecs[1].red_payload_type.has_value());
  CHECK(line.codecs[3].codec == Codec::telephone_event);
  CHECK(line.codecs[3].clock_rate == 48'000);
  CHECK(line.codecs[4].clock_rate == 8'000);
  const NegotiatedLine repaired =
      line_of(replaced(chromium_audio("0", "sendrecv"), "111 transport-cc", "111 nack"));
  CHECK(repaired.codecs.at(0).nack);
}

TEST_CASE("RED needs Opus at both its places") {
  Policy policy;
  policy.codecs = {Codec::opus};
  const auto red = [&](const std::string& from, const std::string& to) {
    return line_of(replaced(chromium_audio("0", "sendrecv"), from, to), policy).codecs.at(0).red_payload_type;
  };
  CHECK(red("111/111", "111/111/111") == 63);
  for (const char* fmtp : {"111", "111/0", "0/111", "0/0", "", "111/", "111/x", "367/367", "111;111"}) {
    INFO(fmtp);
    CHECK_FALSE(red("111/111", fmtp).has_value());
  }
  CHECK_FALSE(red("red/48000/2", "red/48000").has_value());
  CHECK_FALSE(red("red/48000/2", "red/8000/2").has_value());
}

TEST_CASE("a line without a codec that is taken is rejected with what would have been") {
  Policy policy;
  policy.codecs = {Codec::opus, Codec::telephone_event, Codec::vp8};
  for (const char* other : {"opus/48000", "opus/48000/1", "opus/16000/2", "opusx/48000/2"}) {
    const NegotiatedLine none =
        line_of(replaced(chromium_audio("0", "sendrecv"), "opus/48000/2", other), policy);
    CHECK(none.rejected);
    CHECK(none.rejection == "none of its codecs is supported (opus/48000/2 is)");
    CHECK_FALSE(none.to_node);
  }
}

TEST_CASE("RFC 8888: only from receivers, and only where there is no transport-wide feedback") {
  const auto ccfb = [](const char* direction, const std::string& instead) {
    const NegotiatedLine line =
        line_of(replaced(chromium_video("1", direction), "transport-cc", instead) + "a=rtcp-fb:* ack ccfb\n");
    return std::pair{line.codecs.at(0).ccfb, line.codecs.at(0).transport_cc};
  };
  CHECK(ccfb("recvonly", "other") == std::pair{true, false});
  CHECK(ccfb("recvonly", "transport-cc") == std::pair{false, true});
  CHECK(ccfb("sendonly", "other") == std::pair{false, false});
  CHECK(ccfb("sendrecv", "other") == std::pair{false, false});
  CHECK_FALSE(line_of(chromium_video("1", "recvonly")).codecs.at(0).ccfb);
}

TEST_CASE("H.264 without profile-level-id is baseline, without packetization-mode it is not taken") {
  const std::string section = "m=video 9 RTP/SAVPF 100\na=rtpmap:100 h264/90000\na=fmtp:100 ";
  const NegotiatedLine line = line_of(section + "packetization-mode=1\n");
  REQUIRE(line.codecs.size() == 1);
  CHECK(line.codecs[0].parameters == "level-asymmetry-allowed=1;packetization-mode=1");
  CHECK(line_of(section + "profile-level-id=42e01f\n").rejected);
  CHECK(line_of(section + "packetization-mode=1;profile-level-id=bad\n").rejected);
}

TEST_CASE("RTX needs a NACK, the same clock and an apt that is there") {
  const std::string section =
      "m=video 9 RTP/SAVPF 96 97\na=rtpmap:96 VP8/90000\na=rtcp-fb:96 nack\na=rtpmap:97 rtx/90000\na=fmtp:97 "
      "apt=96\n";
  CHECK(line_of(section).codecs.at(0).rtx_payload_type == 97);
  CHECK_FALSE(
      line_of(replaced(section, "a=rtcp-fb:96 nack\n", "")).codecs.at(0).rtx_payload_type.has_value());
  CHECK_FALSE(line_of(replaced(section, "rtx/90000", "rtx/48000")).codecs.at(0).rtx_payload_type.has_value());
  for (const char* apt : {"apt=95", "apt=128", "apt=255", "apt=256", "apt=x", "apt=", "x=96"}) {
    CHECK_FALSE(line_of(replaced(section, "apt=96", apt)).codecs.at(0).rtx_payload_type.has_value());
  }
}

TEST_CASE("directions and what the policy forbids") {
  const auto flags = [](const char* direction, const Policy& policy) {
    const NegotiatedLine line = line_of(chromium_video("1", direction), policy);
    CHECK_FALSE(line.rejected);
    return std::pair{line.to_node, line.from_node};
  };
  CHECK(flags("sendrecv", {}) == std::pair{true, true});
  CHECK(flags("sendonly", {}) == std::pair{true, false});
  CHECK(flags("recvonly", {}) == std::pair{false, true});
  CHECK(flags("inactive", {}) == std::pair{false, false});
  Policy listens;
  listens.receive_video = false;
  CHECK(flags("sendrecv", listens) == std::pair{false, true});
  CHECK(flags("sendonly", listens) == std::pair{false, false});
  Policy speaks;
  speaks.send_video = false;
  CHECK(flags("sendrecv", speaks) == std::pair{true, false});
  speaks.send_video = true;
  speaks.send_audio = false;
  speaks.receive_audio = false;
  CHECK(flags("sendrecv", speaks) == std::pair{true, true});
}

TEST_CASE("header extensions that are used, and transport-cc with its feedback, in both directions") {
  using rtp::Extension;
  const NegotiatedLine audio = line_of(chromium_audio("0", "sendrecv"));
  CHECK(audio.extensions.id(Extension::audio_level) == 1);
  CHECK(audio.extensions.id(Extension::abs_send_time) == 2);
  CHECK(audio.extensions.id(Extension::transport_cc) == 3);
  CHECK(audio.extensions.id(Extension::mid) == 4);
  const NegotiatedLine video = line_of(chromium_video("1", "sendrecv"));
  CHECK(video.extensions.id(Extension::video_orientation) == 13);
  CHECK_FALSE(video.extensions.has(Extension::rid));
  CHECK_FALSE(video.extensions.has(Extension::repaired_rid));
  CHECK(video.extensions.id(Extension::playout_delay) == 5);
  CHECK(video.extensions.id(Extension::color_space) == 8);
  const NegotiatedLine watched = line_of(chromium_video("1", "recvonly"));
  CHECK(watched.extensions.id(Extension::transport_cc) == 3);
  CHECK(watched.codecs.at(0).transport_cc);
  // What an answer takes away, Chromium does not offer again when the line comes into use.
  const NegotiatedLine idle = line_of(chromium_video("1", "inactive"));
  CHECK(idle.extensions.has(Extension::transport_cc));
  CHECK(idle.extensions.has(Extension::rid));
  CHECK(idle.extensions.has(Extension::repaired_rid));
  CHECK_FALSE(line_of(chromium_audio("1", "inactive")).extensions.has(Extension::rid));
  CHECK(watched.codecs.at(0).remb);
  // Without the feedback the numbers serve nobody.
  const NegotiatedLine silent = line_of(replaced(chromium_video("1", "sendrecv"), " transport-cc", " other"));
  CHECK_FALSE(silent.extensions.has(Extension::transport_cc));
  // Without the numbers the feedback has nothing to report.
  const NegotiatedLine blind = line_of(replaced(chromium_video("1", "sendrecv"), "transport-wide-cc", "x"));
  CHECK_FALSE(blind.extensions.has(Extension::transport_cc));
  CHECK_FALSE(blind.codecs.at(0).transport_cc);
}

TEST_CASE("descriptors and allocations pass both ways with video, capture times with all media") {
  using rtp::Extension;
  const std::string more =
      "a=extmap:9 https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension\n"
      "a=extmap:12 http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00\n"
      "a=extmap:1 http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time\n"
      "a=extmap:16 urn:ietf:params:rtp-hdrext:framemarking\n";
  for (const char* direction : {"sendonly", "recvonly", "sendrecv"}) {
    const NegotiatedLine line = line_of(chromium_video("1", direction) + more);
    CHECK(line.extensions.id(Extension::dependency_descriptor) == 9);
    CHECK(line.extensions.id(Extension::playout_delay) == 5);
    CHECK(line.extensions.id(Extension::color_space) == 8);
    CHECK(line.extensions.id(Extension::abs_capture_time) == 1);
    CHECK(line.extensions.id(Extension::video_layers_allocation) == 12);
    CHECK(line.extensions.id(Extension::frame_marking) == 16);
  }
  const NegotiatedLine audio =
      line_of(replaced(chromium_audio("0", "sendrecv"), "a=extmap:1 ", "a=extmap:7 ") + more);
  CHECK(audio.extensions.id(Extension::abs_capture_time) == 1);
  CHECK_FALSE(audio.extensions.has(Extension::dependency_descriptor));
  CHECK_FALSE(audio.extensions.has(Extension::video_layers_allocation));
  CHECK_FALSE(audio.extensions.has(Extension::frame_marking));
}

TEST_CASE("extension directions and ids") {
  using rtp::Extension;
  const std::string uri = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
  const auto accepted = [&](const std::string& id, const char* direction, bool allow_mixed = true) {
    const std::string section =
        replaced(chromium_video("1", direction), "a=extmap:2 " + uri, "a=extmap:" + id + " " + uri);
    return line_of(section, {}, allow_mixed).extensions.has(Extension::abs_send_time);
  };
  CHECK(accepted("2/sendonly", "sendrecv"));
  CHECK(accepted("2/recvonly", "recvonly"));
  CHECK_FALSE(accepted("2/sendonly", "recvonly"));
  CHECK_FALSE(accepted("2/recvonly", "sendonly"));
  CHECK_FALSE(accepted("2/inactive", "sendrecv"));
  CHECK(accepted("12", "sendrecv", false));
  CHECK_FALSE(accepted("15", "sendrecv"));
  CHECK(accepted("16", "sendrecv", true));
  CHECK_FALSE(accepted("16", "sendrecv", false));
}

TEST_CASE("within a bundle an id keeps its meaning and an extension its id") {
  using rtp::Extension;
  const auto session =
      parse("v=0\no=- 1 2 IN IP4 127.0.0.1\n" + chromium_audio("0", "sendrecv") +
            replaced(replaced(chromium_video("1", "sendrecv"), "a=extmap:4 urn", "a=extmap:12 urn"),
                     "a=extmap:13", "a=extmap:1"));
  REQUIRE(session.ok());
  ExtensionIds ids;
  const NegotiatedLine audio = negotiate_line(session->media[0], {}, true, ids);
  const NegotiatedLine video = negotiate_line(session->media[1], {}, true, ids);
  CHECK(audio.extensions.id(Extension::mid) == 4);
  CHECK_FALSE(video.extensions.has(Extension::mid));
  CHECK_FALSE(video.extensions.has(Extension::video_orientation));
  CHECK(video.extensions.id(Extension::abs_send_time) == 2);
}

TEST_CASE("SSRCs: repair streams are told from media") {
  const NegotiatedLine line = line_of(chromium_video("1", "sendonly"));
  CHECK(line.ssrcs == std::vector<std::uint32_t>{2001});
  CHECK(line.rtx_ssrcs == std::vector<std::pair<std::uint32_t, std::uint32_t>>{{2001, 2002}});
  const NegotiatedLine odd =
      line_of(chromium_video("1", "sendonly") + "a=ssrc-group:FID 5 5\na=ssrc-group:FID 6\n");
  CHECK(odd.rtx_ssrcs.size() == 1);
}

TEST_CASE("lines that are rejected, with the reason") {
  const std::string stopped = replaced(chromium_video("1", "inactive"), "m=video 9", "m=video 0");
  CHECK(line_of(stopped).rejection == "stopped by the client (port 0)");
  CHECK_FALSE(line_of(replaced(stopped, "a=mid:1", "a=bundle-only\na=mid:1")).rejected);
  CHECK(line_of("m=image 9 TCP t38\n").rejection.find("\"image\"") != std::string::npos);
  CHECK(line_of("m=application 9 UDP/BFCP *\n").data_channel == false);
  const std::string plain = "m=video 9 RTP/AVPF 96\na=rtpmap:96 VP8/90000\n";
  CHECK(line_of(plain).rejection.find("\"RTP/AVPF\"") != std::string::npos);
  CHECK_FALSE(line_of(plain + std::string{kFingerprint}).rejected);
  CHECK_FALSE(line_of(replaced(plain, "RTP/AVPF", "UDP/TLS/RTP/SAVP")).rejected);
  CHECK_FALSE(line_of(replaced(plain, "RTP/AVPF", "TCP/DTLS/RTP/SAVPF")).rejected);
  CHECK(line_of(replaced(plain, "RTP/AVPF", "XRTP/SAVPF")).rejected);
}

TEST_CASE("data channels: what is accepted, and the client's size of messages") {
  Policy policy;
  CHECK(line_of(data_channel("2"), policy).rejection == "data channels are not enabled");
  policy.data_channels = true;
  const NegotiatedLine line = line_of(data_channel("2"), policy);
  CHECK_FALSE(line.rejected);
  CHECK(line.data_channel);
  CHECK_FALSE(line.to_node);
  CHECK_FALSE(line.from_node);
  CHECK(line.sctp_port == 5000);
  CHECK(line.max_message_size == 262'144);
  const auto size = [&](const std::string& attribute) {
    return line_of(replaced(data_channel("2"), "a=max-message-size:262144\n", attribute), policy)
        .max_message_size;
  };
  CHECK(size("") == 65'536);
  CHECK(size("a=max-message-size:0\n") == 0);
  CHECK(size("a=max-message-size:1\n") == 1);
  CHECK(line_of(replaced(data_channel("2"), "port:5000", "port:65535"), policy).sctp_port == 65'535);
  CHECK_FALSE(line_of(replaced(data_channel("2"), "UDP/DTLS", "TCP/DTLS"), policy).rejected);
  CHECK_FALSE(
      line_of(replaced(data_channel("2"), "application 9", "application 0") + "a=bundle-only\n", policy)
          .rejected);
}

TEST_CASE("data channels: what is not accepted, with the reason") {
  Policy policy;
  policy.data_channels = true;
  const auto rejection = [&](const std::string& from, const std::string& to) {
    const NegotiatedLine line = line_of(replaced(data_channel("2"), from, to), policy);
    CHECK(line.rejected);
    return line.rejection;
  };
  CHECK(rejection("UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5000") ==
        "the protocol \"DTLS/SCTP\" is not SCTP over DTLS");
  CHECK(rejection("SCTP webrtc-datachannel", "SCTP t140").find("\"t140\"") != std::string::npos);
  CHECK(rejection("a=sctp-port:5000\n", "") == "a=sctp-port is missing");
  CHECK(rejection("port:5000", "port:0").find("closed") != std::string::npos);
  CHECK(rejection("application 9", "application 0") == "stopped by the client (port 0)");
}

TEST_CASE("slides are a screen") {
  CHECK(line_of(chromium_video("1", "sendonly") + "a=content:slides\n").screen);
  CHECK_FALSE(line_of(chromium_video("1", "sendonly")).screen);
}
