#include <doctest/doctest.h>

#include "sdp/answer.h"
#include "unit/sdp/offers.h"

using namespace weir;
using namespace weir::sdp;
using namespace weir::test;

namespace {

Session parsed(const std::string& text) {
  const auto session = parse(text);
  REQUIRE_MESSAGE(session.ok(), (session.ok() ? "" : session.error().reason));
  return *session;
}

Negotiated negotiated(const std::string& text, const Policy& policy = {}) {
  const auto result = negotiate(parsed(text), policy);
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().reason));
  return *result;
}

void check_fault(const std::string& text, const std::string& at, const std::string& reason) {
  const auto result = negotiate(parsed(text), Policy{});
  REQUIRE_MESSAGE(!result.ok(), reason);
  CHECK(result.error().status == WEIR_ERR_SDP);
  CHECK_MESSAGE(result.error().reason.find(reason) != std::string::npos, result.error().reason);
  // The line that is named begins with `at`.
  std::size_t start = 0;
  for (std::uint32_t line = 1; line < result.error().line; ++line) start = text.find('\n', start) + 1;
  CHECK_MESSAGE(text.compare(start, at.size(), at) == 0,
                result.error().line << ": " << text.substr(start, 40));
}

const std::string kBoth = head("0 1") + chromium_audio("0", "sendrecv") + chromium_video("1", "sendrecv");

}  // namespace

TEST_CASE("a plain Chromium offer") {
  const Negotiated out = negotiated(chromium_offer());
  REQUIRE(out.lines.size() == 2);
  CHECK(out.remote_ice == Ice{"Ab+/", "abcdefghijklmnopqrstuvwx"});
  CHECK(out.fingerprint.algorithm == "sha-256");
  CHECK(out.fingerprint.value.size() == 32);
  CHECK_FALSE(out.node_is_dtls_client);
  CHECK(out.lines[0].kind == MediaKind::audio);
  CHECK(out.lines[1].kind == MediaKind::video);
  for (const NegotiatedLine& line : out.lines) {
    CHECK_FALSE(line.rejected);
    CHECK(line.rejection.empty());
    CHECK(line.to_node);
    CHECK(line.from_node);
  }
}

TEST_CASE("a plain Firefox offer: bundle-only line with port 0 is in use") {
  const Negotiated out = negotiated(firefox_offer());
  REQUIRE(out.lines.size() == 2);
  CHECK(out.lines[0].to_node);
  CHECK_FALSE(out.lines[1].rejected);
  CHECK_FALSE(out.lines[1].to_node);
  CHECK(out.lines[1].from_node);
  CHECK(out.remote_ice.ufrag == "7636c9c4");
}

TEST_CASE("roles in DTLS") {
  Policy active;
  active.prefer_dtls_client = true;
  CHECK(negotiated(kBoth, active).node_is_dtls_client);
  const std::string insists = replaced(kBoth, "a=setup:actpass", "a=setup:active");
  CHECK_FALSE(negotiated(insists, active).node_is_dtls_client);
  CHECK(negotiated(replaced(kBoth, "a=setup:actpass", "a=setup:passive")).node_is_dtls_client);
  CHECK_FALSE(negotiated(replaced(kBoth, "a=setup:actpass\n", ""), active).node_is_dtls_client);
  check_fault(replaced(kBoth, "a=setup:actpass", "a=setup:holdconn"), "a=setup:holdconn", "holdconn");
}

TEST_CASE("BUNDLE: missing, partial, with members that do not exist, several groups") {
  check_fault(replaced(kBoth, "a=group:BUNDLE 0 1\n", ""), "m=video", "no a=group:BUNDLE");
  check_fault(replaced(kBoth, "BUNDLE 0 1", "BUNDLE 0"), "m=video", "mid \"1\" is in no BUNDLE group");
  check_fault(replaced(kBoth, "BUNDLE 0 1", "BUNDLE"), "m=audio", "mid \"0\"");
  check_fault(replaced(kBoth, "BUNDLE 0 1", "BUNDLE 0\na=group:BUNDLE 1"), "m=video", "mid \"1\"");
  CHECK(negotiated(replaced(kBoth, "BUNDLE 0 1", "BUNDLE 9 0 x 1 1 0")).lines.size() == 2);
  CHECK(negotiated(replaced(kBoth, "BUNDLE 0 1", "BUNDLE 0\na=group:BUNDLE 1 0")).lines.size() == 2);
  // A line that is not in use need not be in the group.
  const std::string with_data =
      replaced(kBoth, "a=group:BUNDLE 0 1 2", "a=group:BUNDLE 0 1") + data_channel("2");
  CHECK(negotiated(with_data).lines[2].rejected);
}

