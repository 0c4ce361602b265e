#include "sfu/demand.h"

#include <algorithm>

namespace weir::sfu {

namespace {

template <typename Visit>
void for_each_place(LayerMask mask, Visit&& visit) {
  for (std::size_t place = 0; mask != 0; ++place, mask >>= 1U) {
    if ((mask & 1U) != 0) visit(place);
  }
}

}  // namespace

std::optional<LayerMask> Demand::update(Time now, LayerMask exists, LayerMask wanted) {
  wanted &= exists;
  for_each_place(exists & ~wanted & (wanted_ | ~exists_),
                 [&](std::size_t place) { unwanted_since_[place] = now; });
  exists_ = exists;
  wanted_ = wanted;
  LayerMask next = told_ | wanted;
  for_each_place(exists & told_ & ~wanted, [&](std::size_t place) {
    if (now - unwanted_since_[place] >= kPatience) next &= ~(LayerMask{1} << place);
  });
  if (next == told_ || now < next_telling_) return std::nullopt;
  for_each_place(next & ~told_, [&](std::size_t place) { asked_back_[place] = now; });
  told_ = next;
  next_telling_ = now + kInterval;
  return told_ & exists;
}

Time Demand::deadline() const {
  if ((wanted_ & ~told_) != 0) return next_telling_;
  Time at = kNever;
  for_each_place(exists_ & told_ & ~wanted_, [&](std::size_t place) {
    at = std::min(at, std::max(unwanted_since_[place] + kPatience, next_telling_));
  });
  return at;
}

}  // namespace weir::sfu
