#include "rtp/dependency_descriptor.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "support/shared_data.h"
#include "unit/rtp/bits.h"
#include "unit/rtp/descriptors.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::BitWriter;
using test::Buffer;
using test::hex;

DependencyDescriptor parsed(std::string_view text, const DependencyStructure* current = nullptr) {
  const auto descriptor = parse_dependency_descriptor(hex(text), current);
  REQUIRE(descriptor);
  return *descriptor;
}

/// Indications as the specification draws them.
std::string letters(const FrameDependencies& frame, const DependencyStructure& structure) {
  std::string text;
  for (std::size_t i = 0; i < structure.decode_targets; ++i)
    text += "-DSR"[static_cast<std::size_t>(frame.indications[i])];
  return text;
}

std::vector<int> diffs(const FrameDependencies& frame) {
  return {frame.frame_diffs.begin(), frame.frame_diffs.begin() + frame.frame_diff_count};
}

/// The head of a descriptor with a structure, to be continued with layers.
BitWriter with_structure(std::uint32_t targets) {
  BitWriter w;
  w.bits(0x80, 8).bits(1, 16).bits(0x10, 5).bits(0, 6).bits(targets - 1, 5);
  return w;
}

}  // namespace

TEST_CASE("a structure of one spatial and three temporal layers") {
  const auto d = parsed(test::kDescriptorL1T3);
  CHECK(d.start_of_frame);
  CHECK_FALSE(d.end_of_frame);
  CHECK(d.frame_number == 1);
  CHECK(d.template_id == 0);
  REQUIRE(d.structure);
  const DependencyStructure& s = *d.structure;
  CHECK(s.decode_targets == 3);
  CHECK(s.chains == 1);
  CHECK(s.spatial_layers == 1);
  CHECK(s.temporal_layers == 3);
  CHECK(s.sized);
  CHECK(s.resolutions[0] == PictureSize{480, 270});
  CHECK(d.active_targets == 7U);
  REQUIRE(s.templates.size() == 5);
  CHECK(letters(s.templates[0], s) == "SSS");
  CHECK(letters(s.templates[2], s) == "-DS");
  CHECK(letters(s.templates[4], s) == "--D");
  CHECK(diffs(s.templates[0]).empty());
  CHECK(diffs(s.templates[1]) == std::vector<int>{4});
  CHECK(s.templates[4].chain_diffs[0] == 3);
  for (std::uint8_t i = 0; i < 3; ++i) CHECK(s.target_temporal[i] == i);
}

TEST_CASE("a structure of three spatial and three temporal layers") {
  const auto d = parsed(test::kDescriptorL3T3);
  REQUIRE(d.structure);
  const DependencyStructure& s = *d.structure;
  CHECK(d.frame_number == 308);
  CHECK(d.end_of_frame);
  CHECK(s.template_id_offset == 15);
  CHECK(d.template_id == 16);
  CHECK(s.decode_targets == 9);
  CHECK(s.all_targets() == 0x1ff);
  CHECK(s.chains == 3);
  CHECK(s.templates.size() == 15);
  CHECK(letters(d.frame, s) == "SSSSSSSSS");
  CHECK(letters(s.templates[5], s) == "---SSSRRR");
  CHECK(diffs(s.templates[5]) == std::vector<int>{12, 1});
  CHECK(s.templates[14].chain_diffs[1] == 10);
  for (std::uint8_t i = 0; i < 9; ++i) {
    CHECK(s.target_spatial[i] == i / 3);
    CHECK(s.target_temporal[i] == i % 3);
    CHECK(s.protected_by[i] == i / 3);
  }
  CHECK(s.resolutions[2] == PictureSize{1280, 720});

  // What follows names a template of it; a mask says which targets are left.
  const auto next = parsed("d10146401c", &s);
  CHECK_FALSE(next.structure);
  CHECK(next.frame_number == 326);
  CHECK(next.frame.temporal == 1);
  CHECK(next.active_targets == 7U);
  CHECK_FALSE(parsed("d00146", &s).active_targets);
  CHECK(parsed("4f0147", &s).end_of_frame);
}

