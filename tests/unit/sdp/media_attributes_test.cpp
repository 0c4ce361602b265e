#include <doctest/doctest.h>

#include "sdp/session.h"

using namespace weir;
using namespace weir::sdp;

namespace {

Result<Session> with(const std::string& attribute) {
  return parse("v=0\no=- 1 2 IN IP4 127.0.0.1\nm=video 9 RTP/SAVPF 96 97\n" + attribute + "\n");
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

}  // namespace

TEST_CASE("rtpmap") {
  const Media media = media_with("a=rtpmap:97 L16/44100/255");
  CHECK(media.formats[1].encoding == "L16");
  CHECK(media.formats[1].clock_rate == 44100);
  CHECK(media.formats[1].channels == 255);
  CHECK(media.formats[0].encoding.empty());
  CHECK(media_with("a=rtpmap:50 VP8/90000").formats.size() == 2);  // of a payload type that was taken out
  check_fault("a=rtpmap:128 VP8/90000", "payload type");
  check_fault("a=rtpmap:x VP8/90000", "payload type");
  check_fault("a=rtpmap:96", "encoding's name");
  check_fault("a=rtpmap:96 VP8", "clock rate");
  check_fault("a=rtpmap:96 VP8/4294967296", "clock rate");
  check_fault("a=rtpmap:96 VP8/90000/0", "channels");
  check_fault("a=rtpmap:96 VP8/90000/256", "channels");
}

TEST_CASE("fmtp: as written, several joined") {
  CHECK(media_with("a=fmtp:96 a=1; b=2").formats[0].parameters == "a=1; b=2");
  CHECK(media_with("a=fmtp:96 a=1\na=fmtp:96 b=2").formats[0].parameters == "a=1;b=2");
  CHECK(media_with("a=fmtp:50 a=1").formats[0].parameters.empty());
  check_fault("a=fmtp:x a=1", "payload type");
}

TEST_CASE("rtcp-fb: one, all, twice") {
  const Media media =
      media_with("a=rtcp-fb:96 nack\na=rtcp-fb:* nack\na=rtcp-fb:* nack pli\na=rtcp-fb:97 ccm fir");
  CHECK(media.formats[0].feedback == std::vector<std::string>{"nack", "nack pli"});
  CHECK(media.formats[1].feedback == std::vector<std::string>{"ccm fir", "nack", "nack pli"});
  CHECK(media_with("a=rtcp-fb:50 nack").formats[0].feedback.empty());
  check_fault("a=rtcp-fb:x nack", "payload type");
  check_fault("a=rtcp-fb:96", "names no feedback");
}

TEST_CASE("extmap: ids, directions, one meaning for an id") {
  const Media media = media_with("a=extmap:255/recvonly urn:a some attributes\na=extmap:1 urn:b");
  REQUIRE(media.extensions.size() == 2);
  CHECK(media.extensions[0].id == 255);
  CHECK(media.extensions[0].uri == "urn:a");
  CHECK(media.extensions[0].direction == Direction::recvonly);
  CHECK_FALSE(media.extensions[1].direction.has_value());
  CHECK(media_with("a=extmap:4096 urn:a\na=extmap:4351 urn:b").extensions.empty());
  for (const char* id : {"0", "256", "4095", "4352", "65536", "x", ""}) {
    check_fault("a=extmap:" + std::string{id} + " urn:a", "id from 1 to 255");
  }
  check_fault("a=extmap:1/both urn:a", "direction");
  check_fault("a=extmap:1", "names no extension");
  CHECK_FALSE(with("a=extmap:1 urn:a\na=extmap:1 urn:b").ok());
  CHECK(media_with("a=extmap:1 urn:a\na=extmap:1 urn:a").extensions.size() == 1);
}

TEST_CASE("ssrc and ssrc-group") {
  const Media media = media_with(
      "a=ssrc:4294967295 cname:a b\na=ssrc:1 msid:s t\na=ssrc:1 cname:c\na=ssrc-group:FID 1 4294967295");
  REQUIRE(media.ssrcs.size() == 2);
  CHECK(media.ssrcs[0].ssrc == 4294967295U);
  CHECK(media.ssrcs[0].cname == "a b");
  CHECK(media.ssrcs[1].cname == "c");
  REQUIRE(media.ssrc_groups.size() == 1);
  CHECK(media.ssrc_groups[0].ssrcs == std::vector<std::uint32_t>{1, 4294967295U});
  check_fault("a=ssrc:4294967296 cname:a", "32 bits");
  check_fault("a=ssrc:-1 cname:a", "32 bits");
  check_fault("a=ssrc-group:FID 1 x", "32 bits");
  check_fault("a=ssrc-group:", "meaning");
  std::string members;
  for (int i = 0; i < 65; ++i) members += " " + std::to_string(i);
  check_fault("a=ssrc-group:SIM" + members, "64 SSRCs");
}

TEST_CASE("rid, simulcast, msid, content") {
  const Media media = media_with(
      "a=rid:hi_1 send\na=rid:lo-2 recv pt=96;max-width=320\na=simulcast:send hi_1;lo-2\na=msid:a "
      "b\na=msid:c d\n"
      "a=content:slides");
  REQUIRE(media.rids.size() == 2);
  CHECK(media.rids[0].send);
  CHECK_FALSE(media.rids[1].send);
  CHECK(media.rids[1].restrictions == "pt=96;max-width=320");
  CHECK(media.simulcast == "send hi_1;lo-2");
  CHECK(media.msid == "a b");
  CHECK(media.content == "slides");
  check_fault("a=rid:hi", "send or recv");
  check_fault("a=rid:h.i send", "letters, digits");
}

TEST_CASE("sctp-port and max-message-size") {
  const Media media = media_with("a=sctp-port:65535\na=max-message-size: 18446744073709551615");
  CHECK(media.sctp_port == 65535);
  CHECK(media.max_message_size == 18'446'744'073'709'551'615U);
  CHECK(media_with("a=sctp-port:0\na=max-message-size:0").sctp_port == 0);
  CHECK_FALSE(media_with("a=sctp-port 5000").sctp_port.has_value());
  for (const char* port : {"65536", "-1", "x", "", "5000 1"}) {
    check_fault("a=sctp-port:" + std::string{port}, "no number up to 65535");
  }
  check_fault("a=max-message-size:18446744073709551616", "64 bits");
  check_fault("a=max-message-size:", "64 bits");
}
