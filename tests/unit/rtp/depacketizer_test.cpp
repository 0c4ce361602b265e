#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "base/random.h"
#include "rtp/packetizer.h"
#include "rtp/payload.h"
#include "support/shared_data.h"
#include "unit/rtp/made_frames.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

/// Makes packets of frames, numbering on.
class Sender {
 public:
  Sender(Codec codec, std::uint16_t first) : codec_(codec), packetizer_(codec, 100), sequence_(first) {}

  std::vector<Buffer> send(bool key, std::size_t size = 250) {
    std::vector<Buffer> packets;
    frames_.push_back(test::make_frame(codec_, static_cast<int>(frames_.size()), key,
                                       kind_of(codec_) == MediaKind::audio ? 80 : size));
    for (const auto& payload : packetizer_.split(frames_.back())) {
      packets.push_back(test::rtp_packet({payload.marker, 96, sequence_++, timestamp_, 1}, payload.bytes));
    }
    timestamp_ += 3000;
    return packets;
  }
  Buffer padding() {
    Buffer bytes = test::rtp_packet({false, 96, sequence_++, timestamp_ - 3000, 1}, hex("000003"));
    bytes[0] |= 0x20;
    return bytes;
  }
  const Buffer& frame(std::size_t i) const { return frames_[i]; }

 private:
  Codec codec_;
  Packetizer packetizer_;
  std::uint16_t sequence_;
  std::uint32_t timestamp_ = 0xffffff00;
  std::vector<Buffer> frames_;
};

void push(Depacketizer& depacketizer, const std::vector<Buffer>& packets) {
  for (const Buffer& bytes : packets) depacketizer.push(*Packet::parse(bytes));
}

std::vector<AssembledFrame> pop_all(Depacketizer& depacketizer) {
  std::vector<AssembledFrame> frames;
  while (auto frame = depacketizer.pop()) frames.push_back(std::move(*frame));
  return frames;
}

constexpr Codec kVideo[] = {Codec::vp8, Codec::h264, Codec::vp9, Codec::h265, Codec::av1};

}  // namespace

TEST_CASE("frames come out as they went in") {
  for (const Codec codec : {Codec::vp8, Codec::h264, Codec::opus, Codec::vp9, Codec::pcmu, Codec::pcma,
                            Codec::h265, Codec::av1}) {
    CAPTURE(static_cast<int>(codec));
    Sender sender{codec, 65530};
    Depacketizer depacketizer{codec};
    for (std::size_t i = 0; i < 20; ++i) {
      push(depacketizer, sender.send(i == 0));
      const auto frames = pop_all(depacketizer);
      REQUIRE(frames.size() == 1);
      CHECK(frames[0].bytes == sender.frame(i));
      CHECK(frames[0].timestamp == static_cast<std::uint32_t>(0xffffff00 + i * 3000));
      CHECK(frames[0].key_frame == (i == 0 || kind_of(codec) == MediaKind::audio));
    }
    CHECK(depacketizer.lost_frames() == 0);
  }
}

TEST_CASE("packets out of order and twice make the same frames") {
  for (const Codec codec : kVideo) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      CAPTURE(seed);
      SeededRandom random{seed};
      Sender sender{codec, static_cast<std::uint16_t>(random.u32())};
      Depacketizer depacketizer{codec};
      push(depacketizer, sender.send(true));
      std::vector<Buffer> packets;
      for (int i = 0; i < 30; ++i) {
        for (Buffer& p : sender.send(false)) packets.push_back(std::move(p));
      }
      for (std::size_t i = 0; i + 4 <= packets.size(); i += 4) {
        for (std::size_t k = 3; k > 0; --k) std::swap(packets[i + k], packets[i + random.below(k + 1)]);
      }
      for (std::size_t i = 0; i < 20; ++i) packets.push_back(packets[random.below(packets.size())]);
      push(depacketizer, packets);
      const auto frames = pop_all(depacketizer);
      CAPTURE(depacketizer.lost_frames());
      REQUIRE(frames.size() == 31);
      for (std::size_t i = 0; i < frames.size(); ++i) CHECK(frames[i].bytes == sender.frame(i));
      CHECK(depacketizer.lost_frames() == 0);
    }
  }
}

