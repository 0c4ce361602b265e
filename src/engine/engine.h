// One engine is one thread's worth of SFU: rooms and their transports, without sockets, clock or threads.
//
// The law for the caller: mutate, then drain. After receive(), advance(), finish() or any control call, drain
// egress() (send, then clear), next_event(), take_jobs() and deadline(). An engine is confined to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/egress.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "base/slots.h"
#include "base/time.h"
#include "crypto/certificate.h"
#include "transport/transport.h"
#include "weir/data.h"
#include "weir/layers.h"
#include "weir/node.h"
#include "weir/room.h"
#include "weir/stats.h"

namespace weir::engine {

inline constexpr std::uint32_t kMaxDataMessage = 262'144;

struct Options {
  std::uint8_t worker = 0;
  std::vector<Address> candidates;  // announced in answers
  std::uint64_t ntp_at_zero = 0;    // NTP time (32.32) at Time{0}
  std::uint32_t max_rooms = 1000;
  std::uint32_t max_participants = 2000;
  std::uint32_t max_room_participants = 500;
  std::uint32_t max_tracks_per_participant = 8;
  std::uint32_t max_subscriptions_per_participant = 64;
  std::uint32_t max_sdp_bytes = 262'144;
  std::uint32_t max_events = 65'536;
  std::uint32_t packet_buffers = 32'768;
  Duration consent_timeout = std::chrono::seconds{30};
  Duration handshake_timeout = std::chrono::seconds{30};
  std::uint32_t default_publish_bitrate = 2'500'000;
  std::uint32_t default_receive_bitrate = 1'000'000;
  Duration voice_hold = std::chrono::seconds{2};
  std::uint32_t max_data_channels = 64;        // of a participant
  std::uint32_t data_buffer_bytes = 1U << 20;  // of a participant, each way
  std::size_t egress_bytes = 4U << 20;
  std::optional<srtp::BackendKind> srtp_backend;  // the best where none is wished for
};

struct Datagram {
  FiveTuple path;
  Bytes bytes;
  bool truncated = false;  // larger than the receive buffer
};

class Engine {
 public:
  Engine(const Options& options, std::shared_ptr<const crypto::Certificate> certificate, Random& random,
         Log log);
  ~Engine();

  // Data. receive() takes datagrams from the front and returns how many; fewer than given means: drain, then
  // go on with the rest.
  std::size_t receive(Time now, std::span<const Datagram> batch);
  void advance(Time now);
  void finish(Time now, transport::HandshakeJob job);

  // Drain.
  EgressBatch& egress();
  std::vector<transport::HandshakeJob> take_jobs();
  bool next_event(weir_event& event);
  Time deadline() const;
  /// Something waits for room in egress() alone: drain, then advance() again rather than wait for a timer.
  bool pending() const;
  /// What the caller could not send.
  void count_drop(DropReason reason, std::uint64_t n);

  // Control: one function for each of room.h, with its semantics and statuses. Option structs are complete
  // (all fields set).
  Result<Id> open_room(Time now, const weir_room_options& options);
  weir_status close_room(Time now, Id room);
  Result<std::vector<std::uint64_t>> room_participants(Id room) const;
  Result<std::vector<std::uint64_t>> room_speakers(Id room) const;
  Result<Id> join(Time now, Id room, const weir_participant_options& options);
  weir_status leave(Time now, Id participant);
  weir_status set_excluded(Time now, Id participant, std::span<const std::uint64_t> excluded);
  Result<std::string> negotiate(Time now, Id participant, std::string_view offer);
  Result<bool> add_candidate(Id participant, std::string_view candidate);
  Result<std::vector<std::uint64_t>> participant_tracks(Id participant) const;
  Result<std::vector<std::uint64_t>> participant_subscriptions(Id participant) const;

  Result<Id> add_track(Time now, Id participant, const weir_track_options& options);
  weir_status remove_track(Time now, Id track);
  weir_status track_info(Id track, weir_track_info& info) const;
  weir_status set_content(Time now, Id track, std::int32_t content);
  weir_status set_muted(Time now, Id track, bool muted);
  weir_status write_frame(Time now, Id track, const weir_frame& frame);
  weir_status write_rtp(Time now, Id track, Bytes packet, std::uint32_t level);

  Result<Id> add_subscription(Time now, Id participant, const weir_subscription_options& options);
  weir_status remove_subscription(Time now, Id subscription);
  weir_status subscription_info(Id subscription, weir_subscription_info& info) const;
  weir_status set_source(Time now, Id subscription, const weir_source& source);
  weir_status set_wants(Time now, Id subscription, const weir_wants& wants);
  weir_status set_receive_limits(Time now, Id participant, const weir_receive_limits& limits);
  Result<std::vector<weir_track_layer>> track_layers(Time now, Id track);
  /// WEIR_ERR_AGAIN when empty; never waits.
  weir_status read(Id subscription, weir_frame& frame, MutableBytes buffer);

  weir_status send_data(Time now, Id participant, const weir_data& message);
  /// How many were reached.
  Result<std::uint32_t> send_room_data(Time now, Id room, const weir_data& message);
  /// WEIR_ERR_AGAIN when empty; never waits.
  weir_status read_data(Id participant, weir_data& message, MutableBytes buffer);

  // Statistics. `struct_size` is left alone.
  void node_stats(weir_node_stats& stats) const;  // adds to what is there, so that workers sum up
  weir_status participant_stats(Id participant, weir_participant_stats& stats) const;
  weir_status track_stats(Time now, Id track, weir_track_stats& stats);
  weir_status subscription_stats(Id subscription, weir_subscription_stats& stats) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::engine
