// What the system threw away because nobody read a UDP socket in time, from /proc/net/udp (proc(5)):
//
//    sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref
//    pointer drops 35: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0
//    12345 2 0000000000000000 7
//
// Addresses and ports are hexadecimal, drops decimal.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace weir::load {

/// Of the sockets with one of these local ports, in ascending order.
std::uint64_t drops_of(std::string_view table, const std::vector<std::uint16_t>& ports);

/// The same of this process's network namespace, IPv4 and IPv6; 0 where it cannot be read.
std::uint64_t udp_drops(const std::vector<std::uint16_t>& ports);

}  // namespace weir::load
