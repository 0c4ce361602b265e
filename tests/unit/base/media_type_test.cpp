#include "base/media_type.h"

#include <doctest/doctest.h>

namespace weir {

TEST_CASE("codecs are values of the ABI, with their kind and clock") {
  struct Row {
    Codec codec;
    int value;
    MediaKind kind;
    std::uint32_t clock;
  };
  constexpr Row kRows[] = {
      {Codec::opus, 1, MediaKind::audio, 48'000},
      {Codec::vp8, 2, MediaKind::video, 90'000},
      {Codec::h264, 3, MediaKind::video, 90'000},
      {Codec::vp9, 4, MediaKind::video, 90'000},
      {Codec::av1, 5, MediaKind::video, 90'000},
      {Codec::h265, 6, MediaKind::video, 90'000},
      {Codec::pcmu, 7, MediaKind::audio, 8'000},
      {Codec::pcma, 8, MediaKind::audio, 8'000},
      {Codec::telephone_event, 9, MediaKind::audio, 8'000},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.value);
    CHECK(static_cast<int>(row.codec) == row.value);
    CHECK(kind_of(row.codec) == row.kind);
    CHECK(clock_rate_of(row.codec) == row.clock);
  }
}

}  // namespace weir
