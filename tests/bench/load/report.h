// What a run found.
#pragma once

#include <cstdint>
#include <string>

#include "load/distribution.h"

namespace weir::load {

struct Report {
  std::string target;
  std::uint32_t participants = 0;
  double seconds = 0;          // measured
  std::uint64_t sent = 0;      // media packets of all publishers, without repair
  std::uint64_t expected = 0;  // what subscribers would have received without loss
  std::uint64_t received = 0;  // what they did, each packet once
  std::uint64_t repaired = 0;  // of those
  Distribution delays;         // from a publisher's packet being written until a subscriber's read of it
  Distribution joins;
  double server_cpu_s = 0;
  std::uint64_t server_rss_kb = 0;
  std::uint64_t server_rss_before_kb = 0;  // before the first join
  double client_cpu_s = 0;
};

/// One line: {"target","sent_pps","recv_pps","loss","delay_ms":{"p50","p95","p99"},"server_cpu_s",
/// "server_us_per_packet","server_rss_mb","rss_kb_per_participant","join_ms":{"p50","p95"},"client_cpu_s"}
std::string json_of(const Report& report);
/// The same for people, with the cost of the clients themselves.
std::string text_of(const Report& report);

}  // namespace weir::load
