#include "rtp/dependency_descriptor.h"

#include <algorithm>

#include "rtp/bit_reader.h"

namespace weir::rtp {
namespace {

constexpr std::size_t kMandatory = 3;
constexpr std::size_t kLongest = 255;  // of a two-byte header extension element

/// template_layers(): the layers of one template after another.
bool read_layers(BitReader& reader, DependencyStructure& s) {
  FrameDependencies at;
  for (std::uint32_t next = 0; next != 3;) {
    if (s.templates.size() == kMaxTemplates) return false;
    s.templates.push_back(at);
    s.temporal_layers = std::max<std::uint8_t>(s.temporal_layers, static_cast<std::uint8_t>(at.temporal + 1));
    next = reader.bits(2);
    if (!reader.ok()) return false;
    if (next == 1) {
      ++at.temporal;
    } else if (next == 2) {
      at.temporal = 0;
      ++at.spatial;
    }
    if (at.temporal == kMaxDescriptorTemporalLayers || at.spatial == kMaxDescriptorSpatialLayers)
      return false;
  }
  s.spatial_layers = static_cast<std::uint8_t>(at.spatial + 1);
  return true;
}

void read_indications(BitReader& reader, std::uint8_t targets, FrameDependencies& frame) {
  for (std::size_t i = 0; i < targets; ++i) frame.indications[i] = static_cast<Indication>(reader.bits(2));
}

/// fdiffs of a template: a bit that another follows, then four bits.
bool read_template_diffs(BitReader& reader, FrameDependencies& frame) {
  while (reader.bit()) {
    if (frame.frame_diff_count == kMaxFrameDiffs) return false;
    frame.frame_diffs[frame.frame_diff_count++] = static_cast<std::uint16_t>(reader.bits(4) + 1);
  }
  return true;
}

/// fdiffs of a frame: the size in four bits, 0 ends the list.
bool read_frame_diffs(BitReader& reader, FrameDependencies& frame) {
  frame.frame_diff_count = 0;
  frame.frame_diffs = {};
  while (const std::uint32_t size = reader.bits(2)) {
    if (frame.frame_diff_count == kMaxFrameDiffs) return false;
    frame.frame_diffs[frame.frame_diff_count++] = static_cast<std::uint16_t>(reader.bits(4 * size) + 1);
  }
  return true;
}

void read_chains(BitReader& reader, DependencyStructure& s) {
  s.chains = static_cast<std::uint8_t>(reader.ns(s.decode_targets + 1U));
  if (s.chains == 0) return;
  for (std::size_t i = 0; i < s.decode_targets; ++i)
    s.protected_by[i] = static_cast<std::uint8_t>(reader.ns(s.chains));
  for (FrameDependencies& frame : s.templates) {
    for (std::size_t i = 0; i < s.chains; ++i)
      frame.chain_diffs[i] = static_cast<std::uint8_t>(reader.bits(4));
  }
}

/// decode_target_layers(): a target has the highest layers of what belongs to it.
void derive_target_layers(DependencyStructure& s) {
  for (const FrameDependencies& frame : s.templates) {
    for (std::size_t i = 0; i < s.decode_targets; ++i) {
      if (frame.indications[i] == Indication::not_present) continue;
      s.target_spatial[i] = std::max(s.target_spatial[i], frame.spatial);
      s.target_temporal[i] = std::max(s.target_temporal[i], frame.temporal);
    }
  }
}

bool read_resolutions(BitReader& reader, DependencyStructure& s) {
  s.sized = reader.bit();
  if (!s.sized) return true;
  for (std::size_t i = 0; i < s.spatial_layers; ++i) {
    const std::uint32_t width = reader.bits(16) + 1;
    const std::uint32_t height = reader.bits(16) + 1;
    if (width > UINT16_MAX || height > UINT16_MAX) return false;
    s.resolutions[i] = {static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height)};
  }
  return true;
}

/// template_dependency_structure().
std::shared_ptr<const DependencyStructure> read_structure(BitReader& reader) {
  auto s = std::make_shared<DependencyStructure>();
  s->template_id_offset = static_cast<std::uint8_t>(reader.bits(6));
  s->decode_targets = static_cast<std::uint8_t>(reader.bits(5) + 1);
  if (!read_layers(reader, *s)) return nullptr;
  for (FrameDependencies& frame : s->templates) read_indications(reader, s->decode_targets, frame);
  for (FrameDependencies& frame : s->templates) {
    if (!read_template_diffs(reader, frame)) return nullptr;
  }
  read_chains(reader, *s);
  derive_target_layers(*s);
  if (!read_resolutions(reader, *s) || !reader.ok()) return nullptr;
  return s;
}

struct Flags {
  bool structure = false;
  bool active_targets = false;
  bool indications = false;
  bool frame_diffs = false;
  bool chains = false;
};

Flags read_flags(BitReader& reader) {
  Flags flags;
  flags.structure = reader.bit();
  flags.active_targets = reader.bit();
  flags.indications = reader.bit();
  flags.frame_diffs = reader.bit();
  flags.chains = reader.bit();
  return flags;
}

/// frame_dependency_definition(). False when the template is not one of the structure's.
bool read_frame(BitReader& reader, const Flags& flags, const DependencyStructure& s,
                DependencyDescriptor& d) {
  const std::size_t index = (d.template_id + 64U - s.template_id_offset) % 64U;
  if (index >= s.templates.size()) return false;
  d.frame = s.templates[index];
  if (flags.indications) read_indications(reader, s.decode_targets, d.frame);
  if (flags.frame_diffs && !read_frame_diffs(reader, d.frame)) return false;
  if (flags.chains) {
    for (std::size_t i = 0; i < s.chains; ++i)
      d.frame.chain_diffs[i] = static_cast<std::uint8_t>(reader.bits(8));
  }
  return true;
}

}  // namespace

