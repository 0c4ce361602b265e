#include "sfu/layer_meter.h"

#include <algorithm>
#include <utility>

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
    for (Cell& cell : cells_) {
      cell.bytes[bucket_] = cell.key_bytes[bucket_] = 0;
      cell.frames[bucket_] = 0;
    }
    key_pictures_[bucket_] = 0;
  }
}

/// One more than the place of a cell that measures nothing; 0: there is none. A layer that has been silent
/// for as long as anything is measured gives up its own.
std::uint8_t LayerMeter::free_cell(Time now) {
  if (used_ < cells_.size()) return static_cast<std::uint8_t>(++used_);
  for (std::uint8_t& index : index_) {
    if (index == 0 || now - cells_[index - 1U].last < kBucket * static_cast<std::int64_t>(kBuckets)) continue;
    cells_[index - 1U] = {};
    return std::exchange(index, std::uint8_t{0});
  }
  return 0;
}

void LayerMeter::begin_key_picture(Time now) {
  turn(now);
  ++key_pictures_[bucket_];
  last_key_bytes_ = std::exchange(key_bytes_, {});
}

void LayerMeter::on_packet(Time now, std::uint8_t spatial, std::uint8_t temporal, std::size_t bytes,
                           bool frame_start, bool of_key_picture) {
  turn(now);
  std::uint8_t& index = index_[cell_of(spatial, temporal)];
  if (index == 0) {
    index = free_cell(now);
    if (index == 0) return;  // more layers than anybody sends: not measured, not offered
  }
  Cell& cell = cells_[index - 1U];
  cell.bytes[bucket_] += static_cast<std::uint32_t>(bytes);
  if (of_key_picture) {
    cell.key_bytes[bucket_] += static_cast<std::uint32_t>(bytes);
    key_bytes_[layer_of(spatial)] += static_cast<std::uint32_t>(bytes);
  }
  if (frame_start) ++cell.frames[bucket_];
  cell.last = now;
  cell.seen = true;
}

void LayerMeter::on_size(std::uint8_t spatial, std::uint16_t width, std::uint16_t height) {
  const std::size_t layer = std::min<std::uint8_t>(spatial, kSpatialLayers - 1);
  width_[layer] = width;
  height_[layer] = height;
}

template <typename Count>
double LayerMeter::sum(const std::array<Count, kBuckets>& counts, std::size_t most, Time now) const {
  // Buckets that ended before `now` without a packet are empty, though nothing has turned them yet.
  const auto missing = static_cast<std::size_t>(std::max<std::int64_t>(0, (now - bucket_start_) / kBucket));
  double total = 0;
  for (std::size_t back = missing; back < most + 1 && back - missing < kBuckets; ++back) {
    if (back == 0) continue;  // the present one is not full
    const std::size_t at = (bucket_ + 2 * kBuckets - (back - missing)) % kBuckets;
    total += counts[at];
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
  double bytes_one = 0;  // without key pictures
  double frames_one = 0;
  double bytes_five = 0;
  double frames = 0;
  // While a key picture arrives, the one before says how large it is going to be.
  for (std::size_t s = 0; s <= layer; ++s) out.key_bytes += std::max(key_bytes_[s], last_key_bytes_[s]);
  for (std::uint8_t s = independent_ ? spatial : std::uint8_t{0}; s <= spatial; ++s) {
    for (std::uint8_t t = 0; t <= temporal; ++t) {
      const std::uint8_t index = index_[cell_of(s, t)];
      if (index == 0) continue;
      const Cell& cell = cells_[index - 1U];
      const double open = age <= 1 ? cell.bytes[bucket_] : 0;
      bytes_one += sum(cell.bytes, kOneSecond, now) - sum(cell.key_bytes, kOneSecond, now) + open;
      bytes_five += sum(cell.bytes, kBuckets - 1, now) + open;
      if (s != spatial) continue;
      frames_one += sum(cell.frames, kOneSecond, now);
      frames += sum(cell.frames, kBuckets - 1, now) + (age <= 1 ? cell.frames[bucket_] : 0);
    }
  }
  const double others = frames_one - sum(key_pictures_, kOneSecond, now);
  if (others > 0) bytes_one *= frames_one / others;
  constexpr double kPerSecond = 1e6 / static_cast<double>(kBucket.count());
  const double rate = std::max(bytes_one / one, bytes_five / five) * kPerSecond * 8;
  out.bitrate = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rate));
  out.milli_fps = static_cast<std::uint32_t>(frames / five * kPerSecond * 1000);
  return out;
}

}  // namespace weir::sfu
