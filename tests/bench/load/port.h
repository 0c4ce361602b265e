// UDP sockets of the clients. A server tells clients apart by their addresses. Towards a server on IPv4's
// loopback many clients share a socket, each with an address of 127.0.0.0/8 of its own, so that one recvmmsg
// reads for many; towards others every client has a socket.
#pragma once

#include <uv.h>

#include <memory>
#include <vector>

#include "base/address.h"
#include "io/udp_socket.h"

namespace weir::load {

/// Takes what came to an address.
class DatagramUser {
 public:
  virtual ~DatagramUser() = default;
  virtual void receive(Time now, const engine::Datagram& datagram) = 0;
};

class Port {
 public:
  static constexpr std::size_t kMostUsers = 16;

  /// Bound to `listen`. Throws LoadError.
  Port(uv_loop_t& loop, const Address& listen);

  void add(const Address& local, DatagramUser& user) { users_.push_back({local, &user}); }
  std::size_t users() const { return users_.size(); }
  std::uint16_t number() const { return socket_->local().port; }
  /// Datagrams that could not be sent are lost, as on any network.
  void send(EgressBatch& batch);

 private:
  struct User {
    Address local;
    DatagramUser* user;
  };

  void take(std::span<const engine::Datagram> datagrams);

  std::unique_ptr<io::UdpSocket> socket_;
  std::vector<User> users_;
};

/// The address from which this machine reaches a host. Throws LoadError.
Address local_address_towards(const std::string& host, std::uint16_t port);

/// Sockets and addresses for as many clients as are asked for.
class Ports {
 public:
  Ports(uv_loop_t& loop, const Address& local) : loop_(loop), local_(local) {}

  struct Place {
    Port* port = nullptr;
    Address local;
  };
  /// For one more client, which Port::add() then makes known.
  Place next();
  /// Of all sockets, in ascending order.
  std::vector<std::uint16_t> numbers() const;

 private:
  uv_loop_t& loop_;
  Address local_;
  std::uint32_t given_ = 0;
  std::vector<std::unique_ptr<Port>> ports_;
};

}  // namespace weir::load
