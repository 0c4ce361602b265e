// Sequence parameter set, as far as the picture size (ITU-T H.265 section 7.3.2.2.1):
//
//   sps_video_parameter_set_id u(4) | sps_max_sub_layers_minus1 u(3) | sps_temporal_id_nesting_flag u(1)
//   profile_tier_level: general 88 + 8 bits | presence flags of sub-layers 2 x 8 bits, if any | sub-layers
//   sps_seq_parameter_set_id ue | chroma_format_idc ue | separate_colour_plane_flag u(1), for 3
//   pic_width_in_luma_samples ue | pic_height_in_luma_samples ue
//   conformance_window_flag u(1) | left ue | right ue | top ue | bottom ue
#include "rtp/h265_sps.h"

#include <array>

#include "rtp/bit_reader.h"

namespace weir::rtp {
namespace {

constexpr std::uint8_t kSps = 33;
constexpr std::size_t kProfileBits = 88;
constexpr std::size_t kLevelBits = 8;

/// Section 7.3.3; nothing of it is needed.
void skip_profile_tier_level(BitReader& reader, std::uint32_t sub_layers_minus1) {
  reader.skip(kProfileBits + kLevelBits);
  std::array<bool, 7> profile_present{};
  std::array<bool, 7> level_present{};
  for (std::size_t i = 0; i < sub_layers_minus1; ++i) {
    profile_present[i] = reader.bit();
    level_present[i] = reader.bit();
  }
  if (sub_layers_minus1 > 0) reader.skip(2 * (8 - sub_layers_minus1));
  for (std::size_t i = 0; i < sub_layers_minus1; ++i) {
    if (profile_present[i]) reader.skip(kProfileBits);
    if (level_present[i]) reader.skip(kLevelBits);
  }
}

}  // namespace

std::optional<PictureSize> parse_h265_sps(Bytes nal) {
  if (nal.size() < 2 || ((nal[0] >> 1) & 0x3f) != kSps) return std::nullopt;
  const Rbsp rbsp{nal.subspan(2)};
  BitReader reader{rbsp.bytes()};
  reader.skip(4);
  const std::uint32_t sub_layers_minus1 = reader.bits(3);
  reader.skip(1);
  if (sub_layers_minus1 > 6) return std::nullopt;
  skip_profile_tier_level(reader, sub_layers_minus1);
  reader.ue();
  const std::uint32_t chroma = reader.ue();
  if (chroma > 3) return std::nullopt;
  if (chroma == 3) reader.skip(1);
  const std::uint64_t width = reader.ue();
  const std::uint64_t height = reader.ue();
  std::uint64_t crop_x = 0;
  std::uint64_t crop_y = 0;
  if (reader.bit()) {
    crop_x = std::uint64_t{reader.ue()} + reader.ue();
    crop_y = std::uint64_t{reader.ue()} + reader.ue();
  }
  // The window counts chroma samples (table 6-1).
  if (chroma == 1 || chroma == 2) crop_x *= 2;
  if (chroma == 1) crop_y *= 2;
  if (!reader.ok() || width > kMaxSide || height > kMaxSide || crop_x >= width || crop_y >= height) {
    return std::nullopt;
  }
  return PictureSize{static_cast<std::uint16_t>(width - crop_x), static_cast<std::uint16_t>(height - crop_y)};
}

}  // namespace weir::rtp
