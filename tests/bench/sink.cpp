#include "sink.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>

#include "base/bytes.h"

namespace weir::bench {

namespace {

constexpr std::uint16_t kPort = 9;  // in a namespace of our own; nobody listens

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error{what + ": " + std::strerror(errno)};
}

void write_text(const char* path, const std::string& text) {
  std::ofstream file{path};
  if (!(file << text << std::flush)) fail(std::string{"cannot write "} + path);
}

/// As root in a network namespace of our own; without root in a user namespace of our own, too.
void enter_namespace() {
  const uid_t uid = getuid();
  const gid_t gid = getgid();
  if (unshare(CLONE_NEWNET) == 0) return;
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) fail("cannot make a network namespace");
  write_text("/proc/self/setgroups", "deny");
  write_text("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1");
  write_text("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
}

void ip(const char* arguments) {
  const std::string command = std::string{"ip "} + arguments;
  const int status = std::system(command.c_str());
  if (status != 0) throw std::runtime_error{"failed in the benchmark's network namespace: " + command};
}

}  // namespace

struct Sink::Socket {
  int fd = -1;
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
};

Sink Sink::open(std::string_view kind) {
  Sink sink;
  if (kind == "netns") {
    enter_namespace();
    ip("link set lo up");
    ip("link add weir0 type ifb");
    ip("address add 10.64.0.1/10 dev weir0");
    ip("link set weir0 up");
    sink.sender_ = Address::parse("10.64.0.1", 0).value();
    sink.first_ = Address::parse("10.65.0.0", kPort).value();
    return sink;
  }
  if (kind != "lo") throw std::runtime_error{"a sink is lo or netns"};
  sink.socket_ = std::make_shared<Socket>();
  const int fd = sink.socket_->fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) fail("socket");
  sock_filter drop_all[] = {{BPF_RET | BPF_K, 0, 0, 0}};
  const sock_fprog program{1, drop_all};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) fail("SO_ATTACH_FILTER");
  sockaddr_in at{};
  at.sin_family = AF_INET;
  socklen_t size = sizeof at;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&at), size) != 0) fail("bind");
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) fail("getsockname");
  sink.sender_ = Address::parse("127.0.0.1", 0).value();
  sink.first_ = Address::parse("127.1.0.0", ntohs(at.sin_port)).value();
  return sink;
}

Address Sink::receiver(std::size_t index) const {
  if (index >= kMaxReceivers) throw std::runtime_error{"too many receivers"};
  Address address = first_;
  store_u16(&address.ip[2], static_cast<std::uint16_t>(index + 1));
  return address;
}

}  // namespace weir::bench
