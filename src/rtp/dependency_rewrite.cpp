// Other numbers in a dependency descriptor (layout in dependency_descriptor.h). Frame and chain diffs are
// relative, so they stay true when a constant is added to all frame numbers of a stream.
#include <algorithm>

#include "rtp/bit_reader.h"
#include "rtp/dependency_descriptor.h"

namespace weir::rtp {
namespace {

constexpr std::size_t kMandatory = 3;
constexpr std::uint16_t kFlagBits = 5;
constexpr std::uint16_t kFlagsEnd = kMandatory * 8 + kFlagBits;
constexpr std::uint8_t kStructureFlag = 0x80;

class BitWriter {
 public:
  explicit BitWriter(MutableBytes out) : out_(out) {}
  void bits(std::uint32_t value, unsigned count) {
    for (unsigned i = count; i > 0; --i) put(((value >> (i - 1)) & 1U) != 0);
  }
  /// The bits [begin, end) of `from`.
  void copy(Bytes from, std::size_t begin, std::size_t end) {
    BitReader reader{from};
    reader.skip(begin);
    for (std::size_t i = begin; i < end; ++i) put(reader.bit());
  }
  /// Bytes used, 0 when they did not fit.
  std::size_t size() const { return ok_ ? (used_ + 7) / 8 : 0; }

 private:
  void put(bool bit) {
    if (used_ / 8 >= out_.size()) ok_ = false;
    if (!ok_) return;
    if (used_ % 8 == 0) out_[used_ / 8] = 0;
    if (bit) out_[used_ / 8] = static_cast<std::uint8_t>(out_[used_ / 8] | (0x80U >> (used_ % 8)));
    ++used_;
  }
  MutableBytes out_;
  std::size_t used_ = 0;
  bool ok_ = true;
};

}  // namespace

void rewrite_dependency_descriptor(MutableBytes extension, std::uint16_t frame_number,
                                   std::uint8_t template_shift) {
  if (extension.size() < kMandatory) return;
  const auto id = static_cast<std::uint8_t>((extension[0] + template_shift) & 0x3f);
  extension[0] = static_cast<std::uint8_t>((extension[0] & 0xc0) | id);
  store_u16(&extension[1], frame_number);
  if (extension.size() < kMandatory + 2 || (extension[3] & kStructureFlag) == 0) return;
  // template_id_offset: the six bits behind the five flags.
  const auto offset =
      static_cast<std::uint8_t>((((extension[3] & 7U) << 3) | (extension[4] >> 5)) + template_shift);
  extension[3] = static_cast<std::uint8_t>((extension[3] & 0xf8) | ((offset >> 3) & 7));
  extension[4] = static_cast<std::uint8_t>((extension[4] & 0x1f) | ((offset & 7) << 5));
}

std::size_t write_dependency_descriptor(MutableBytes out, Bytes extension,
                                        const DependencyDescriptor& descriptor, std::uint16_t frame_number,
                                        std::uint8_t template_shift, std::uint8_t targets,
                                        std::uint32_t active_targets) {
  if (extension.size() < kMandatory || std::size_t{descriptor.custom_end} > extension.size() * 8) return 0;
  BitWriter writer{out};
  writer.copy(extension, 0, kMandatory * 8);
  // The second flag says that active targets follow.
  const std::uint32_t flags = descriptor.extended ? (extension[3] >> 3) : 0U;
  writer.bits(flags | 0x08U, kFlagBits);
  if (descriptor.extended) writer.copy(extension, kFlagsEnd, descriptor.structure_end);
  writer.bits(active_targets, std::min<unsigned>(targets, kMaxDecodeTargets));
  writer.copy(extension, descriptor.custom_begin, descriptor.custom_end);
  const std::size_t size = writer.size();
  if (size != 0) rewrite_dependency_descriptor(out.first(size), frame_number, template_shift);
  return size;
}

}  // namespace weir::rtp
