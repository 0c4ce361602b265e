// Descriptors of one stream, each with its size before it: reading keeps the limits, and what is understood
// means the same after a rewrite.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "rtp/dependency_descriptor.h"

using namespace weir::rtp;
using weir::Bytes;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_rewrites(Bytes bytes, const DependencyDescriptor& d, const DependencyStructure* current) {
  // Without a structure of its own the id must stay among the current one's.
  const std::uint8_t shift = d.structure ? 37 : 0;
  std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  rewrite_dependency_descriptor(copy, 0x1234, shift);
  const auto again = parse_dependency_descriptor(copy, current);
  require(again && again->frame == d.frame && again->frame_number == 0x1234);

  const DependencyStructure& s = d.structure ? *d.structure : *current;
  std::vector<std::uint8_t> out(longest_rewrite(bytes.size()));
  const std::size_t size = write_dependency_descriptor(out, bytes, d, 7, shift, s.decode_targets, 1);
  require(size != 0);
  if (size > 255) return;  // no longer fits an extension element
  const auto masked = parse_dependency_descriptor(Bytes{out}.first(size), current);
  require(masked && masked->active_targets == 1U && masked->frame == d.frame);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::shared_ptr<const DependencyStructure> current;
  for (Bytes rest{data, size}; rest.size() > 1;) {
    const std::size_t length = std::min<std::size_t>(rest[0], rest.size() - 1);
    const Bytes bytes = rest.subspan(1, length);
    rest = rest.subspan(1 + length);
    const auto d = parse_dependency_descriptor(bytes, current.get());
    if (!d) continue;
    check_rewrites(bytes, *d, current.get());
    if (d->structure) current = d->structure;
    require(current->templates.size() <= kMaxTemplates && current->decode_targets <= kMaxDecodeTargets);
    require(d->frame.frame_diff_count <= kMaxFrameDiffs);
    facts_of(*d, *current);
  }
  return 0;
}
