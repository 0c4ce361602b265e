// Sequence header OBU, as far as the picture size (AV1 section 5.5.1):
//
//   seq_profile (3) | still_picture (1) | reduced_still_picture_header (1)
//   reduced: seq_level_idx (5)
//   else: timing_info_present_flag (1), timing_info, decoder_model_info_present_flag (1), decoder_model_info
//         initial_display_delay_present_flag (1) | operating_points_cnt_minus_1 (5) | operating points
//   frame_width_bits_minus_1 (4) | frame_height_bits_minus_1 (4)
//   max_frame_width_minus_1 (n) | max_frame_height_minus_1 (n)
#include "rtp/av1_sequence_header.h"

#include "rtp/bit_reader.h"

namespace weir::rtp {
namespace {

/// What the operating points' layout depends on.
struct DecoderModel {
  bool present = false;
  unsigned buffer_delay_bits = 0;
};

/// timing_info() and decoder_model_info(), sections 5.5.3 and 5.5.4.
DecoderModel read_timing(BitReader& reader) {
  DecoderModel model;
  if (!reader.bit()) return model;
  reader.skip(64);                // num_units_in_display_tick, time_scale
  if (reader.bit()) reader.ue();  // equal_picture_interval, num_ticks_per_picture_minus_1 as uvlc()
  model.present = reader.bit();
  if (!model.present) return model;
  model.buffer_delay_bits = reader.bits(5) + 1;
  reader.skip(32 + 5 + 5);  // num_units_in_decoding_tick, two more lengths
  return model;
}

void skip_operating_points(BitReader& reader, const DecoderModel& model) {
  const bool delay_present = reader.bit();
  const std::uint32_t points = reader.bits(5) + 1;
  for (std::uint32_t i = 0; i < points && reader.ok(); ++i) {
    reader.skip(12);                         // operating_point_idc
    if (reader.bits(5) > 7) reader.skip(1);  // seq_level_idx, seq_tier
    if (model.present && reader.bit()) reader.skip(std::size_t{2} * model.buffer_delay_bits + 1);
    if (delay_present && reader.bit()) reader.skip(4);
  }
}

}  // namespace

std::optional<PictureSize> parse_av1_sequence_header(Bytes body) {
  BitReader reader{body};
  reader.skip(3 + 1);
  if (reader.bit()) {
    reader.skip(5);
  } else {
    const DecoderModel model = read_timing(reader);
    skip_operating_points(reader, model);
  }
  const unsigned width_bits = reader.bits(4) + 1;
  const unsigned height_bits = reader.bits(4) + 1;
  const std::uint32_t width = reader.bits(width_bits) + 1;
  const std::uint32_t height = reader.bits(height_bits) + 1;
  if (!reader.ok() || width > kMaxSide || height > kMaxSide) return std::nullopt;
  return PictureSize{static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height)};
}

}  // namespace weir::rtp
