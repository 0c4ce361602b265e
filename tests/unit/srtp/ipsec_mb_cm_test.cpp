#include <doctest/doctest.h>

#include "unit/srtp/equivalence.h"

using namespace weir;
using namespace weir::test;

TEST_CASE("CM: what is protected is what libsrtp makes of it") {
  check_sending({SrtpProfile::aes128_cm_sha1_80, SrtpProfile::aes128_cm_sha1_32});
}

TEST_CASE("CM: what is accepted, and what is dropped and why, is what libsrtp says") {
  check_receiving({SrtpProfile::aes128_cm_sha1_80, SrtpProfile::aes128_cm_sha1_32});
}
