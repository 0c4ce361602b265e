// The server's CPU time and memory, from /proc (proc(5)).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::load {

struct ProcessUse {
  double cpu_s = 0;          // user and system, of all its threads
  std::uint64_t rss_kb = 0;  // resident
};

/// utime and stime, fields 14 and 15 of /proc/PID/stat, in ticks. The name, field 2, may hold anything.
std::optional<std::uint64_t> cpu_ticks_of(std::string_view stat);
/// VmRSS of /proc/PID/status.
std::optional<std::uint64_t> rss_kb_of(std::string_view status);

class ServerProcess {
 public:
  /// By id, or who listens on the TCP port of this machine. Throws LoadError when there is none to be seen.
  static ServerProcess by_id(int pid);
  static ServerProcess by_port(std::uint16_t port);

  /// Throws LoadError when it has ended.
  ProcessUse use() const;

 private:
  explicit ServerProcess(int pid) : pid_(pid) {}
  int pid_;
};

/// CPU time of this process.
double own_cpu_s();

}  // namespace weir::load
