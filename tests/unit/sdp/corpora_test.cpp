// Descriptions that others wrote, hostile ones, and the time that large ones take.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <map>

#include "base/random.h"
#include "sdp/answer.h"
#include "sdp/simulcast.h"
#include "support/shared_data.h"
#include "unit/sdp/offers.h"

using namespace weir;
using namespace weir::sdp;

namespace {

/// The whole way of an offer. What holds for every text: an error names its line and reason, an answer can be
/// read again and fits its offer.
struct Outcome {
  std::optional<Error> parse_error;
  std::optional<Error> negotiate_error;
  Negotiated negotiated;
};

void check_answer(const Session& offer, const Negotiated& negotiated) {
  const auto answer = parse(write_answer(offer, negotiated, test::local_for(negotiated)));
  REQUIRE_MESSAGE(answer.ok(), answer.error().reason);
  REQUIRE(answer->media.size() == offer.media.size());
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    CHECK(answer->media[i].type == offer.media[i].type);
    CHECK(answer->media[i].protocol == offer.media[i].protocol);
    CHECK(answer->media[i].mid == offer.media[i].mid);
    CHECK((answer->media[i].port == 0) == negotiated.lines[i].rejected);
    CHECK(negotiated.lines[i].rejected == !negotiated.lines[i].rejection.empty());
    CHECK((negotiated.lines[i].rejected || negotiated.lines[i].data_channel) ==
          negotiated.lines[i].codecs.empty());
    CHECK(negotiated.lines[i].encodings.size() <= 8);
    CHECK(parse_simulcast(answer->media[i].simulcast).has_value() ==
          (!negotiated.lines[i].encodings.empty() && !negotiated.lines[i].encodings[0].rid.empty()));
  }
}

Policy everything() {
  Policy policy;
  policy.data_channels = true;
  return policy;
}

Outcome walk(std::string_view text) {
  Outcome outcome;
  const auto session = parse(text);
  if (!session.ok()) {
    CHECK(session.error().status == WEIR_ERR_SDP);
    CHECK(session.error().line > 0);
    CHECK_FALSE(session.error().reason.empty());
    outcome.parse_error = session.error();
    return outcome;
  }
  const auto negotiated = negotiate(*session, everything());
  if (!negotiated.ok()) {
    CHECK(negotiated.error().status == WEIR_ERR_SDP);
    CHECK((negotiated.error().line > 0 || session->media.empty()));
    CHECK_FALSE(negotiated.error().reason.empty());
    outcome.negotiate_error = negotiated.error();
    return outcome;
  }
  check_answer(*session, *negotiated);
  outcome.negotiated = *negotiated;
  return outcome;
}

std::size_t accepted(const Outcome& outcome) {
  std::size_t n = 0;
  for (const NegotiatedLine& line : outcome.negotiated.lines) n += line.rejected ? 0 : 1;
  return n;
}

std::map<std::string, Outcome> walk_folder(const std::filesystem::path& folder) {
  std::map<std::string, Outcome> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
    if (!entry.is_regular_file() || entry.path().extension() != ".sdp") continue;
    INFO(entry.path().filename().string());
    out[entry.path().filename().string()] = walk(as_text(test::read_file(entry.path())));
  }
  return out;
}

}  // namespace

TEST_CASE("real descriptions of browsers and other software") {
  WEIR_NEEDS_SHARED_DATA(folder, "sdp_samples");
  const auto outcomes = walk_folder(*folder);
  CHECK(outcomes.size() > 60);
  const std::pair<const char*, std::size_t> usable[] = {
      {"audio_chrome.sdp", 1},
      {"audio_firefox.sdp", 1},
      {"video_chrome.sdp", 1},
      {"video_firefox.sdp", 1},
      {"safari.sdp", 2},
      {"video_session_star_rtcp_fb.sdp", 1},
      {"firefox_122_offer.sdp", 2},
      {"safari_mac_video_audio_data_offer.sdp", 3},
      {"jsep.sdp", 2},
      {"chrome_00_send_offer.sdp", 3},
      {"ssrc.sdp", 2},
      {"jssip.sdp", 1},
      {"datachannel_firefox.sdp", 0},  // the form before RFC 8841
      {"datachannel_firefox_63.sdp", 1},
  };
  for (const auto& sample : usable) {
    const auto& name = sample.first;
    const std::size_t lines = sample.second;
    INFO(name);
    REQUIRE(outcomes.count(name) == 1);
    CHECK_FALSE(outcomes.at(name).parse_error.has_value());
    CHECK_FALSE(outcomes.at(name).negotiate_error.has_value());
    CHECK(accepted(outcomes.at(name)) == lines);
  }
  const std::pair<const char*, std::uint32_t> broken[] = {
      {"invalid.sdp", 10}, {"kSdpWithInvalidCandidatePort.sdp", 11}, {"kSdpWithNegativeBandwidth.sdp", 6}};
  for (const auto& sample : broken) {
    const auto& name = sample.first;
    const std::uint32_t line = sample.second;
    INFO(name);
    REQUIRE(outcomes.count(name) == 1);
    REQUIRE(outcomes.at(name).parse_error.has_value());
    CHECK(outcomes.at(name).parse_error->line == line);
  }
  for (const char* name :
       {"kSdpFullString.sdp", "kBundleOnlySdpFullString.sdp", "kSdpWithoutMline.sdp", "hacky.sdp"}) {
    INFO(name);
    CHECK(outcomes.at(name).negotiate_error.has_value());
  }
}

