#include "bwe_yardstick.h"

#include <algorithm>
#include <deque>
#include <set>

namespace weir::bench {
namespace {

constexpr double kFine = 0.01;  // s
constexpr double kSeen = 0.2;   // s over which capacity is known
constexpr double kDrain = 0.2;  // s in which what waited is to be gone

struct Fluid {
  double used = 0;  // kbit
  double late = 0;  // kbit that waited longer than allowed
};

/// What waits at a link, in the order in which it came.
class Queue {
 public:
  double size() const { return size_; }
  void push(double at, double kbit) {
    if (kbit <= 0) return;
    waiting_.emplace_back(at, kbit);
    size_ += kbit;
  }
  void serve(double now, double kbit, double most_wait, Fluid& out) {
    while (kbit > 0 && !waiting_.empty()) {
      auto& [since, left] = waiting_.front();
      const double part = std::min(kbit, left);
      out.used += part;
      if (now - since > most_wait) out.late += part;
      kbit -= part;
      left -= part;
      size_ -= part;
      if (left <= 1e-9) waiting_.pop_front();
    }
    if (waiting_.empty()) size_ = 0;
  }

 private:
  std::deque<std::pair<double, double>> waiting_;
  double size_ = 0;
};

Fluid run_fluid(const Case& c, const std::vector<double>& room, double factor, double most_wait) {
  const double most = c.media.front().video_most * kFine;
  const auto round_trip = static_cast<std::size_t>(2 * c.media.front().delay_ms / 1000 / kFine);
  const auto seen_steps = static_cast<std::size_t>(kSeen / kFine);
  Fluid out;
  Queue queue;
  std::vector<double> waited(room.size());
  for (std::size_t i = 0; i < room.size(); ++i) {
    double sent = 0;
    if (i >= round_trip + seen_steps) {
      const auto end = room.begin() + static_cast<std::ptrdiff_t>(i - round_trip);
      double seen = 0;
      for (auto at = end - static_cast<std::ptrdiff_t>(seen_steps); at != end; ++at) seen += *at;
      seen /= static_cast<double>(seen_steps);
      sent = std::clamp(factor * seen - waited[i - round_trip] * kFine / kDrain, 0.0, most);
    }
    const double limit = c.forward.queue_bytes > 0 ? c.forward.queue_bytes * 8 / 1000 : 1e9;
    const double at = static_cast<double>(i) * kFine;
    // What passes in the same step does not wait.
    queue.push(at, std::min(sent, std::max(0.0, limit + room[i] - queue.size())));
    queue.serve(at, room[i], most_wait, out);
    waited[i] = queue.size();
  }
  out.late += queue.size();
  return out;
}

}  // namespace

double possible_use(const Case& c, double most_wait) {
  if (c.media.empty()) return 0;
  const Capacity capacity{c.forward.capacity};
  std::vector<double> room;
  double all = 0;
  for (double at = 0; at < c.duration; at += kFine) {
    room.push_back(capacity.mean(at, at + kFine) * kFine);
    all += std::min(room.back(), c.media.front().video_most * kFine);
  }
  if (all <= 0) return 0;
  double best = 0;
  for (double factor = 0.1; factor < 1.25; factor += 0.05) {
    const Fluid fluid = run_fluid(c, room, factor, most_wait);
    if (fluid.late <= 0.05 * fluid.used) best = std::max(best, fluid.used / all);
  }
  return best;
}

double best_choice(double kbps, std::size_t active, const std::vector<double>& choices, double sound) {
  const double room = kbps - static_cast<double>(active) * sound;
  std::set<double> sums = {0};
  for (std::size_t flow = 0; flow < active; ++flow) {
    std::set<double> more = sums;
    for (const double sum : sums) {
      for (const double choice : choices) {
        if (sum + choice <= room) more.insert(sum + choice);
      }
    }
    sums = std::move(more);
  }
  return std::min(kbps, *sums.rbegin() + static_cast<double>(active) * sound);
}

}  // namespace weir::bench
