#include <doctest/doctest.h>

#include "rtp/dependency_descriptor.h"
#include "unit/rtp/descriptors.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

constexpr const char* kWithStructure[] = {test::kDescriptorL1T1,         test::kDescriptorL1T3,
                                          test::kDescriptorL3T3,         test::kDescriptorL3T3Key,
                                          test::kDescriptorL2T2KeyShift, test::kDescriptorNoChains};

/// All but the numbers that a rewrite is to change.
void check_same(const DependencyDescriptor& a, const DependencyDescriptor& b) {
  CHECK(a.start_of_frame == b.start_of_frame);
  CHECK(a.end_of_frame == b.end_of_frame);
  CHECK(a.frame == b.frame);
  REQUIRE((a.structure != nullptr) == (b.structure != nullptr));
  if (!a.structure) return;
  CHECK(a.structure->templates == b.structure->templates);
  CHECK(a.structure->protected_by == b.structure->protected_by);
  CHECK(a.structure->resolutions == b.structure->resolutions);
}

}  // namespace

TEST_CASE("every shift moves the ids of descriptor and structure together, around the circle") {
  for (const char* text : kWithStructure) {
    const Buffer original = hex(text);
    const auto before = parse_dependency_descriptor(original, nullptr);
    REQUIRE(before);
    for (unsigned shift = 0; shift < 64; ++shift) {
      Buffer bytes = original;
      rewrite_dependency_descriptor(bytes, 0xfffe, static_cast<std::uint8_t>(shift));
      const auto after = parse_dependency_descriptor(bytes, nullptr);
      REQUIRE(after);
      CHECK(after->frame_number == 0xfffe);
      CHECK(after->template_id == (before->template_id + shift) % 64);
      CHECK(after->structure->template_id_offset == (before->structure->template_id_offset + shift) % 64);
      check_same(*before, *after);
    }
  }
}

TEST_CASE("a descriptor without structure keeps what it carries") {
  Buffer plain = hex("d00146");
  rewrite_dependency_descriptor(plain, 0x0102, 63);
  CHECK(plain == hex("cf0102"));
  Buffer own = hex("c203ce581d30100000");
  rewrite_dependency_descriptor(own, 0x0102, 1);
  CHECK(own == hex("c30102581d30100000"));
  Buffer cut = hex("d001");
  rewrite_dependency_descriptor(cut, 1, 1);
  CHECK(cut == hex("d001"));
  Buffer flags_only = hex("d0014680");  // malformed: says that a structure follows
  rewrite_dependency_descriptor(flags_only, 1, 1);
  CHECK(flags_only == hex("d1000180"));
}

TEST_CASE("another set of active targets is told, whatever was told before") {
  const auto key = parse_dependency_descriptor(hex(test::kDescriptorL3T3Key), nullptr);
  REQUIRE(key);
  const auto check = [&](const char* text, const DependencyStructure* current) {
    CAPTURE(text);
    const Buffer original = hex(text);
    const auto before = parse_dependency_descriptor(original, current);
    REQUIRE(before);
    const DependencyStructure& s = before->structure ? *before->structure : *current;
    Buffer out(longest_rewrite(original.size()), 0xee);
    const std::uint32_t mask = 0x15555555U & s.all_targets();
    const std::size_t size =
        write_dependency_descriptor(out, original, *before, 0xabcd, 0, s.decode_targets, mask);
    REQUIRE(size != 0);
    const auto after = parse_dependency_descriptor(Bytes{out}.first(size), current);
    REQUIRE(after);
    CHECK(after->active_targets == mask);
    CHECK(after->frame_number == 0xabcd);
    check_same(*before, *after);
    for (std::size_t room = 0; room < size; ++room) {
      CHECK(write_dependency_descriptor(MutableBytes{out}.first(room), original, *before, 1, 0,
                                        s.decode_targets, mask) == 0);
    }
    CHECK(write_dependency_descriptor(out, Bytes{original}.first(2), *before, 1, 0, s.decode_targets, mask) ==
          0);
  };
  for (const char* text : kWithStructure) check(text, nullptr);
  for (const char* text : {"8f0146", "d10146401c", "d103ce581d30100000"}) check(text, key->structure.get());
}

}  // namespace weir::rtp
