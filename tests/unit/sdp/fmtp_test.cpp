#include <doctest/doctest.h>

#include "sdp/session.h"

using weir::sdp::fmtp_parameter;

TEST_CASE("parameters are found by name, whatever the case and the spaces") {
  CHECK(fmtp_parameter("apt=96;rtx-time=200", "apt") == "96");
  CHECK(fmtp_parameter("apt=96;rtx-time=200", "rtx-time") == "200");
  CHECK(fmtp_parameter(" profile-level-id = 42e01f ; Packetization-Mode=1", "packetization-mode") == "1");
  CHECK(fmtp_parameter(" profile-level-id = 42e01f ;", "profile-level-id") == "42e01f");
  CHECK(fmtp_parameter("a=b=c", "a") == "b=c");
  CHECK(fmtp_parameter("flag;a=1", "flag") == "");
  CHECK(fmtp_parameter("a=1;a=2", "a") == "1");
}

TEST_CASE("what is not there is not found") {
  CHECK_FALSE(fmtp_parameter("", "apt").has_value());
  CHECK_FALSE(fmtp_parameter("0-15", "apt").has_value());
  CHECK_FALSE(fmtp_parameter("xapt=1;aptx=2", "apt").has_value());
  CHECK_FALSE(fmtp_parameter(";;;=1", "").has_value());
}