TEST_CASE("nothing comes out before the first key frame") {
  for (const Codec codec : kVideo) {
    Sender sender{codec, 10};
    Depacketizer depacketizer{codec};
    for (int i = 0; i < 10; ++i) push(depacketizer, sender.send(false));
    CHECK_FALSE(depacketizer.pop());
    push(depacketizer, sender.send(true));
    push(depacketizer, sender.send(false));
    CHECK(pop_all(depacketizer).size() == 2);
    CHECK(depacketizer.lost_frames() == 10);
  }
}

TEST_CASE("a lost packet that is sent again in time costs nothing") {
  for (const Codec codec : kVideo) {
    Sender sender{codec, 10};
    Depacketizer depacketizer{codec};
    push(depacketizer, sender.send(true));
    auto packets = sender.send(false);
    const Buffer lost = packets[1];
    packets.erase(packets.begin() + 1);
    push(depacketizer, packets);
    for (std::size_t i = 1; i < Depacketizer::kPatience; ++i) push(depacketizer, sender.send(false));
    CHECK(pop_all(depacketizer).size() == 1);
    push(depacketizer, {lost});
    CHECK(pop_all(depacketizer).size() == Depacketizer::kPatience);
    CHECK(depacketizer.lost_frames() == 0);
  }
}

TEST_CASE("when patience ends, everything up to the next key frame is given up") {
  for (const Codec codec : kVideo) {
    Sender sender{codec, 10};
    Depacketizer depacketizer{codec};
    push(depacketizer, sender.send(true));
    auto packets = sender.send(false);
    packets.erase(packets.begin() + 1);
    push(depacketizer, packets);
    for (std::size_t i = 0; i < Depacketizer::kPatience; ++i) push(depacketizer, sender.send(false));
    CHECK(pop_all(depacketizer).size() == 1);
    CHECK(depacketizer.lost_frames() == 1 + Depacketizer::kPatience);
    push(depacketizer, sender.send(false));
    CHECK_FALSE(depacketizer.pop());
    push(depacketizer, sender.send(true));
    const auto frames = pop_all(depacketizer);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].key_frame);
  }
}

TEST_CASE(
    "a later key frame ends the waiting at once, also when the frame's first or last packet is missing") {
  for (const Codec codec : kVideo) {
    for (const bool first : {true, false}) {
      Sender sender{codec, 10};
      Depacketizer depacketizer{codec};
      push(depacketizer, sender.send(true));
      auto packets = sender.send(false);
      packets.erase(first ? packets.begin() : packets.end() - 1);
      push(depacketizer, packets);
      push(depacketizer, sender.send(true));
      const auto frames = pop_all(depacketizer);
      REQUIRE(frames.size() == 2);
      CHECK(frames[1].bytes == sender.frame(2));
      CHECK(depacketizer.lost_frames() == 1);
    }
  }
}

TEST_CASE("sound goes on after a loss") {
  Sender sender{Codec::opus, 10};
  Depacketizer depacketizer{Codec::opus};
  push(depacketizer, sender.send(true));
  sender.send(true);  // lost
  for (std::size_t i = 0; i < Depacketizer::kPatience - 1; ++i) push(depacketizer, sender.send(true));
  CHECK(pop_all(depacketizer).size() == 1);
  push(depacketizer, sender.send(true));
  CHECK(pop_all(depacketizer).size() == Depacketizer::kPatience);
  CHECK(depacketizer.lost_frames() == 1);
}

TEST_CASE("padding between frames and after the last takes no frame with it") {
  for (const Codec codec : kVideo) {
    Sender sender{codec, 65535};
    Depacketizer depacketizer{codec};
    push(depacketizer, sender.send(true));
    push(depacketizer, {sender.padding(), sender.padding()});
    push(depacketizer, sender.send(false));
    push(depacketizer, {sender.padding()});
    push(depacketizer, sender.send(false));
    CHECK(pop_all(depacketizer).size() == 3);
    CHECK(depacketizer.lost_frames() == 0);
  }
}

