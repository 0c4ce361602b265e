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

}  // namespace weir::rtp
