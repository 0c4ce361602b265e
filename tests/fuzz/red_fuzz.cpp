// Any bytes as RED and as a telephone event: what is understood can be written again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "rtp/red.h"
#include "rtp/telephone_event.h"

using namespace weir::rtp;
using weir::Bytes;
using weir::ByteWriter;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

bool same(const RedBlock& a, const RedBlock& b) {
  return a.payload_type == b.payload_type && a.timestamp_offset == b.timestamp_offset &&
         std::equal(a.data.begin(), a.data.end(), b.data.begin(), b.data.end());
}

void check_red(Bytes payload) {
  const auto red = parse_red(payload);
  if (!red) return;
  require(red->count >= 1 && red->count <= kMaxRedBlocks);
  std::vector<std::uint8_t> out(red_size(red->redundant(), red->primary()));
  require(out.size() <= payload.size());
  ByteWriter writer{out};
  write_red(writer, red->redundant(), red->primary());
  require(writer.ok() && writer.size() == out.size());
  const auto again = parse_red(out);
  require(again && same(again->primary(), red->primary()) && again->count <= red->count);
}

void check_event(Bytes payload) {
  const auto event = parse_telephone_event(payload);
  if (!event) return;
  std::uint8_t out[TelephoneEvent::kSize];
  ByteWriter writer{out};
  write_telephone_event(writer, *event);
  require(writer.ok() && parse_telephone_event(out) == event);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_red({data, size});
  check_event({data, size});
  return 0;
}