TEST_CASE("a frame without a marker ends before another timestamp") {
  Sender sender{Codec::vp8, 1};
  Depacketizer depacketizer{Codec::vp8};
  auto packets = sender.send(true);
  packets.back()[1] &= 0x7f;
  push(depacketizer, packets);
  CHECK_FALSE(depacketizer.pop());
  push(depacketizer, sender.send(false));
  CHECK(pop_all(depacketizer).size() == 2);
}

TEST_CASE("H.264 fragments that do not follow one another are no frame") {
  const auto from = [](std::initializer_list<const char*> payloads) {
    Depacketizer depacketizer{Codec::h264};
    std::uint16_t sequence = 1;
    std::size_t left = payloads.size();
    for (const char* text : payloads) {
      const Buffer bytes = test::rtp_packet({--left == 0, 96, sequence++, 1, 1}, hex(text));
      depacketizer.push(*Packet::parse(bytes));
    }
    const auto frame = depacketizer.pop();
    return frame ? frame->bytes : Buffer{};
  };
  const char* sps = "67 42c01f8c8d40501e900f08846a";
  CHECK(from({sps, "7c 85 b8", "7c 05 11", "7c 45 22"}).size() == 4 + 14 + 4 + 4);
  CHECK(from({sps, "7c 85 b8", "7c 85 b8", "7c 45 22"}).empty());  // begins twice
  CHECK(from({sps, "7c 05 b8", "7c 45 22"}).empty());              // never begins
  CHECK(from({sps, "7c 85 b8", "7c 05 22"}).empty());              // never ends
  CHECK(from({sps, "7c 85 b8", "65 b8", "7c 45 22"}).empty());     // another unit inside
  CHECK(from({sps, "7c 85 b8", "1f 00", "7c 45 22"}).empty());     // not H.264
}

TEST_CASE("a second numbering is taken up after some packets") {
  Sender sender{Codec::vp8, 30000};
  Depacketizer depacketizer{Codec::vp8};
  push(depacketizer, sender.send(true));
  Sender again{Codec::vp8, 10000};
  for (int i = 0; i < 4; ++i) push(depacketizer, again.send(true));
  CHECK(pop_all(depacketizer).size() >= 2);
}

TEST_CASE("memory is bounded, whatever comes") {
  for (const Codec codec : {Codec::vp8, Codec::h264, Codec::opus, Codec::h265, Codec::av1}) {
    Depacketizer depacketizer{codec};
    // One endless frame, with a hole in front of each packet.
    const char* text = codec == Codec::h264   ? "7c 05 11"
                       : codec == Codec::h265 ? "62 01 01 11"
                       : codec == Codec::av1  ? "d0 11 11"
                                              : "10 11 11";
    const Buffer payload = hex(text);
    for (std::uint32_t i = 0; i < 20'000; ++i) {
      const Buffer bytes = test::rtp_packet({false, 96, static_cast<std::uint16_t>(i * 2), 1, 1}, payload);
      depacketizer.push(*Packet::parse(bytes));
    }
    CHECK(pop_all(depacketizer).size() <= Depacketizer::kMaxReady);
    CHECK(depacketizer.lost_frames() > 0);
  }
}

TEST_CASE("frames that nobody takes are given up beyond the limit, and the next to come out is a key frame") {
  Sender sender{Codec::vp8, 1};
  Depacketizer depacketizer{Codec::vp8};
  for (std::size_t i = 0; i < Depacketizer::kMaxReady + 10; ++i) push(depacketizer, sender.send(i == 0));
  CHECK(pop_all(depacketizer).size() == Depacketizer::kMaxReady);
  push(depacketizer, sender.send(false));
  CHECK_FALSE(depacketizer.pop());
  push(depacketizer, sender.send(true));
  CHECK(depacketizer.pop()->key_frame);
}

