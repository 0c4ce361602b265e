// Whole recorded streams through the parsers, packet by packet against Wireshark's listing of them.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "rtp/payload.h"
#include "support/shared_data.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;

/// One line of a listing, "... Seq=14260, Time=3190208834, Mark - Keyframe".
struct Listed {
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  bool marker = false;
  std::string text;  // the whole line

  bool has(std::string_view word) const { return text.find(word) != std::string::npos; }
};

std::uint32_t number_after(const std::string& line, const char* name) {
  return static_cast<std::uint32_t>(
      std::strtoul(line.c_str() + line.find(name) + std::string_view{name}.size(), nullptr, 10));
}

std::vector<Listed> read_listing(const std::filesystem::path& path) {
  std::vector<Listed> listing;
  const Buffer file = test::read_file(path);
  std::string_view rest = as_text(file);
  while (!rest.empty()) {
    const std::string line{rest.substr(0, rest.find('\n'))};
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.find("Seq=") == std::string::npos) continue;
    Listed listed{static_cast<std::uint16_t>(number_after(line, "Seq=")), number_after(line, "Time="), false,
                  line};
    listed.marker = listed.has("Mark");
    listing.push_back(listed);
  }
  return listing;
}

/// What the tests below count.
struct Totals {
  std::size_t packets = 0;
  std::size_t malformed = 0;
  std::size_t starts = 0;
  std::set<std::uint32_t> frames;  // timestamps
  std::set<std::uint32_t> key_frames;
  std::set<std::pair<int, int>> sizes;
};

/// Calls f(listed, facts) for each packet of a capture that its listing names in the same place.
template <typename F>
Totals replay(const std::filesystem::path& folder, const std::string& name, Codec codec, F&& f) {
  const auto listing = read_listing(folder / (name + ".txt"));
  const auto packets = test::pcap_payloads(test::read_file(folder / (name + ".pcap")));
  REQUIRE(packets.size() == listing.size());
  Totals totals;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    CAPTURE(listing[i].text);
    const auto packet = Packet::parse(packets[i]);
    REQUIRE(packet);
    REQUIRE(packet->sequence() == listing[i].sequence);
    CHECK(packet->timestamp() == listing[i].timestamp);
    CHECK(packet->marker() == listing[i].marker);
    ++totals.packets;
    totals.frames.insert(packet->timestamp());
    const auto facts = parse_payload(codec, packet->payload());
    if (!facts) {
      ++totals.malformed;
      CHECK(listing[i].has("[Bad NAL Length]"));
      continue;
    }
    totals.starts += facts->frame_start ? 1 : 0;
    if (facts->key_frame) totals.key_frames.insert(packet->timestamp());
    if (facts->width != 0) totals.sizes.insert({facts->width, facts->height});
    f(listing[i], *facts);
  }
  return totals;
}

}  // namespace

TEST_CASE("a recorded VP8 stream of two temporal layers") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/str0m");
  std::size_t upper = 0;
  std::optional<std::uint8_t> base_index;
  const Totals totals =
      replay(*folder, "vp8", Codec::vp8, [&](const Listed& listed, const PayloadFacts& facts) {
        CHECK(facts.key_frame == listed.has("Keyframe"));
        CHECK(facts.frame_start == !listed.has("Continuation"));
        CHECK(facts.layered);
        CHECK(facts.temporal <= 1);
        upper += facts.temporal;
        // TL0PICIDX counts the frames of the base layer (RFC 7741 section 4.2).
        REQUIRE(facts.vp8.tl0_picture_index);
        const std::uint8_t index = *facts.vp8.tl0_picture_index;
        if (facts.frame_start && base_index)
          CHECK(index == static_cast<std::uint8_t>(*base_index + (facts.temporal == 0 ? 1 : 0)));
        base_index = index;
      });
  CHECK(totals.packets == 104);
  CHECK(totals.starts == 101);
  CHECK(totals.frames.size() == 101);
  CHECK(totals.key_frames.size() == 3);
  CHECK(totals.malformed == 0);
  CHECK(upper > 40);
  CHECK(totals.sizes == std::set<std::pair<int, int>>{{240, 180}});
}

TEST_CASE("a recorded H.264 stream") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/str0m");
  const Totals totals =
      replay(*folder, "h264", Codec::h264, [](const Listed& listed, const PayloadFacts& facts) {
        const bool sps = listed.has("SPS");
        const bool fragment = listed.has("FU-A") && !listed.has("Start");
        CHECK(facts.key_frame == (sps || (listed.has("IDR-Slice") && !listed.has("non-IDR"))));
        CHECK(facts.frame_start == !fragment);
        CHECK_FALSE(facts.non_reference);  // WebRTC's encoder without temporal layers
        CHECK_FALSE(facts.layered);
        CHECK((facts.width != 0) == sps);
      });
  CHECK(totals.packets == 298);
  CHECK(totals.malformed == 1);
  CHECK(totals.frames.size() == 268);
  CHECK(totals.key_frames.size() == 7);  // and an eighth whose aggregate is broken
  CHECK(totals.sizes == std::set<std::pair<int, int>>{{494, 370}, {640, 480}});
}

TEST_CASE("a recorded AV1 stream") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/str0m");
  std::optional<std::uint32_t> timestamp;
  std::size_t keys = 0;
  const Totals totals =
      replay(*folder, "av1", Codec::av1, [&](const Listed& listed, const PayloadFacts& facts) {
        // One frame in each temporal unit.
        CHECK(facts.frame_start == (timestamp != listed.timestamp));
        CHECK_FALSE(facts.layered);
        if (facts.frame_start) CHECK(facts.inter_picture == !facts.key_frame);
        timestamp = listed.timestamp;
        keys += facts.key_frame ? 1 : 0;
      });
  CHECK(totals.packets == 201);
  CHECK(totals.starts == 45);
  CHECK(totals.frames.size() == 45);
  CHECK(keys == 1);
  CHECK(totals.key_frames == std::set<std::uint32_t>{4244970353});
  CHECK(totals.malformed == 0);
  CHECK(totals.sizes == std::set<std::pair<int, int>>{{640, 480}});
}

TEST_CASE("rtpdump files of H.264 and G.711") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/webrtc_rtpdump");
  std::size_t keys = 0;
  std::set<std::uint32_t> starts;
  for (const Buffer& bytes : test::rtpdump_payloads(test::read_file(*folder / "video.rtpdump"))) {
    const auto packet = Packet::parse(bytes);
    REQUIRE(packet);
    const auto facts = parse_payload(Codec::h264, packet->payload());
    REQUIRE(facts);
    if (facts->frame_start) starts.insert(packet->timestamp());
    if (facts->width != 0) ++keys;
  }
  CHECK(starts.size() == 252);
  CHECK(keys == 1);

  struct Dump {
    const char* name;
    int packets;
    int payload_type;
  };
  for (const Dump& dump : {Dump{"voice.rtpdump", 435, 0}, Dump{"stereo_pcmu_jitter.rtp", 2009, 125}}) {
    CAPTURE(dump.name);
    int packets = 0;
    for (const Buffer& bytes : test::rtpdump_payloads(test::read_file(*folder / dump.name))) {
      const auto packet = Packet::parse(bytes);
      REQUIRE(packet);
      CHECK(packet->payload_type() == dump.payload_type);
      const auto facts = parse_payload(Codec::pcmu, packet->payload());
      REQUIRE(facts);
      CHECK(facts->key_frame);
      CHECK_FALSE(facts->inter_picture);
      ++packets;
    }
    CHECK(packets == dump.packets);
  }
}

}  // namespace weir::rtp
