#include "bwe/pacer.h"

#include <algorithm>

namespace weir::bwe {
namespace {

constexpr std::size_t kMaxProbes = 4;
constexpr Duration kProbeAge = std::chrono::seconds{5};
// Credit of an idle pacer: what a timer may be late by.
constexpr Duration kBurst = std::chrono::milliseconds{5};

constexpr std::size_t index(PacketKind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

void Pacer::clear() {
  for (auto& queue : queues_) queue.clear();
  queued_bytes_ = 0;
  probes_.clear();
}

void Pacer::add_probe(Time now, const ProbeCluster& cluster) {
  if (probes_.size() < kMaxProbes) probes_.push_back({cluster, now});
}

bool Pacer::push(Item item) {
  if (item.kind == PacketKind::padding || item.size == 0) return false;
  std::size_t count = 0;
  for (const auto& queue : queues_) count += queue.size();
  if (count >= kMaxQueued) return false;
  queued_bytes_ += item.size;
  queues_[index(item.kind)].push_back(item);
  return true;
}

std::optional<Pacer::Item> Pacer::take_front(PacketKind kind) {
  auto& queue = queues_[index(kind)];
  if (queue.empty()) return std::nullopt;
  const Item item = queue.front();
  queue.pop_front();
  queued_bytes_ -= item.size;
  return item;
}

/// A queue that would take too long goes faster: late media is of no use.
Rate Pacer::drain_rate() const {
  return std::max(rate_, static_cast<double>(queued_bytes_) * 8 / seconds(kLongestQueue));
}

void Pacer::finish_probe(Time now) {
  while (!probes_.empty()) {
    const Probe& p = probes_.front();
    const bool done = p.bytes >= p.plan.bytes && p.packets >= p.plan.packets;
    if (!done && now - p.added < kProbeAge) return;
    probes_.pop_front();
  }
}

std::optional<Pacer::Item> Pacer::pop(Time now) {
  finish_probe(now);
  Rate rate = drain_rate();
  std::uint32_t probe = 0;
  if (!probes_.empty()) {
    rate = probes_.front().plan.rate;
    probe = probes_.front().plan.id;
  }
  std::optional<Item> item = take_front(PacketKind::audio);
  if (!item) {
    if (free_at_ > now) return std::nullopt;
    item = take_front(PacketKind::retransmission);
    if (!item) item = take_front(PacketKind::video);
    if (!item && probe != 0) item = Item{0, kPaddingSize, PacketKind::padding, probe};
    if (!item) return std::nullopt;
    if (probe != 0) {
      probes_.front().bytes += item->size;
      ++probes_.front().packets;
      item->probe = probe;
    }
  }
  free_at_ = std::max(free_at_, now - kBurst) + time_to_send(item->size, std::max(rate, 1000.0));
  return item;
}

Time Pacer::deadline() const {
  if (!queues_[index(PacketKind::audio)].empty()) return Time{};
  return queued_bytes_ > 0 || !probes_.empty() ? free_at_ : kNever;
}

}  // namespace weir::bwe
