#include "media/voice.h"

#include <opus/opus.h>

#include <string>

#include "media/audio_level.h"

namespace weir::media {
namespace {

// Of 10: what telephones use; more costs time for a difference that a synthetic voice does not show.
constexpr int kComplexity = 5;

const char* fault_of(const VoiceOptions& options) {
  if (options.pitch_hz < 60 || options.pitch_hz > 400) return "pitch_hz is not from 60 to 400";
  if (options.bitrate < 6000 || options.bitrate > 128'000) return "bitrate is not from 6000 to 128000";
  return nullptr;
}

}  // namespace

Result<std::unique_ptr<Voice>> Voice::make(const VoiceOptions& options) {
  if (const char* fault = fault_of(options)) return Error{WEIR_ERR_INVALID, fault};
  int status = OPUS_OK;
  OpusEncoder* encoder =
      opus_encoder_create(VoiceSynthesizer::kSampleRate, 1, OPUS_APPLICATION_VOIP, &status);
  if (encoder == nullptr) {
    return Error{status == OPUS_ALLOC_FAIL ? WEIR_ERR_NO_MEMORY : WEIR_ERR_INTERNAL,
                 std::string{"libopus: "} + opus_strerror(status)};
  }
  std::unique_ptr<Voice> voice{new Voice{options, encoder}};
  if (opus_encoder_ctl(encoder, OPUS_SET_BITRATE(static_cast<opus_int32>(options.bitrate))) != OPUS_OK ||
      opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(kComplexity)) != OPUS_OK ||
      opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)) != OPUS_OK) {
    return Error{WEIR_ERR_INTERNAL, "libopus refused a setting"};
  }
  return voice;
}

Voice::Voice(const VoiceOptions& options, OpusEncoder* encoder)
    : synthesizer_(options.pitch_hz, options.seed), encoder_(encoder) {}

Voice::~Voice() {
  opus_encoder_destroy(encoder_);
}

std::optional<Voice::Packet> Voice::encode(bool talking) {
  synthesizer_.render(talking, samples_);
  const opus_int32 size = opus_encode(encoder_, samples_.data(), static_cast<int>(samples_.size()),
                                      packet_.data(), static_cast<opus_int32>(packet_.size()));
  if (size <= 0) return std::nullopt;
  return Packet{Bytes{packet_}.first(static_cast<std::size_t>(size)), audio_level(samples_)};
}

}  // namespace weir::media
