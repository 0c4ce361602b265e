#include "sdp/session.h"

#include <doctest/doctest.h>

#include "unit/sdp/offers.h"

using namespace weir;
using namespace weir::sdp;
using test::crlf;

namespace {

const std::string kHead = "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\n";

void check_fault(const std::string& text, std::uint32_t line, const std::string& reason) {
  const auto result = parse(text);
  REQUIRE_MESSAGE(!result.ok(), text);
  CHECK(result.error().status == WEIR_ERR_SDP);
  CHECK_MESSAGE(result.error().line == line, result.error().reason);
  CHECK_MESSAGE(result.error().reason.find(reason) != std::string::npos, result.error().reason);
}

}  // namespace

TEST_CASE("a Chromium offer is read whole") {
  const auto session = parse(test::chromium_offer());
  REQUIRE(session.ok());
  CHECK(session->id == 4611731400430051336U);
  CHECK(session->version == 2);
  CHECK(session->extmap_allow_mixed);
  CHECK_FALSE(session->ice_lite);
  REQUIRE(session->bundles.size() == 1);
  CHECK(session->bundles[0] == std::vector<std::string>{"0", "1"});
  REQUIRE(session->media.size() == 2);

  const Media& audio = session->media[0];
  CHECK(audio.line == 8);
  CHECK(audio.type == "audio");
  CHECK(audio.port == 9);
  CHECK(audio.protocol == "UDP/TLS/RTP/SAVPF");
  CHECK(audio.mid == "0");
  CHECK(audio.direction == Direction::sendrecv);
  REQUIRE(audio.formats.size() == 8);
  CHECK(audio.formats[0].payload_type == 111);
  CHECK(audio.formats[0].encoding == "opus");
  CHECK(audio.formats[0].clock_rate == 48000);
  CHECK(audio.formats[0].channels == 2);
  CHECK(audio.formats[0].parameters == "minptime=10;useinbandfec=1");
  CHECK(audio.formats[0].feedback == std::vector<std::string>{"transport-cc"});
  CHECK(audio.extensions.size() == 4);
  CHECK(audio.setup == Setup::actpass);
  CHECK(audio.rtcp_mux);
  CHECK(audio.rtcp_rsize);
  REQUIRE(audio.ice.has_value());
  CHECK(*audio.ice == Ice{"Ab+/", "abcdefghijklmnopqrstuvwx"});
  REQUIRE(audio.fingerprint.has_value());
  CHECK(audio.fingerprint->algorithm == "sha-256");
  CHECK(audio.fingerprint->value.size() == 32);
  CHECK(audio.fingerprint->value[1] == 0x23);
  CHECK(audio.msid == "5f1c 0d2e");

  const Media& video = session->media[1];
  CHECK(video.formats.size() == 20);
  CHECK(video.formats[0].feedback.size() == 5);
  REQUIRE(video.ssrcs.size() == 2);
  CHECK(video.ssrcs[1].ssrc == 2002);
  CHECK(video.ssrcs[1].cname == "kNq1");
  REQUIRE(video.ssrc_groups.size() == 1);
  CHECK(video.ssrc_groups[0].semantics == "FID");
  CHECK(video.ssrc_groups[0].ssrcs == std::vector<std::uint32_t>{2001, 2002});
}

TEST_CASE("a Firefox offer: session-level fingerprint, feedback for all, bundle-only") {
  const auto session = parse(test::firefox_offer());
  REQUIRE(session.ok());
  REQUIRE(session->media.size() == 2);
  const Media& video = session->media[1];
  CHECK(video.bundle_only);
  CHECK(video.port == 0);
  CHECK(video.direction == Direction::recvonly);
  REQUIRE(video.fingerprint.has_value());
  CHECK(video.fingerprint->value.size() == 32);
  CHECK(video.fingerprint_line == 5);
  for (const Format& format : video.formats) CHECK(format.feedback.size() == 5);
  CHECK(video.extensions[1].direction == Direction::sendonly);
}

