#include "media/voice.h"

#include <doctest/doctest.h>
#include <opus/opus.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "media/audio_level.h"

using namespace weir;
using namespace weir::media;

namespace {

constexpr int kSecond = 50;  // packets

class OpusReader {
 public:
  OpusReader() {
    int status = 0;
    decoder_ = opus_decoder_create(VoiceSynthesizer::kSampleRate, 1, &status);
    REQUIRE(status == OPUS_OK);
  }
  ~OpusReader() { opus_decoder_destroy(decoder_); }
  OpusReader(const OpusReader&) = delete;
  OpusReader& operator=(const OpusReader&) = delete;

  std::vector<std::int16_t> decode(Bytes packet) {
    std::vector<std::int16_t> samples(5760);
    const int count = opus_decode(decoder_, packet.data(), static_cast<opus_int32>(packet.size()),
                                  samples.data(), static_cast<int>(samples.size()), 0);
    REQUIRE(count == static_cast<int>(Voice::kPacketSamples));
    samples.resize(static_cast<std::size_t>(count));
    return samples;
  }

 private:
  OpusDecoder* decoder_ = nullptr;
};

std::unique_ptr<Voice> voice_of(const VoiceOptions& options) {
  auto voice = Voice::make(options);
  REQUIRE(voice.ok());
  return std::move(*voice);
}

struct Heard {
  std::uint8_t level = 0;           ///< Of the decoded sound.
  std::vector<std::uint8_t> given;  ///< Levels that came with the packets.
  std::size_t bytes = 0;
};

Heard hear(Voice& voice, OpusReader& reader, bool talking, int packets) {
  Heard heard;
  std::vector<std::int16_t> all;
  for (int i = 0; i < packets; ++i) {
    const auto packet = voice.encode(talking);
    REQUIRE(packet.has_value());
    const auto samples = reader.decode(packet->data);
    all.insert(all.end(), samples.begin(), samples.end());
    heard.given.push_back(packet->level);
    heard.bytes += packet->data.size();
  }
  heard.level = audio_level(all);
  return heard;
}

}  // namespace

TEST_CASE("a voice is heard while it talks and nearly silent while it does not") {
  for (const std::uint32_t pitch : {60U, 95U, 120U, 210U, 400U}) {
    CAPTURE(pitch);
    VoiceOptions options;
    options.pitch_hz = pitch;
    const auto voice = voice_of(options);
    OpusReader reader;
    CHECK(hear(*voice, reader, false, kSecond).level >= 65);
    CHECK(hear(*voice, reader, true, 3 * kSecond).level <= 30);
    hear(*voice, reader, false, 10);  // the last syllable and the codec's delay fade
    const Heard after = hear(*voice, reader, false, kSecond);
    CHECK(after.level >= 65);
    CHECK(std::all_of(after.given.begin(), after.given.end(),
                      [](std::uint8_t l) { return l >= 70 && l < 127; }));
  }
}

TEST_CASE("the level that goes with a packet agrees with the decoded sound") {
  const auto voice = voice_of({});
  OpusReader reader;
  // The decoder is a few milliseconds late, so runs of packets are compared.
  int compared = 0;
  for (int run = 0; run < 30; ++run) {
    const Heard heard = hear(*voice, reader, true, 10);
    const std::uint8_t loudest = *std::min_element(heard.given.begin(), heard.given.end());
    if (loudest > 30) continue;
    CHECK(std::abs(int{heard.level} - int{loudest}) <= 12);
    ++compared;
  }
  CHECK(compared >= 15);
}

TEST_CASE("talking begins and ends within 100 ms") {
  const auto voice = voice_of({});
  for (int turn = 0; turn < 5; ++turn) {
    for (int i = 0; i < 50; ++i) voice->encode(false);
    int until_loud = 0;
    while (voice->encode(true)->level > 40 && until_loud < 50) ++until_loud;
    CHECK(until_loud <= 8);  // a consonant may come first
    for (int i = 0; i < 100; ++i) voice->encode(true);
    int until_quiet = 0;
    while (voice->encode(false)->level < 60 && until_quiet < 50) ++until_quiet;
    CHECK(until_quiet <= 5);
  }
}

TEST_CASE("speech has pauses") {
  const auto voice = voice_of({});
  int loud = 0;
  int quiet = 0;
  for (int i = 0; i < 20 * kSecond; ++i) {
    const auto packet = voice->encode(true);
    loud += packet->level <= 35 ? 1 : 0;
    quiet += packet->level >= 60 ? 1 : 0;
  }
  CHECK(loud > 10 * kSecond);
  CHECK(quiet > kSecond);
}

TEST_CASE("the same seed says the same, another seed something else") {
  const auto first = voice_of({});
  const auto second = voice_of({});
  VoiceOptions options;
  options.seed = 2;
  const auto third = voice_of(options);
  bool third_differs = false;
  for (int i = 0; i < 2 * kSecond; ++i) {
    const auto a = first->encode(true);
    const auto b = second->encode(true);
    const auto c = third->encode(true);
    REQUIRE(std::equal(a->data.begin(), a->data.end(), b->data.begin(), b->data.end()));
    CHECK(a->level == b->level);
    third_differs =
        third_differs || !std::equal(a->data.begin(), a->data.end(), c->data.begin(), c->data.end());
  }
  CHECK(third_differs);
}

TEST_CASE("a voice keeps to its bitrate") {
  for (const std::uint32_t bitrate : {6000U, 24'000U, 128'000U}) {
    VoiceOptions options;
    options.bitrate = bitrate;
    const auto voice = voice_of(options);
    OpusReader reader;
    const Heard heard = hear(*voice, reader, true, 10 * kSecond);
    CAPTURE(bitrate);
    CHECK(heard.bytes * 8 / 10 < bitrate * 13 / 10);
    CHECK(heard.bytes * 8 / 10 > bitrate / 2);
  }
}

TEST_CASE("options of a voice outside their limits are refused") {
  const auto with = [](std::uint32_t pitch, std::uint32_t bitrate) {
    auto voice = Voice::make({pitch, bitrate, 1});
    return voice.ok() ? WEIR_OK : voice.error().status;
  };
  for (const std::uint32_t pitch : {60U, 400U}) CHECK(with(pitch, 24'000) == WEIR_OK);
  for (const std::uint32_t pitch : {0U, 59U, 401U, 0xffffffffU})
    CHECK(with(pitch, 24'000) == WEIR_ERR_INVALID);
  for (const std::uint32_t bitrate : {6000U, 128'000U}) CHECK(with(120, bitrate) == WEIR_OK);
  for (const std::uint32_t bitrate : {0U, 5999U, 128'001U}) CHECK(with(120, bitrate) == WEIR_ERR_INVALID);
}
