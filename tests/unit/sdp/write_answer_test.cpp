#include <doctest/doctest.h>

#include "sdp/answer.h"
#include "unit/sdp/offers.h"

using namespace weir;
using namespace weir::sdp;
using namespace weir::test;

namespace {

struct Exchange {
  Session offer;
  Negotiated negotiated;
  std::string text;
  Session answer;
};

Exchange answered(const std::string& offer, const Policy& policy = {},
                  const std::vector<Address>& candidates = {}) {
  auto session = parse(offer);
  REQUIRE_MESSAGE(session.ok(), (session.ok() ? "" : session.error().reason));
  auto negotiated = negotiate(*session, policy);
  REQUIRE_MESSAGE(negotiated.ok(), (negotiated.ok() ? "" : negotiated.error().reason));
  LocalDescription local = local_for(*negotiated);
  if (!candidates.empty()) local.candidates = candidates;
  std::string text = write_answer(*session, *negotiated, local);
  auto answer = parse(text);
  REQUIRE_MESSAGE(answer.ok(), text);
  return {*session, *negotiated, text, *answer};
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

bool has(const Exchange& e, const std::string& line) {
  return e.text.find("\r\n" + line + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("the answer to a Chromium offer, line by line") {
  const Exchange e = answered(crlf(head("0") + chromium_audio("0", "sendrecv")));
  const std::string fingerprint = replaced(std::string(32, 'x'), "x", "AB:");
  CHECK(e.text ==
        crlf("v=0\no=- 42 7 IN IP4 0.0.0.0\ns=-\nt=0 0\na=group:BUNDLE 0\na=extmap-allow-mixed\n"
             "a=msid-semantic: WMS *\na=ice-lite\n"
             "m=audio 3478 UDP/TLS/RTP/SAVPF 111 63 0 8 110 126\nc=IN IP4 "
             "192.0.2.1\na=mid:0\na=ice-ufrag:nodeufrag\n"
             "a=ice-pwd:nodepasswordnodepassword\na=fingerprint:sha-256 " +
             fingerprint.substr(0, 95) +
             "\na=setup:passive\n"
             "a=candidate:1 1 udp 2130706431 2001:db8::1 3478 typ host\n"
             "a=candidate:2 1 udp 2130706175 192.0.2.1 3478 typ host\na=end-of-candidates\n"
             "a=sendrecv\na=rtcp-mux\na=rtcp-rsize\n"
             "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\n"
             "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\n"
             "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\n"
             "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n"
             "a=rtpmap:111 opus/48000/2\na=rtcp-fb:111 transport-cc\na=fmtp:111 minptime=10;useinbandfec=1\n"
             "a=rtpmap:63 red/48000/2\na=fmtp:63 111/111\na=rtpmap:0 PCMU/8000\na=rtpmap:8 PCMA/8000\n"
             "a=rtpmap:110 telephone-event/48000\na=fmtp:110 0-15\n"
             "a=rtpmap:126 telephone-event/8000\na=fmtp:126 0-15\n"
             "a=msid:stream0 track0\na=ssrc:7000 cname:node\n"));
}

TEST_CASE("video: payload types, feedback, RTX, sources") {
  const Exchange e = answered(chromium_offer());
  CHECK(has(e, "m=video 3478 UDP/TLS/RTP/SAVPF 96 97 115 116 107 108 117 118 103 104 45 46 98 99"));
  CHECK(has(e, "a=group:BUNDLE 0 1"));
  for (const char* feedback : {"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"}) {
    CHECK(has(e, "a=rtcp-fb:96 " + std::string{feedback}));
  }
  CHECK(has(e, "a=rtpmap:97 rtx/90000"));
  CHECK(has(e, "a=fmtp:97 apt=96"));
  CHECK(has(e, "a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f"));
  CHECK(has(e, "a=ssrc-group:FID 7001 8001"));
  CHECK(has(e, "a=ssrc:7001 cname:node"));
  CHECK(has(e, "a=ssrc:8001 cname:node"));
  CHECK(has(e, "a=msid:stream1 track1"));
  CHECK(e.text.find("simulcast") == std::string::npos);
  // The candidates stand once, the other attributes of the path on each line.
  CHECK(count(e.text, "a=candidate:") == 2);
  CHECK(count(e.text, "a=end-of-candidates") == 1);
  CHECK(e.text.find("a=candidate:") < e.text.find("m=video"));
  CHECK(count(e.text, "a=fingerprint:") == 2);
  CHECK(count(e.text, "a=ice-lite") == 1);
  CHECK(count(e.text, "\n") == count(e.text, "\r\n"));
}

TEST_CASE("RED stands where the client put it: before Opus it is sent, after it is only understood") {
  const std::string offer = head("0") + chromium_audio("0", "sendrecv");
  CHECK(has(answered(replaced(offer, "SAVPF 111 63", "SAVPF 63 111")),
            "m=audio 3478 UDP/TLS/RTP/SAVPF 63 111 0 8 110 126"));
  CHECK(has(answered(replaced(offer, "SAVPF 111 63 9 0", "SAVPF 0 63 9 111")),
            "m=audio 3478 UDP/TLS/RTP/SAVPF 0 63 111 8 110 126"));
}

TEST_CASE("G.711 by its payload types alone is answered with its name") {
  Policy policy;
  policy.codecs = {Codec::pcma, Codec::pcmu};
  const std::string offer =
      replaced(replaced(head("0") + chromium_audio("0", "sendrecv"), "a=rtpmap:0 PCMU/8000\n", ""),
               "a=rtpmap:8 PCMA/8000\n", "");
  const Exchange e = answered(offer, policy);
  CHECK(has(e, "m=audio 3478 UDP/TLS/RTP/SAVPF 0 8"));
  CHECK(has(e, "a=rtpmap:0 PCMU/8000"));
  CHECK(has(e, "a=rtpmap:8 PCMA/8000"));
}

TEST_CASE("RFC 8888 is answered with the wildcard") {
  const Exchange e =
      answered(replaced(head("1") + chromium_video("1", "recvonly"), "transport-cc", "ack ccfb"));
  CHECK(count(e.text, "ccfb") == 1);
  CHECK(has(e, "a=rtcp-fb:* ack ccfb"));
}

TEST_CASE("the answer to a Firefox offer: extension directions are mirrored") {
  const Exchange e = answered(firefox_offer());
  CHECK(has(e, "a=extmap:6/sendonly urn:3gpp:video-orientation"));
  CHECK(e.text.find("abs-send-time") == std::string::npos);  // only while the client sends, and it does not
  CHECK(has(e, "a=rtcp-fb:120 transport-cc"));
  CHECK(has(e, "a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"));
  CHECK(e.text.find("extmap-allow-mixed") == std::string::npos);
  CHECK(e.answer.media[1].direction == Direction::sendonly);
  CHECK(e.answer.media[0].rtcp_rsize == false);
  CHECK(e.answer.media[1].rtcp_rsize);
  CHECK(has(e, "m=video 3478 UDP/TLS/RTP/SAVPF 120 124 126 127"));
}

TEST_CASE("directions: WHIP, WHEP, inactive, and a line without identity") {
  CHECK(answered(head("0") + chromium_audio("0", "sendonly")).answer.media[0].direction ==
        Direction::recvonly);
  CHECK(answered(head("0") + chromium_audio("0", "recvonly")).answer.media[0].direction ==
        Direction::sendonly);
  const Exchange idle = answered(head("0") + chromium_audio("0", "inactive"));
  CHECK(idle.answer.media[0].direction == Direction::inactive);
  CHECK(idle.answer.media[0].port == 3478);
  CHECK(idle.text.find("a=ssrc") == std::string::npos);
  CHECK(idle.text.find("a=msid:") == std::string::npos);

  const auto offer = parse(head("0") + chromium_audio("0", "sendrecv"));
  const auto negotiated = negotiate(*offer, Policy{});
  LocalDescription local = local_for(*negotiated);
  local.lines.clear();
  const auto answer = parse(write_answer(*offer, *negotiated, local));
  REQUIRE(answer.ok());
  CHECK(answer->media[0].direction == Direction::recvonly);
}

TEST_CASE("rejected lines keep their place, type and protocol, and leave the bundle") {
  const std::string offer = head("0 1 2 3") + data_channel("0") + chromium_audio("1", "sendrecv") +
                            replaced(chromium_video("2", "inactive"), "m=video 9", "m=video 0") +
                            replaced(chromium_video("3", "sendrecv"), "VP8/90000", "VP7/90000");
  Policy policy;
  policy.codecs = {Codec::opus, Codec::vp8};
  const Exchange e = answered(offer, policy);
  REQUIRE(e.answer.media.size() == 4);
  CHECK(has(e, "a=group:BUNDLE 1"));
  CHECK(has(e, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"));
  CHECK(has(e, "m=video 0 UDP/TLS/RTP/SAVPF 96"));
  CHECK(e.answer.media[2].mid == "2");
  CHECK(e.answer.media[3].port == 0);
  CHECK(e.answer.media[3].direction == Direction::inactive);
  CHECK(e.answer.media[1].candidates.size() == 2);
  CHECK_FALSE(e.answer.media[0].ice.has_value());
  CHECK(e.negotiated.lines[3].rejection == "none of its codecs is supported (VP8/90000 is)");
}

TEST_CASE("candidates go to the first line of the group, not of the text") {
  const Exchange e = answered(replaced(chromium_offer(), "BUNDLE 0 1", "BUNDLE x 1 0 1"));
  CHECK(has(e, "a=group:BUNDLE 1 0"));
  CHECK(e.answer.media[0].candidates.empty());
  CHECK(e.answer.media[1].candidates.size() == 2);
}

TEST_CASE("data channels are answered with the node's port and size") {
  Policy policy;
  policy.data_channels = true;
  policy.max_message_size = 4096;
  const Exchange e =
      answered(crlf(head("0 1") + chromium_audio("0", "sendrecv") + data_channel("1")), policy);
  CHECK(has(e, "a=group:BUNDLE 0 1"));
  const std::string section = e.text.substr(e.text.find("m=application"));
  CHECK(section.find(crlf("m=application 3478 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 192.0.2.1\na=mid:1\n"
                          "a=ice-ufrag:nodeufrag\n")) == 0);
  CHECK(section.find(crlf("a=setup:passive\na=sctp-port:5000\na=max-message-size:4096\n")) !=
        std::string::npos);
  CHECK(section.find("rtcp-mux") == std::string::npos);
  CHECK(section.find("a=candidate") == std::string::npos);
  // Alone it carries the candidates.
  const Exchange alone = answered(head("1") + data_channel("1"), policy);
  CHECK(alone.answer.media[0].candidates.size() == 2);
  CHECK(alone.answer.media[0].sctp_port == 5000);
}

TEST_CASE("without group or mid none is written") {
  std::string offer = replaced(head("0") + chromium_audio("0", "sendonly"), "a=group:BUNDLE 0\n", "");
  offer = replaced(offer, "a=mid:0\n", "");
  const Exchange e = answered(offer);
  CHECK(e.text.find("a=group") == std::string::npos);
  CHECK(e.text.find("a=mid") == std::string::npos);
  CHECK(e.answer.media[0].candidates.size() == 2);
}

TEST_CASE("host candidates: families in turn, falling priorities, one foundation for an address") {
  const auto v4 = [](const char* ip, std::uint16_t port) { return *Address::parse(ip, port); };
  const Exchange e =
      answered(chromium_offer(), {},
               {v4("192.0.2.1", 1), v4("192.0.2.2", 1), v4("192.0.2.1", 2), v4("2001:db8::1", 1)});
  const std::vector<std::string> expected{"candidate:1 1 udp 2130706431 2001:db8::1 1 typ host",
                                          "candidate:2 1 udp 2130706175 192.0.2.1 1 typ host",
                                          "candidate:3 1 udp 2130705919 192.0.2.2 1 typ host",
                                          "candidate:2 1 udp 2130705663 192.0.2.1 2 typ host"};
  CHECK(e.answer.media[0].candidates == expected);
  const Exchange v6 = answered(chromium_offer(), {}, {v4("2001:db8::1", 5), v4("2001:db8::2", 6)});
  CHECK(has(v6, "c=IN IP6 2001:db8::1"));
  CHECK(v6.answer.media[0].port == 5);
}

TEST_CASE("without candidates the address is the one of trickling") {
  const auto offer = parse(chromium_offer());
  const auto negotiated = negotiate(*offer, Policy{});
  LocalDescription local = local_for(*negotiated);
  local.candidates.clear();
  const std::string text = write_answer(*offer, *negotiated, local);
  CHECK(text.find("m=audio 9 ") != std::string::npos);
  CHECK(text.find("c=IN IP4 0.0.0.0\r\n") != std::string::npos);
}

TEST_CASE("our DTLS role is told") {
  Policy policy;
  policy.prefer_dtls_client = true;
  CHECK(answered(chromium_offer(), policy).answer.media[1].setup == Setup::active);
  CHECK(answered(chromium_offer()).answer.media[1].setup == Setup::passive);
}

TEST_CASE("the same offer gives the same answer") {
  CHECK(answered(chromium_offer()).text == answered(chromium_offer()).text);
}