TEST_CASE("hostile corpora: no crash, whatever the bytes") {
  WEIR_NEEDS_SHARED_DATA(folder, "hostile_corpora");
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{*folder}) {
    if (!entry.is_regular_file()) continue;
    INFO(entry.path().string());
    const auto bytes = test::read_file(entry.path());
    walk(as_text(bytes));
    (void)check_candidate(as_text(bytes));
    ++files;
  }
  CHECK(files > 100);
}

TEST_CASE("every prefix of an offer, and every line left out, is answered or refused with a line") {
  const std::string offer = test::firefox_offer();
  for (std::size_t size = 0; size < offer.size(); size += 7) walk(std::string_view{offer}.substr(0, size));
  for (std::size_t at = 0; at < offer.size();) {
    const std::size_t end = offer.find('\n', at) + 1;
    walk(offer.substr(0, at) + offer.substr(end));
    at = end;
  }
}

TEST_CASE("offers with seeded damage") {
  SeededRandom random{20240611};
  // Small, so that the damage meets what is special in it.
  const std::string layered = test::crlf(
      test::head("0 1") + test::data_channel("0") + "m=video 9 UDP/TLS/RTP/SAVPF 96 0\n" + test::path("1") +
      "a=rtpmap:96 AV1/90000\na=fmtp:96 profile=0;level-idx=5\na=rtcp-fb:* ack ccfb\n"
      "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n"
      "a=rid:q send pt=96;max-width=320\na=rid:h send\na=rid:f send\na=simulcast:send q;h,~q;~f\n");
  const std::string offers[] = {test::chromium_offer(), test::firefox_offer(), layered};
  for (int round = 0; round < 4500; ++round) {
    std::string text = offers[round % 3];
    const auto damages = 1 + random.below(4);
    for (std::uint64_t i = 0; i < damages; ++i) {
      const auto at = static_cast<std::size_t>(random.below(text.size()));
      switch (random.below(3)) {
        case 0:
          text[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          text.erase(at, 1 + random.below(20));
          break;
        default:
          text.insert(at, text.substr(random.below(text.size()), random.below(40)));
      }
    }
    walk(text);
  }
}

TEST_CASE("256 KB of repeated lines take time in proportion to their size") {
  const std::string begin = "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\n";
  const std::string media = "m=video 9 UDP/TLS/RTP/SAVPF 96\n";
  const std::string all_types = [] {
    std::string text = "m=video 9 UDP/TLS/RTP/SAVPF";
    for (int i = 0; i < 128; ++i) text += " " + std::to_string(i);
    return text + "\n";
  }();
  const std::string h264 = "a=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=1;";
  std::string copied = begin;
  for (int i = 1; i <= 64; ++i)
    copied += "a=extmap:" + std::to_string(i) + " " + std::string(250, 'u') + "\n";
  const std::pair<std::string, std::string> cases[] = {
      {begin + media, "a=ssrc:1 cname:x\n"},
      {begin + media, "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\n"},
      {begin + all_types, "a=rtcp-fb:* nack\n"},
      {begin + media, "a=rtcp-fb:96 nack\n"},
      {begin + media, "a=fmtp:96 a=1\n"},
      {begin + media, "a=extmap:1 urn:a\n"},
      {begin, "a=extmap:1 urn:a\n"},
      {begin + media, "a=rid:a send pt=96;max-br=1\n"},
      {begin + media + "a=rid:a send pt=96", ",96"},
      {begin + media + "a=rid:a send max-br=1", ";max-br=1"},
      {begin + media + "a=simulcast:send a", ";a"},
      {begin + media + "a=simulcast:send a", ",a"},
      {begin + media, "a=simulcast:send a;b;c\n"},
      {begin, "a=group:BUNDLE a b c d\n"},
      {begin, media},
      {begin, all_types},
      {begin + media, "a=mid:a\n"},
      {begin + media, "a=unknown:x\n"},
      {begin + media + h264, "a=1;"},
      {begin + "m=audio 9 UDP/TLS/RTP/SAVPF 96 97\na=rtpmap:96 opus/48000/2\na=rtpmap:97 red/48000/2\n"
               "a=fmtp:97 96",
       "/96"},
      {begin + media, "\n"},
      {begin + "a=group:BUNDLE", " a"},
      {copied, media},
  };
  for (const auto& repetition : cases) {
    const auto& head = repetition.first;
    const auto& line = repetition.second;
    std::string text = head;
    while (text.size() < 262'144) text += line;
    INFO(line);
    const auto start = std::chrono::steady_clock::now();
    walk(text);
    // The real cost is milliseconds. A quadratic step over 18,000 lines would be far beyond this, sanitizers
    // or not.
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{5});
  }
}
