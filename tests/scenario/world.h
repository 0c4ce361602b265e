// A whole node in virtual time: the production engine, scripted clients, a network with delay, loss and
// reordering, and the handshake pool. A seed reproduces a run.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "base/drop_reason.h"
#include "base/random.h"
#include "engine/engine.h"
#include "scenario/client.h"
#include "support/tcp_flow.h"

namespace weir::scenario {

using namespace std::chrono_literals;

/// Conditions of one client's link, both directions.
struct Link {
  Duration delay = 10ms;
  Duration jitter{};     // added, uniform: reorders
  double loss = 0;       // 0 to 1
  double dtls_loss = 0;  // of DTLS datagrams alone
  bool cut = false;
  // Towards the client only:
  double kbps = 0;         // 0: no limit
  Duration queue = 300ms;  // what would wait longer is dropped
  bool policer = false;    // nothing waits: what exceeds the rate by more than 30 ms' worth is dropped
  Duration radio{};        // jitter that keeps the order, uniform
  // Of what the client says by RTCP:
  double rtcp_loss = 0;
  Duration rtcp_late{};  // every fourth comes so much later
  bool twice = false;    // what the client sends comes twice
};

/// What a narrowed link did.
struct LinkUse {
  std::uint64_t bytes = 0;  // that came through towards the client
  std::uint64_t dropped = 0;
  Duration longest_wait{};
  Time free_at{};  // the link, of what it has to send
  Time last_arrival{};
  std::uint64_t reports = 0;
};

class World {
  class Beside;

 public:
  static constexpr std::uint64_t kNtpAtZero = std::uint64_t{3'950'000'000} << 32;  // of the node

  explicit World(std::uint64_t seed, engine::Options options = {});

  Id open_room(std::uint32_t max_participants = 0);
  Client& join(Id room, const Person& person = {}, weir_participant_options options = default_participant());
  Id join_local(Id room, weir_participant_options options = default_participant());
  void leave(Client& client);
  /// Offer and answer; returns the status.
  weir_status negotiate(Client& client);
  /// Lets virtual time pass.
  void run(Duration duration);
  /// Lets time pass until `done`, at most `limit`; says whether it came.
  bool run_until(const std::function<bool()>& done, Duration limit);

  Link& link(const Client& client) { return links_[client.number()]; }
  LinkUse& link_use(const Client& client) { return uses_[client.number()]; }
  /// The client continues from another address.
  void move(Client& client);
  /// The way of other traffic, which shares a client's link towards it.
  std::unique_ptr<test::TcpPath> beside(const Client& client);
  void after(Duration delay, std::function<void()> event) { later_.emplace(now_ + delay, std::move(event)); }
  /// A datagram from a stranger (or in a client's name).
  void inject(const Address& from, Bytes bytes);

  void watch(Client& client, int line, const Client& whom);  // video line shows whom's camera
  void set_rule(Client& client, MediaKind kind, int line, std::int32_t rule, std::uint32_t rank);
  Id track(const Client& client, const char* mid);
  Id subscription(const Client& client, const char* mid);
  weir_subscription_info info(Id subscription);
  weir_track_stats track_stats(Id track);
  weir_subscription_stats subscription_stats(Id subscription);
  weir_participant_stats participant_stats(const Client& client);
  weir_node_stats node_stats();

  std::vector<weir_event> events(std::int32_t type) const;
  const std::vector<weir_event>& all_events() const { return events_; }
  std::uint64_t drops(DropReason reason) { return node_stats().drops[static_cast<std::size_t>(reason)]; }
  engine::Engine& engine() { return engine_; }
  Time now() const { return now_; }
  /// A digest of all that crossed the network, to compare runs.
  std::uint64_t transcript() const;
  Duration handshake_latency = 5ms;
  /// How many datagrams that are there the node reads at once.
  std::size_t read_at_once = 1;
  /// Bytes that the node sent to addresses from which no datagram was authenticated, and received from them.
  std::map<std::string, std::pair<std::size_t, std::size_t>> strangers;

  static weir_participant_options default_participant();

 private:
  struct Flight {
    Time at;
    std::uint64_t order;
    test::Datagram datagram;
    bool operator<(const Flight& other) const { return at != other.at ? at > other.at : order > other.order; }
  };
  struct Working {
    Time at;
    transport::HandshakeJob job;
  };

  void send(const test::Datagram& datagram, std::uint32_t client);
  std::optional<Time> through_link(const Link& link, LinkUse& use, std::size_t bytes);
  void drain();
  void deliver(const test::Datagram& datagram);
  void deliver_due();
  void note(const test::Datagram& datagram);
  Time next() const;
  std::uint32_t client_at(const Address& address) const;

  SeededRandom random_;
  SeededRandom network_;
  Time now_ = time_from_us(1'000'000);
  Address node_address_;
  engine::Engine engine_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::map<std::uint32_t, Link> links_;
  std::map<std::uint32_t, LinkUse> uses_;
  std::map<std::string, std::uint32_t> addresses_;
  std::priority_queue<Flight> flights_;
  std::vector<Working> working_;
  std::vector<weir_event> events_;
  std::multimap<Time, std::function<void()>> later_;
  std::uint64_t order_ = 0;
  std::uint64_t transcript_ = 0;
};

}  // namespace weir::scenario
