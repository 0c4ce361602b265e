// A Mux and virtual peers in virtual time, with a network between them that tests can disturb.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/virtual_peer.h"
#include "transport/transport.h"

namespace weir::test {

inline Address ipv4(const char* text, std::uint16_t port) {
  return *Address::parse(text, port);
}

inline std::vector<std::uint8_t> rtp_packet(std::uint16_t sequence, std::uint32_t ssrc = 0x1234) {
  std::vector<std::uint8_t> packet(12 + 20, 0xab);
  packet[0] = 0x80;
  packet[1] = 96;
  store_u16(&packet[2], sequence);
  store_u32(&packet[4], 1000);
  store_u32(&packet[8], ssrc);
  return packet;
}

/// An empty receiver report (RFC 3550 section 6.4.2).
inline std::vector<std::uint8_t> rtcp_packet(std::uint32_t ssrc = 0x1234) {
  std::vector<std::uint8_t> packet(8, 0);
  packet[0] = 0x80;
  packet[1] = 201;
  store_u16(&packet[2], 1);
  store_u32(&packet[4], ssrc);
  return packet;
}

struct World {
  static constexpr Duration kStep = std::chrono::milliseconds{10};

  SeededRandom random{7};
  std::shared_ptr<const crypto::Certificate> certificate = *crypto::Certificate::make(random, 1'700'000'000);
  EgressBatch egress{1U << 20};
  DropCounters drops;
  transport::Mux mux;
  Time now = time_from_us(1'000'000);
  Address node = ipv4("192.0.2.1", 5000);
  std::vector<transport::Event> events;
  /// Whether a datagram is lost; called for both directions.
  std::function<bool(const Datagram&)> lose = [](const Datagram&) { return false; };
  /// Jobs wait here while this is set.
  bool hold_jobs = false;
  std::vector<transport::HandshakeJob> held;
  /// What arrived as media at the node, unprotected.
  std::vector<std::vector<std::uint8_t>> media;
  std::vector<Datagram> sent;  // by the node, in this run

  explicit World(transport::Limits limits = {}) : mux(limits, certificate, random, egress, drops, Log{}) {}

  static VirtualPeer::Options options(dtls::Role role, std::uint64_t seed = 11) {
    VirtualPeer::Options o;
    o.seed = seed;
    o.role = role;
    o.local = ipv4("198.51.100.7", 40'000);
    o.remote = ipv4("192.0.2.1", 5000);
    return o;
  }

  /// Offer and answer. The node takes the other DTLS role.
  transport::Transport& connect(VirtualPeer& client, Id owner = Id{IdKind::participant, 0, 1, 0}) {
    transport::Transport& t = mux.open(owner);
    negotiate(client, t);
    return t;
  }
  weir_status negotiate(VirtualPeer& client, transport::Transport& t) {
    const dtls::Role node_role =
        client.role() == dtls::Role::client ? dtls::Role::server : dtls::Role::client;
    const weir_status status =
        mux.set_remote(now, t, client.credentials(), node_role, "sha-256", client.fingerprint());
    client.set_remote(t.local_credentials(), "sha-256", certificate->fingerprint());
    if (std::find(clients.begin(), clients.end(), &client) == clients.end()) clients.push_back(&client);
    drain();
    return status;
  }

  transport::Mux::Arrival deliver(const Address& from, Bytes bytes) {
    const FiveTuple path{node, from};
    const transport::Mux::Arrival arrival = mux.receive(now, path, bytes);
    std::vector<std::uint8_t> packet(bytes.begin(), bytes.end());
    if (arrival.kind == transport::Mux::Kind::rtp || arrival.kind == transport::Mux::Kind::rtcp) {
      srtp::Session& session = *arrival.transport->srtp();
      const auto result = arrival.kind == transport::Mux::Kind::rtp ? session.unprotect_rtp(packet)
                                                                    : session.unprotect_rtcp(packet);
      if (result.size == 0) {
        drops.count(result.reason);
      } else {
        packet.resize(result.size);
        media.push_back(packet);
      }
    }
    drain();
    return arrival;
  }

  void drain() {
    for (transport::HandshakeJob& job : mux.take_jobs()) held.push_back(std::move(job));
    if (!hold_jobs) run_jobs();
    for (const EgressBatch::Entry& entry : egress.entries()) {
      const Bytes bytes = egress.bytes(entry);
      sent.push_back({entry.path.local, entry.path.remote, {bytes.begin(), bytes.end()}});
    }
    egress.clear();
    for (const transport::Event& event : mux.take_events()) events.push_back(event);
  }

  void run_jobs() {
    while (!held.empty()) {
      std::vector<transport::HandshakeJob> jobs = std::exchange(held, {});
      for (transport::HandshakeJob& job : jobs) {
        job.run();
        mux.finish(now, std::move(job));
      }
      for (transport::HandshakeJob& job : mux.take_jobs()) held.push_back(std::move(job));
      if (hold_jobs) return;
    }
  }

  void step() {
    now += kStep;
    mux.advance(now);
    drain();
    for (const Datagram& datagram : std::exchange(sent, {})) {
      if (lose(datagram)) continue;
      for (VirtualPeer* client : clients) client->receive(now, datagram);
    }
    for (VirtualPeer* client : clients) {
      client->step(now);
      for (const Datagram& datagram : client->take_transmits()) {
        if (!lose(datagram)) deliver(datagram.from, datagram.bytes);
      }
    }
  }
  void run(Duration duration) {
    for (const Time end = now + duration; now < end;) step();
  }
  /// Steps until done() or the time is over; tells whether it was done.
  bool run_until(const std::function<bool()>& done, Duration at_most = std::chrono::seconds{10}) {
    for (const Time end = now + at_most; now < end && !done();) step();
    return done();
  }

  std::size_t count(transport::EventKind kind) const {
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(), [&](const auto& event) { return event.kind == kind; }));
  }

  std::vector<VirtualPeer*> clients;  // each hears all that the node sends, and picks what is for its address
};

}  // namespace weir::test
