// Dependency descriptor (RTP payload format for AV1, appendix A), which tells of a frame's layers and
// dependencies beside the payload, so also beside an encrypted one and for every codec.
//
//   |S|E| template id (6) | frame number (16) |                        all that most packets carry
//   |T|A|D|F|C|  a structure, active targets, own indications, own frame diffs, own chain diffs follow
//   T: template_id_offset (6) | dt_cnt_minus_one (5) | layers | indications | fdiffs | chains | resolutions
//   A: one bit for each decode target    D, F, C: as in the templates, for this frame alone
//   (sections A.8.2 and A.8.3; bits high to low, filled up with zeros)
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "rtp/payload.h"
#include "rtp/picture_size.h"

namespace weir::rtp {

inline constexpr std::size_t kMaxTemplates = 64;
inline constexpr std::size_t kMaxDecodeTargets = 32;
inline constexpr std::size_t kMaxChains = 32;
inline constexpr std::size_t kMaxFrameDiffs = 16;  // the specification sets none; AV1 has 7 references
inline constexpr std::size_t kMaxDescriptorSpatialLayers = 4;
inline constexpr std::size_t kMaxDescriptorTemporalLayers = 8;

/// What a frame is to a decode target (table A.1).
enum class Indication : std::uint8_t { not_present, discardable, switching, required };

/// What a template holds for many frames, and a descriptor for one.
struct FrameDependencies {
  std::uint8_t spatial = 0;
  std::uint8_t temporal = 0;
  std::uint8_t frame_diff_count = 0;
  std::array<std::uint16_t, kMaxFrameDiffs> frame_diffs{};  // frame numbers back to what it refers to
  std::array<Indication, kMaxDecodeTargets> indications{};  // for each decode target
  std::array<std::uint8_t, kMaxChains> chain_diffs{};  // back to the frame before it in each chain, 0: none

  bool operator==(const FrameDependencies&) const = default;
};

/// The template dependency structure of a coded video sequence.
struct DependencyStructure {
  std::uint8_t template_id_offset = 0;
  std::uint8_t decode_targets = 0;
  std::uint8_t chains = 0;
  std::uint8_t spatial_layers = 0;
  std::uint8_t temporal_layers = 0;
  bool sized = false;                                          // resolutions are given
  std::array<std::uint8_t, kMaxDecodeTargets> protected_by{};  // the chain of each decode target
  std::array<std::uint8_t, kMaxDecodeTargets> target_spatial{};
  std::array<std::uint8_t, kMaxDecodeTargets> target_temporal{};
  std::array<PictureSize, kMaxDescriptorSpatialLayers> resolutions{};
  std::vector<FrameDependencies> templates;

  /// All decode targets, as a mask.
  std::uint32_t all_targets() const { return UINT32_MAX >> (kMaxDecodeTargets - decode_targets); }
};

struct DependencyDescriptor {
  bool start_of_frame = false;
  bool end_of_frame = false;
  std::uint8_t template_id = 0;
  std::uint16_t frame_number = 0;
  FrameDependencies frame;
  std::shared_ptr<const DependencyStructure> structure;  // when one came along
  std::optional<std::uint32_t> active_targets;           // bit i: decode target i is produced
  // Where the parts lie that are not rewritten, in bits.
  bool extended = false;
  std::uint16_t structure_end = 0;
  std::uint16_t custom_begin = 0;
  std::uint16_t custom_end = 0;
};

/// `current` is the latest structure that came along on this stream. Nothing when the descriptor is malformed
/// or its template is not known, as happens after the packet with a structure was lost.
std::optional<DependencyDescriptor> parse_dependency_descriptor(Bytes extension,
                                                                const DependencyStructure* current);

/// The same facts that a payload in the clear would tell. `structure` is the one the descriptor was read
/// with. Frame diffs tell frames of the same picture from earlier ones when every picture has all spatial
/// layers up to the frame's; what an encoder leaves out makes an earlier picture look like the same one.
PayloadFacts facts_of(const DependencyDescriptor& descriptor, const DependencyStructure& structure);

/// The decode targets of a receiver that gets the temporal layers up to `temporal` of the spatial layers in
/// `spatial` (bit s), as a mask.
std::uint32_t targets_of(const DependencyStructure& structure, std::uint8_t spatial, std::uint8_t temporal);

/// Writes another frame number and moves all template ids, those of a structure included, in the same bytes.
void rewrite_dependency_descriptor(MutableBytes extension, std::uint16_t frame_number,
                                   std::uint8_t template_shift);

/// Longest that write_dependency_descriptor() makes of a descriptor of `size` bytes.
constexpr std::size_t longest_rewrite(std::size_t size) {
  return size + 1 + kMaxDecodeTargets / 8;
}

/// The same with another set of active decode targets, which must be told when it changes (section A.4) and
/// takes room. `extension` is what `descriptor` was read from, `targets` their number in the structure.
/// Returns the size, 0 when `out` is too small or the descriptor was not read from these bytes.
std::size_t write_dependency_descriptor(MutableBytes out, Bytes extension,
                                        const DependencyDescriptor& descriptor, std::uint16_t frame_number,
                                        std::uint8_t template_shift, std::uint8_t targets,
                                        std::uint32_t active_targets);

}  // namespace weir::rtp
