#include "sdp/codec_match.h"

#include <doctest/doctest.h>

#include "sdp/answer.h"
#include "support/shared_data.h"
#include "unit/sdp/offers.h"

using namespace weir;
using namespace weir::sdp;
using namespace weir::test;

namespace {

Media media_of(const std::string& section) {
  const auto session = parse("v=0\no=- 1 2 IN IP4 127.0.0.1\n" + section);
  REQUIRE_MESSAGE(session.ok(), (session.ok() ? "" : session.error().reason));
  return session->media.at(0);
}

struct Taken {
  Media media;
  std::vector<CodecMatch> matches;

  explicit Taken(const std::string& section, const std::vector<Codec>& codecs = Policy{}.codecs)
      : media(media_of(section)) {
    matches = match_codecs(media, media.type == "video" ? MediaKind::video : MediaKind::audio, codecs);
  }
  std::vector<int> payload_types() const {
    std::vector<int> out;
    for (const CodecMatch& match : matches) out.push_back(match.format->payload_type);
    return out;
  }
};

/// The answer's parameters of a single video format; "none" where it is not taken.
std::string video(const std::string& name, const std::string& parameters) {
  std::string section = "m=video 9 RTP/SAVPF 100\na=rtpmap:100 " + name + "/90000\n";
  if (!parameters.empty()) section += "a=fmtp:100 " + parameters + "\n";
  const Taken taken{section};
  return taken.matches.empty() ? "none" : answer_parameters(taken.matches[0]);
}

using Types = std::vector<int>;

}  // namespace

TEST_CASE("VP9: profile 0, which is what an absent profile-id means") {
  CHECK(video("VP9", "").empty());
  CHECK(video("vp9", "profile-id=0") == "profile-id=0");
  CHECK(video("VP9", "max-fr=30; Profile-Id = 0") == "profile-id=0");
  for (const char* other : {"profile-id=1", "profile-id=2", "profile-id=3", "profile-id=x", "profile-id="}) {
    CHECK(video("VP9", other) == "none");
  }
}

TEST_CASE("AV1: the main profile, any level and tier") {
  CHECK(video("AV1", "").empty());
  CHECK(video("AV1", "level-idx=5;profile=0;tier=0") == "level-idx=5;profile=0;tier=0");
  CHECK(video("AV1", "tier=1;level-idx=31") == "level-idx=31;tier=1");
  for (const char* other :
       {"profile=1", "profile=2", "profile=x", "level-idx=32", "level-idx=-1", "tier=2", "tier="}) {
    CHECK(video("AV1", other) == "none");
  }
  CHECK(video("AV1X", "") == "none");
}

TEST_CASE("H.265: the main profile in one RTP stream") {
  CHECK(video("H265", "").empty());
  CHECK(video("H265", "level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST") ==
        "level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST");
  CHECK(video("H265", "level-id=255;tx-mode=srst;sprop-vps=x") == "level-id=255;tx-mode=srst");
  for (const char* other : {"profile-id=2", "profile-id=0", "profile-space=1", "tier-flag=2", "level-id=256",
                            "level-id=x", "tx-mode=MRST", "tx-mode=MRMT", "tx-mode="}) {
    CHECK(video("H265", other) == "none");
  }
}

TEST_CASE("names in any case, clock and channels exactly") {
  CHECK(video("vP8", "x=y").empty());
  for (const char* mapping : {"VP8/48000", "VP8/90000/2", "VP88/90000", "H265/8000", "rtx/90000"}) {
    CHECK(Taken{"m=video 9 RTP/SAVPF 100\na=rtpmap:100 " + std::string{mapping} + "\n"}.matches.empty());
  }
  for (const char* mapping : {"PCMU/16000", "PCMU/8000/2", "PCMA/48000", "opus/48000", "VP8/90000"}) {
    CHECK(Taken{"m=audio 9 RTP/SAVPF 100\na=rtpmap:100 " + std::string{mapping} + "\n"}.matches.empty());
  }
  CHECK(Taken{"m=audio 9 RTP/SAVPF 100\na=rtpmap:100 pcma/8000/1\n"}.matches.at(0).codec == Codec::pcma);
}

TEST_CASE("codecs stand in the offer's order, formats of one codec by profile") {
  const std::string offer = chromium_video("1", "sendrecv");
  CHECK(Taken{offer}.payload_types() == Types{96, 115, 107, 117, 103, 45, 98});
  const std::string turned = replaced(offer, "SAVPF 96 97 103 104", "SAVPF 98 45 103 96 97 104");
  CHECK(Taken{replaced(turned, " 45 46 98 99 ", " 46 99 ")}.payload_types() ==
        Types{98, 45, 115, 107, 117, 103, 96});
  CHECK(Taken{offer, {Codec::vp9, Codec::vp8}}.payload_types() == Types{96, 98});
  CHECK(Taken{offer, {Codec::opus, Codec::none}}.matches.empty());
}

