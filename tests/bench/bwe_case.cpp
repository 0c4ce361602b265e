#include "bwe_case.h"

#include <cmath>
#include <deque>
#include <memory>

#include "bwe_measure.h"

namespace weir::bench {
namespace {

/// Non-adaptive traffic that leaves `capacity` of a link of `total`.
class Cross {
 public:
  Cross(Simulator& simulator, Link& link, std::vector<RateStep> capacity, double total)
      : simulator_(simulator), link_(link), capacity_(std::move(capacity)), total_(total) {}
  void run(double end) {
    const double now = to_seconds(simulator_.now());
    if (now >= end) return;
    const double kbps = total_ - capacity_.kbps(now);
    if (kbps > 1) link_.send(kPacket, 50, [](Duration) {});
    const double wait = kbps > 1 ? kPacket * 8 / (kbps * 1000) : 0.01;
    simulator_.after(Duration{static_cast<std::int64_t>(wait * 1e6)}, [this, end] { run(end); });
  }

 private:
  static constexpr std::uint32_t kPacket = 1500;
  Simulator& simulator_;
  Link& link_;
  Capacity capacity_;
  double total_;
};

/// Files with pauses between.
class Bursts {
 public:
  Bursts(Simulator& simulator, TcpFlow& flow, TcpOptions options, std::uint64_t seed)
      : simulator_(simulator), flow_(flow), options_(options), random_(seed) {}
  void start() {
    simulator_.at(at_seconds(options_.start), [this] { options_.start_on ? send() : pause(); });
  }

 private:
  void send() {
    if (to_seconds(simulator_.now()) >= options_.end) return;
    flow_.transfer(100e3 + 900e3 * random_.unit(), [this] { pause(); });
  }
  void pause() {
    const double seconds = -10 * std::log(1 - random_.unit());
    simulator_.after(Duration{static_cast<std::int64_t>(seconds * 1e6)}, [this] { send(); });
  }
  Simulator& simulator_;
  TcpFlow& flow_;
  TcpOptions options_;
  SeededRandom random_;
};

LinkOptions forward_link(const Case& c) {
  LinkOptions options = c.forward;
  if (c.fixed_kbps > 0) options.capacity = {{0, c.fixed_kbps}};
  return options;
}

}  // namespace

Result run_case(const Case& c, std::uint64_t seed, Series* series) {
  Simulator simulator;
  Link forward{simulator, forward_link(c), seed * 1000 + 1};
  Link backward{simulator, c.backward, seed * 1000 + 2};
  MediaFlows media;
  for (const MediaOptions& m : c.media) {
    media.push_back(std::make_unique<MediaFlow>(simulator, m.forward ? forward : backward,
                                                m.forward ? backward : forward, m,
                                                seed * 1000 + 10 + media.size()));
  }
  std::deque<LinkPath> beside;
  TcpFlows tcp;
  std::vector<std::unique_ptr<Bursts>> bursts;
  for (const TcpOptions& t : c.tcp) {
    beside.emplace_back(simulator, forward, backward, t.delay_ms);
    tcp.push_back(std::make_unique<TcpFlow>(beside.back(), t.algorithm));
    TcpFlow& flow = *tcp.back();
    if (t.bursts) {
      bursts.push_back(std::make_unique<Bursts>(simulator, flow, t, seed * 1000 + 100 + tcp.size()));
      bursts.back()->start();
    } else {
      simulator.at(at_seconds(t.start), [&flow] { flow.transfer(1e12, nullptr); });
      simulator.at(at_seconds(t.end), [&flow] { flow.stop(); });
    }
  }
  Cross cross{simulator, forward, c.forward.capacity, c.fixed_kbps};
  if (c.fixed_kbps > 0) simulator.at(Time{}, [&] { cross.run(c.duration); });
  simulator.run_until(at_seconds(c.duration + 1));
  if (series != nullptr) *series = make_series(c, media);
  return measure(c, media, tcp);
}

}  // namespace weir::bench
