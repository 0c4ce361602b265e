// Which addresses a node announces as ICE candidates.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/result.h"

namespace weir::io {

/// What the options of a node say about addresses. A family without a listen address is off.
struct CandidateRules {
  std::optional<Address> listen_ipv4;
  std::optional<Address> listen_ipv6;
  std::optional<Address> public_ipv4;
  std::optional<Address> public_ipv6;
  bool loopback = false;
};

/// Candidates beyond this many are not announced: a client checks every one.
inline constexpr std::size_t kMaxCandidates = 16;

/// All addresses of the machine's interfaces, ports 0.
std::vector<Address> machine_addresses();

/// The addresses to announce, with `port`, IPv4 first. A public address replaces its family's local ones;
/// link-local ones are left out (they mean nothing without a zone); loopback ones come last, when asked for
/// or when there is nothing else.
std::vector<Address> candidate_addresses(std::span<const Address> machine, const CandidateRules& rules,
                                         std::uint16_t port);

}  // namespace weir::io
