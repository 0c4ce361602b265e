// The state of an engine, as its parts share it: data_path (packets), feedback (RTCP), negotiation,
// local_media. Each part is a set of functions over this state; none calls back into its caller.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/drop_reason.h"
#include "base/packet_pool.h"
#include "base/timer_queue.h"
#include "engine/allocation.h"
#include "engine/data_inbox.h"
#include "engine/downlink.h"
#include "engine/engine.h"
#include "engine/protection.h"
#include "rtp/transport_cc.h"
#include "sfu/sfu.h"

namespace weir::engine {

/// An SSRC that a remote participant uses.
struct Stream {
  std::uint32_t ssrc = 0;
  Id track;
  std::uint8_t encoding = 0;
  bool rtx = false;
  std::uint32_t repairs = 0;  // RTX: the SSRC whose packets it repeats; 0: not known yet
  bool over = false;          // another SSRC has taken its place
};

/// What the engine knows of a remote participant besides its place in the rooms: transport, streams, timers
/// of RTCP.
struct Peer {
  static constexpr std::size_t kMaxStreams = 64;

  Peer(sfu::Participant& who, const DownlinkOptions& options) : participant(who), downlink(options) {}

  const Stream* find_stream(std::uint32_t ssrc) const {
    for (const Stream& stream : streams) {
      if (stream.ssrc == ssrc) return &stream;
    }
    return nullptr;
  }
  Stream* find_stream(std::uint32_t ssrc) {
    return const_cast<Stream*>(std::as_const(*this).find_stream(ssrc));
  }

  sfu::Participant& participant;
  transport::Transport* transport = nullptr;  // after the first offer
  std::vector<Stream> streams;
  std::uint8_t mid_extension = 0;  // one id for all lines of a bundle (RFC 8843 section 9.2)
  std::uint8_t rid_extension = 0;
  std::uint8_t repaired_rid_extension = 0;
  std::uint8_t transport_cc_extension = 0;
  rtp::TransportFeedbackBuilder transport_feedback;
  std::uint32_t ssrc = 0;  // of the node's own RTCP
  std::string cname;
  std::uint8_t fir_sequence = 0;
  Time next_report = kNever;
  Time next_transport_feedback = kNever;

  Downlink downlink;
  Time next_departure = kNever;       // for which Core::departures is asked
  bool leaving = false;               // is in Core::leaving
  std::uint32_t told_generation = 0;  // of what the downlink has for video, as the allocation knows it
  double told_bitrate = 0;
  std::uint8_t shed_layers = 0;  // as its subscriptions were told

  // Of the answer (RFC 8829 section 5.3.1).
  std::uint64_t session_id = 0;
  std::uint64_t session_version = 0;
  std::array<std::uint8_t, 32> offer_digest{};

  std::uint64_t packets_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t bytes_sent = 0;
};

/// Of a participant that data messages come from or go to.
struct DataState {
  explicit DataState(std::size_t limit) : inbox(limit) {}

  DataInbox inbox;
  DataCounters counters;
};

/// A packet of a local track that waits for room in the egress arena.
struct LocalPacket {
  Id track;
  PacketRef packet;
  std::uint8_t level = 127;
};

struct Counters {
  std::uint64_t datagrams_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t forwarded = 0;
  std::uint64_t retransmitted = 0;
  std::uint64_t events_lost = 0;
  std::uint64_t limit_refusals = 0;
};

struct Core {
  Core(const Options& with, std::shared_ptr<const crypto::Certificate> certificate, Random& source, Log to);

  /// The peer of a remote participant that has one.
  Peer* peer(Id participant) const {
    const std::size_t index = participant.index();
    if (index >= peers.size() || peers[index] == nullptr) return nullptr;
    return peers[index]->participant.id == participant ? peers[index].get() : nullptr;
  }
  Peer& make_peer(sfu::Participant& participant);
  void drop_peer(Time now, Id participant);
  /// Ends the peer's transport, once what waits for its session is protected.
  void close_transport(Time now, Peer& peer);

  NtpTime ntp(Time now) const { return NtpTime{options.ntp_at_zero + ntp_from_us(to_us(now))}; }
  /// Sends what was reserved last.
  void send(Peer& peer, std::size_t size);
  /// After every input: what transports and rooms have to say becomes state, timers and events.
  void settle(Time now);
  void push_event(const weir_event& event);

  Options options;
  Random& random;
  Log log;
  std::shared_ptr<const crypto::Certificate> certificate;
  DropCounters drops;
  Counters counters;
  EgressBatch egress;
  PacketPool pool;
  transport::Mux mux;
  Protection protection;
  FactsPool facts;
  sfu::Sfu sfu;
  sfu::History history;
  LayerAllocation layer_allocation;
  TimerQueue timers;
  TimerQueue departures;                              // of downlinks: far more often due than the rest
  Ring<Id> leaving;                                   // receivers that something may leave for now
  std::vector<std::unique_ptr<Peer>> peers;           // by index of the participant's id
  std::unordered_map<std::uint64_t, DataState> data;  // by participant, from its first message on
  std::deque<LocalPacket> inbox;
  std::size_t inbox_limit;
  std::deque<weir_event> events;

 private:
  void settle_data(Time now);
  void on_transport_event(Time now, const transport::Event& event);
};

}  // namespace weir::engine
