// Two sessions that talk to each other in memory.
#pragma once

#include <doctest/doctest.h>

#include <memory>

#include "base/random.h"
#include "dtls/session.h"

namespace weir::dtls {

using namespace std::chrono_literals;

inline std::shared_ptr<const crypto::Certificate> certificate(std::uint64_t seed) {
  SeededRandom random{seed};
  return *crypto::Certificate::make(random, 1'700'000'000);
}

struct Pair {
  std::shared_ptr<const crypto::Certificate> client_certificate = certificate(1);
  std::shared_ptr<const crypto::Certificate> server_certificate = certificate(2);
  std::unique_ptr<Session> client;
  std::unique_ptr<Session> server;
  Time now = time_from_us(5'000'000);

  SessionOptions options(Role role) const {
    SessionOptions o;
    o.role = role;
    o.certificate = role == Role::client ? client_certificate : server_certificate;
    const auto& other = role == Role::client ? server_certificate : client_certificate;
    o.remote_fingerprint_algorithm = "sha-256";
    o.remote_fingerprint.assign(other->fingerprint().begin(), other->fingerprint().end());
    o.seed.fill(role == Role::client ? 0x11 : 0x22);
    return o;
  }
  void make() {
    client = std::make_unique<Session>(options(Role::client));
    server = std::make_unique<Session>(options(Role::server));
  }
  /// Carries datagrams until nobody has any; gives how many there were.
  std::size_t exchange() {
    std::size_t carried = 0;
    for (bool more = true; more;) {
      more = false;
      for (const auto& d : client->take_transmits()) {
        server->step(now, d);
        more = true;
        ++carried;
      }
      for (const auto& d : server->take_transmits()) {
        client->step(now, d);
        more = true;
        ++carried;
      }
    }
    return carried;
  }
  void shake_hands() {
    if (!client) make();
    client->step(now, {});
    exchange();
  }
};

}  // namespace weir::dtls
