#include "engine/core.h"

#include <algorithm>

#include "engine/data_channels.h"
#include "engine/data_path.h"
#include "engine/departure.h"
#include "engine/feedback.h"
#include "engine/layers.h"

namespace weir::engine {

namespace {

std::size_t inbox_limit_of(const Options& options) {
  return std::max(options.packet_buffers / 4, 256U);
}

std::size_t waiting_limit_of(const Options& options) {
  return std::max(options.packet_buffers / 4, 256U);
}

}  // namespace

// The pool holds the history, the inbox of local tracks, packets that wait for a pacer and are in the history
// no more, and a few in flight.
Core::Core(const Options& with, std::shared_ptr<const crypto::Certificate> cert, Random& source, Log to)
    : options(with),
      random(source),
      log(to),
      certificate(std::move(cert)),
      egress(with.egress_bytes),
      pool(with.packet_buffers + inbox_limit_of(with) + waiting_limit_of(with) + 16),
      mux({.consent_timeout = with.consent_timeout,
           .handshake_timeout = with.handshake_timeout,
           .max_data_channels = with.max_data_channels,
           .data_buffer = with.data_buffer_bytes},
          certificate, random, egress, drops, log, with.srtp_backend),
      protection(mux.srtp(), egress, drops),
      sfu(with.worker,
          {.rooms = with.max_rooms,
           .participants = with.max_participants,
           .room_participants = with.max_room_participants,
           .tracks_per_participant = with.max_tracks_per_participant,
           .subscriptions_per_participant = with.max_subscriptions_per_participant,
           .voice_hold = with.voice_hold,
           .layers_decided = true},
          random),
      history(with.packet_buffers),
      inbox_limit(inbox_limit_of(with)) {}

Peer& Core::make_peer(sfu::Participant& participant) {
  const std::size_t index = participant.id.index();
  if (peers.size() <= index) peers.resize(index + 1);
  auto peer = std::make_unique<Peer>(
      participant, DownlinkOptions{.unreported = static_cast<double>(options.default_receive_bitrate)});
  peer->ssrc = random.u32() | 1U;
  peer->session_id = random.u64() >> 2;  // below 2^62, as RFC 8829 section 5.2.1 asks
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  for (int i = 0; i < 16; ++i) peer->cname += kAlphabet[random.below(32)];
  peers[index] = std::move(peer);
  return *peers[index];
}

void Core::drop_peer(Time now, Id participant) {
  timers.forget(participant);
  data.erase(participant.value);
  departures.forget(participant);
  Peer* gone = peer(participant);
  if (gone == nullptr) return;
  if (gone->transport != nullptr) close_transport(now, *gone);
  peers[participant.index()].reset();
}

void Core::close_transport(Time now, Peer& peer) {
  protection.run();
  mux.close(now, *peer.transport);
  peer.transport = nullptr;
}

void Core::send(Peer& peer, std::size_t size) {
  egress.commit(*peer.transport->selected(), size, peer.participant.id.index());
  ++peer.packets_sent;
  peer.bytes_sent += size;
}

void Core::push_event(const weir_event& event) {
  if (events.size() < options.max_events) {
    events.push_back(event);
    return;
  }
  // The newest is lost, and the queue's last entry says how many.
  ++counters.events_lost;
  weir_event& last = events.back();
  if (last.type != WEIR_EVENT_LOST) {
    ++counters.events_lost;
    last = weir_event{.struct_size = sizeof last,
                      .type = WEIR_EVENT_LOST,
                      .room = 0,
                      .participant = 0,
                      .track = 0,
                      .subscription = 0,
                      .user = 0,
                      .time_us = event.time_us,
                      .value = 1,
                      .status = WEIR_OK,
                      .reserved = 0};
  }
  ++last.value;
}

void Core::on_transport_event(Time now, const transport::Event& event) {
  sfu::Participant* participant = sfu.participants().find(event.owner);
  if (participant == nullptr) return;
  const auto disconnect = [&](weir_status status) {
    if (participant->connected || status == WEIR_ERR_CRYPTO) {
      sfu.emit(now, WEIR_EVENT_PARTICIPANT_DISCONNECTED, *participant).status = status;
    }
    sfu.set_connected(now, *participant, false);
  };
  switch (event.kind) {
    case transport::EventKind::connected:
      begin_association(*this, now, *peer(event.owner));
      sfu.set_connected(now, *participant, true);
      start_reports(*this, now, *peer(event.owner));
      break;
    case transport::EventKind::consent_regained:
      if (!peer(event.owner)->transport->connected()) break;  // the handshake is still to come
      sfu.set_connected(now, *participant, true);
      start_reports(*this, now, *peer(event.owner));
      break;
    case transport::EventKind::closed:
      disconnect(WEIR_ERR_CLOSED);
      break;
    case transport::EventKind::failed:
      disconnect(WEIR_ERR_CRYPTO);
      break;
    case transport::EventKind::consent_expired:
      disconnect(WEIR_ERR_AGAIN);
      break;
    case transport::EventKind::path_changed:
      // The first path is no change.
      if (participant->connect_time != Duration{}) {
        sfu.emit(now, WEIR_EVENT_PATH_CHANGED, *participant);
        peer(event.owner)->downlink.on_route_change(now);
      }
      break;
  }
}

/// Messages of one participant are output of others.
void Core::settle_data(Time now) {
  for (auto touched = mux.take_touched(); !touched.empty(); touched = mux.take_touched()) {
    for (const Id owner : touched) {
      if (Peer* const with_data = peer(owner)) take_data(*this, now, *with_data);
    }
  }
  mux.flush_data(now);
  for (const transport::Mux::DataSent& sent : mux.take_data_sent()) {
    if (Peer* const receiver = peer(sent.owner)) receiver->downlink.on_data(now, sent.bytes);
  }
}

void Core::settle(Time now) {
  depart_leaving(*this, now);
  for (const transport::Event& event : mux.take_events()) on_transport_event(now, event);
  settle_data(now);
  settle_layers(*this, now);
  for (const Id id : sfu.take_woken()) {
    if (const sfu::Participant* participant = sfu.participants().find(id)) {
      timers.wake(id, keyframe_deadline(*participant));
    } else {
      timers.wake(id, now);  // a track whose receivers changed
    }
  }
  for (const weir_event& event : sfu.take_events()) push_event(event);
  depart_leaving(*this, now);
  protection.run();
}

}  // namespace weir::engine
