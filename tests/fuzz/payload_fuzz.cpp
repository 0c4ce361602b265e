// The first byte chooses the codec, the others are a payload; then the same bytes are a frame to split.
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "rtp/av1_frames.h"
#include "rtp/av1_sequence_header.h"
#include "rtp/h264_sps.h"
#include "rtp/h265_frames.h"
#include "rtp/h265_sps.h"
#include "rtp/packetizer.h"
#include "rtp/payload.h"

using weir::Bytes;
using weir::Codec;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_vp8(Bytes payload) {
  const auto descriptor = weir::rtp::parse_vp8_descriptor(payload);
  if (!descriptor) return;
  require(descriptor->size <= payload.size());
  std::vector<std::uint8_t> copy(payload.begin(), payload.end());
  weir::rtp::rewrite_vp8_descriptor(copy, *descriptor, 0x55, 0x66);
  const auto again = weir::rtp::parse_vp8_descriptor(copy);
  require(again && again->size == descriptor->size);
  if (descriptor->picture_id) require(again->picture_id == 0x55);
  if (descriptor->tl0_picture_index) require(again->tl0_picture_index == 0x66);
}

void check_vp9(Bytes payload) {
  const auto descriptor = weir::rtp::parse_vp9_descriptor(payload);
  if (!descriptor) return;
  require(descriptor->size <= payload.size());
  std::vector<std::uint8_t> copy(payload.begin(), payload.end());
  weir::rtp::rewrite_vp9_descriptor(copy, *descriptor, 0x55, 0x66);
  const auto again = weir::rtp::parse_vp9_descriptor(copy);
  require(again && again->size == descriptor->size && again->temporal == descriptor->temporal);
  if (descriptor->picture_id) require(again->picture_id == 0x55);
  if (descriptor->tl0_picture_index) require(again->tl0_picture_index == 0x66);
}

/// What was split makes a frame again, and that the same frame, as a reader gets it.
void check_joined(Codec codec, const std::vector<weir::rtp::Packetizer::Payload>& payloads) {
  if (codec != Codec::h265 && codec != Codec::av1) return;
  const auto join = [&](const std::vector<weir::rtp::Packetizer::Payload>& parts) {
    weir::rtp::AssembledFrame frame;
    weir::rtp::Av1Joiner joiner;
    bool in_fragments = false;
    for (const auto& part : parts) {
      require(codec == Codec::av1 ? joiner.add(part.bytes)
                                  : weir::rtp::append_h265(frame, part.bytes, in_fragments));
    }
    require(!in_fragments && (codec != Codec::av1 || joiner.finish(frame)));
    return frame.bytes;
  };
  if (payloads.empty()) return;
  const auto once = join(payloads);
  const auto again = weir::rtp::Packetizer{codec, 100}.split(once);
  require(!again.empty() && again.back().marker && join(again) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr Codec kCodecs[] = {Codec::vp8, Codec::h264, Codec::opus, Codec::none,
                               Codec::vp9, Codec::h265, Codec::av1};
  const Codec codec = kCodecs[data[0] % std::size(kCodecs)];
  const Bytes bytes{data + 1, size - 1};
  weir::rtp::parse_payload(codec, bytes);
  weir::rtp::parse_h264_sps(bytes);
  weir::rtp::parse_h265_sps(bytes);
  weir::rtp::parse_av1_sequence_header(bytes);
  if (codec == Codec::vp8) check_vp8(bytes);
  if (codec == Codec::vp9) check_vp9(bytes);

  const std::size_t largest = 1 + data[0] / std::size(kCodecs);
  const auto payloads = weir::rtp::Packetizer{codec, largest}.split(bytes);
  for (const auto& payload : payloads) {
    require(!payload.bytes.empty() && payload.bytes.size() <= largest);
    require(weir::rtp::parse_payload(codec, payload.bytes).has_value());
  }
  check_joined(codec, payloads);
  return 0;
}
