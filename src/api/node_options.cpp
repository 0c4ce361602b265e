#include "api/node_options.h"

#include <algorithm>
#include <string>

#include "api/boundary.h"

namespace weir::api {
namespace {

struct Range {
  const char* name;
  std::uint32_t value;
  std::uint32_t least;
  std::uint32_t most;
};

// Ids have 24 bits for the place in a table (base/slots.h).
constexpr std::uint32_t kMaxCount = 0xffffff;
constexpr std::uint32_t kMaxPacketBuffers = 1U << 22;  // 6 GiB
constexpr std::uint32_t kMaxSdpBytes = 16U << 20;
constexpr std::size_t kMaxEgress = 64U << 20;
constexpr std::uint32_t kMaxMilliseconds = 300'000;

std::optional<Error> check_ranges(const weir_node_options& o) {
  const Range ranges[] = {
      {"threads", o.threads, 0, 64},
      {"handshake_threads", o.handshake_threads, 0, 64},
      {"loopback_candidates", o.loopback_candidates, 0, 1},
      {"log_level", o.log_level, WEIR_LOG_ERROR, WEIR_LOG_DEBUG},
      {"max_rooms", o.max_rooms, 1, kMaxCount},
      {"max_participants", o.max_participants, 1, kMaxCount},
      {"max_room_participants", o.max_room_participants, 1, kMaxCount},
      {"max_tracks_per_participant", o.max_tracks_per_participant, 1, kMaxCount},
      {"max_subscriptions_per_participant", o.max_subscriptions_per_participant, 1, kMaxCount},
      {"max_sdp_bytes", o.max_sdp_bytes, 1, kMaxSdpBytes},
      {"max_events", o.max_events, 1, kMaxCount},
      {"packet_buffers", o.packet_buffers, 1, kMaxPacketBuffers},
      {"consent_timeout_ms", o.consent_timeout_ms, 1000, kMaxMilliseconds},
      {"handshake_timeout_ms", o.handshake_timeout_ms, 1000, kMaxMilliseconds},
      {"default_publish_bitrate", o.default_publish_bitrate, 1, 0xffffffff},
      {"voice_hold_ms", o.voice_hold_ms, 0, kMaxMilliseconds},
      {"max_data_channels", o.max_data_channels, 1, 128},
      {"data_buffer_bytes", o.data_buffer_bytes, 2 * engine::kMaxDataMessage, 64U << 20},
      {"default_receive_bitrate", o.default_receive_bitrate, 30'000, 1'000'000'000},
      {"srtp_backend", o.srtp_backend, WEIR_SRTP_AUTO, WEIR_SRTP_IPSEC_MB},
  };
  for (const Range& range : ranges) {
    if (range.value >= range.least && range.value <= range.most) continue;
    return Error{WEIR_ERR_INVALID, std::string{range.name} + " is " + std::to_string(range.value) + "; " +
                                       std::to_string(range.least) + " to " + std::to_string(range.most) +
                                       " are allowed"};
  }
  return std::nullopt;
}

Result<std::optional<srtp::BackendKind>> read_srtp_backend(std::uint32_t wish) {
  using Answer = std::optional<srtp::BackendKind>;
  if (wish == WEIR_SRTP_AUTO) return Answer{};
  const auto kind = wish == WEIR_SRTP_IPSEC_MB ? srtp::BackendKind::ipsec_mb : srtp::BackendKind::libsrtp;
  if (srtp::available(kind)) return Answer{kind};
  return Error{WEIR_ERR_UNSUPPORTED, "srtp_backend: " + std::string{srtp::name_of(kind)} +
                                         " was not built in, or the processor lacks AES instructions"};
}

std::string text_of(const char* text) {
  return text == nullptr ? std::string{} : std::string{text};
}

Error struct_error(weir_status status, const char* name) {
  return {status, std::string{name} + ": struct_size is " +
                      (status == WEIR_ERR_VERSION ? "of a newer library, with fields set that this one lacks"
                                                  : "not set; call the _init function first")};
}

}  // namespace

weir_node_options default_node_options() {
  weir_node_options o{};
  o.struct_size = sizeof o;
  o.threads = 1;
  o.handshake_threads = 1;
  o.log_level = WEIR_LOG_WARNING;
  o.listen_ipv4 = "0.0.0.0";
  o.listen_ipv6 = "::";
  o.max_rooms = 1000;
  o.max_participants = 2000;
  o.max_room_participants = 500;
  o.max_tracks_per_participant = 8;
  o.max_subscriptions_per_participant = 64;
  o.max_sdp_bytes = 262'144;
  o.max_events = 65'536;
  o.packet_buffers = 32'768;
  o.consent_timeout_ms = 30'000;
  o.handshake_timeout_ms = 30'000;
  o.default_publish_bitrate = 2'500'000;
  o.voice_hold_ms = 2000;
  o.max_data_channels = 64;
  o.data_buffer_bytes = 1U << 20;
  o.default_receive_bitrate = 1'000'000;
  return o;
}

Result<io::NodeOptions> read_node_options(const weir_node_options* given) {
  weir_node_options o = default_node_options();
  if (const weir_status status = take_struct(given, o); status != WEIR_OK)
    return struct_error(status, "options");
  if (auto error = check_ranges(o)) return std::move(*error);
  const auto backend = read_srtp_backend(o.srtp_backend);
  if (!backend) return backend.error();

  io::NodeOptions options;
  if (o.hooks != nullptr) {
    const weir_status status = take_struct(o.hooks, options.hooks);
    if (status != WEIR_OK) return struct_error(status, "hooks");
  }
  options.threads = o.threads;
  options.handshake_threads = o.handshake_threads;
  options.port = o.port;
  options.loopback_candidates = o.loopback_candidates == 1;
  options.log_level = o.log_level;
  options.listen_ipv4 = text_of(o.listen_ipv4);
  options.listen_ipv6 = text_of(o.listen_ipv6);
  options.public_ipv4 = text_of(o.public_ipv4);
  options.public_ipv6 = text_of(o.public_ipv6);
  engine::Options& limits = options.limits;
  limits.max_rooms = o.max_rooms;
  limits.max_participants = o.max_participants;
  limits.max_room_participants = o.max_room_participants;
  limits.max_tracks_per_participant = o.max_tracks_per_participant;
  limits.max_subscriptions_per_participant = o.max_subscriptions_per_participant;
  // Half of the arena holds one packet for everybody in a room, which is what one datagram can cause.
  constexpr std::size_t kMaxDatagram = 1500;
  limits.egress_bytes =
      std::clamp(2 * kMaxDatagram * o.max_room_participants, limits.egress_bytes, kMaxEgress);
  limits.max_sdp_bytes = o.max_sdp_bytes;
  limits.max_events = o.max_events;
  limits.packet_buffers = o.packet_buffers;
  limits.consent_timeout = std::chrono::milliseconds{o.consent_timeout_ms};
  limits.handshake_timeout = std::chrono::milliseconds{o.handshake_timeout_ms};
  limits.default_publish_bitrate = o.default_publish_bitrate;
  limits.voice_hold = std::chrono::milliseconds{o.voice_hold_ms};
  limits.max_data_channels = o.max_data_channels;
  limits.data_buffer_bytes = o.data_buffer_bytes;
  limits.default_receive_bitrate = o.default_receive_bitrate;
  limits.srtp_backend = *backend;
  return options;
}

}  // namespace weir::api
