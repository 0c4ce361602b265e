// Reading a single RTCP packet in a test.
#pragma once

#include <doctest/doctest.h>

#include "rtp/rtcp.h"

namespace weir::test {

/// The only packet of `bytes`, which is a T.
template <typename T>
T only(Bytes bytes) {
  rtp::RtcpReader reader{bytes};
  const auto packet = reader.next();
  REQUIRE(packet);
  REQUIRE(std::holds_alternative<T>(*packet));
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.malformed());
  return std::get<T>(*packet);
}

}  // namespace weir::test
