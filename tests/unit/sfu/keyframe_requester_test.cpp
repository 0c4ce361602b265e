#include "sfu/keyframe_requester.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::sfu;
using namespace std::chrono_literals;

TEST_CASE("many ask, one request goes out") {
  KeyframeRequester requester;
  const Time start = time_from_us(0);
  CHECK_FALSE(requester.take(start));
  CHECK(requester.deadline() == kNever);
  requester.want(start);
  requester.want(start);
  CHECK(requester.deadline() == start);
  CHECK(requester.take(start));
  CHECK_FALSE(requester.take(start));
}

TEST_CASE("asked again with a growing pause until a key frame comes") {
  KeyframeRequester requester;
  Time now = time_from_us(0);
  requester.want(now);
  CHECK(requester.take(now));
  for (const Duration pause :
       {Duration{250ms}, Duration{500ms}, Duration{1s}, Duration{2s}, Duration{4s}, Duration{4s}}) {
    CHECK_FALSE(requester.take(now + pause - 1us));
    now += pause;
    CHECK(requester.take(now));
  }
  requester.on_keyframe();
  CHECK(requester.deadline() == kNever);
  CHECK_FALSE(requester.take(now + 1h));
}

TEST_CASE("no more than one each 150 ms, however often key frames come and are wanted again") {
  KeyframeRequester requester;
  const Time start = time_from_us(0);
  requester.want(start);
  CHECK(requester.take(start));
  requester.on_keyframe();
  requester.want(start + 10ms);
  CHECK_FALSE(requester.take(start + 149ms));
  CHECK(requester.deadline() == start + 150ms);
  CHECK(requester.take(start + 150ms));
}

TEST_CASE("a request that its sender may not have heard is repeated as soon as it is heard again") {
  KeyframeRequester requester;
  const Time start = time_from_us(0);
  requester.want(start);
  CHECK(requester.take(start));
  requester.on_keyframe();
  requester.want(start + 160ms);
  CHECK(requester.take(start + 160ms));
  CHECK_FALSE(requester.take(start + 309ms));
  CHECK(requester.take(start + KeyframeRequester::kDeaf));
  CHECK_FALSE(requester.take(start + KeyframeRequester::kDeaf + 249ms));
  CHECK(requester.take(start + KeyframeRequester::kDeaf + 250ms));
}
