// weir-bench bwe --receivers N: what the estimators of N receivers cost. Production pacers and estimators,
// and reports as a browser makes them; the path between is a delay, so that next to nothing else is run. Only
// what a node would do is timed: pacing, noting what left, parsing reports, estimating.
#include "bwe_receivers.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <deque>
#include <vector>

#include "bwe/estimator.h"
#include "bwe/pacer.h"
#include "bwe_simulator.h"
#include "rtp/transport_cc.h"

namespace weir::bench {
namespace {

constexpr Duration kStep = std::chrono::milliseconds{1};
constexpr Duration kDelay = std::chrono::milliseconds{40};
constexpr double kMedia = 1'500'000;
constexpr std::uint32_t kPacket = 1200;
constexpr int kFrameEvery = 33;  // ms
constexpr int kFramePackets = 5;

double thread_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

struct Receiver {
  explicit Receiver(int index)
      : estimator({.start = 2 * kMedia, .least = 30'000, .most = 2 * kMedia, .unreported = 0}),
        phase(index) {}

  bwe::Estimator estimator;
  bwe::Pacer pacer;
  rtp::TransportFeedbackBuilder arrivals;
  std::deque<std::pair<Time, std::uint16_t>> path;
  std::vector<std::uint8_t> report;
  int phase;
  std::uint16_t sequence = 65'000;
  std::uint64_t packets = 0;
  std::uint64_t reports = 0;
  std::uint64_t refused = 0;

  void send(Time now, int ms) {
    estimator.on_time(now);
    while (const auto cluster = estimator.take_probe()) pacer.add_probe(now, *cluster);
    pacer.set_rate(estimator.pacing_rate());
    for (int i = 0; (ms + phase) % kFrameEvery == 0 && i < kFramePackets; ++i)
      pacer.push({.handle = 0, .size = kPacket, .kind = bwe::PacketKind::video, .probe = 0});
    while (const auto item = pacer.pop(now)) {
      estimator.on_packet_sent(
          {.sequence = sequence, .at = now, .size = item->size, .kind = item->kind, .probe = item->probe});
      path.emplace_back(now + kDelay, sequence++);
      ++packets;
    }
  }

  /// The browser's part.
  void arrive(Time now, int ms) {
    for (; !path.empty() && path.front().first <= now; path.pop_front())
      arrivals.on_packet(path.front().first, path.front().second);
    report.clear();
    if ((ms + phase) % 100 != 0 || !arrivals.pending()) return;
    std::array<std::uint8_t, 1200> bytes;
    ByteWriter writer{bytes};
    if (!arrivals.write(writer, 1, 2)) return;
    report.assign(bytes.begin() + 12, bytes.begin() + static_cast<std::ptrdiff_t>(writer.size()));
  }

  void take(Time now) {
    if (report.empty()) return;
    ++reports;
    if (!estimator.on_transport_feedback(now, report)) ++refused;
  }
};

}  // namespace

int run_receivers(const ReceiversSettings& settings) {
  std::vector<Receiver> receivers;
  receivers.reserve(settings.receivers);
  Time now = at_seconds(1);
  for (std::size_t i = 0; i < settings.receivers; ++i) {
    receivers.emplace_back(static_cast<int>(i % 100));
    receivers.back().estimator.set_wanted(now, kMedia);
  }
  double cost = 0;
  for (int ms = 0; ms < static_cast<int>(settings.seconds * 1000); ++ms, now += kStep) {
    double begin = thread_us();
    for (Receiver& r : receivers) r.send(now, ms);
    cost += thread_us() - begin;
    for (Receiver& r : receivers) r.arrive(now, ms);
    begin = thread_us();
    for (Receiver& r : receivers) r.take(now);
    cost += thread_us() - begin;
  }
  std::uint64_t packets = 0;
  std::uint64_t reports = 0;
  std::uint64_t wrong = 0;
  for (const Receiver& r : receivers) {
    packets += r.packets;
    reports += r.reports;
    // Nothing was lost, nothing waited: all frames left, all reports were taken, and nobody was cut.
    const auto frames = static_cast<std::uint64_t>(settings.seconds * 1000) / kFrameEvery;
    wrong += r.packets < frames * kFramePackets - 2 * kFramePackets || r.refused > 0 ||
             static_cast<double>(r.reports) < settings.seconds * 10 - 2 || r.estimator.target() < kMedia;
  }
  const double n = static_cast<double>(settings.receivers);
  std::printf(
      "{\"receivers\":%zu,\"seconds\":%.0f,\"packets\":%llu,\"reports\":%llu,\"wrong\":%llu,"
      "\"cpu_us_per_receiver_second\":%.0f,\"cpu_ns_per_packet\":%.0f,\"share_of_a_core\":%.3f}\n",
      settings.receivers, settings.seconds, static_cast<unsigned long long>(packets),
      static_cast<unsigned long long>(reports), static_cast<unsigned long long>(wrong),
      cost / n / settings.seconds, packets > 0 ? cost * 1000 / static_cast<double>(packets) : 0,
      cost / 1e6 / settings.seconds);
  return wrong == 0 ? 0 : 1;
}

}  // namespace weir::bench
