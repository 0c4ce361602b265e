// Pictures to which no other refers (H.264: nal_ref_idc is 0), as the upper of two temporal layers: encoders
// of temporal layers that number none, as OpenH264 in browsers, mark those of the uppermost one so.
//
// Each such picture may be left out by itself, and joined again with any: it refers to pictures of the lower
// layer alone. But one that an encoder leaves unreferenced now and then makes no layer. So there is a layer
// once a quarter of the pictures are such ones, until hardly any are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/sequence.h"

namespace weir::sfu {

class ReferencePattern {
 public:
  static constexpr std::size_t kPictures = 32;  // that are remembered
  static constexpr std::size_t kShort = 16;     // among so many there are
  static constexpr std::size_t kEnough = 4;     // that many where there is a layer

  /// A packet came. `unreferenced`: it says that nothing refers to its picture; one that says nothing of it
  /// (parameter sets, a delimiter) makes its picture, when it begins with that, one that others refer to.
  /// True when with it a layer begins.
  bool on_packet(std::uint32_t timestamp, bool unreferenced);
  /// The temporal layer of a packet's picture.
  std::uint8_t temporal_of(std::uint32_t timestamp, bool unreferenced) const;
  bool layered() const { return layered_; }
  void reset() { *this = {}; }

 private:
  struct Picture {
    std::uint32_t timestamp = 0;
    bool unreferenced = false;
  };
  const Picture* find(std::uint32_t timestamp) const;
  std::size_t count(std::size_t latest) const;

  std::array<Picture, kPictures> pictures_{};  // a ring
  std::size_t seen_ = 0;                       // counts up
  bool layered_ = false;
};

inline const ReferencePattern::Picture* ReferencePattern::find(std::uint32_t timestamp) const {
  for (std::size_t back = 1; back <= kPictures && back <= seen_; ++back) {
    const Picture& picture = pictures_[(seen_ - back) % kPictures];
    if (picture.timestamp == timestamp) return &picture;
  }
  return nullptr;
}

/// Of the latest pictures, those to which no other refers.
inline std::size_t ReferencePattern::count(std::size_t latest) const {
  std::size_t found = 0;
  for (std::size_t back = 1; back <= latest && back <= seen_; ++back) {
    if (pictures_[(seen_ - back) % kPictures].unreferenced) ++found;
  }
  return found;
}

inline bool ReferencePattern::on_packet(std::uint32_t timestamp, bool unreferenced) {
  // The picture is what its first packet said; late ones of a picture that nothing came of change nothing.
  if (seen_ != 0 && !is_newer(timestamp, pictures_[(seen_ - 1) % kPictures].timestamp)) return false;
  pictures_[seen_++ % kPictures] = {timestamp, unreferenced};
  if (layered_) {
    layered_ = count(kPictures) >= kEnough;
    return false;
  }
  layered_ = count(kShort) >= kEnough;
  return layered_;
}

inline std::uint8_t ReferencePattern::temporal_of(std::uint32_t timestamp, bool unreferenced) const {
  if (!layered_) return 0;
  const Picture* picture = find(timestamp);
  return (picture != nullptr ? picture->unreferenced : unreferenced) ? 1 : 0;
}

}  // namespace weir::sfu