TEST_CASE("a frame beyond the largest size is given up") {
  Depacketizer depacketizer{Codec::vp8};
  Buffer payload(4000, 0x11);
  payload[0] = 0x10;
  payload[1] = 0x10;
  const std::size_t packets = Depacketizer::kMaxFrame / payload.size() + 2;
  REQUIRE(packets < Depacketizer::kMaxPackets);
  for (std::size_t i = 0; i < packets; ++i) {
    const Buffer bytes =
        test::rtp_packet({i + 1 == packets, 96, static_cast<std::uint16_t>(i), 1, 1}, payload);
    depacketizer.push(*Packet::parse(bytes));
    payload[0] = 0x00;
  }
  CHECK_FALSE(depacketizer.pop());
  CHECK(depacketizer.lost_frames() == 1);
}

TEST_CASE("a captured VP8 stream") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/str0m");
  Depacketizer depacketizer{Codec::vp8};
  int keys = 0;
  int starts = 0;
  for (const Buffer& bytes : test::pcap_payloads(test::read_file(*folder / "vp8.pcap"))) {
    const auto packet = Packet::parse(bytes);
    REQUIRE(packet);
    const auto facts = parse_payload(Codec::vp8, packet->payload());
    REQUIRE(facts);
    starts += facts->frame_start ? 1 : 0;
    keys += facts->key_frame ? 1 : 0;
    if (facts->key_frame) {
      CHECK(facts->width >= 160);
      CHECK(facts->height >= 90);
    }
    CHECK(facts->vp8.picture_id);
    depacketizer.push(*packet);
  }
  // As the listing beside the capture counts them.
  CHECK(keys == 3);
  CHECK(starts == 101);
  const auto frames = pop_all(depacketizer);
  CHECK(depacketizer.lost_frames() + frames.size() == 101);
  CHECK(frames.size() == Depacketizer::kMaxReady);
}

TEST_CASE("a captured H.264 stream with a damaged packet and three missing ones") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/str0m");
  Depacketizer depacketizer{Codec::h264};
  std::size_t refused = 0;
  std::vector<std::uint16_t> parameter_sets;
  std::vector<AssembledFrame> frames;
  for (const Buffer& bytes : test::pcap_payloads(test::read_file(*folder / "h264.pcap"))) {
    const auto packet = Packet::parse(bytes);
    REQUIRE(packet);
    const auto facts = parse_payload(Codec::h264, packet->payload());
    if (!facts) ++refused;
    if (facts && facts->width != 0) {
      // 640 x 480 scaled down as the encoder saw fit.
      CHECK(std::abs(facts->width * 3 - facts->height * 4) <= 8);
      CHECK(facts->width <= 640);
      CHECK(facts->width >= 320);
      parameter_sets.push_back(packet->sequence());
    }
    depacketizer.push(*packet);
    while (auto frame = depacketizer.pop()) frames.push_back(std::move(*frame));
  }
  // 19388 is an aggregate whose last unit is longer than the packet; Wireshark's listing says so, too.
  CHECK(refused == 1);
  CHECK(parameter_sets == std::vector<std::uint16_t>{19249, 19251, 19301, 19351, 19401, 19451, 19501});
  std::size_t keys = 0;
  for (const AssembledFrame& frame : frames) {
    keys += frame.key_frame ? 1 : 0;
    CHECK(as_text(Bytes{frame.bytes}.first(4)) == std::string_view{"\0\0\0\1", 4});
  }
  CHECK(keys == 7);
  // Of 268 frames those that are whole and follow a key frame without a gap.
  CHECK(frames.size() == 145);
  CHECK(depacketizer.lost_frames() == 123);
}

TEST_CASE("an old H.264 dump with parameter sets in packets of their own") {
  WEIR_NEEDS_SHARED_DATA(folder, "media_captures/webrtc_rtpdump");
  Depacketizer depacketizer{Codec::h264};
  std::size_t frames = 0;
  std::size_t packets = 0;
  for (const Buffer& bytes : test::rtpdump_payloads(test::read_file(*folder / "video.rtpdump"))) {
    const auto packet = Packet::parse(bytes);
    REQUIRE(packet);
    ++packets;
    depacketizer.push(*packet);
    while (const auto frame = depacketizer.pop()) {
      if (frames++ == 0) CHECK(frame->key_frame);
    }
  }
  CHECK(packets == 259);
  CHECK(frames == 252);
  CHECK(depacketizer.lost_frames() == 0);
}

}  // namespace weir::rtp
