// The first byte chooses the codec, the others are a frame marking: its layers are within their limits, and a
// shifted one differs in its index alone.
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "rtp/frame_marking.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::Codec;
  if (size == 0) return 0;
  constexpr Codec kCodecs[] = {Codec::h264, Codec::h265, Codec::vp8, Codec::vp9, Codec::av1, Codec::none};
  const Codec codec = kCodecs[data[0] % std::size(kCodecs)];
  std::vector<std::uint8_t> bytes(data + 1, data + size);
  const auto marking = weir::rtp::parse_frame_marking(bytes);
  require(marking.has_value() == (!bytes.empty() && bytes.size() <= weir::rtp::kMaxFrameMarking));
  if (!marking) return 0;
  const auto facts = weir::rtp::facts_of(*marking, codec);
  require(facts.spatial < 8 && facts.temporal < 8 && facts.switch_to < 8);
  require(!facts.key_frame || (facts.frame_start && !facts.inter_picture && facts.spatial == 0));
  require(facts.layered || (facts.spatial == 0 && facts.temporal == 0));
  weir::rtp::shift_frame_marking(bytes, data[0]);
  const auto shifted = weir::rtp::parse_frame_marking(bytes);
  require(shifted && shifted->layer_id == marking->layer_id && shifted->temporal == marking->temporal);
  if (marking->tl0_picture_index) {
    require(shifted->tl0_picture_index == static_cast<std::uint8_t>(*marking->tl0_picture_index + data[0]));
  }
  return 0;
}