TEST_CASE("a frame may have indications, frame diffs and chain diffs of its own") {
  const auto key = parsed(test::kDescriptorL3T3Key);
  const auto d = parsed("d103ce581d30100000", key.structure.get());
  CHECK(d.frame_number == 974);
  CHECK(d.active_targets == 7U);
  CHECK(letters(d.frame, *key.structure) == "-DS------");
  CHECK(diffs(d.frame) == std::vector<int>{4});
  CHECK(d.frame.chain_diffs[0] == 4);
  CHECK(d.frame.chain_diffs[1] == 0);

  // Flags D, F and C; nine indications, a diff of each size, the end, three chains.
  BitWriter w;
  w.bits(0x8f, 8).bits(7, 16).bits(0x07, 5);
  for (int i = 0; i < 9; ++i) w.bits(3, 2);
  w.bits(1, 2).bits(15, 4).bits(2, 2).bits(200, 8).bits(3, 2).bits(4095, 12).bits(0, 2);
  w.bits(255, 8).bits(0, 8).bits(1, 8);
  const auto own = parse_dependency_descriptor(w.bytes(), key.structure.get());
  REQUIRE(own);
  CHECK(letters(own->frame, *key.structure) == "RRRRRRRRR");
  CHECK(diffs(own->frame) == std::vector<int>{16, 201, 4096});
  CHECK(own->frame.chain_diffs[0] == 255);
  CHECK(own->frame.chain_diffs[2] == 1);
  for (std::size_t size = 0; size < w.bytes().size(); ++size) {
    CAPTURE(size);
    if (size != 3)
      CHECK_FALSE(parse_dependency_descriptor(Bytes{w.bytes()}.first(size), key.structure.get()));
  }
}

TEST_CASE("without its structure a descriptor tells nothing") {
  CHECK_FALSE(parse_dependency_descriptor(hex("d00146"), nullptr));
  const auto key = parsed(test::kDescriptorL3T3);  // templates 15 to 29
  CHECK_FALSE(parse_dependency_descriptor(hex("8e0146"), key.structure.get()));
  CHECK(parse_dependency_descriptor(hex("8f0146"), key.structure.get()));
  CHECK(parse_dependency_descriptor(hex("9d0146"), key.structure.get()));
  CHECK_FALSE(parse_dependency_descriptor(hex("9e0146"), key.structure.get()));
}

TEST_CASE("a descriptor cut anywhere is refused") {
  for (const char* text : {test::kDescriptorL1T1, test::kDescriptorL3T3, test::kDescriptorL3T3Key,
                           test::kDescriptorL2T2KeyShift, test::kDescriptorNoChains}) {
    const Buffer whole = hex(text);
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
      CAPTURE(size);
      CHECK_FALSE(parse_dependency_descriptor(Bytes{whole}.first(size), nullptr));
    }
    CHECK(parse_dependency_descriptor(whole, nullptr));
  }
}

