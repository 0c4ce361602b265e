#include "bwe_measure.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "bwe_yardstick.h"

namespace weir::bench {
namespace {

constexpr double kStep = 0.2;       // s
constexpr double kSettle = 5;       // s after a change until a phase is steady
constexpr double kShareFrom = 20;   // s after the last change of flows
constexpr double kFreeze = 0.25;    // s
constexpr double kWithUdp = 1.025;  // of packets of 1.1 kB
constexpr double kSound = 44;       // kbit/s with all headers

double percentile(std::vector<double>& values, double p) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Sums of bytes in steps of 200 ms, as kbit/s.
class Bins {
 public:
  explicit Bins(double duration) : kbps_(static_cast<std::size_t>(duration / kStep) + 2) {}
  void add(double at, std::uint32_t bytes) {
    const auto i = static_cast<std::size_t>(std::max(at, 0.0) / kStep);
    if (i < kbps_.size()) kbps_[i] += bytes * 8 / kStep / 1000;
  }
  double operator[](std::size_t i) const { return i < kbps_.size() ? kbps_[i] : 0; }
  double mean(double from, double to) const {
    double sum = 0;
    const auto first = static_cast<std::size_t>(from / kStep);
    const auto end = std::min(kbps_.size(), static_cast<std::size_t>(to / kStep));
    for (std::size_t i = first; i < end; ++i) sum += kbps_[i];
    return end > first ? sum / static_cast<double>(end - first) : 0;
  }

 private:
  std::vector<double> kbps_;
};

/// When something changes: capacity, or who sends.
std::set<double> changes(const Case& c) {
  std::set<double> at = {0};
  for (const RateStep& s : c.forward.capacity) at.insert(s.at);
  for (const RateStep& s : c.backward.capacity) at.insert(s.at);
  for (const MediaOptions& m : c.media) {
    at.insert({m.start, m.end});
    if (m.pause >= 0) at.insert({m.pause, m.resume});
  }
  return at;
}

bool steady(const std::set<double>& changes, double at) {
  const auto next = changes.upper_bound(at);
  if (next == changes.begin()) return false;
  // The end of what is sent arrives a little later.
  return at - *std::prev(next) >= kSettle && (next == changes.end() || *next - at > kStep);
}

double offered(const Case& c, const MediaFlows& media, double at) {
  if (!c.tcp.empty() || !c.source_bound) return 1e9;
  double sum = 0;
  for (const auto& flow : media) {
    if (flow->options().forward && flow->active(at)) sum += flow->options().video_most * kWithUdp + kSound;
  }
  return sum;
}

void measure_utilization(const Case& c, const MediaFlows& media, const Bins& used, const Capacity& capacity,
                         Result& result) {
  double most = 0;
  for (const MediaOptions& m : c.media) most += m.video_most;
  const std::set<double> events = changes(c);
  double got = 0;
  double could = 0;
  double all = 0;  // kbit/s times steps
  for (double at = 0; at < c.duration; at += kStep) {
    const double room = std::min(capacity.mean(at, at + kStep), offered(c, media, at));
    all += std::min(capacity.mean(at, at + kStep), most);
    if (!steady(events, at)) continue;
    got += used[static_cast<std::size_t>(std::lround(at / kStep))];
    could += room;
  }
  result.utilization = could > 0 ? got / could : 0;
  result.used = used.mean(0, c.duration) / (all / c.duration * kStep);
}

/// What arrived, of the best choice of layers at each time, in steady phases.
double measure_choice(const Case& c, const MediaFlows& media, const Bins& used, const Capacity& capacity) {
  const std::vector<double> choices = layered_kbps(c.media.front().video_most);
  const std::set<double> events = changes(c);
  std::map<std::pair<double, std::size_t>, double> known;
  double got = 0;
  double could = 0;
  for (double at = 0; at < c.duration; at += kStep) {
    if (!steady(events, at)) continue;
    std::size_t active = 0;
    for (const auto& flow : media) active += flow->options().forward && flow->active(at);
    const double kbps = capacity.mean(at, at + kStep);
    const auto [place, fresh] = known.try_emplace({kbps, active});
    if (fresh) place->second = best_choice(kbps, active, choices, kSound);
    got += used[static_cast<std::size_t>(std::lround(at / kStep))];
    could += place->second;
  }
  return could > 0 ? got / could : 0;
}

void measure_packets(const MediaFlows& media, Result& result) {
  std::vector<double> waited;
  std::vector<double> delays;
  double lost = 0;
  double all = 0;
  double freezes = 0;
  double minutes = 0;
  for (const auto& flow : media) {
    if (!flow->options().forward) continue;
    double last = -1;
    for (const PacketRecord& p : flow->packets()) {
      all += 1;
      lost += p.received < 0;
      if (p.received < 0) continue;
      waited.push_back(p.waited_ms);
      delays.push_back((p.received - p.sent) * 1000);
      if (!p.video) continue;
      const bool paused = last >= 0 && (!flow->active(last) || !flow->active(p.sent - 0.01));
      if (last >= 0 && p.received - last > kFreeze && !paused && p.sent - last < 10) freezes += 1;
      last = p.received;
    }
    minutes += (flow->options().end - flow->options().start) / 60;
  }
  result.queue_p95_ms = percentile(waited, 0.95);
  result.delay_p95_ms = percentile(delays, 0.95);
  result.loss = all > 0 ? lost / all : 0;
  result.freezes = minutes > 0 ? freezes / minutes : 0;
}

void measure_fairness(const Case& c, const std::vector<Bins>& flows, const Bins& tcp, const MediaFlows& media,
                      Result& result) {
  double from = 0;
  double to = c.duration;
  for (const auto& flow : media) {
    from = std::max({from, flow->options().start, flow->options().resume});
    to = std::min(to, flow->options().end);
  }
  from = std::min(from + kShareFrom, to - 10);
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    if (!media[i]->options().forward) continue;
    const double rate = flows[i].mean(std::max(from, 0.0), to);
    result.share.push_back(rate);
    sum += rate;
    squares += rate * rate;
  }
  result.tcp_share_kbps = tcp.mean(std::max(from, 0.0), to);
  if (squares > 0) result.jain = sum * sum / (static_cast<double>(result.share.size()) * squares);
}

void measure_reaction(const Case& c, const MediaFlows& media, const Capacity& capacity, Result& result) {
  if (!c.source_bound || !c.tcp.empty()) return;
  constexpr double kFine = 0.05;
  for (std::size_t i = 1; i < capacity.steps().size(); ++i) {
    const RateStep& step = capacity.steps()[i];
    if (step.kbps >= capacity.steps()[i - 1].kbps) continue;
    std::vector<double> sent(200);
    for (const auto& flow : media) {
      if (!flow->options().forward) continue;
      for (const PacketRecord& p : flow->packets()) {
        const double bin = (p.sent - step.at) / kFine;
        if (bin >= 0 && bin < 200) sent[static_cast<std::size_t>(bin)] += p.size * 8 / kFine / 1000;
      }
    }
    // Sent during the 200 ms before, less than the link carries.
    std::size_t at = 4;
    while (at < sent.size() && (sent[at - 4] + sent[at - 3] + sent[at - 2] + sent[at - 1]) / 4 > step.kbps)
      ++at;
    result.reaction_ms = std::max(result.reaction_ms, static_cast<double>(at) * kFine * 1000);
  }
}

/// What held at the end of each step: records fall now and then twice into one step, and into the next not.
void add_targets(std::vector<double>& steps, const std::vector<TargetRecord>& records) {
  std::size_t next = 0;
  double kbps = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const double end = static_cast<double>(i + 1) * kStep;
    for (; next < records.size() && static_cast<double>(records[next].at) < end; ++next)
      kbps = static_cast<double>(records[next].kbps);
    steps[i] += kbps;
  }
}

}  // namespace

