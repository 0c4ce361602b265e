#include "load/server_process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "load/error.h"

namespace weir::load {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [at, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || at != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Sockets that listen on the port: "sl local_address rem_address st ... inode" with numbers in hexadecimal.
void add_listeners(const fs::path& table, std::uint16_t port, std::set<std::string>& out) {
  constexpr std::string_view kListen = "0A";
  std::ifstream file{table};
  for (std::string row; std::getline(file, row);) {
    std::istringstream in{row};
    std::string number;
    std::string local;
    std::string remote;
    std::string state;
    std::string skipped;
    std::string inode;
    in >> number >> local >> remote >> state;
    for (int i = 0; i < 5; ++i) in >> skipped;
    if (!(in >> inode) || state != kListen) continue;
    const std::size_t colon = local.rfind(':');
    if (colon == std::string::npos) continue;
    if (std::strtoul(local.c_str() + colon + 1, nullptr, 16) == port) out.insert("socket:[" + inode + "]");
  }
}

bool holds_one_of(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code denied;
  for (const fs::directory_entry& fd : fs::directory_iterator{process / "fd", denied}) {
    std::error_code gone;
    if (sockets.count(fs::read_symlink(fd.path(), gone).string()) > 0) return true;
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> cpu_ticks_of(std::string_view stat) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream in{std::string{stat.substr(name_end + 1)}};
  std::string skipped;
  for (int field = 3; field < 14; ++field) in >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  if (!(in >> user >> system)) return std::nullopt;
  return user + system;
}

std::optional<std::uint64_t> rss_kb_of(std::string_view status) {
  std::istringstream in{std::string{status}};
  for (std::string line; std::getline(in, line);) {
    std::istringstream words{line};
    std::string name;
    std::uint64_t kb = 0;
    if (words >> name >> kb && name == "VmRSS:") return kb;
  }
  return std::nullopt;
}

ServerProcess ServerProcess::by_id(int pid) {
  const ServerProcess process{pid};
  process.use();
  return process;
}

ServerProcess ServerProcess::by_port(std::uint16_t port) {
  std::set<std::string> sockets;
  add_listeners("/proc/net/tcp", port, sockets);
  add_listeners("/proc/net/tcp6", port, sockets);
  if (sockets.empty()) {
    throw LoadError{"nobody listens on TCP port " + std::to_string(port) + " of this machine"};
  }
  for (const fs::directory_entry& entry : fs::directory_iterator{"/proc"}) {
    const auto pid = number_of(entry.path().filename().string());
    if (pid && holds_one_of(entry.path(), sockets)) return by_id(static_cast<int>(*pid));
  }
  throw LoadError{"cannot see who listens on TCP port " + std::to_string(port) + ": give --server-pid"};
}

ProcessUse ServerProcess::use() const {
  const fs::path folder = fs::path{"/proc"} / std::to_string(pid_);
  const auto ticks = cpu_ticks_of(text_of(folder / "stat"));
  const auto rss_kb = rss_kb_of(text_of(folder / "status"));
  if (!ticks || !rss_kb) throw LoadError{"no server process " + std::to_string(pid_)};
  return {static_cast<double>(*ticks) / static_cast<double>(sysconf(_SC_CLK_TCK)), *rss_kb};
}

double own_cpu_s() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

}  // namespace weir::load
