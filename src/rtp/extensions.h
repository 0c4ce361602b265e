// Header extensions by meaning, and the mapping of their ids on one media line (RFC 8285 section 5).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace weir::rtp {

/// X(name, URI). The order is private to the process.
#define WEIR_EXTENSION_LIST(X)                                                                         \
  X(mid, "urn:ietf:params:rtp-hdrext:sdes:mid")                                                        \
  X(rid, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id")                                              \
  X(repaired_rid, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id")                            \
  X(audio_level, "urn:ietf:params:rtp-hdrext:ssrc-audio-level")                                        \
  X(abs_send_time, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time")                       \
  X(transport_cc, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01")         \
  X(video_orientation, "urn:3gpp:video-orientation")                                                   \
  X(playout_delay, "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay")                       \
  X(abs_capture_time, "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time")                 \
  X(dependency_descriptor,                                                                             \
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension")         \
  X(video_layers_allocation, "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00") \
  X(color_space, "http://www.webrtc.org/experiments/rtp-hdrext/color-space")                           \
  X(frame_marking, "urn:ietf:params:rtp-hdrext:framemarking")

enum class Extension : std::uint8_t {
#define WEIR_EXTENSION_ENUM(name, uri) name,
  WEIR_EXTENSION_LIST(WEIR_EXTENSION_ENUM)
#undef WEIR_EXTENSION_ENUM
      count
};
inline constexpr std::size_t kExtensionCount = static_cast<std::size_t>(Extension::count);

std::string_view uri_of(Extension extension);
std::optional<Extension> extension_of(std::string_view uri);

/// The negotiated ids of one media line; 0 means not negotiated.
class ExtensionMap {
 public:
  void set(Extension extension, std::uint8_t id) { ids_[static_cast<std::size_t>(extension)] = id; }
  std::uint8_t id(Extension extension) const { return ids_[static_cast<std::size_t>(extension)]; }
  bool has(Extension extension) const { return id(extension) != 0; }
  bool operator==(const ExtensionMap&) const = default;

 private:
  std::array<std::uint8_t, kExtensionCount> ids_{};
};

/// RFC 6464 section 3: one byte, V bit and level in -dBov (0 loudest, 127 silence).
struct AudioLevel {
  bool voice = false;
  std::uint8_t level = 127;
};
std::optional<AudioLevel> parse_audio_level(Bytes data);
std::uint8_t write_audio_level(AudioLevel level);

/// abs-capture-time (webrtc.org/experiments/rtp-hdrext/abs-capture-time): when the first frame of a packet
/// was captured.
///
///   | NTP time of the capture system, 32.32 bits | its clock less the sender's, signed 32.32; may be absent
///   |
struct CaptureTime {
  static constexpr std::size_t kSize = 16;
  NtpTime at;
  /// What has to be added to the clock of who wrote the stream's sender reports.
  std::optional<std::int64_t> clock_offset;
};
std::optional<CaptureTime> parse_capture_time(Bytes data);
/// Into CaptureTime::kSize bytes; answers those that were written.
Bytes write_capture_time(MutableBytes out, const CaptureTime& time);
/// Microseconds as such an offset.
std::int64_t clock_offset_from_us(std::int64_t us);

}  // namespace weir::rtp
