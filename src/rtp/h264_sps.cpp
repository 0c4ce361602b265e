// Sequence parameter set, as far as the picture size (ITU-T H.264 section 7.3.2.1.1):
//
//   profile_idc u(8) | constraint flags u(8) | level_idc u(8) | seq_parameter_set_id ue
//   high profiles: chroma_format_idc ue, bit depths, scaling lists
//   log2_max_frame_num ue | picture order count type and its fields | max_num_ref_frames ue | gaps u(1)
//   pic_width_in_mbs_minus1 ue | pic_height_in_map_units_minus1 ue | frame_mbs_only_flag u(1) | ... |
//   cropping
#include "rtp/h264_sps.h"

#include <algorithm>
#include <array>

#include "rtp/bit_reader.h"

namespace weir::rtp {
namespace {

bool has_chroma_fields(std::uint32_t profile) {
  constexpr std::array<std::uint32_t, 13> kHigh{44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244};
  return std::find(kHigh.begin(), kHigh.end(), profile) != kHigh.end();
}

/// Section 7.3.2.1.1.1; the values are of no interest.
void skip_scaling_list(BitReader& reader, int size) {
  std::int64_t last = 8;
  std::int64_t next = 8;
  for (int i = 0; i < size && reader.ok(); ++i) {
    if (next != 0) next = ((last + reader.se()) % 256 + 256) % 256;
    if (next != 0) last = next;
  }
}

/// Returns ChromaArrayType.
std::uint32_t read_chroma_fields(BitReader& reader) {
  const std::uint32_t chroma_format = reader.ue();
  const bool separate_planes = chroma_format == 3 && reader.bit();
  reader.ue();   // bit_depth_luma_minus8
  reader.ue();   // bit_depth_chroma_minus8
  reader.bit();  // qpprime_y_zero_transform_bypass_flag
  if (reader.bit()) {
    for (int i = 0; i < (chroma_format == 3 ? 12 : 8) && reader.ok(); ++i) {
      if (reader.bit()) skip_scaling_list(reader, i < 6 ? 16 : 64);
    }
  }
  return separate_planes ? 0 : chroma_format;
}

void skip_picture_order_count(BitReader& reader) {
  const std::uint32_t type = reader.ue();
  if (type == 0) {
    reader.ue();  // log2_max_pic_order_cnt_lsb_minus4
  } else if (type == 1) {
    reader.bit();  // delta_pic_order_always_zero_flag
    reader.se();   // offset_for_non_ref_pic
    reader.se();   // offset_for_top_to_bottom_field
    const std::uint32_t cycle = reader.ue();
    for (std::uint32_t i = 0; i < cycle && reader.ok(); ++i) reader.se();
  }
}

}  // namespace

std::optional<PictureSize> parse_h264_sps(Bytes nal) {
  if (nal.empty() || (nal[0] & 0x1f) != 7) return std::nullopt;
  const Rbsp rbsp{nal.subspan(1)};
  BitReader reader{rbsp.bytes()};
  const std::uint32_t profile = reader.bits(8);
  reader.bits(16);  // constraint flags, level
  reader.ue();      // seq_parameter_set_id
  const std::uint32_t chroma = has_chroma_fields(profile) ? read_chroma_fields(reader) : 1;
  reader.ue();  // log2_max_frame_num_minus4
  skip_picture_order_count(reader);
  reader.ue();   // max_num_ref_frames
  reader.bit();  // gaps_in_frame_num_value_allowed_flag
  const std::uint32_t width_mbs = reader.ue();
  const std::uint32_t height_units = reader.ue();
  const std::uint32_t frame_mbs_only = reader.bits(1);
  if (frame_mbs_only == 0) reader.bit();  // mb_adaptive_frame_field_flag
  reader.bit();                           // direct_8x8_inference_flag
  std::uint64_t crop_x = 0;
  std::uint64_t crop_y = 0;
  if (reader.bit()) {
    crop_x = std::uint64_t{reader.ue()} + reader.ue();
    crop_y = std::uint64_t{reader.ue()} + reader.ue();
  }
  if (!reader.ok() || width_mbs >= kMaxSide / 16 || height_units >= kMaxSide / 16) return std::nullopt;
  const std::uint64_t width = (width_mbs + 1U) * 16U;
  const std::uint64_t height = (height_units + 1U) * 16U * (2 - frame_mbs_only);
  // Cropping counts chroma samples (table 6-1), and pairs of lines in field pictures.
  crop_x *= chroma == 1 || chroma == 2 ? 2 : 1;
  crop_y *= (chroma == 1 ? 2U : 1U) * (2 - frame_mbs_only);
  if (crop_x >= width || crop_y >= height || height > kMaxSide) return std::nullopt;
  return PictureSize{static_cast<std::uint16_t>(width - crop_x), static_cast<std::uint16_t>(height - crop_y)};
}

}  // namespace weir::rtp