Result measure(const Case& c, const MediaFlows& media, const TcpFlows& tcp) {
  Result result;
  result.name = c.name;
  const Capacity capacity{c.forward.capacity};
  Bins used{c.duration};
  Bins by_media{c.duration};
  Bins by_tcp{c.duration};
  std::vector<Bins> flows;
  for (const auto& flow : media) {
    Bins own{c.duration};
    for (const PacketRecord& p : flow->packets()) {
      if (p.received < 0 || p.padding || !flow->options().forward) continue;
      own.add(p.received, p.size);
      used.add(p.received, p.size);
      by_media.add(p.received, p.size);
    }
    flows.push_back(std::move(own));
  }
  for (const auto& flow : tcp) {
    for (const TcpFlow::Delivery& d : flow->deliveries()) {
      used.add(d.at, d.bytes);
      by_tcp.add(d.at, d.bytes);
    }
  }
  result.media_kbps = by_media.mean(0, c.duration);
  result.tcp_kbps = by_tcp.mean(0, c.duration);
  measure_utilization(c, media, used, capacity, result);
  if (!c.source_bound) result.possible = possible_use(c);
  if (c.tcp.empty() && !c.media.empty() && c.media.front().layers)
    result.of_best_choice = measure_choice(c, media, used, capacity);
  measure_packets(media, result);
  measure_fairness(c, flows, by_tcp, media, result);
  measure_reaction(c, media, capacity, result);
  return result;
}

Series make_series(const Case& c, const MediaFlows& media) {
  const Capacity capacity{c.forward.capacity};
  Bins sent{c.duration};
  Bins received{c.duration};
  std::vector<double> queue(static_cast<std::size_t>(c.duration / kStep) + 2);
  std::vector<double> target(queue.size());
  for (const auto& flow : media) {
    if (!flow->options().forward) continue;
    for (const PacketRecord& p : flow->packets()) {
      sent.add(p.sent, p.size);
      if (p.received < 0) continue;
      received.add(p.received, p.size);
      double& q = queue[std::min(queue.size() - 1, static_cast<std::size_t>(p.sent / kStep))];
      q = std::max<double>(q, p.waited_ms);
    }
    add_targets(target, flow->targets());
  }
  Series series;
  for (std::size_t i = 0; static_cast<double>(i) * kStep < c.duration; ++i) {
    const double at = static_cast<double>(i) * kStep;
    series.rows.push_back({at, capacity.mean(at, at + kStep), sent[i], received[i], target[i], queue[i]});
  }
  return series;
}

}  // namespace weir::bench
