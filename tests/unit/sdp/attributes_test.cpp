#include <doctest/doctest.h>

#include "sdp/session.h"
#include "unit/sdp/offers.h"

using namespace weir;
using namespace weir::sdp;

namespace {

/// A description with one media line and this attribute, as line 4.
Result<Session> with(const std::string& attribute) {
  return parse("v=0\no=- 1 2 IN IP4 127.0.0.1\nm=audio 9 RTP/SAVPF 96\n" + attribute + "\n");
}

Media media_with(const std::string& attribute) {
  const auto session = with(attribute);
  REQUIRE_MESSAGE(session.ok(), attribute);
  return session->media[0];
}

void check_fault(const std::string& attribute, const std::string& reason) {
  const auto session = with(attribute);
  REQUIRE_MESSAGE(!session.ok(), attribute);
  CHECK(session.error().line == 4);
  CHECK_MESSAGE(session.error().reason.find(reason) != std::string::npos, session.error().reason);
}

std::string pairs(std::size_t n) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i) text += i == 0 ? "aB" : ":aB";
  return text;
}

}  // namespace

TEST_CASE("unknown attributes are skipped, also those that begin like known ones") {
  CHECK(with("a=foo:bar").ok());
  CHECK(with("a=").ok());
  CHECK(with("a=:").ok());
  CHECK_FALSE(media_with("a=ice-ufrag-something:foo").ice.has_value());
  CHECK_FALSE(media_with("a=rtcp-mux-only").rtcp_mux);
}

TEST_CASE("fingerprints: forms, sizes, the strongest of several") {
  CHECK(media_with("a=fingerprint:SHA-256 " + pairs(32)).fingerprint->algorithm == "sha-256");
  CHECK(media_with("a=fingerprint:sha-512 " + pairs(64)).fingerprint->value ==
        std::vector<std::uint8_t>(64, 0xab));
  check_fault("a=fingerprint:sha-256 " + pairs(31), "has 32 bytes, this one has 31");
  check_fault("a=fingerprint:sha-256 " + pairs(33), "has 32 bytes");
  check_fault("a=fingerprint:sha-256", "has 32 bytes, this one has 0");
  check_fault("a=fingerprint:sha-256 AB:C", "hexadecimal");
  check_fault("a=fingerprint:sha-256 AB::CD", "hexadecimal");
  check_fault("a=fingerprint:sha-256 AB:G0", "hexadecimal");
  check_fault("a=fingerprint:sha-256 AB:-1", "hexadecimal");
  check_fault("a=fingerprint:md5 " + pairs(65), "longer than 64");
  check_fault("a=fingerprint:", "name of a hash");
  const std::string weak = "a=fingerprint:sha-1 " + pairs(20);
  const std::string strong = "a=fingerprint:sha-256 " + pairs(32);
  CHECK(media_with(weak + "\n" + strong).fingerprint->algorithm == "sha-256");
  CHECK(media_with(strong + "\n" + weak).fingerprint->algorithm == "sha-256");
  CHECK(media_with(strong + "\n" + weak).fingerprint_line == 4);
  CHECK(media_with("a=fingerprint:md5 AB").fingerprint->algorithm == "md5");
}

TEST_CASE("setup, mid, group, ICE") {
  CHECK(media_with("a=setup:holdconn").setup == Setup::holdconn);
  CHECK(media_with("a=foo").setup == Setup::none);
  check_fault("a=setup:maybe", "\"maybe\"");
  check_fault("a=setup:", "a=setup must be");
  CHECK(media_with("a=mid:a-b_1").mid == "a-b_1");
  check_fault("a=mid:", "token");
  check_fault("a=mid:a b", "token");
  check_fault("a=mid:<x>", "token");
  CHECK(media_with("a=mid:x\na=mid:x").mid == "x");
  CHECK_FALSE(with("a=mid:x\na=mid:y").ok());
  CHECK(media_with("a=ice-ufrag:" + std::string(256, 'u')).ice->ufrag.size() == 256);
  check_fault("a=ice-ufrag:" + std::string(257, 'u'), "longer than 256");
  check_fault("a=ice-pwd:" + std::string(257, 'u'), "longer than 256");
  CHECK(media_with("a=ice-pwd:x").ice == Ice{"", "x"});
  CHECK(media_with("a=ice-lite").ice_lite);
  CHECK(media_with("a=bundle-only").bundle_only);

  const auto groups = parse("v=0\no=- 1 2 IN IP4 h\na=group:LS a b\na=group:BUNDLE  a  b\na=group:BUNDLE\n");
  REQUIRE(groups.ok());
  REQUIRE(groups->bundles.size() == 2);
  CHECK(groups->bundles[0] == std::vector<std::string>{"a", "b"});
  CHECK(groups->bundles[1].empty());
  CHECK(groups->bundle_line == 4);
}

TEST_CASE("an error never shows ICE credentials") {
  const auto session = with("a=ice-pwd:" + std::string(300, 'S'));
  REQUIRE(!session.ok());
  CHECK(session.error().reason.find("SSS") == std::string::npos);
}

TEST_CASE("a candidate that is none is an error of its line") {
  CHECK(media_with("a=candidate:1 1 udp 1 192.0.2.1 9 typ host").candidates ==
        std::vector<std::string>{"candidate:1 1 udp 1 192.0.2.1 9 typ host"});
  check_fault("a=candidate:1 1 udp 1 192.0.2.1 12345678 typ host", "port");
}
