// What each layer of an encoding costs and gives, as it was measured: bit rate, pictures a second, size.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "sfu/layer.h"

namespace weir::sfu {

class LayerMeter {
 public:
  static constexpr Duration kBucket = std::chrono::milliseconds{250};
  static constexpr std::size_t kBuckets = 20;                            // five seconds
  static constexpr Duration kSilence = std::chrono::milliseconds{1500};  // then a layer is not sent any more

  struct Measured {
    std::uint64_t bitrate = 0;  // bit/s with headers, all layers up to this one; 0: not sent at present
    std::uint32_t milli_fps = 0;
    std::uint16_t width = 0;  // 0: not known
    std::uint16_t height = 0;
    std::uint32_t key_bytes = 0;  // of the latest key picture, up to this spatial layer; 0: none was seen
  };

  /// A key picture of the encoding begins; its packets follow.
  void begin_key_picture(Time now);
  /// A packet of `bytes` with its headers. `frame_start`: the first of a frame of its spatial layer;
  /// `of_key_picture`: of the one that began last.
  void on_packet(Time now, std::uint8_t spatial, std::uint8_t temporal, std::size_t bytes, bool frame_start,
                 bool of_key_picture = false);
  void on_size(std::uint8_t spatial, std::uint16_t width, std::uint16_t height);
  /// The stream says how its layers depend on each other: true, when a spatial layer needs the lower ones
  /// only in key frames, and costs no more than itself.
  void set_independent(bool independent) { independent_ = independent; }
  bool independent() const { return independent_; }

  /// The greater of the means over one and five seconds: what it may cost at any moment. In the shorter one a
  /// key picture counts as any other: they come when somebody asks, and are no sign of what goes on.
  Measured measure(Time now, std::uint8_t spatial, std::uint8_t temporal) const;
  std::uint16_t width(std::uint8_t spatial) const { return width_[layer_of(spatial)]; }
  std::uint16_t height(std::uint8_t spatial) const { return height_[layer_of(spatial)]; }
  /// A packet of exactly this layer came within kSilence.
  bool active(Time now, std::uint8_t spatial, std::uint8_t temporal) const;
  /// Any packet did.
  bool active(Time now) const;

 private:
  struct Cell {
    std::array<std::uint32_t, kBuckets> bytes{};
    std::array<std::uint32_t, kBuckets> key_bytes{};  // of these, in key pictures
    std::array<std::uint16_t, kBuckets> frames{};
    Time last{};
    bool seen = false;
  };
  static constexpr std::size_t layer_of(std::uint8_t spatial) {
    return std::min<std::uint8_t>(spatial, kSpatialLayers - 1);
  }
  static constexpr std::size_t kCells = std::size_t{kSpatialLayers} * kTemporalLayers;

  void turn(Time now);
  std::uint8_t free_cell(Time now);
  /// Full buckets of the latest `most` that the present one allows to count.
  template <typename Count>
  double sum(const std::array<Count, kBuckets>& counts, std::size_t most, Time now) const;

  std::array<std::uint8_t, kCells> index_{};  // cell + 1; 0: never seen
  std::array<Cell, 9> cells_{};               // L3T3 is the most that browsers send
  std::size_t used_ = 0;
  std::array<std::uint16_t, kSpatialLayers> width_{};
  std::array<std::uint16_t, kSpatialLayers> height_{};
  std::array<std::uint16_t, kBuckets> key_pictures_{};
  std::array<std::uint32_t, kSpatialLayers> key_bytes_{};       // of the present key picture
  std::array<std::uint32_t, kSpatialLayers> last_key_bytes_{};  // of the one before
  Time bucket_start_{};
  Time started_{};
  std::size_t bucket_ = 0;
  bool begun_ = false;
  bool independent_ = false;
};

}  // namespace weir::sfu
