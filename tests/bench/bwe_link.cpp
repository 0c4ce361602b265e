#include "bwe_link.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace weir::bench {
namespace {

constexpr double kSmallestQueue = 3000;  // bytes: a queue of less than two packets is no queue
constexpr double kNeverSeconds = 1e9;

}  // namespace

std::size_t Capacity::index(double at) const {
  const auto next = std::upper_bound(steps_.begin(), steps_.end(), at,
                                     [](double t, const RateStep& s) { return t < s.at; });
  return next == steps_.begin() ? 0 : static_cast<std::size_t>(next - steps_.begin() - 1);
}

double Capacity::kbps(double at) const {
  return steps_.empty() ? kNeverSeconds : steps_[index(at)].kbps;
}

double Capacity::finish(double start, double bytes) const {
  if (steps_.empty()) return start;
  double bits = bytes * 8;
  double at = start;
  for (std::size_t i = index(start); i < steps_.size(); ++i) {
    const double until = i + 1 < steps_.size() ? steps_[i + 1].at : kNeverSeconds;
    const double rate = steps_[i].kbps * 1000;
    const double possible = rate * (until - at);
    if (possible >= bits) return at + bits / rate;
    bits -= std::max(possible, 0.0);
    at = until;
  }
  return kNeverSeconds;
}

double Capacity::mean(double from, double to) const {
  double sum = 0;
  double at = from;
  for (std::size_t i = index(from); i < steps_.size() && at < to; ++i) {
    const double until = std::min(to, i + 1 < steps_.size() ? steps_[i + 1].at : to);
    sum += steps_[i].kbps * (until - at);
    at = until;
  }
  return sum / (to - from);
}

bool Link::send(std::uint32_t size, double delay_ms, Deliver deliver) {
  Packet packet{size, delay_ms, simulator_.now(), std::move(deliver)};
  if (capacity_.unlimited()) {
    depart(std::move(packet), Duration{0});
    return true;
  }
  const double rate = capacity_.kbps(to_seconds(simulator_.now()));
  const double limit = options_.queue_bytes > 0 ? options_.queue_bytes
                                                : std::max(rate * options_.queue_ms / 8, kSmallestQueue);
  if (queued_ + size > limit) return false;
  queued_ += size;
  queue_.push_back(std::move(packet));
  if (!busy_) serve();
  return true;
}

void Link::serve() {
  busy_ = !queue_.empty();
  if (!busy_) return;
  const Time start = simulator_.now();
  const double end = capacity_.finish(to_seconds(start), queue_.front().size);
  simulator_.at(at_seconds(end), [this, start] {
    Packet packet = std::move(queue_.front());
    queue_.pop_front();
    queued_ -= packet.size;
    const Duration waited = start - packet.since;
    depart(std::move(packet), waited);
    serve();
  });
}

double Link::gaussian() {
  const double radius = std::sqrt(-2 * std::log(1 - random_.unit()));
  return std::clamp(radius * std::cos(2 * std::numbers::pi * random_.unit()), -3.0, 3.0);
}

void Link::depart(Packet packet, Duration waited) {
  if (options_.loss > 0 && random_.unit() < options_.loss) return;
  const double delay = std::max(0.0, packet.delay_ms + options_.jitter_sigma_ms * gaussian());
  // Order is kept among packets of one path; flows of other delays pass.
  Time arrival = simulator_.now() + Duration{static_cast<std::int64_t>(delay * 1000)};
  Time& last = last_arrival_[packet.delay_ms];
  arrival = std::max(arrival, last);
  last = arrival;
  simulator_.at(arrival, [deliver = std::move(packet.deliver), waited] { deliver(waited); });
}

}  // namespace weir::bench