TEST_CASE("structures at and beyond the limits") {
  // 64 templates of one layer, one target, no diffs, no chains, no sizes; the descriptor's is the first.
  const auto templates = [](unsigned count) {
    BitWriter w = with_structure(1);
    for (unsigned i = 1; i < count; ++i) w.bits(0, 2);
    w.bits(3, 2);
    w.zeros(2 * count).zeros(count).zeros(1).zeros(1);
    return parse_dependency_descriptor(w.bytes(), nullptr);
  };
  REQUIRE(templates(64));
  CHECK(templates(64)->structure->templates.size() == 64);
  CHECK_FALSE(templates(65));

  const auto layers = [](unsigned count, std::uint32_t next) {
    BitWriter w = with_structure(1);
    for (unsigned i = 1; i < count; ++i) w.bits(next, 2);
    w.bits(3, 2).zeros(3 * count + 2);
    return parse_dependency_descriptor(w.bytes(), nullptr).has_value();
  };
  CHECK(layers(8, 1));
  CHECK_FALSE(layers(9, 1));
  CHECK(layers(4, 2));
  CHECK_FALSE(layers(5, 2));

  const auto targets = [](unsigned count) {
    BitWriter w = with_structure(count);
    w.bits(3, 2).zeros(2 * count).zeros(1).bits(count == 32 ? 63 : 3, count == 32 ? 6 : 2);  // as many chains
    for (unsigned i = 0; i < count; ++i) w.bits(31, 5);
    return w.zeros(4 * count + 1).bytes();
  };
  const auto most = parse_dependency_descriptor(targets(32), nullptr);
  REQUIRE(most);
  CHECK(most->structure->decode_targets == 32);
  CHECK(most->structure->chains == 32);
  CHECK(most->structure->protected_by[31] == 31);
  CHECK(most->active_targets == UINT32_MAX);

  const auto references = [](unsigned count) {
    BitWriter w = with_structure(1);
    w.bits(3, 2).zeros(2);
    for (unsigned i = 0; i < count; ++i) w.bits(0x1f, 5);
    w.zeros(3);
    return parse_dependency_descriptor(w.bytes(), nullptr).has_value();
  };
  CHECK(references(kMaxFrameDiffs));
  CHECK_FALSE(references(kMaxFrameDiffs + 1));

  const auto own_references = [](unsigned count) {
    const auto key = parsed(test::kDescriptorL1T1);
    BitWriter w;
    w.bits(0x80, 8).bits(7, 16).bits(0x02, 5);
    for (unsigned i = 0; i < count; ++i) w.bits(1, 2).bits(1, 4);
    w.zeros(2);
    return parse_dependency_descriptor(w.bytes(), key.structure.get()).has_value();
  };
  CHECK(own_references(kMaxFrameDiffs));
  CHECK_FALSE(own_references(kMaxFrameDiffs + 1));

  Buffer longest = hex(test::kDescriptorL1T1);
  longest.resize(255);  // zero padding
  CHECK(parse_dependency_descriptor(longest, nullptr));
  longest.push_back(0);
  CHECK_FALSE(parse_dependency_descriptor(longest, nullptr));
}

TEST_CASE("a structure tells what a payload in the clear would") {
  const auto key = parsed(test::kDescriptorL3T3);
  const DependencyStructure& s = *key.structure;
  const PayloadFacts first = facts_of(key, s);
  CHECK(first.layered);
  CHECK(first.key_frame);
  CHECK(first.frame_start);
  CHECK(first.frame_end);
  CHECK_FALSE(first.inter_picture);
  CHECK_FALSE(first.inter_layer);
  CHECK(first.switch_to == kMaxTemporalLayer);
  CHECK(first.width == 1280);
  CHECK(first.height == 720);

  const auto facts_by_template = [&](unsigned index) {
    const Buffer bytes{static_cast<std::uint8_t>(0x80 | (15 + index)), 0, 9};
    return facts_of(*parse_dependency_descriptor(bytes, &s), s);
  };
  CHECK_FALSE(
      facts_by_template(1).key_frame);        // S0T0 without references, but not the sequence's first packet
  CHECK(facts_by_template(0).inter_picture);  // S0T0
  CHECK(facts_by_template(0).temporal_switch);
  CHECK(facts_by_template(0).switch_to == 2);
  CHECK(facts_by_template(2).temporal == 1);
  CHECK(facts_by_template(2).temporal_switch);
  CHECK(facts_by_template(2).switch_to == 2);
  CHECK_FALSE(facts_by_template(2).non_reference);
  CHECK_FALSE(facts_by_template(3).temporal_switch);  // S0T2, needed by upper layers
  CHECK_FALSE(facts_by_template(3).non_reference);
  CHECK(facts_by_template(5).inter_picture);
  CHECK(facts_by_template(5).inter_layer);
  CHECK_FALSE(facts_by_template(6).inter_picture);  // S1 of a key picture
  CHECK(facts_by_template(6).inter_layer);
  CHECK(facts_by_template(6).spatial == 1);
  CHECK(facts_by_template(14).non_reference);  // S2T2
  CHECK(facts_by_template(14).width == 0);
}

TEST_CASE("layers that are predicted from one another in key pictures only") {
  const auto key = parsed(test::kDescriptorL2T2KeyShift);
  const DependencyStructure& s = *key.structure;
  const auto facts_by_template = [&](unsigned index) {
    const Buffer bytes{static_cast<std::uint8_t>(0x80 | (7 + index)), 0, 9};
    return facts_of(*parse_dependency_descriptor(bytes, &s), s);
  };
  CHECK(facts_by_template(4).inter_layer);
  CHECK_FALSE(facts_by_template(4).inter_picture);
  CHECK_FALSE(facts_by_template(5).inter_layer);
  CHECK(facts_by_template(5).inter_picture);
  CHECK(parsed(test::kDescriptorNoChains).structure->chains == 0);
}

