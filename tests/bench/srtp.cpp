// weir-bench srtp: what each backend costs a packet, in bursts and one by one, and what a session keeps in
// memory.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "base/random.h"
#include "bench.h"
#include "srtp/backend.h"
#include "srtp/profile.h"

namespace weir::bench {

namespace {

using Json = nlohmann::ordered_json;
using Sessions = std::vector<std::unique_ptr<srtp::Session>>;

constexpr std::size_t kHeader = 12;
constexpr std::size_t kBurst = 64;
constexpr std::size_t kMeasuredSessions = 1000;  // for their memory

struct Settings {
  std::size_t payload = 1200;
  std::size_t repeats = 40;
  bool json = false;
};

double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::size_t resident_bytes() {
  malloc_trim(0);
  std::size_t pages = 0;
  std::size_t resident = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

dtls::SrtpKeys keys_of(dtls::SrtpProfile profile, std::uint64_t seed) {
  dtls::SrtpKeys keys;
  keys.profile = profile;
  SeededRandom random{seed};
  keys.send.resize(srtp::profile_of(profile)->material_size());
  random.fill(keys.send);
  keys.receive = keys.send;  // what one protects another of the same keys takes
  return keys;
}

Sessions open_sessions(srtp::Backend& backend, dtls::SrtpProfile profile, std::size_t count) {
  Sessions sessions;
  for (std::size_t i = 0; i < count; ++i) {
    auto session = backend.open(keys_of(profile, i));
    if (!session) throw std::runtime_error{session.error().reason};
    sessions.push_back(std::move(*session));
  }
  return sessions;
}

/// ns of processor time a packet, the least of all rounds.
struct Cost {
  double protect_burst = std::numeric_limits<double>::max();
  double protect_single = std::numeric_limits<double>::max();
  double unprotect_burst = std::numeric_limits<double>::max();
  double unprotect_single = std::numeric_limits<double>::max();
};

/// Packets of one backend, profile and number of sessions, in rounds.
class Trial {
 public:
  Trial(srtp::Backend& backend, dtls::SrtpProfile profile, std::size_t sessions, std::size_t payload)
      : backend_(backend),
        senders_(open_sessions(backend, profile, sessions)),
        receivers_(open_sessions(backend, profile, sessions)),
        plain_(payload),
        round_(std::max<std::size_t>(sessions, 8 * kBurst)),
        buffers_(round_, std::vector<std::uint8_t>(kHeader + payload + srtp::kMaxOverhead)),
        sizes_(round_) {
    SeededRandom{7}.fill(plain_);
  }

  void round(Cost& best) {
    best.protect_burst = std::min(best.protect_burst, protect_in_bursts());
    best.unprotect_burst = std::min(best.unprotect_burst, unprotect(kBurst));
    best.protect_single = std::min(best.protect_single, protect_alone());
    best.unprotect_single = std::min(best.unprotect_single, unprotect(1));
  }

 private:
  void write_header(std::size_t i) {
    std::uint8_t* out = buffers_[i].data();
    // A session gets its packets one after the other, each with the next number.
    store_u32(out, 0x80600000U | static_cast<std::uint32_t>((sent_ + i / senders_.size()) & 0xffff));
    store_u32(out + 4, 1000);
    store_u32(out + 8, 99);
  }

  double protect_in_bursts() {
    std::vector<srtp::Outgoing> burst(kBurst);
    const double begin = cpu_ns();
    for (std::size_t first = 0; first < round_; first += kBurst) {
      const std::size_t count = std::min(kBurst, round_ - first);
      for (std::size_t i = 0; i < count; ++i) {
        write_header(first + i);
        burst[i] = {senders_[(first + i) % senders_.size()].get(), buffers_[first + i], kHeader, plain_};
      }
      backend_.protect(std::span{burst}.first(count));
      for (std::size_t i = 0; i < count; ++i) sizes_[first + i] = burst[i].size;
    }
    return finished(begin);
  }

  double protect_alone() {
    const double begin = cpu_ns();
    for (std::size_t i = 0; i < round_; ++i) {
      write_header(i);
      std::copy(plain_.begin(), plain_.end(), buffers_[i].begin() + kHeader);
      sizes_[i] = senders_[i % senders_.size()]->protect_rtp(buffers_[i], kHeader + plain_.size());
    }
    return finished(begin);
  }

  double finished(double begin) {
    const double cost = (cpu_ns() - begin) / static_cast<double>(round_);
    sent_ += (round_ + senders_.size() - 1) / senders_.size();
    if (std::find(sizes_.begin(), sizes_.end(), 0) != sizes_.end())
      throw std::runtime_error{"a packet was refused"};
    return cost;
  }

  double unprotect(std::size_t batch_size) {
    std::vector<srtp::Incoming> batch(batch_size);
    std::size_t accepted = 0;
    const double begin = cpu_ns();
    for (std::size_t first = 0; first < round_; first += batch_size) {
      const std::size_t count = std::min(batch_size, round_ - first);
      for (std::size_t i = 0; i < count; ++i) {
        srtp::Session* session = receivers_[(first + i) % receivers_.size()].get();
        batch[i] = {session, MutableBytes{buffers_[first + i]}.first(sizes_[first + i]), false, {}};
      }
      backend_.unprotect(std::span{batch}.first(count));
      for (std::size_t i = 0; i < count; ++i) accepted += batch[i].result.size != 0 ? 1 : 0;
    }
    const double cost = (cpu_ns() - begin) / static_cast<double>(round_);
    if (accepted != round_) throw std::runtime_error{"a packet was dropped"};
    return cost;
  }

  srtp::Backend& backend_;
  Sessions senders_;
  Sessions receivers_;
  std::vector<std::uint8_t> plain_;
  std::size_t round_;
  std::vector<std::vector<std::uint8_t>> buffers_;
  std::vector<std::size_t> sizes_;
  std::size_t sent_ = 0;
};

/// Resident memory of a session that sends and receives one stream.
std::size_t bytes_of_session(srtp::Backend& backend, dtls::SrtpProfile profile) {
  const std::size_t before = resident_bytes();
  const Sessions sessions = open_sessions(backend, profile, kMeasuredSessions);
  std::vector<std::uint8_t> packet(kHeader + 100 + srtp::kMaxOverhead);
  for (const auto& session : sessions) {
    packet[0] = 0x80;
    const std::size_t size = session->protect_rtp(packet, kHeader + 100);
    if (session->unprotect_rtp(MutableBytes{packet}.first(size)).size == 0)
      throw std::runtime_error{"dropped"};
  }
  return (resident_bytes() - before) / kMeasuredSessions;
}

Json report(srtp::BackendKind kind, bool gcm, std::size_t sessions, const Cost& cost, std::size_t bytes) {
  const auto rounded = [](double ns) { return std::round(ns * 10) / 10; };
  return {{"backend", srtp::name_of(kind)},
          {"profile", gcm ? "gcm" : "cm"},
          {"sessions", sessions},
          {"protect_ns", rounded(cost.protect_burst)},
          {"protect_single_ns", rounded(cost.protect_single)},
          {"unprotect_ns", rounded(cost.unprotect_burst)},
          {"unprotect_single_ns", rounded(cost.unprotect_single)},
          {"session_bytes", bytes}};
}

void print(const Json& record, bool json) {
  if (json) {
    std::cout << record.dump() << std::endl;
    return;
  }
  std::cout << record["backend"].get<std::string>() << ' ' << record["profile"].get<std::string>() << ", "
            << record["sessions"] << " sessions: protect " << record["protect_ns"] << " ns in bursts, "
            << record["protect_single_ns"] << " alone; unprotect " << record["unprotect_ns"] << ", "
            << record["unprotect_single_ns"] << "; " << record["session_bytes"] << " bytes a session"
            << std::endl;
}

int run(const Settings& settings) {
  std::vector<std::unique_ptr<srtp::Backend>> backends;
  // The small sessions first: memory that large ones give back would hide them.
  for (const auto kind : {srtp::BackendKind::ipsec_mb, srtp::BackendKind::libsrtp}) {
    if (srtp::available(kind)) backends.push_back(srtp::make_backend(kind));
  }
  for (const bool gcm : {false, true}) {
    const auto profile = gcm ? dtls::SrtpProfile::aead_aes_128_gcm : dtls::SrtpProfile::aes128_cm_sha1_80;
    std::vector<std::size_t> bytes;
    for (const auto& backend : backends) bytes.push_back(bytes_of_session(*backend, profile));
    for (const std::size_t sessions : {std::size_t{1}, std::size_t{500}}) {
      std::vector<std::unique_ptr<Trial>> trials;
      std::vector<Cost> costs(backends.size());
      for (const auto& backend : backends)
        trials.push_back(std::make_unique<Trial>(*backend, profile, sessions, settings.payload));
      for (std::size_t i = 0; i < settings.repeats; ++i) {
        for (std::size_t k = 0; k < trials.size(); ++k) trials[k]->round(costs[k]);
      }
      for (std::size_t k = 0; k < trials.size(); ++k)
        print(report(backends[k]->kind(), gcm, sessions, costs[k], bytes[k]), settings.json);
    }
  }
  return 0;
}

}  // namespace

void add_srtp(CLI::App& app, Run& chosen) {
  auto settings = std::make_shared<Settings>();
  CLI::App* command = app.add_subcommand("srtp", "Cost of SRTP for each packet, memory of each session");
  command->add_option("--payload", settings->payload, "bytes of RTP payload")->check(CLI::Range(20, 1400));
  command->add_option("--repeats", settings->repeats, "the least of so many counts")
      ->check(CLI::Range(1, 10'000));
  command->add_flag("--json", settings->json, "one JSON record a line");
  command->callback([settings, &chosen] { chosen = [settings] { return run(*settings); }; });
}

}  // namespace weir::bench
