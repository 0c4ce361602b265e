#include "rtp/receive_statistics.h"

#include <algorithm>
#include <cmath>

namespace weir::rtp {
namespace {

constexpr int kMaxDropout = 3000;  // RFC 3550 appendix A.1
constexpr int kMaxMisorder = 100;
constexpr Duration kSecond = std::chrono::seconds{1};

template <typename T>
std::uint32_t saturate(T value) {
  return static_cast<std::uint32_t>(std::clamp<T>(value, T{0}, static_cast<T>(UINT32_MAX)));
}

}  // namespace

/// Whether loss may be reckoned with this packet. A number far from the others is believed when its successor
/// follows, then the counting starts anew: one stray number must not report thousands of losses (RFC 3550
/// appendix A.1).
bool ReceiveStatistics::in_order_or_restart(std::uint16_t sequence) {
  const std::optional<std::int64_t> newest = unwrapper_.newest();
  if (!newest) {
    base_ = unwrapper_.unwrap(sequence);
    return true;
  }
  const int ahead = sequence_distance(sequence, static_cast<std::uint16_t>(*newest));
  if (ahead < kMaxDropout && ahead > -kMaxMisorder) {
    unwrapper_.unwrap(sequence);
    after_jump_.reset();
    return true;
  }
  if (after_jump_ != sequence) {
    after_jump_ = static_cast<std::uint16_t>(sequence + 1);
    return false;
  }
  after_jump_.reset();
  unwrapper_.reset();
  base_ = unwrapper_.unwrap(sequence);
  counted_ = 0;
  expected_prior_ = 0;
  received_prior_ = 0;
  transit_.reset();
  return true;
}

void ReceiveStatistics::on_packet(Time now, std::uint16_t sequence, std::uint32_t timestamp,
                                  std::size_t payload_size, bool retransmitted) {
  roll(now);
  ++packets_;
  payload_bytes_ += payload_size;
  bucket_bytes_ += payload_size;
  if (retransmitted || !in_order_or_restart(sequence)) return;
  ++counted_;
  update_jitter(now, timestamp);
}

/// RFC 3550 appendix A.8, in floating point.
void ReceiveStatistics::update_jitter(Time now, std::uint32_t timestamp) {
  const std::int64_t us = to_us(now);
  // Seconds and rest apart: the product with the clock rate would overflow after some years.
  const std::int64_t arrival = us / 1'000'000 * clock_rate_ + us % 1'000'000 * clock_rate_ / 1'000'000;
  const std::uint32_t transit = static_cast<std::uint32_t>(arrival) - timestamp;
  if (transit_) {
    const auto d = std::abs(std::int64_t{static_cast<std::int32_t>(transit - *transit_)});
    // More than five seconds is a new timestamp offset or a pause, not jitter.
    if (d < std::int64_t{5} * clock_rate_) jitter_ += (static_cast<double>(d) - jitter_) / 16;
  }
  transit_ = transit;
}

void ReceiveStatistics::on_sender_report(Time now, NtpTime ntp) {
  last_sr_ = ntp.middle();
  last_sr_time_ = now;
}

std::int64_t ReceiveStatistics::expected() const {
  const std::optional<std::int64_t> newest = unwrapper_.newest();
  return newest ? *newest - base_ + 1 : 0;
}

std::int64_t ReceiveStatistics::cumulative_lost() const {
  return expected() - static_cast<std::int64_t>(counted_);
}

double ReceiveStatistics::jitter_seconds() const {
  return clock_rate_ == 0 ? 0 : jitter_ / clock_rate_;
}

ReportBlock ReceiveStatistics::report(Time now, std::uint32_t ssrc) {
  ReportBlock block;
  block.ssrc = ssrc;
  const std::int64_t interval = expected() - expected_prior_;
  const std::int64_t lost = interval - static_cast<std::int64_t>(counted_ - received_prior_);
  expected_prior_ = expected();
  received_prior_ = counted_;
  if (interval > 0 && lost > 0) {
    block.fraction_lost = static_cast<std::uint8_t>(std::min<std::int64_t>((lost << 8) / interval, 255));
  }
  block.cumulative_lost =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(cumulative_lost(), -0x800000, 0x7fffff));
  block.highest_sequence = static_cast<std::uint32_t>(unwrapper_.newest().value_or(0));
  block.jitter = saturate(jitter_);
  block.last_sr = last_sr_;
  if (last_sr_ != 0) {
    const Duration since = std::clamp<Duration>(now - last_sr_time_, Duration{0}, std::chrono::hours{18});
    block.delay_since_last_sr = saturate(to_us(since) * 65536 / 1'000'000);
  }
  return block;
}

/// Closes the seconds that are over.
void ReceiveStatistics::roll(Time now) {
  if (!bucket_start_) bucket_start_ = now;
  const auto seconds = (now - *bucket_start_) / kSecond;
  if (seconds < 1) return;
  last_rate_ = seconds == 1 ? bucket_bytes_ * 8 : 0;
  bucket_bytes_ = 0;
  *bucket_start_ += seconds * kSecond;
}

std::uint64_t ReceiveStatistics::bitrate(Time now) {
  if (bucket_start_) roll(now);
  return last_rate_;
}

}  // namespace weir::rtp
