#include "stamped_media.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include "io/clock.h"
#include "rtp/packet.h"

namespace weir::bench {

namespace {

using namespace std::chrono_literals;

constexpr Duration kInterval = 5ms;
constexpr std::size_t kPayload = 100;
constexpr std::uint8_t kOpus = 111;
constexpr std::uint64_t kSpeaker = 1;

std::uint64_t nanoseconds(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
}

/// What the kernel stamps with.
std::uint64_t wall_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

Address address_of(int fd) {
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0)
    throw std::runtime_error{"getsockname"};
  return Address::parse("127.0.0.1", ntohs(bound.sin_port)).value();
}

int open_socket() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0 ||
      setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0) {
    throw std::runtime_error{"cannot open a socket"};
  }
  return fd;
}

MediaShape sound() {
  MediaShape shape;
  shape.packets = 1;
  shape.payload = kPayload;
  return shape;
}

}  // namespace

Id join(io::Node& node, Id room, const std::string& offer, std::string& answer) {
  weir_participant_options person{};
  person.struct_size = sizeof person;
  person.may = WEIR_MAY_ALL;
  person.default_audio_source = WEIR_SOURCE_VOICE;
  const auto joined = node.join(room, person);
  if (!joined) throw std::runtime_error{joined.error().reason};
  const auto answered = node.ask<std::string>(
      *joined, [&](engine::Engine& engine, Time now) { return engine.negotiate(now, *joined, offer); });
  if (!answered) throw std::runtime_error{answered.error().reason};
  answer = *answered;
  return *joined;
}

struct StampedMedia::Member {
  Member(std::uint64_t number, const Address& node)
      : fd(open_socket()), media(number, address_of(fd), node, sound(), number == kSpeaker, false) {}
  ~Member() { close(fd); }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  void flush() {
    for (const test::Datagram& datagram : media.peer().take_transmits()) {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(datagram.to.port);
      std::memcpy(&to.sin_addr, datagram.to.ip.data(), 4);
      sendto(fd, datagram.bytes.data(), datagram.bytes.size(), 0, reinterpret_cast<sockaddr*>(&to),
             sizeof to);
    }
  }

  int fd;
  MediaPeer media;
};

StampedMedia::StampedMedia(io::Node& node, std::size_t listeners) {
  weir_room_options options{};
  options.struct_size = sizeof options;
  const auto room = node.open_room(options);
  if (!room) throw std::runtime_error{room.error().reason};
  const Address at = Address::parse("127.0.0.1", node.port(room->worker()).value()).value();
  for (std::uint64_t i = 0; i <= listeners; ++i) {
    members_.push_back(std::make_unique<Member>(kSpeaker + i, at));
    std::string answer;
    join(node, *room, members_.back()->media.offer(), answer);
    members_.back()->media.take_answer(answer);
  }
  thread_ = std::thread{[this] { serve(); }};
}

StampedMedia::~StampedMedia() {
  stop_ = true;
  thread_.join();
}

std::vector<double> StampedMedia::take_delays() {
  const std::scoped_lock lock{mutex_};
  return std::exchange(delays_, {});
}

void StampedMedia::serve() {
  std::vector<pollfd> fds;
  for (const auto& member : members_) fds.push_back({member->fd, POLLIN, 0});
  Time next = io::monotonic_now();
  while (!stop_) {
    poll(fds.data(), fds.size(), 1);
    for (const auto& member : members_) listen(*member);
    const Time now = io::monotonic_now();
    for (const auto& member : members_) {
      if (member->media.peer().deadline() <= now) member->media.peer().step(now);
      member->flush();
    }
    for (; next <= now; next += kInterval) speak();
  }
}

/// RTP (RFC 3550 section 5.1); the payload begins with the moment of sending.
void StampedMedia::speak() {
  Member& speaker = *members_.front();
  if (!speaker.media.peer().connected()) return;
  std::array<std::uint8_t, 12 + kPayload> packet{};
  ByteWriter w{packet};
  w.u8(0x80);
  w.u8(kOpus);
  w.u16(sequence_);
  w.u32(sequence_ * 240U);
  w.u32(static_cast<std::uint32_t>(0x1000 + kSpeaker));
  w.u64(wall_clock());
  ++sequence_;
  if (!speaker.media.peer().send_rtp(packet)) return;
  speaker.flush();
  ++sent_;
}

void StampedMedia::listen(Member& member) {
  for (;;) {
    std::array<std::uint8_t, 2048> data{};
    alignas(cmsghdr) std::array<char, 256> control{};
    iovec part{data.data(), data.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = recvmsg(member.fd, &message, 0);
    if (size <= 0) return;
    std::uint64_t came = 0;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
      timespec stamp{};
      std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
      came = nanoseconds(stamp);
    }
    const Bytes bytes{data.data(), static_cast<std::size_t>(size)};
    member.media.peer().receive(io::monotonic_now(),
                                {Address{}, member.media.address(), {bytes.begin(), bytes.end()}});
    for (const test::VirtualPeer::Media& media : member.media.peer().take_media()) {
      const auto packet = media.rtcp ? std::nullopt : rtp::Packet::parse(media.bytes);
      if (!packet || packet->payload().size() < 8 || came == 0) continue;
      const std::uint64_t left = load_u64(packet->payload().data());
      const std::scoped_lock lock{mutex_};
      delays_.push_back(static_cast<double>(static_cast<std::int64_t>(came - left)) / 1e6);
    }
  }
}

}  // namespace weir::bench