TEST_CASE("what the session says holds for lines that say nothing") {
  const std::string text =
      kHead + "a=recvonly\na=setup:passive\na=ice-ufrag:sess\na=ice-pwd:sessionpassword\na=ice-lite\n" +
      "a=extmap:3 urn:a\n" + std::string{test::kFingerprint} +
      "m=audio 9 RTP/SAVPF 0\nm=video 9 RTP/SAVPF 96\na=sendonly\na=setup:active\na=ice-ufrag:line\n"
      "a=extmap:4 urn:b\na=extmap:3 urn:a\n";
  const auto session = parse(text);
  REQUIRE(session.ok());
  CHECK(session->ice_lite);
  const Media& audio = session->media[0];
  CHECK(audio.direction == Direction::recvonly);
  CHECK(audio.setup == Setup::passive);
  CHECK(audio.setup_line == 6);
  CHECK(*audio.ice == Ice{"sess", "sessionpassword"});
  CHECK(audio.extensions.size() == 1);
  CHECK(audio.ice_lite);
  const Media& video = session->media[1];
  CHECK(video.direction == Direction::sendonly);
  CHECK(video.setup == Setup::active);
  CHECK(*video.ice == Ice{"line", ""});  // never half a pair from here and half from there
  CHECK(video.extensions.size() == 2);

  check_fault(kHead + "a=extmap:3 urn:a\nm=audio 9 RTP/SAVPF 0\na=extmap:3 urn:b\n", 6,
              "id 3 is mapped twice");
}

TEST_CASE("line ends: CRLF, LF, none at the end, empty lines after the end") {
  const std::string text = kHead + "m=audio 9 RTP/SAVPF 0\na=mid:x";
  for (const std::string& variant :
       {text, text + "\n", crlf(text), crlf(text + "\n"), crlf(text + "\n\n\n")}) {
    const auto session = parse(variant);
    REQUIRE(session.ok());
    CHECK(session->media.at(0).mid == "x");
  }
  check_fault(kHead + "\nm=audio 9 RTP/SAVPF 0\n", 5, "empty line");
  check_fault(kHead + "a=x\rb=y\n", 5, "control character");
  check_fault(kHead + std::string("a=x\0y\n", 6), 5, "control character");
  CHECK(parse(kHead + "i=a\ttab and \xc3\xa9\n").ok());
}

TEST_CASE("what is no description is refused with the line and the reason") {
  check_fault("", 1, "empty");
  check_fault("\n", 1, "empty");
  check_fault("v=0", 2, "o= is missing");
  check_fault("v=1\n", 1, "must be v=0");
  check_fault("o=- 1 2 IN IP4 x\n", 1, "must be v=0");
  check_fault("v=0\ns=-\n", 2, "must be o=");
  check_fault("v=0\no=- 1 2 IN IP4\n", 2, "six fields");
  check_fault("v=0\no=- x 2 IN IP4 h\n", 2, "session id");
  check_fault("v=0\no=- 18446744073709551616 2 IN IP4 h\n", 2, "session id");
  check_fault("v=0\no=- 1 -2 IN IP4 h\n", 2, "version");
  check_fault(kHead + "v=0\n", 5, "second time");
  check_fault(kHead + "o=- 1 2 IN IP4 h\n", 5, "second time");
  check_fault(kHead + "f=1\n", 5, "unknown type");
  check_fault(kHead + "foo\n", 5, "<letter>=<value>");
  check_fault(kHead + "a\n", 5, "<letter>=<value>");
  check_fault(kHead + "m=audio 9 RTP/SAVPF 0\nt=0 0\n", 6, "before the first m=");
  check_fault(kHead + "c=IN IP5 x\n", 5, "c=");
  check_fault(kHead + "c=IN IP4\n", 5, "c=");
  check_fault(kHead + "b=AS:-1000\n", 5, "b=");
  check_fault(kHead + "b=AS\n", 5, "b=");
  CHECK(parse(kHead + "b=AS:-1\nb=TIAS:18446744073709551615\n").ok());
}

