#include "bwe/pacer.h"

#include <algorithm>

namespace weir::bwe {
namespace {

constexpr std::size_t kMaxProbes = 4;
constexpr std::uint32_t kLeastPadding = 100;  // bytes
constexpr double kHurry = 1.5;
constexpr Duration kProbeAge = std::chrono::seconds{5};

constexpr std::size_t index(PacketKind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

void Pacer::clear() {
  for (auto& queue : queues_) queue.clear();
  queued_ = queued_bytes_ = 0;
  probes_.clear();
}

void Pacer::add_probe(Time now, const ProbeCluster& cluster) {
  if (probes_.size() < kMaxProbes) probes_.push_back({cluster, now});
}

bool Pacer::push(Item item) {
  if (item.kind == PacketKind::padding || item.size == 0 || queued() >= kMaxQueued) return false;
  ++queued_;
  queued_bytes_ += item.size;
  queues_[index(item.kind)].push_back(item);
  return true;
}

std::optional<Pacer::Item> Pacer::take_front(PacketKind kind) {
  auto& queue = queues_[index(kind)];
  if (queue.empty()) return std::nullopt;
  const Item item = queue.front();
  queue.pop_front();
  --queued_;
  queued_bytes_ -= item.size;
  return item;
}

/// A queue that would take too long goes faster: late media is of no use. Not by much: what does not fit the
/// path would push out the sound.
Rate Pacer::drain_rate() const {
  return std::clamp(static_cast<double>(queued_bytes_) * 8 / seconds(kLongestQueue), rate_, kHurry * rate_);
}

void Pacer::finish_probe(Time now) {
  while (!probes_.empty()) {
    const Probe& p = probes_.front();
    const bool done = p.bytes >= p.plan.bytes && p.packets >= p.plan.packets;
    if (!done && now - p.added < kProbeAge) return;
    probes_.pop_front();
  }
}

std::uint32_t Pacer::share() const {
  const Probe& p = probes_.front();
  const std::uint32_t bytes = p.plan.bytes - std::min(p.bytes, p.plan.bytes);
  const std::uint32_t packets = p.plan.packets - std::min(p.packets, p.plan.packets);
  return std::max(bytes / std::max(packets, 1U), kLeastPadding);
}

Rate Pacer::begin(Time now) {
  finish_probe(now);
  if (probes_.empty()) return drain_rate();
  // The credit of an idle pacer would make a burst of the probe.
  if (probes_.front().packets == 0) free_at_ = std::max(free_at_, now);
  return probes_.front().plan.rate;
}

void Pacer::account(Time now, Item& item, Rate rate) {
  if (!probes_.empty() && item.kind != PacketKind::audio) {
    item.probe = probes_.front().plan.id;
    probes_.front().bytes += item.size;
    ++probes_.front().packets;
  }
  free_at_ = std::max(free_at_, now - burst_) + time_to_send(item.size, std::max(rate, 1000.0));
}

std::optional<Pacer::Item> Pacer::pop(Time now, std::uint32_t padding_size) {
  const Rate rate = begin(now);
  std::optional<Item> item = take_front(PacketKind::audio);
  if (!item) {
    if (free_at_ > now) return std::nullopt;
    item = take_front(PacketKind::retransmission);
    if (!item) item = take_front(PacketKind::video);
    if (!item && !probes_.empty()) item = Item{0, std::min(padding_size, share()), PacketKind::padding, 0};
    if (!item) return std::nullopt;
  }
  account(now, *item, rate);
  return item;
}

void Pacer::correct(Time now, const Item& said, std::uint32_t size) {
  Rate rate = drain_rate();
  if (!probes_.empty() && probes_.front().plan.id == said.probe) {
    probes_.front().bytes = probes_.front().bytes - said.size + size;
    rate = probes_.front().plan.rate;
  }
  free_at_ += time_to_send(size, std::max(rate, 1000.0)) - time_to_send(said.size, std::max(rate, 1000.0));
  // Nothing can be sent: the cluster ends rather than ask for ever.
  if (size == 0 && !probes_.empty() && probes_.front().plan.id == said.probe) probes_.pop_front();
  free_at_ = std::max(free_at_, now - burst_);
}

Time Pacer::deadline() const {
  if (urgent()) return Time{};
  return queued_bytes_ > 0 || !probes_.empty() ? free_at_ : kNever;
}

}  // namespace weir::bwe