std::optional<DependencyDescriptor> parse_dependency_descriptor(Bytes extension,
                                                                const DependencyStructure* current) {
  if (extension.size() < kMandatory || extension.size() > kLongest) return std::nullopt;
  BitReader reader{extension};
  const auto at = [&] { return static_cast<std::uint16_t>(extension.size() * 8 - reader.remaining()); };
  DependencyDescriptor d;
  d.start_of_frame = reader.bit();
  d.end_of_frame = reader.bit();
  d.template_id = static_cast<std::uint8_t>(reader.bits(6));
  d.frame_number = static_cast<std::uint16_t>(reader.bits(16));
  d.extended = extension.size() > kMandatory;
  Flags flags;
  if (d.extended) flags = read_flags(reader);
  if (flags.structure) {
    d.structure = read_structure(reader);
    if (!d.structure) return std::nullopt;
    current = d.structure.get();
    d.active_targets = d.structure->all_targets();
  }
  if (current == nullptr) return std::nullopt;
  d.structure_end = at();
  if (flags.active_targets) d.active_targets = reader.bits(current->decode_targets);
  d.custom_begin = at();
  if (!read_frame(reader, flags, *current, d) || !reader.ok()) return std::nullopt;
  d.custom_end = at();
  return d;
}

namespace {

/// Of each spatial layer, whether its decode targets have the frame. A layer that is no target's highest
/// needs what lies below it.
std::uint8_t needed_by(const FrameDependencies& frame, const DependencyStructure& structure) {
  unsigned needed = 0;
  unsigned targeted = 0;
  for (std::size_t i = 0; i < structure.decode_targets; ++i) {
    const unsigned layer = 1U << structure.target_spatial[i];
    targeted |= layer;
    if (frame.indications[i] != Indication::not_present) needed |= layer;
  }
  return static_cast<std::uint8_t>(needed | (~targeted & (0xffU << frame.spatial)));
}

}  // namespace

std::uint32_t targets_of(const DependencyStructure& structure, std::uint8_t spatial, std::uint8_t temporal) {
  std::uint32_t targets = 0;
  for (std::size_t i = 0; i < structure.decode_targets; ++i) {
    const bool layer = ((spatial >> structure.target_spatial[i]) & 1U) != 0;
    if (layer && structure.target_temporal[i] <= temporal) targets |= 1U << i;
  }
  return targets;
}

PayloadFacts facts_of(const DependencyDescriptor& descriptor, const DependencyStructure& structure) {
  const FrameDependencies& frame = descriptor.frame;
  PayloadFacts facts;
  facts.frame_start = descriptor.start_of_frame;
  facts.frame_end = descriptor.end_of_frame;
  facts.layered = true;
  facts.spatial = frame.spatial;
  facts.temporal = frame.temporal;
  // A structure comes with the first packet of a coded video sequence only (section A.8.3).
  facts.key_frame = descriptor.start_of_frame && descriptor.structure && frame.frame_diff_count == 0;
  facts.inter_picture = false;
  for (std::size_t i = 0; i < frame.frame_diff_count; ++i) {
    (frame.frame_diffs[i] <= frame.spatial ? facts.inter_layer : facts.inter_picture) = true;
    facts.reach = std::max(facts.reach, frame.frame_diffs[i]);
  }
  facts.needed = needed_by(frame, structure);
  facts.non_reference = true;
  for (std::size_t i = 0; i < structure.decode_targets; ++i) {
    if (frame.indications[i] >= Indication::switching) facts.non_reference = false;
    if (frame.indications[i] != Indication::switching) continue;
    // All later frames of this target can be decoded when this one can.
    facts.temporal_switch |= structure.target_temporal[i] >= frame.temporal;
    facts.switch_to = std::max(facts.switch_to, structure.target_temporal[i]);
    if (structure.target_spatial[i] == frame.spatial) {
      facts.opens = std::max(facts.opens, static_cast<std::uint8_t>(structure.target_temporal[i] + 1));
    }
  }
  if (facts.key_frame) facts.switch_to = kMaxTemporalLayer;
  if (facts.key_frame && structure.sized) {
    for (const PictureSize& size : structure.resolutions) {
      facts.width = std::max(facts.width, size.width);
      facts.height = std::max(facts.height, size.height);
    }
  }
  return facts;
}

}  // namespace weir::rtp
