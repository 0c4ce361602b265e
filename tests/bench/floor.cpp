#include "floor.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>
#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/random.h"
#include "bench.h"
#ifdef WEIR_HAVE_IPSEC_MB
#include "srtp/ipsec_mb.h"
#endif

namespace weir::bench {

#ifdef WEIR_HAVE_IPSEC_MB

namespace {

using srtp::MultiBuffer;

constexpr std::size_t kMessages = 32;  // of one sendmmsg
constexpr std::size_t kHeader = 20;    // of RTP with a transport-wide number
constexpr std::size_t kCmTag = 10;
constexpr std::size_t kGcmTag = 16;

double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

sockaddr_in socket_address(const Address& address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(address.port);
  std::memcpy(&out.sin_addr, address.ip.data(), 4);
  return out;
}

struct alignas(64) GcmKey {
  gcm_key_data value;
};

/// What a receiver needs at the least: where it is, and its keys.
struct Receiver {
  sockaddr_in address;
  srtp::AesKey cipher;
  srtp::HmacKey hash;
  std::unique_ptr<GcmKey> gcm;
};

class Floor {
 public:
  Floor(const FloorSettings& settings, const Sink& sink)
      : settings_(settings),
        machine_(MultiBuffer::make()),
        packet_size_(kHeader + settings.payload + (settings.gcm ? kGcmTag : kCmTag)),
        plain_(settings.frame * settings.payload),
        arena_(kMessages * settings.frame * packet_size_ + 4) {
    if (!machine_)
      throw std::runtime_error{"the floor needs intel-ipsec-mb and a processor that it can run on"};
    if (packet_size_ * settings.frame > 65'000)
      throw std::runtime_error{"a frame must fit one message of 65,000 bytes"};
    random_.fill(plain_);
    for (std::size_t i = 0; i < settings.subscribers; ++i)
      receivers_.push_back(make_receiver(sink.receiver(i)));
    open_socket(sink.sender());
    prepare_messages();
  }
  ~Floor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  /// One frame for everybody; ns a packet.
  double frame(bool protect, bool send) {
    const double begin = cpu_ns();
    for (std::size_t first = 0; first < receivers_.size(); first += kMessages) {
      const std::size_t count = std::min(kMessages, receivers_.size() - first);
      if (protect) protect_some(first, count);
      if (send) send_some(first, count);
    }
    ++number_;
    return (cpu_ns() - begin) / static_cast<double>(receivers_.size() * settings_.frame);
  }

 private:
  Receiver make_receiver(const Address& address) {
    Receiver receiver{.address = socket_address(address), .cipher = {}, .hash = {}, .gcm = nullptr};
    std::array<std::uint8_t, 20> key{};
    random_.fill(key);
    machine_->expand(Bytes{key}.first(16), receiver.cipher);
    machine_->expand(key, receiver.hash);
    if (settings_.gcm) {
      receiver.gcm = std::make_unique<GcmKey>();
      machine_->expand(Bytes{key}.first(16), receiver.gcm->value);
    }
    return receiver;
  }

  void open_socket(const Address& from) {
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
    const sockaddr_in address = socket_address(from);
    const int buffer = 4 << 20;
    setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (fd_ < 0 || ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error{std::string{"cannot bind the sender's socket: "} + std::strerror(errno)};
    }
  }

  void prepare_messages() {
    const std::size_t run = settings_.frame * packet_size_;
    for (std::size_t i = 0; i < kMessages; ++i) {
      parts_[i] = {&arena_[i * run], run};
      msghdr& header = messages_[i].msg_hdr;
      header.msg_namelen = sizeof(sockaddr_in);
      header.msg_iov = &parts_[i];
      header.msg_iovlen = 1;
      if (settings_.frame == 1) continue;
      header.msg_control = &control_;
      header.msg_controllen = sizeof control_;
    }
    auto* segment = reinterpret_cast<cmsghdr*>(control_.bytes.data());
    segment->cmsg_level = SOL_UDP;
    segment->cmsg_type = UDP_SEGMENT;
    segment->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto size = static_cast<std::uint16_t>(packet_size_);
    std::memcpy(CMSG_DATA(segment), &size, sizeof size);
  }

  void send_some(std::size_t first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) messages_[i].msg_hdr.msg_name = &receivers_[first + i].address;
    for (std::size_t sent = 0; sent < count;) {
      const int n = sendmmsg(fd_, &messages_[sent], static_cast<unsigned>(count - sent), 0);
      if (n <= 0) throw std::runtime_error{std::string{"sendmmsg: "} + std::strerror(errno)};
      sent += static_cast<std::size_t>(n);
    }
  }

  void write_header(std::uint8_t* out, std::size_t packet) const {
    store_u32(out, 0x90600000U | static_cast<std::uint32_t>((number_ * settings_.frame + packet) & 0xffff));
    store_u32(out + 4, static_cast<std::uint32_t>(number_ * 3000));
    store_u32(out + 8, 0x12345678);
    store_u64(out + 12, 0xbede000131000000U);
  }

