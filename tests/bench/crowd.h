// Rooms full of clients on the production engine, in virtual time and without sockets: what a benchmark of
// memory needs of a node.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "crowd_client.h"
#include "engine/engine.h"

namespace weir::bench {

class Crowd {
 public:
  explicit Crowd(engine::Options options, std::uint64_t seed = 1);

  Id open_room();
  void close_room(Id room);
  /// Joins and negotiates; run() connects it.
  CrowdClient& join(Id room, const CrowdShape& shape);
  void leave(CrowdClient& client);
  /// All clients are gone; their participants went with their rooms.
  void clear();
  /// A participant stays, its client is gone.
  void abandon(CrowdClient& client);
  /// Another offer and answer.
  void negotiate(CrowdClient& client);
  /// Its lines show the other members of its room, from the `first` on in the order of joining.
  void show(CrowdClient& client, std::uint64_t first = 0);
  void want(CrowdClient& client, std::uint32_t height);

  void run(Duration time);
  /// Time passes until it is up.
  void connect(CrowdClient& client);

  /// Of all datagrams, each way, from now on.
  void lose(double share) { loss_ = share; }
  Id participant(const CrowdClient& client) const { return ids_.at(client.address().text()); }
  std::vector<std::unique_ptr<CrowdClient>>& clients() { return clients_; }
  engine::Engine& engine() { return engine_; }
  Time now() const { return now_; }

 private:
  static constexpr Duration kStep = std::chrono::milliseconds{2};

  void step();
  void carry(CrowdClient& client);
  void drain();
  void take_out(CrowdClient& client);

  SeededRandom random_;
  SeededRandom network_;
  Time now_ = time_from_us(1'000'000);
  Address node_;
  std::shared_ptr<srtp::Backend> backend_;  // of the clients
  engine::Engine engine_;
  std::vector<std::unique_ptr<CrowdClient>> clients_;
  std::unordered_map<std::string, Id> ids_;
  std::unordered_map<std::uint32_t, CrowdClient*> by_address_;
  std::uint32_t next_client_ = 0;
  double loss_ = 0;
};

}  // namespace weir::bench
