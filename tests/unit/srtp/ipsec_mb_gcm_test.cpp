#include <doctest/doctest.h>

#include "unit/srtp/equivalence.h"

using namespace weir;
using namespace weir::test;

TEST_CASE("GCM: what is protected is what libsrtp makes of it") {
  check_sending({SrtpProfile::aead_aes_128_gcm, SrtpProfile::aead_aes_256_gcm});
}

TEST_CASE("GCM: what is accepted, and what is dropped and why, is what libsrtp says") {
  check_receiving({SrtpProfile::aead_aes_128_gcm, SrtpProfile::aead_aes_256_gcm});
}
