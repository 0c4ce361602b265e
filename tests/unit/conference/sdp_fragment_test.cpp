#include "sdp_fragment.h"

#include <doctest/doctest.h>

#include <string>

using namespace conference;

namespace {

// RFC 9725 section 4.3.2, shortened.
const std::string trickle =
    "a=group:BUNDLE 0 1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    "a=mid:0\r\n"
    "a=ice-ufrag:EsAw\r\n"
    "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
    "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id "
    "1\r\n"
    "a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host generation 0 ufrag EsAw network-id "
    "2\r\n"
    "a=end-of-candidates\r\n";

}  // namespace

TEST_CASE("a fragment gives credentials and candidates") {
  const auto fragment = parse_fragment(trickle);
  REQUIRE(fragment);
  CHECK(fragment->ufrag == "EsAw");
  CHECK(fragment->password == "P2uYro0UCOQ4zxjKXaWCBui1");
  REQUIRE(fragment->candidates.size() == 2);
  CHECK(fragment->candidates[0].rfind("candidate:1387637174 1 udp", 0) == 0);
  CHECK(fragment->end_of_candidates);
}

TEST_CASE("fragments that contradict themselves or are none") {
  CHECK(parse_fragment(""));
  CHECK_FALSE(parse_fragment("hello"));
  CHECK_FALSE(parse_fragment("a=ice-ufrag:EsAw\r\n"));
  CHECK_FALSE(parse_fragment("a=ice-ufrag:EsA\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"));
  CHECK_FALSE(parse_fragment("a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCB\r\n"));
  CHECK_FALSE(parse_fragment("a=ice-ufrag:Es w\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"));
  CHECK_FALSE(parse_fragment(trickle + "a=ice-ufrag:Other\r\n"));
  CHECK(parse_fragment(trickle + "a=ice-ufrag:EsAw\r\n"));
}

TEST_CASE("candidates have a limit") {
  std::string many;
  for (std::size_t i = 0; i < max_fragment_candidates; ++i)
    many += "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\n";
  CHECK(parse_fragment(many));
  CHECK_FALSE(parse_fragment(many + "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\n"));
}

TEST_CASE("an offer takes other credentials everywhere and loses its candidates") {
  const std::string offer =
      "v=0\r\nm=audio 9 X "
      "0\r\na=ice-ufrag:old1\r\na=ice-pwd:oldoldoldoldoldoldoldold\r\na=candidate:1\r\na=mid:0\r\n"
      "m=video 9 X 0\r\na=ice-ufrag:old1\r\na=ice-pwd:oldoldoldoldoldoldoldold\r\na=end-of-candidates\r\n";
  const std::string changed = with_credentials(offer, {"new1", "newnewnewnewnewnewnewnew", {}, false});
  CHECK(changed ==
        "v=0\r\nm=audio 9 X 0\r\na=ice-ufrag:new1\r\na=ice-pwd:newnewnewnewnewnewnewnew\r\na=mid:0\r\n"
        "m=video 9 X 0\r\na=ice-ufrag:new1\r\na=ice-pwd:newnewnewnewnewnewnewnew\r\n");
}

TEST_CASE("the answer to a restart names the server's own") {
  const std::string answer =
      "v=0\r\na=ice-lite\r\nm=audio 9 X "
      "0\r\na=mid:a0\r\na=ice-ufrag:srv1\r\na=ice-pwd:srvsrvsrvsrvsrvsrvsrvsrv\r\n"
      "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\nm=video 9 X 0\r\na=mid:b\r\n"
      "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n";
  const FirstMedia media = first_media(answer);
  CHECK(media.mid == "a0");
  const auto fragment = parse_fragment(fragment_text(ice_of(answer), media.line, media.mid));
  REQUIRE(fragment);
  CHECK(fragment->ufrag == "srv1");
  CHECK(fragment->candidates.size() == 1);
  CHECK(fragment->end_of_candidates);
}
