#include "support/tcp_flow.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weir::test {
namespace {

constexpr double kCubicC = 0.4;
constexpr double kCubicBeta = 0.7;
constexpr std::uint64_t kReordering = 3;

double to_seconds(Time at) {
  return static_cast<double>(to_us(at)) / 1e6;
}

}  // namespace

void TcpFlow::transfer(double bytes, std::function<void()> done) {
  remaining_ = bytes;
  done_ = std::move(done);
  flying_.clear();
  window_ = 10;
  threshold_ = 1e9;
  window_max_ = 0;
  recovery_end_ = next_;
  last_ack_ = path_.now();
  watch(++epoch_);
  fill();
}

void TcpFlow::fill() {
  while (remaining_ > 0 && static_cast<double>(flying_.size()) < window_) {
    remaining_ -= kSegment;
    const std::uint64_t number = next_++;
    const Time sent = path_.now();
    flying_.emplace(number, sent);
    path_.send(kSegment, [this, number, sent] {
      deliveries_.push_back({static_cast<float>(to_seconds(path_.now())), kSegment});
      path_.acknowledge(kAck, [this, number, sent] { on_ack(number, sent); });
    });
  }
}

void TcpFlow::grow() {
  if (window_ < threshold_) {
    window_ += 1;
    return;
  }
  const double reno = 1 / window_;
  if (algorithm_ == Algorithm::reno || window_max_ == 0) {
    window_ += reno;
    return;
  }
  const double k = std::cbrt(window_max_ * (1 - kCubicBeta) / kCubicC);
  const double t = to_seconds(path_.now()) - to_seconds(epoch_start_) + srtt_;
  const double wanted = kCubicC * std::pow(t - k, 3) + window_max_;
  window_ += std::max((std::min(wanted, 1.5 * window_) - window_) / window_, reno * 0.5);
}

void TcpFlow::on_loss() {
  recovery_end_ = next_;
  window_max_ = window_;
  epoch_start_ = path_.now();
  window_ = std::max(2.0, window_ * (algorithm_ == Algorithm::cubic ? kCubicBeta : 0.5));
  threshold_ = window_;
}

void TcpFlow::on_ack(std::uint64_t number, Time sent) {
  const auto at = flying_.find(number);
  if (at == flying_.end()) return;
  flying_.erase(at);
  last_ack_ = path_.now();
  srtt_ += 0.125 * (to_seconds(path_.now()) - to_seconds(sent) - srtt_);
  if (number >= recovery_end_) grow();
  bool lost = false;
  while (!flying_.empty() && flying_.begin()->first + kReordering <= number) {
    if (flying_.begin()->first >= recovery_end_) lost = true;
    flying_.erase(flying_.begin());
    remaining_ += kSegment;
  }
  if (lost) on_loss();
  fill();
  if (remaining_ <= 0 && flying_.empty() && done_) std::exchange(done_, nullptr)();
}

void TcpFlow::watch(std::uint64_t epoch) {
  if (epoch != epoch_) return;
  const double patience = std::max(1.0, 3 * srtt_);
  if (!flying_.empty() && to_seconds(path_.now()) - to_seconds(last_ack_) > patience) {
    remaining_ += static_cast<double>(flying_.size()) * kSegment;
    flying_.clear();
    on_loss();
    window_ = 1;
    last_ack_ = path_.now();
    fill();
  }
  if (!flying_.empty() || remaining_ > 0)
    path_.after(std::chrono::milliseconds{200}, [this, epoch] { watch(epoch); });
}

}  // namespace weir::test