TEST_CASE("static payload types need no rtpmap; one that is mapped means what the map says") {
  CHECK(Taken{"m=audio 9 RTP/SAVPF 0 8 9 18\n"}.payload_types() == Types{0, 8});
  CHECK(Taken{"m=audio 9 RTP/SAVPF 8 0\n"}.matches.at(0).codec == Codec::pcma);
  CHECK(Taken{"m=audio 9 RTP/SAVPF 0\na=rtpmap:0 opus/48000/2\n"}.matches.at(0).codec == Codec::opus);
  CHECK(Taken{"m=video 9 RTP/SAVPF 0 8\n"}.matches.empty());
}

TEST_CASE("telephone events: last, of a clock that is spoken, one of each") {
  const std::string events =
      "a=rtpmap:100 telephone-event/48000\na=rtpmap:101 telephone-event/8000\n"
      "a=rtpmap:102 telephone-event/16000\na=rtpmap:103 telephone-event/8000\n";
  const std::string opus = "a=rtpmap:111 opus/48000/2\n";
  CHECK(Taken{"m=audio 9 RTP/SAVPF 100 101 102 103 111\n" + events + opus}.payload_types() ==
        Types{111, 100});
  CHECK(Taken{"m=audio 9 RTP/SAVPF 100 101 102 103 0 8\n" + events}.payload_types() == Types{0, 8, 101});
  CHECK(Taken{"m=audio 9 RTP/SAVPF 103 101 100 111 0\n" + events + opus}.payload_types() ==
        Types{111, 0, 103, 100});
  CHECK(Taken{"m=audio 9 RTP/SAVPF 100 101\n" + events}.matches.empty());
}

TEST_CASE("telephone events: the client's list comes back, a broken one is DTMF") {
  const auto list = [](const std::string& fmtp) {
    const Taken taken{"m=audio 9 RTP/SAVPF 0 101\na=rtpmap:101 telephone-event/8000\n" + fmtp};
    return answer_parameters(taken.matches.at(1));
  };
  CHECK(list("") == "0-15");
  for (const char* good : {"0-15", "0-16", "0-15,66,70", "0-255", "5"}) {
    CHECK(list("a=fmtp:101 " + std::string{good} + "\n") == good);
  }
  for (const char* bad :
       {"0-256", "15-0", "0-", "-5", "0-15,", ",5", "1-2-3", "x", "0-15;5", "events=0-15"}) {
    CHECK(list("a=fmtp:101 " + std::string{bad} + "\n") == "0-15");
  }
  std::string endless = "1";
  for (int i = 0; i < 127; ++i) endless += ",1";
  CHECK(list("a=fmtp:101 " + endless + "\n") == endless);
  CHECK(list("a=fmtp:101 " + endless + ",1\n") == "0-15");
}

TEST_CASE("what is supported, for people") {
  CHECK(supported_codecs(MediaKind::audio, {Codec::opus, Codec::vp8}) == "opus/48000/2 is");
  CHECK(supported_codecs(MediaKind::audio, Policy{}.codecs) == "opus/48000/2, PCMU/8000, PCMA/8000 are");
  CHECK(supported_codecs(MediaKind::video, Policy{}.codecs) ==
        "VP8/90000, VP9/90000 of the main profile, H264/90000 with packetization-mode=1, AV1/90000 of the "
        "main profile, H265/90000 of the main profile are");
  CHECK(supported_codecs(MediaKind::audio, {Codec::none}) == "the node takes none");
}

TEST_CASE("codecs of a real Chromium offer") {
  WEIR_NEEDS_SHARED_DATA(folder, "sdp_samples/str0m");
  const auto bytes = test::read_file(*folder / "chrome_00_send_offer.sdp");
  const auto session = parse(std::string{bytes.begin(), bytes.end()});
  REQUIRE(session.ok());
  const auto types = [&](std::size_t line, MediaKind kind) {
    Types out;
    for (const CodecMatch& m : match_codecs(session->media.at(line), kind, Policy{}.codecs)) {
      out.push_back(m.format->payload_type);
    }
    return out;
  };
  CHECK(types(1, MediaKind::audio) == Types{111, 0, 8, 110, 126});
  CHECK(types(2, MediaKind::video) == Types{96, 108, 127, 123, 114, 41, 98});
}
