#include "sfu/layer_meter.h"

#include <algorithm>

namespace weir::sfu {

namespace {

constexpr std::size_t kOneSecond = 4;  // buckets

constexpr std::size_t cell_of(std::uint8_t spatial, std::uint8_t temporal) {
  return std::size_t{std::min<std::uint8_t>(spatial, kSpatialLayers - 1)} * kTemporalLayers +
         std::min<std::uint8_t>(temporal, kTemporalLayers - 1);
}

}  // namespace

/// Opens the bucket of `now`; those between were empty.
void LayerMeter::turn(Time now) {
  if (!begun_) {
    begun_ = true;
    started_ = bucket_start_ = now;
    return;
  }
  for (std::size_t turned = 0; now - bucket_start_ >= kBucket; ++turned) {
    if (turned == kBuckets) {  // all of them are empty
      bucket_start_ = now;
      break;
    }
    bucket_start_ += kBucket;
    bucket_ = (bucket_ + 1) % kBuckets;
    for (Cell& cell : cells_) cell.bytes[bucket_] = cell.frames[bucket_] = 0;
  }
}

void LayerMeter::on_packet(Time now, std::uint8_t spatial, std::uint8_t temporal, std::size_t bytes,
                           bool frame_start) {
  turn(now);
  std::uint8_t& index = index_[cell_of(spatial, temporal)];
  if (index == 0) {
    if (used_ == cells_.size()) return;  // more layers than anybody sends: not measured, not offered
    index = static_cast<std::uint8_t>(++used_);
  }
  Cell& cell = cells_[index - 1U];
  cell.bytes[bucket_] += static_cast<std::uint32_t>(bytes);
  if (frame_start) ++cell.frames[bucket_];
  cell.last = now;
  cell.seen = true;
}

void LayerMeter::on_size(std::uint8_t spatial, std::uint16_t width, std::uint16_t height) {
  const std::size_t layer = std::min<std::uint8_t>(spatial, kSpatialLayers - 1);
  width_[layer] = width;
  height_[layer] = height;
}

double LayerMeter::sum(const Cell& cell, std::size_t most, bool frames, Time now) const {
  // Buckets that ended before `now` without a packet are empty, though nothing has turned them yet.
  const auto missing = static_cast<std::size_t>(std::max<std::int64_t>(0, (now - bucket_start_) / kBucket));
  double total = 0;
  for (std::size_t back = missing; back < most + 1 && back - missing < kBuckets; ++back) {
    if (back == 0) continue;  // the present one is not full
    const std::size_t at = (bucket_ + 2 * kBuckets - (back - missing)) % kBuckets;
    total += frames ? cell.frames[at] : cell.bytes[at];
  }
  return total;
}

bool LayerMeter::active(Time now, std::uint8_t spatial, std::uint8_t temporal) const {
  const std::uint8_t index = index_[cell_of(spatial, temporal)];
  return index != 0 && now - cells_[index - 1U].last < kSilence;
}

bool LayerMeter::active(Time now) const {
  return std::any_of(cells_.begin(), cells_.end(),
                     [&](const Cell& cell) { return cell.seen && now - cell.last < kSilence; });
}

LayerMeter::Measured LayerMeter::measure(Time now, std::uint8_t spatial, std::uint8_t temporal) const {
  Measured out;
  const std::size_t layer = std::min<std::uint8_t>(spatial, kSpatialLayers - 1);
  out.width = width_[layer];
  out.height = height_[layer];
  if (!active(now, spatial, temporal)) return out;
  // A young stream has fewer buckets to divide by; before the first is full it counts as full.
  const double age = std::max(1.0, static_cast<double>((now - started_) / kBucket));
  const double one = std::min<double>(kOneSecond, age);
  const double five = std::min<double>(kBuckets - 1, age);
  double bytes_one = 0;
  double bytes_five = 0;
  double frames = 0;
  for (std::uint8_t s = independent_ ? spatial : std::uint8_t{0}; s <= spatial; ++s) {
    for (std::uint8_t t = 0; t <= temporal; ++t) {
      const std::uint8_t index = index_[cell_of(s, t)];
      if (index == 0) continue;
      const Cell& cell = cells_[index - 1U];
      const double open = age <= 1 ? cell.bytes[bucket_] : 0;
      bytes_one += sum(cell, kOneSecond, false, now) + open;
      bytes_five += sum(cell, kBuckets - 1, false, now) + open;
      if (s == spatial) frames += sum(cell, kBuckets - 1, true, now) + (age <= 1 ? cell.frames[bucket_] : 0);
    }
  }
  constexpr double kPerSecond = 1e6 / static_cast<double>(kBucket.count());
  const double rate = std::max(bytes_one / one, bytes_five / five) * kPerSecond * 8;
  out.bitrate = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rate));
  out.milli_fps = static_cast<std::uint32_t>(frames / five * kPerSecond * 1000);
  return out;
}

}  // namespace weir::sfu