  void protect_some(std::size_t first, std::size_t count) {
    std::size_t staged = 0;
    std::array<std::uint8_t*, MultiBuffer::kBurst> tags{};
    const auto finish = [&] {
      machine_->run_ciphers();
      machine_->run_hashes();
      for (std::size_t i = 0; i < staged; ++i) std::memcpy(tags[i], machine_->digest(i), kCmTag);
      staged = 0;
    };
    for (std::size_t i = 0; i < count * settings_.frame; ++i) {
      const Receiver& receiver = receivers_[first + i / settings_.frame];
      std::uint8_t* out = &arena_[i * packet_size_];
      const std::uint8_t* in = &plain_[i % settings_.frame * settings_.payload];
      write_header(out, i % settings_.frame);
      srtp::CounterBlock counter{};
      std::memcpy(counter.data(), out, 12);
      std::uint8_t* tag = out + kHeader + settings_.payload;
      if (settings_.gcm) {
        machine_->seal(receiver.gcm->value, 16, counter.data(), {out, kHeader}, in, out + kHeader,
                       settings_.payload, tag);
        continue;
      }
      machine_->add_cipher(receiver.cipher, counter, in, out + kHeader, settings_.payload);
      machine_->add_hash(receiver.hash, out,
                         kHeader + settings_.payload + 4);  // the rollover counter as well
      tags[staged++] = tag;
      if (staged == tags.size()) finish();
    }
    finish();
  }

  struct alignas(cmsghdr) Control {
    std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))> bytes;
  };

  FloorSettings settings_;
  std::unique_ptr<MultiBuffer> machine_;
  std::size_t packet_size_;
  SeededRandom random_{1};
  std::vector<std::uint8_t> plain_;
  std::vector<std::uint8_t> arena_;
  std::vector<Receiver> receivers_;
  std::uint64_t number_ = 0;
  int fd_ = -1;
  std::array<mmsghdr, kMessages> messages_{};
  std::array<iovec, kMessages> parts_{};
  Control control_{};
};

}  // namespace

FloorCost measure_floor(const FloorSettings& settings, const Sink& sink) {
  Floor floor{settings, sink};
  constexpr double kNone = std::numeric_limits<double>::max();
  FloorCost best{kNone, kNone, kNone};
  // A repetition of at least 5,000 packets, so that the clock's own cost does not count.
  const std::size_t frames = 1 + 5000 / (settings.subscribers * settings.frame);
  const auto mean = [&](bool protect, bool send) {
    double sum = 0;
    for (std::size_t i = 0; i < frames; ++i) sum += floor.frame(protect, send);
    return sum / static_cast<double>(frames);
  };
  for (std::size_t i = 0; i < settings.repeats; ++i) {
    best.send = std::min(best.send, mean(false, true));
    best.protect = std::min(best.protect, mean(true, false));
    best.both = std::min(best.both, mean(true, true));
  }
  return best;
}

#else

FloorCost measure_floor(const FloorSettings&, const Sink&) {
  throw std::runtime_error{"the floor needs intel-ipsec-mb, which was not built in"};
}

#endif

namespace {

struct Settings {
  FloorSettings floor;
  std::string profile = "both";
  std::string sink = "lo";
  bool json = false;
};

int run(Settings settings) {
  const Sink sink = Sink::open(settings.sink);
  const auto rounded = [](double ns) { return std::round(ns * 10) / 10; };
  for (const bool gcm : {false, true}) {
    if (settings.profile != "both" && settings.profile != (gcm ? "gcm" : "cm")) continue;
    settings.floor.gcm = gcm;
    const FloorCost cost = measure_floor(settings.floor, sink);
    nlohmann::ordered_json out;
    out["profile"] = gcm ? "gcm" : "cm";
    out["sink"] = settings.sink;
    out["subscribers"] = settings.floor.subscribers;
    out["payload"] = settings.floor.payload;
    out["frame"] = settings.floor.frame;
    out["send_ns"] = rounded(cost.send);
    out["protect_ns"] = rounded(cost.protect);
    out["floor_ns"] = rounded(cost.both);
    if (settings.json) {
      std::cout << out.dump() << '\n';
    } else {
      std::cout << out["profile"].get<std::string>() << ": " << out["floor_ns"]
                << " ns of CPU a packet (sending alone " << out["send_ns"] << ", encrypting alone "
                << out["protect_ns"] << ")\n";
    }
  }
  return 0;
}

}  // namespace

void add_floor(CLI::App& app, Run& chosen) {
  auto settings = std::make_shared<Settings>();
  CLI::App* command =
      app.add_subcommand("floor", "The machine's own cost of encrypting and sending a packet");
  command->add_option("--subscribers", settings->floor.subscribers, "receivers")->check(CLI::Range(1, 2000));
  command->add_option("--payload", settings->floor.payload, "bytes of RTP payload")
      ->check(CLI::Range(20, 1400));
  command->add_option("--frame", settings->floor.frame, "packets of a frame; 1: sound")
      ->check(CLI::Range(1, 60));
  command->add_option("--profile", settings->profile, "cm, gcm or both")
      ->check(CLI::IsMember({"cm", "gcm", "both"}));
  command
      ->add_option("--sink", settings->sink, "lo, or netns: a device that drops, in a namespace of its own")
      ->check(CLI::IsMember({"lo", "netns"}));
  command->add_option("--repeats", settings->floor.repeats, "the least of so many counts")
      ->check(CLI::Range(1, 10'000));
  command->add_flag("--json", settings->json, "one line of JSON for each profile");
  command->callback([settings, &chosen] { chosen = [settings] { return run(*settings); }; });
}

}  // namespace weir::bench