TEST_CASE("a single line needs neither BUNDLE nor mid, unless it is bundle-only") {
  const std::string one = replaced(head("0") + chromium_audio("0", "sendonly"), "a=group:BUNDLE 0\n", "");
  CHECK(negotiated(one).lines[0].to_node);
  const Negotiated nameless = negotiated(replaced(one, "a=mid:0\n", ""));
  CHECK(nameless.lines[0].mid.empty());
  CHECK_FALSE(nameless.lines[0].extensions.has(rtp::Extension::mid));
  check_fault(replaced(one, "a=mid:0\n", "a=mid:0\na=bundle-only\n"), "m=audio", "BUNDLE");
}

TEST_CASE("mids: missing, twice, too long") {
  check_fault(replaced(kBoth, "a=mid:1\n", ""), "m=video", "a=mid is missing");
  check_fault(replaced(kBoth, "a=mid:1\n", "a=mid:0\n"), "a=mid:0",
              "was given to another media line already (line 16)");
  const auto renamed = [](const std::string& mid) {
    return replaced(replaced(kBoth, "BUNDLE 0 1", "BUNDLE 0 " + mid), "a=mid:1\n", "a=mid:" + mid + "\n");
  };
  CHECK(negotiated(renamed(std::string(31, 'x'))).lines[1].mid.size() == 31);
  check_fault(renamed(std::string(32, 'x')), "a=mid:xxx", "longer than 31");
  // The one-byte form of a header extension holds 16 bytes.
  CHECK(negotiated(renamed(std::string(16, 'x'))).lines[1].extensions.has(rtp::Extension::mid));
  CHECK_FALSE(negotiated(renamed(std::string(17, 'x'))).lines[1].extensions.has(rtp::Extension::mid));
}

TEST_CASE("rtcp-mux, ICE credentials, fingerprint are needed") {
  check_fault(replaced(kBoth, "a=mid:1\na=rtcp-mux\n", "a=mid:1\n"), "m=video", "a=rtcp-mux is missing");
  const std::string ufrag = "a=ice-ufrag:Ab+/\n";
  const std::string password = "a=ice-pwd:abcdefghijklmnopqrstuvwx\n";
  check_fault(replaced(replaced(kBoth, ufrag, ""), password, ""), "m=audio", "no ICE credentials");
  check_fault(replaced(kBoth, ufrag, ""), "a=ice-pwd", "without a=ice-ufrag");
  check_fault(replaced(kBoth, password, ""), "a=ice-ufrag", "without a=ice-pwd");
  check_fault(replaced(kBoth, ufrag, "a=ice-ufrag:abc\n"), "a=ice-pwd", "4 to 256");
  check_fault(replaced(kBoth, password, "a=ice-pwd:" + std::string(21, 'p') + "\n"), "a=ice-pwd",
              "22 to 256");
  CHECK(negotiated(replaced(kBoth, ufrag, "a=ice-ufrag:abcd\n")).remote_ice.ufrag == "abcd");
  CHECK(negotiated(replaced(kBoth, password, "a=ice-pwd:" + std::string(22, 'p') + "\n"))
            .remote_ice.password.size() == 22);
  CHECK(negotiated(replaced(kBoth, password, "a=ice-pwd:" + std::string(256, 'p') + "\n"))
            .remote_ice.password.size() == 256);
  check_fault(replaced(kBoth, ufrag, "a=ice-ufrag:ab:cd\n"), "a=ice-pwd", "not allowed");
  check_fault(replaced(kBoth, "s=-\n", "s=-\na=ice-lite\n"), "m=audio", "ICE-lite");
  check_fault(replaced(kBoth, std::string{kFingerprint}, ""), "m=audio", "no a=fingerprint");
  const std::string sha1 =
      "a=fingerprint:sha-1 01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14\n";
  check_fault(replaced(kBoth, std::string{kFingerprint}, sha1), "a=fingerprint:sha-1", "not enough");
}

