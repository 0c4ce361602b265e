#include "sdp/h264_profile.h"

#include <doctest/doctest.h>

using weir::sdp::h264_profile;
using weir::sdp::H264Profile;

TEST_CASE("profiles of RFC 6184 table 5") {
  for (const char* id : {"42e01f", "42E01F", "42c00b", "42401f", "4d801f", "4dc01f", "58c01f", "58f01f"}) {
    CHECK_MESSAGE(h264_profile(id) == H264Profile::constrained_baseline, id);
  }
  for (const char* id : {"42001f", "42a01f", "42000a", "58801f", "58a01f"}) {
    CHECK_MESSAGE(h264_profile(id) == H264Profile::baseline, id);
  }
  for (const char* id : {"4d001f", "4d401f"}) CHECK_MESSAGE(h264_profile(id) == H264Profile::main, id);
  CHECK(h264_profile("640c1f") == H264Profile::constrained_high);
  CHECK(h264_profile("640034") == H264Profile::high);
}

TEST_CASE("other profiles and other texts have none") {
  for (const char* id : {"f4001f", "6e001f", "58001f", "42011f", "64081f", "", "42e01", "42e01f0", "42e01g",
                         "-2e01f", " 42e01"}) {
    CHECK_MESSAGE(!h264_profile(id).has_value(), id);
  }
}
