// A synthetic microphone: the synthesizer's sound as Opus packets of 20 ms with their level.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "media/voice_synthesizer.h"

struct OpusEncoder;

namespace weir::media {

struct VoiceOptions {
  std::uint32_t pitch_hz = 120;
  std::uint32_t bitrate = 24'000;
  std::uint64_t seed = 1;
};

class Voice {
 public:
  static constexpr std::size_t kPacketSamples = VoiceSynthesizer::kSampleRate / 50;

  struct Packet {
    Bytes data;          ///< Valid until the next encode().
    std::uint8_t level;  ///< -dBov, RFC 6464 section 3.
  };

  /// WEIR_ERR_INVALID names the option that is out of its range.
  static Result<std::unique_ptr<Voice>> make(const VoiceOptions& options);
  ~Voice();
  Voice(const Voice&) = delete;
  Voice& operator=(const Voice&) = delete;

  /// The next 20 ms. Nothing when the encoder failed.
  std::optional<Packet> encode(bool talking);

 private:
  // The largest Opus packet of one frame (RFC 6716 section 3.2.1 and 3.4).
  static constexpr std::size_t kMaxPacket = 1275 + 1;

  Voice(const VoiceOptions& options, OpusEncoder* encoder);

  VoiceSynthesizer synthesizer_;
  OpusEncoder* encoder_;
  std::array<std::int16_t, kPacketSamples> samples_{};
  std::array<std::uint8_t, kMaxPacket> packet_{};
};

}  // namespace weir::media