TEST_CASE("credentials of the tagged line count where lines differ") {
  // As peers do that may end up without bundling: each line has a transport of its own until the answer.
  std::string text =
      head("0 1 2") + data_channel("0") + chromium_audio("1", "sendrecv") + chromium_video("2", "recvonly");
  const std::size_t audio = text.find("a=ice-ufrag:Ab+/", text.find("m=audio"));
  text.replace(audio, 16, "a=ice-ufrag:audio");
  CHECK(negotiated(text).remote_ice.ufrag == "audio");
  CHECK(negotiated(replaced(text, "BUNDLE 0 1 2", "BUNDLE 0 2 1")).remote_ice.ufrag == "Ab+/");
}

TEST_CASE("bundle-only lines may leave the credentials to the line that they follow") {
  std::string text = head("0 1") + data_channel("0") + chromium_audio("1", "sendrecv");
  const std::size_t audio = text.find("m=audio");
  std::string section = text.substr(audio);
  section = replaced(section, "m=audio 9", "m=audio 0");
  section = replaced(section, "a=ice-ufrag:Ab+/\na=ice-pwd:abcdefghijklmnopqrstuvwx\n", "a=bundle-only\n");
  section = replaced(section, std::string{kFingerprint}, "");
  const Negotiated out = negotiated(text.substr(0, audio) + section);
  CHECK_FALSE(out.lines[1].rejected);
  CHECK(out.remote_ice.ufrag == "Ab+/");
  CHECK(out.fingerprint.value.size() == 32);
}

TEST_CASE("an offer without any usable line is answered, one without any line is not") {
  const Negotiated out = negotiated(head("0") + data_channel("0"));
  REQUIRE(out.lines.size() == 1);
  CHECK(out.lines[0].rejected);
  CHECK(out.lines[0].data_channel);
  CHECK(out.lines[0].rejection.find("data channels") != std::string::npos);
  CHECK(out.remote_ice.ufrag.empty());
  const auto nothing = negotiate(parsed("v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\n"), Policy{});
  REQUIRE_FALSE(nothing.ok());
  CHECK(nothing.error().reason.find("no media line") != std::string::npos);
}

TEST_CASE("data channels: beside media, alone, one line of them, within the bundle") {
  Policy policy;
  policy.data_channels = true;
  const std::string three = replaced(kBoth, "BUNDLE 0 1", "BUNDLE 0 1 2") + data_channel("2");
  const Negotiated out = negotiated(three, policy);
  CHECK_FALSE(out.lines[2].rejected);
  CHECK(out.lines[2].data_channel);

  const Negotiated alone = negotiated(head("0") + data_channel("0"), policy);
  CHECK_FALSE(alone.lines[0].rejected);
  CHECK(alone.remote_ice.ufrag == "Ab+/");

  const Negotiated two =
      negotiated(replaced(three, "BUNDLE 0 1 2", "BUNDLE 0 1 2 3") + data_channel("3"), policy);
  CHECK_FALSE(two.lines[2].rejected);
  CHECK(two.lines[3].rejected);
  CHECK(two.lines[3].rejection == "another media line has the data channels already");
  // The first that is accepted counts, not the first.
  const std::string closed = replaced(kBoth, "BUNDLE 0 1", "BUNDLE 0 1 2 3") +
                             replaced(data_channel("2"), "m=application 9", "m=application 0") +
                             data_channel("3");
  CHECK(negotiated(closed, policy).lines[2].rejected);
  CHECK_FALSE(negotiated(closed, policy).lines[3].rejected);

  const auto outside = negotiate(parsed(kBoth + data_channel("2")), policy);
  REQUIRE_FALSE(outside.ok());
  CHECK(outside.error().reason.find("mid \"2\" is in no BUNDLE group") != std::string::npos);
}