TEST_CASE("Chrome's descriptors, all of them") {
  WEIR_NEEDS_SHARED_DATA(folder, "protocol_vectors/jitsi_codec_hex");
  const Buffer file = test::read_file(*folder / "av1_dependency_descriptors.json");
  std::string_view text = as_text(file);
  std::size_t structures = 0;
  std::size_t others = 0;
  constexpr std::string_view kKey = "\"hex\": \"";
  for (auto at = text.find(kKey); at != std::string_view::npos; at = text.find(kKey)) {
    text.remove_prefix(at + kKey.size());
    const auto descriptor = parse_dependency_descriptor(hex(text.substr(0, text.find('"'))), nullptr);
    if (!descriptor) {
      ++others;
      continue;
    }
    ++structures;
    CHECK(descriptor->structure);
    CHECK(facts_of(*descriptor, *descriptor->structure).key_frame);
    CHECK(descriptor->structure->sized);
  }
  CHECK(structures == 8);
  CHECK(others == 2);  // they name a structure that came before
}

TEST_CASE("WebRTC's corpus of descriptors keeps within the limits") {
  WEIR_NEEDS_SHARED_DATA(folder, "hostile_corpora/webrtc_fuzz/dependency_descriptor-corpus");
  std::size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    const Buffer file = test::read_file(entry.path());
    std::shared_ptr<const DependencyStructure> current;
    ++inputs;
    // Descriptors, each with its size before it.
    for (Bytes rest{file}; rest.size() > 1;) {
      const std::size_t size = std::min<std::size_t>(rest[0], rest.size() - 1);
      const auto d = parse_dependency_descriptor(rest.subspan(1, size), current.get());
      rest = rest.subspan(1 + size);
      if (!d) continue;
      if (d->structure) current = d->structure;
      CHECK(current->templates.size() <= kMaxTemplates);
      CHECK(d->frame.spatial < kMaxDescriptorSpatialLayers);
      CHECK(facts_of(*d, *current).layered);
    }
  }
  CHECK(inputs == 17);
}

TEST_CASE("what a frame is needed for: all layers above in L3T3, its own between key pictures of L3T3_KEY") {
  for (const bool key_only : {false, true}) {
    CAPTURE(key_only);
    const auto key = parse_dependency_descriptor(
        hex(key_only ? test::kDescriptorL3T3Key : test::kDescriptorL3T3), nullptr);
    REQUIRE(key);
    const DependencyStructure& structure = *key->structure;
    CHECK(facts_of(*key, structure).needed == 0xff);
    for (const FrameDependencies& frame : structure.templates) {
      DependencyDescriptor d;
      d.frame = frame;
      const PayloadFacts facts = facts_of(d, structure);
      CAPTURE(static_cast<int>(frame.spatial));
      // In key pictures a frame refers to its own picture alone: no further than to the layer below.
      const bool in_key_picture = facts.reach <= frame.spatial;
      const unsigned own = 1U << frame.spatial;
      const unsigned expected = key_only && !in_key_picture ? own : 0x7U & (0x7U << frame.spatial);
      CHECK((facts.needed & 0x7U) == expected);
      CHECK(facts.opens == (frame.temporal == 2 ? 0 : 3));
    }
  }
}

TEST_CASE("the decode targets of a receiver of some layers") {
  const auto key = parse_dependency_descriptor(hex(test::kDescriptorL3T3), nullptr);
  REQUIRE(key);
  const DependencyStructure& structure = *key->structure;  // targets by spatial, then temporal layer
  CHECK(targets_of(structure, 0x7, 2) == structure.all_targets());
  CHECK(targets_of(structure, 0x1, 0) == 0b1U);
  CHECK(targets_of(structure, 0x1, 2) == 0b111U);
  CHECK(targets_of(structure, 0x3, 1) == 0b011'011U);
  CHECK(targets_of(structure, 0x2, 7) == 0b111'000U);
  CHECK(targets_of(structure, 0x0, 7) == 0U);
}

}  // namespace weir::rtp
