#include "load/descriptions.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "load/error.h"
#include "sdp/answer.h"

using namespace weir;
using load::SentStream;

namespace {

load::Self self() {
  std::string fingerprint = "00";
  for (int i = 1; i < 32; ++i) fingerprint += ":00";
  return {{"ufra", "passwordpasswordpassword"}, fingerprint, *Address::parse("127.64.0.1", 4000)};
}

/// What a server might offer: one line of each kind, one without a codec of ours, all on one transport.
std::string server_offer(const std::string& candidates) {
  const std::string transport =
      "c=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 " +
      self().fingerprint + "\r\na=setup:actpass\r\na=rtcp-mux\r\na=sendonly\r\n" + candidates;
  return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE a v\r\n"
         "m=audio 9 UDP/TLS/RTP/SAVPF 100\r\n" +
         transport + "a=mid:a\r\na=rtpmap:100 OPUS/48000/2\r\n" + "m=video 9 UDP/TLS/RTP/SAVPF 101 102\r\n" +
         transport +
         "a=mid:v\r\na=rtpmap:101 VP8/90000\r\na=rtpmap:102 rtx/90000\r\na=fmtp:102 apt=101\r\n"
         "a=extmap:5 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
         "a=ssrc-group:FID 7 8\r\na=ssrc:7 cname:x\r\na=ssrc:8 cname:x\r\n"
         "m=video 9 UDP/TLS/RTP/SAVPF 110\r\n" +
         transport + "a=mid:h\r\na=rtpmap:110 H264/90000\r\n";
}

constexpr const char* kCandidates =
    "a=candidate:1 1 tcp 1 10.0.0.1 9 typ host tcptype active\r\na=candidate:2 1 udp 1 10.0.0.2 5000 typ "
    "host\r\n"
    "a=candidate:3 1 udp 1 127.0.0.1 5001 typ host\r\n";

}  // namespace

TEST_CASE("a publisher's offer is taken whole by this library's own answerer") {
  const SentStream audio{SentStream::Kind::audio, 70, 100};
  const SentStream video{SentStream::Kind::video, 80, 1000};
  const auto offer = sdp::parse(
      load::make_offer(self(), {{SentStream::Kind::audio, &audio}, {SentStream::Kind::video, &video}}));
  REQUIRE(offer);
  const auto terms = sdp::negotiate(*offer, {});
  REQUIRE(terms);
  REQUIRE(terms->lines.size() == 2);
  CHECK(terms->lines[0].to_node);
  CHECK(terms->lines[0].ssrcs == std::vector<std::uint32_t>{70});
  CHECK(terms->lines[1].rtx_ssrcs == std::vector<std::pair<std::uint32_t, std::uint32_t>>{{80, 81}});
  CHECK(terms->lines[1].codecs.at(0).rtx_payload_type == load::kVp8Rtx);
  CHECK(terms->lines[1].codecs.at(0).transport_cc);
  CHECK_FALSE(terms->node_is_dtls_client);
}

TEST_CASE("a subscriber's offer has a receive line for each track") {
  const auto offer = sdp::parse(
      load::make_offer(self(), {{SentStream::Kind::video, nullptr}, {SentStream::Kind::audio, nullptr}}));
  REQUIRE(offer);
  const auto terms = sdp::negotiate(*offer, {});
  REQUIRE(terms);
  for (const sdp::NegotiatedLine& line : terms->lines) CHECK((line.from_node && !line.to_node));
}

TEST_CASE("what is needed of a server's description is found, its candidate by the signalling's host first") {
  const auto session = sdp::parse(server_offer(kCandidates));
  REQUIRE(session);
  const load::Remote remote = load::read_remote(*session, "127.0.0.1");
  CHECK(remote.address == *Address::parse("127.0.0.1", 5001));
  CHECK(load::read_remote(*session, "meet.example").address == *Address::parse("10.0.0.2", 5000));
  CHECK(remote.ice.ufrag == "abcd");
  CHECK_FALSE(remote.active);
  CHECK(remote.transport_cc == 5);
  CHECK(remote.opus == 100);
  CHECK(remote.vp8 == 101);
  CHECK(remote.rtx == 102);
  CHECK(remote.rtx_ssrcs == std::vector<std::pair<std::uint32_t, std::uint32_t>>{{7, 8}});
}

TEST_CASE("an answer takes the lines with a codec of ours in the server's numbers and refuses the others") {
  const auto answer = sdp::parse(load::make_answer(self(), *sdp::parse(server_offer(kCandidates))));
  REQUIRE(answer);
  REQUIRE(answer->media.size() == 3);
  CHECK(answer->bundles == std::vector<std::vector<std::string>>{{"a", "v"}});
  CHECK(answer->media[0].direction == sdp::Direction::recvonly);
  CHECK(answer->media[0].format_ids == std::vector<std::string>{"100"});
  CHECK(answer->media[1].format_ids == std::vector<std::string>{"101", "102"});
  CHECK(answer->media[1].setup == sdp::Setup::active);
  CHECK(answer->media[2].port == 0);
}

TEST_CASE("a description may leave the candidates to come later") {
  CHECK_FALSE(load::read_remote(*sdp::parse(server_offer("")), "127.0.0.1").address);
}

TEST_CASE("of a candidate the address is read where it is one for UDP") {
  CHECK(load::address_of("candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host") ==
        Address::parse("127.0.0.1", 7882));
  CHECK(load::address_of("a=candidate:1 1 UDP 1 fd00::1 5000 typ host generation 0") ==
        Address::parse("fd00::1", 5000));
  for (const char* const text :
       {"", "candidate:", "candidate:1 2 udp 1 127.0.0.1 7882 typ host",
        "candidate:1 1 tcp 1 127.0.0.1 7882 typ host", "candidate:1 1 udp 1 name.local 7882 typ host",
        "candidate:1 1 udp 1 127.0.0.1 70000 typ host", "candidate:1 1 udp 1 127.0.0.1 0 typ host",
        "candidate:1 1 udp 1 127.0.0.1"}) {
    CAPTURE(text);
    CHECK_FALSE(load::address_of(text));
  }
}

TEST_CASE("a later description of a client has a later version") {
  load::Self later = self();
  later.version = 2;
  const std::vector<load::OfferedLine> lines{{SentStream::Kind::audio, nullptr}};
  CHECK(load::make_offer(self(), lines).find("o=- 1 1 IN") != std::string::npos);
  CHECK(load::make_offer(later, lines).find("o=- 1 2 IN") != std::string::npos);
}

TEST_CASE("a description with nothing accepted is an error") {
  std::string refused = server_offer(kCandidates);
  for (std::size_t at = refused.find(" 9 UDP"); at != std::string::npos; at = refused.find(" 9 UDP")) {
    refused.replace(at, 6, " 0 UDP");
  }
  CHECK_THROWS_AS(load::read_remote(*sdp::parse(refused), "127.0.0.1"), load::LoadError);
}