TEST_CASE("media lines: ports, protocols, formats") {
  const auto with = [](const std::string& m) { return kHead + m + "\n"; };
  check_fault(with("m="), 5, "media type");
  check_fault(with("m=audio"), 5, "port");
  check_fault(with("m=audio 65536 RTP/SAVPF 0"), 5, "port");
  check_fault(with("m=audio 9/x RTP/SAVPF 0"), 5, "port");
  check_fault(with("m=audio 9"), 5, "protocol");
  check_fault(with("m=audio 9 RTP/SAVPF"), 5, "no format");
  check_fault(with("m=audio 9 RTP/SAVPF 128"), 5, "payload type");
  check_fault(with("m=audio 9 RTP/SAVPF x"), 5, "payload type");
  check_fault(with("m=audio 9 RTP/SAVPF 5 5"), 5, "twice");
  const auto session = parse(with("m=audio 65535/2 RTP/SAVPF 127 0"));
  REQUIRE(session.ok());
  CHECK(session->media[0].port == 65535);
  CHECK(session->media[0].formats[0].payload_type == 127);
  const auto data = parse(with("m=application 9 UDP/DTLS/SCTP webrtc-datachannel"));
  REQUIRE(data.ok());
  CHECK(data->media[0].formats.empty());
  CHECK(data->media[0].format_ids == std::vector<std::string>{"webrtc-datachannel"});
}

TEST_CASE("limits: exactly as many as allowed, and one more") {
  const auto repeated = [](std::size_t n, auto line) {
    std::string text;
    for (std::size_t i = 0; i < n; ++i) text += line(i);
    return text;
  };
  const std::string m = "m=audio 9 RTP/SAVPF 0\n";
  const auto media = [&](std::size_t) -> const std::string& { return m; };
  CHECK(parse(kHead + repeated(512, media)).ok());
  check_fault(kHead + repeated(513, media), 517, "512 media lines");

  const auto word = [](std::size_t i) { return " f" + std::to_string(i); };
  CHECK(parse(kHead + "m=application 9 TCP" + repeated(128, word) + "\n").ok());
  check_fault(kHead + "m=application 9 TCP" + repeated(129, word) + "\n", 5, "128 formats");

  const auto extension = [](std::size_t i) {
    return "a=extmap:" + std::to_string(i + 1) + " urn:x" + std::to_string(i) + "\n";
  };
  CHECK(parse(kHead + m + repeated(64, extension)).ok());
  check_fault(kHead + m + repeated(65, extension), 70, "64 header extensions");

  const auto ssrc = [](std::size_t i) { return "a=ssrc:" + std::to_string(i) + " cname:x\n"; };
  CHECK(parse(kHead + m + repeated(256, ssrc)).ok());
  check_fault(kHead + m + repeated(257, ssrc), 262, "256 SSRCs");

  const auto candidate = [](std::size_t) {
    return std::string{"a=candidate:1 1 udp 1 192.0.2.1 9 typ host\n"};
  };
  CHECK(parse(kHead + m + repeated(256, candidate)).ok());
  check_fault(kHead + m + repeated(257, candidate), 262, "256 candidates");

  const auto feedback = [](std::size_t i) { return "a=rtcp-fb:* f" + std::to_string(i) + "\n"; };
  CHECK(parse(kHead + m + repeated(16, feedback)).ok());
  check_fault(kHead + m + repeated(17, feedback), 22, "16 kinds");
  check_fault(kHead + m + repeated(16, feedback) + "a=rtcp-fb:0 other\n", 5, "16 kinds");

  const auto rid = [](std::size_t i) { return "a=rid:" + std::to_string(i) + " send\n"; };
  CHECK(parse(kHead + m + repeated(32, rid)).ok());
  check_fault(kHead + m + repeated(33, rid), 38, "32 a=rid");

  const auto group = [](std::size_t) { return std::string{"a=group:BUNDLE a\n"}; };
  CHECK(parse(kHead + repeated(16, group)).ok());
  check_fault(kHead + repeated(17, group), 21, "16 BUNDLE");

  CHECK(parse(kHead + "a=extmap:1 " + std::string(256, 'u') + "\n").ok());
  check_fault(kHead + "a=extmap:1 " + std::string(257, 'u') + "\n", 5, "256 characters");
}
