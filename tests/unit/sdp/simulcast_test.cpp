#include "sdp/simulcast.h"

#include <doctest/doctest.h>

#include "sdp/negotiate_line.h"
#include "support/shared_data.h"
#include "unit/sdp/offers.h"

using namespace weir;
using namespace weir::sdp;
using namespace weir::test;

namespace {

const std::string kThree = "a=rid:q send\na=rid:h send\na=rid:f send\na=simulcast:send q;h;f\n";

NegotiatedLine line_of(const std::string& section, bool allow_mixed = true) {
  const auto session = parse("v=0\no=- 1 2 IN IP4 127.0.0.1\n" + section);
  REQUIRE_MESSAGE(session.ok(), (session.ok() ? "" : session.error().reason));
  ExtensionIds ids;
  return negotiate_line(session->media.at(0), {}, allow_mixed, ids);
}

NegotiatedLine camera(const std::string& attributes) {
  return line_of(chromium_video("1", "sendonly") + attributes);
}

std::vector<std::string> rids(const NegotiatedLine& line) {
  std::vector<std::string> out;
  for (const SendEncoding& e : line.encodings) out.push_back((e.paused ? "~" : "") + e.rid);
  return out;
}

std::string answer_to(const std::string& section) {
  const auto offer = parse(head("1") + section);
  REQUIRE(offer.ok());
  const auto negotiated = negotiate(*offer, Policy{});
  REQUIRE(negotiated.ok());
  return write_answer(*offer, *negotiated, local_for(*negotiated));
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a=simulcast: streams, alternatives, pauses, both directions in either order") {
  const auto both = parse_simulcast("send 1,~4;2;~3 recv c");
  REQUIRE(both.has_value());
  CHECK(both->send == std::vector<Alternatives>{{{"1", false}, {"4", true}}, {{"2", false}}, {{"3", true}}});
  CHECK(both->receive == std::vector<Alternatives>{{{"c", false}}});
  const auto turned = parse_simulcast("recv c send 1,~4;2;~3");
  REQUIRE(turned.has_value());
  CHECK(turned->send == both->send);
  CHECK(turned->receive == both->receive);
  CHECK(parse_simulcast("recv c")->send.empty());
}

TEST_CASE("a=simulcast of another form is none") {
  for (const char* text : {"",
                           "send",
                           "send recv c",
                           "recv",
                           "both a",
                           "a;b",
                           "send a send b",
                           "send a recv b recv c",
                           "send a recv b send c",
                           "send ;",
                           "send a;",
                           "send ;a",
                           "send a;;b",
                           "send a,",
                           "send a,;b",
                           "send ,a",
                           "send a,,b",
                           "send ~",
                           "send ~~a",
                           "send a~",
                           "send a.b",
                           "send a; b",
                           "send rid=1,4;2;3 paused=4 recv rid=c"}) {
    INFO(text);
    CHECK_FALSE(parse_simulcast(text).has_value());
  }
  std::string many = "send 0";
  for (int i = 1; i < 32; ++i) many += ";" + std::to_string(i);
  CHECK(parse_simulcast(many)->send.size() == 32);
  CHECK_FALSE(parse_simulcast(many + ";x").has_value());
  CHECK_FALSE(parse_simulcast(many + ",x").has_value());
  CHECK_FALSE(parse_simulcast(many + " recv x").has_value());
}

TEST_CASE("restrictions of a=rid: the known ones, numbers that fit, nothing else") {
  const Restrictions all = parse_restrictions(
      "pt=96,97; max-width=1280;max-height=720;max-fps=30;max-fs=921600;max-br=2500000;max-pps=27648000;"
      "max-bpp=0.1;depend=a,b");
  CHECK(all.payload_types == Names{"96", "97"});
  CHECK(all.limits == EncodingLimits{1280, 720, 30, 921'600, 2'500'000, 27'648'000});
  CHECK(parse_restrictions("max-width=4294967295").limits.max_width == 4'294'967'295U);
  for (const char* text : {"", ";", "=", "max-width", "max-width=", "max-width=x", "max-width=-1",
                           "max-width=4294967296", "max-width=1.5", "MAX-WIDTH=5"}) {
    INFO(text);
    CHECK(parse_restrictions(text).limits == EncodingLimits{});
  }
  std::string list = "pt=0";
  for (int i = 0; i < 500; ++i) list += ",0";
  CHECK(parse_restrictions(list).payload_types.size() == 128);
}

TEST_CASE("three rids in the offer's order are taken and mirrored") {
  const std::string limited =
      replaced(kThree, "a=rid:h send", "a=rid:h send max-width=640;max-br=500000;x=1");
  const NegotiatedLine line = camera(limited);
  CHECK(rids(line) == Names{"q", "h", "f"});
  CHECK(line.encodings[0].limits == EncodingLimits{});
  CHECK(line.encodings[1].limits.max_width == 640);
  CHECK(line.encodings[1].limits.max_bit_rate == 500'000);
  CHECK_FALSE(line.encodings[0].ssrc.has_value());
  CHECK(line.extensions.id(rtp::Extension::rid) == 10);
  CHECK(line.extensions.id(rtp::Extension::repaired_rid) == 11);

  const std::string answer = answer_to(chromium_video("1", "sendrecv") + limited);
  CHECK(answer.find("a=rid:q recv\r\na=rid:h recv max-width=640;max-br=500000\r\na=rid:f recv\r\n"
                    "a=simulcast:recv q;h;f\r\n") != std::string::npos);
  CHECK(answer.find("a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n") != std::string::npos);
}

TEST_CASE("a stream that is offered paused is answered paused") {
  const std::string offer = chromium_video("1", "sendonly") + replaced(kThree, ";f", ";~f");
  CHECK(rids(line_of(offer)) == Names{"q", "h", "~f"});
  CHECK(answer_to(offer).find("a=simulcast:recv q;h;~f\r\n") != std::string::npos);
}

TEST_CASE("of alternatives the first that can be taken stays") {
  CHECK(rids(camera(replaced(kThree, "send q;h;f", "send q,h;f"))) == Names{"q", "f"});
  CHECK(rids(camera(replaced(kThree, "send q;h;f", "send ~q,h;f"))) == Names{"~q", "f"});
  CHECK(rids(camera(replaced(kThree, "send q;h;f", "send gone,h;f"))) == Names{"h", "f"});
  CHECK(rids(camera(replaced(kThree, "send q;h;f", "send q;q,f"))) == Names{"q", "f"});
}

TEST_CASE("rids that packets can't carry, that are not there or not unique are left out") {
  const std::string sixteen(16, 'r');
  CHECK(rids(camera(replaced(kThree, "h", sixteen))) == Names{"q", sixteen, "f"});
  CHECK(rids(camera(replaced(kThree, "h", sixteen + "r"))) == Names{"q", "f"});
  CHECK(rids(camera(replaced(kThree, "h", "h-1"))) == Names{"q", "f"});
  CHECK(rids(camera(replaced(kThree, "h", "h_1"))) == Names{"q", "f"});
  CHECK(rids(camera(replaced(kThree, "a=rid:h send\n", ""))) == Names{"q", "f"});
  CHECK(rids(camera(replaced(kThree, "a=rid:h send\n", "a=rid:h recv\n"))) == Names{"q", "f"});
  CHECK(rids(camera(kThree + "a=rid:h send\n")) == Names{"q", "f"});
  CHECK(rids(camera(replaced(kThree, "q;h;f", "q;h;f;h"))) == Names{"q", "h", "f"});
  // Without a stream that is left there is no simulcast.
  CHECK(camera("a=simulcast:send a;b\n").encodings.empty());
  CHECK(camera(replaced(kThree, "a=simulcast:send q;h;f\n", "")).encodings.empty());
  CHECK(camera(replaced(kThree, "send q;h;f", "recv q;h;f")).encodings.empty());
  CHECK(camera(replaced(kThree, "send q;h;f", "send q;;f")).encodings.empty());
}

TEST_CASE("eight encodings of a line, the rest is left out of the answer") {
  std::string attributes;
  std::string streams;
  for (int i = 0; i < 9; ++i) {
    attributes += "a=rid:r" + std::to_string(i) + " send\n";
    streams += (i == 0 ? "" : ";") + std::string{"r"} + std::to_string(i);
  }
  const std::string offer =
      chromium_video("1", "sendonly") + attributes + "a=simulcast:send " + streams + "\n";
  CHECK(line_of(offer).encodings.size() == 8);
  const std::string answer = answer_to(offer);
  CHECK(answer.find("a=rid:r7 recv\r\n") != std::string::npos);
  CHECK(answer.find("r8") == std::string::npos);
}

TEST_CASE("pt= keeps the payload types that are accepted; a rid without one of them goes") {
  const auto with = [](const std::string& list) {
    return camera(replaced(kThree, "a=rid:h send", "a=rid:h send pt=" + list));
  };
  const NegotiatedLine line = with("96,109,115,96,x,300");
  REQUIRE(rids(line) == Names{"q", "h", "f"});
  CHECK(line.encodings[1].payload_types == std::vector<std::uint8_t>{96, 115});
  CHECK(restrictions_text(line.encodings[1]) == " pt=96,115");
  CHECK(rids(with("109")) == Names{"q", "f"});
  CHECK(rids(with("x")) == Names{"q", "f"});
}

TEST_CASE("without the extension that carries rids there is no simulcast") {
  const std::string offer = chromium_video("1", "sendonly") + kThree;
  for (const std::string& without : {replaced(offer, "sdes:rtp-stream-id", "sdes:other"),
                                     replaced(offer, "extmap:10 ", "extmap:10/recvonly ")}) {
    const NegotiatedLine line = line_of(without);
    CHECK(line.encodings.empty());
    CHECK_FALSE(line.extensions.has(rtp::Extension::repaired_rid));
    CHECK(answer_to(without).find("simulcast") == std::string::npos);
  }
  // An id above 14 needs the two-byte form, which may not stand beside the other unless that was agreed.
  const std::string high = replaced(offer, "extmap:10 ", "extmap:16 ");
  CHECK(line_of(high, true).encodings.size() == 3);
  CHECK(line_of(high, false).encodings.empty());
}

TEST_CASE("only video that comes to the node has encodings") {
  for (const char* direction : {"recvonly", "inactive"}) {
    const NegotiatedLine line = line_of(chromium_video("1", direction) + kThree);
    CHECK(line.encodings.empty());
  }
  CHECK_FALSE(line_of(chromium_video("1", "recvonly") + kThree).extensions.has(rtp::Extension::rid));
  CHECK(line_of(chromium_audio("1", "sendonly") + kThree).encodings.empty());
  CHECK_FALSE(camera("").extensions.has(rtp::Extension::rid));
}

TEST_CASE("a=ssrc-group:SIM makes encodings by SSRC, unless there are rids") {
  const std::string group =
      "a=ssrc-group:SIM 2001 2003 2005\na=ssrc-group:FID 2003 2004\na=ssrc-group:FID 2005 2006\n";
  const NegotiatedLine line = camera(group);
  REQUIRE(line.encodings.size() == 3);
  CHECK(line.encodings[0].ssrc == 2001U);
  CHECK(line.encodings[2].ssrc == 2005U);
  CHECK(line.encodings[2].rid.empty());
  CHECK(line.rtx_ssrcs.size() == 3);
  CHECK_FALSE(line.extensions.has(rtp::Extension::rid));
  CHECK(answer_to(chromium_video("1", "sendonly") + group).find("simulcast") == std::string::npos);
  CHECK(rids(camera(group + kThree)) == Names{"q", "h", "f"});
  CHECK(camera("a=ssrc-group:SIM 2001\n").encodings.empty());
  CHECK(camera("a=ssrc-group:SIM 2001 2001\n").encodings.size() == 1);
  CHECK(camera("a=ssrc-group:SIM 1 2 3 4 5 6 7 8 9\n").encodings.size() == 8);
}

TEST_CASE("the simulcast of a description that others wrote") {
  WEIR_NEEDS_SHARED_DATA(folder, "sdp_samples/sdp_transform");
  const auto bytes = test::read_file(*folder / "simulcast.sdp");
  const auto session = parse(std::string{bytes.begin(), bytes.end()});
  REQUIRE(session.ok());
  const auto simulcast = parse_simulcast(session->media.at(1).simulcast);
  REQUIRE(simulcast.has_value());
  CHECK(simulcast->send.size() == 3);
  CHECK(simulcast->receive.size() == 1);
  CHECK(parse_restrictions(session->media.at(1).rids.at(0).restrictions).limits.max_width == 1280);
}
