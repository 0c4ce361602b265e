#include "io/interfaces.h"

#include <uv.h>

#include <algorithm>
#include <cstring>

namespace weir::io {
namespace {

void add(std::vector<Address>& list, Address address, std::uint16_t port) {
  address.port = port;
  if (list.size() < kMaxCandidates && std::find(list.begin(), list.end(), address) == list.end()) {
    list.push_back(address);
  }
}

// The local addresses of one family on which a socket bound to `listen` is reached.
std::vector<Address> reachable(std::span<const Address> machine, const Address& listen) {
  if (!listen.is_unspecified()) return {listen};
  std::vector<Address> found;
  for (const Address& address : machine) {
    if (address.v6 == listen.v6 && !address.is_link_local() && !address.is_unspecified())
      found.push_back(address);
  }
  return found;
}

}  // namespace

std::vector<Address> machine_addresses() {
  uv_interface_address_t* interfaces = nullptr;
  int count = 0;
  if (uv_interface_addresses(&interfaces, &count) != 0) return {};
  std::vector<Address> addresses;
  for (const uv_interface_address_t& interface : std::span{interfaces, static_cast<std::size_t>(count)}) {
    Address address;
    address.v6 = interface.address.address4.sin_family == AF_INET6;
    if (address.v6) {
      std::memcpy(address.ip.data(), &interface.address.address6.sin6_addr, 16);
    } else {
      std::memcpy(address.ip.data(), &interface.address.address4.sin_addr, 4);
    }
    addresses.push_back(address);
  }
  uv_free_interface_addresses(interfaces, count);
  return addresses;
}

std::vector<Address> candidate_addresses(std::span<const Address> machine, const CandidateRules& rules,
                                         std::uint16_t port) {
  std::vector<Address> announced;
  std::vector<Address> loopback;
  const auto family = [&](const std::optional<Address>& listen, const std::optional<Address>& replacement) {
    if (!listen) return;
    if (replacement) add(announced, *replacement, port);
    for (const Address& address : reachable(machine, *listen)) {
      if (address.is_loopback()) {
        loopback.push_back(address);
      } else if (!replacement) {
        add(announced, address, port);
      }
    }
  };
  family(rules.listen_ipv4, rules.public_ipv4);
  family(rules.listen_ipv6, rules.public_ipv6);
  if (rules.loopback || announced.empty()) {
    for (const Address& address : loopback) add(announced, address, port);
  }
  return announced;
}

}  // namespace weir::io
