#include <doctest/doctest.h>

#include "unit/srtp/equivalence.h"

using namespace weir;
using namespace weir::test;

TEST_CASE("CM: what is protected is what libsrtp makes of it") {
  if (!has_ipsec_mb()) return;
  for (const SrtpProfile profile : {SrtpProfile::aes128_cm_sha1_80, SrtpProfile::aes128_cm_sha1_32}) {
    Tally tally;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      CAPTURE(seed);
      SeededRandom random{seed};
      compare_sending(random, BackendKind::ipsec_mb, profile, seed, tally);
    }
    CHECK(tally.protected_ok > 5000);
    CHECK(tally.refused > 50);
  }
}

TEST_CASE("CM: what is accepted, and what is dropped and why, is what libsrtp says") {
  if (!has_ipsec_mb()) return;
  for (const SrtpProfile profile : {SrtpProfile::aes128_cm_sha1_80, SrtpProfile::aes128_cm_sha1_32}) {
    Tally tally;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      CAPTURE(seed);
      SeededRandom random{seed};
      compare_receiving(random, BackendKind::ipsec_mb, profile, seed, tally);
    }
    CHECK(tally.accepted > 4000);
    CHECK(tally.dropped > 1000);
  }
}
