#include "rtp/extensions.h"

namespace weir::rtp {
namespace {

constexpr std::array<std::string_view, kExtensionCount> kUris{
#define WEIR_EXTENSION_URI(name, uri) uri,
    WEIR_EXTENSION_LIST(WEIR_EXTENSION_URI)
#undef WEIR_EXTENSION_URI
};

}  // namespace

std::string_view uri_of(Extension extension) {
  const auto index = static_cast<std::size_t>(extension);
  return index < kUris.size() ? kUris[index] : std::string_view{};
}

std::optional<Extension> extension_of(std::string_view uri) {
  for (std::size_t i = 0; i < kUris.size(); ++i) {
    if (kUris[i] == uri) return static_cast<Extension>(i);
  }
  return std::nullopt;
}

std::optional<AudioLevel> parse_audio_level(Bytes data) {
  if (data.size() != 1) return std::nullopt;
  return AudioLevel{.voice = (data[0] & 0x80) != 0, .level = static_cast<std::uint8_t>(data[0] & 0x7f)};
}

std::uint8_t write_audio_level(AudioLevel level) {
  const std::uint8_t value = level.level > 127 ? std::uint8_t{127} : level.level;
  return static_cast<std::uint8_t>((level.voice ? 0x80 : 0) | value);
}

std::optional<CaptureTime> parse_capture_time(Bytes data) {
  if (data.size() != 8 && data.size() != CaptureTime::kSize) return std::nullopt;
  CaptureTime time{.at = NtpTime{load_u64(data.data())}, .clock_offset = std::nullopt};
  if (data.size() == CaptureTime::kSize) time.clock_offset = static_cast<std::int64_t>(load_u64(&data[8]));
  return time;
}

Bytes write_capture_time(MutableBytes out, const CaptureTime& time) {
  store_u64(out.data(), time.at.value);
  if (!time.clock_offset) return out.first(8);
  store_u64(&out[8], static_cast<std::uint64_t>(*time.clock_offset));
  return out.first(CaptureTime::kSize);
}

std::int64_t clock_offset_from_us(std::int64_t us) {
  constexpr std::int64_t kSecond = 1'000'000;
  const std::int64_t part = (us % kSecond + kSecond) % kSecond;
  const auto whole = static_cast<std::uint64_t>((us - part) / kSecond);
  return static_cast<std::int64_t>((whole << 32) + ntp_from_us(part));
}

}  // namespace weir::rtp
