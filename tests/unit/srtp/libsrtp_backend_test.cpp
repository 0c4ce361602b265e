// Both backends against the text of the RFCs. What they have in common besides is in backend_test.cpp.
#include "srtp/libsrtp_backend.h"

#include <doctest/doctest.h>

#include "unit/srtp/support.h"

using namespace weir;
using namespace weir::test;

TEST_CASE("the reference itself agrees with RFC 3711 appendix B and RFC 7714 section 16") {
  const Buffer key = from_hex("e1f97a0d3e018be0d64fa32c06de4139");
  const Buffer salt = from_hex("0ec675ad498afeebb6960b3aabe6");
  CHECK(derive(key, salt, 0, 16) == from_hex("c61e7a93744f39ee10734afe3ff7a087"));
  CHECK(derive(key, salt, 2, 14) == from_hex("30cbbc08863d8c85d49db34a9ae1"));
  CHECK(derive(key, salt, 1, 20) == from_hex("cebe321f6ff7716b6fd4ab49af256a156d38baa4"));

  std::array<std::uint8_t, 16> counter{};
  const Buffer start = from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
  std::copy(start.begin(), start.end(), counter.begin());
  CHECK(aes_cm(from_hex("2B7E151628AED2A6ABF7158809CF4F3C"), counter, Buffer(32, 0)) ==
        from_hex("E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"));

  const Buffer packet = from_hex(
      "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573");
  CHECK(protect_gcm_session(from_hex("000102030405060708090a0b0c0d0e0f"),
                            from_hex("517569642070726f2071756f"),
                            packet) == from_hex("8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe63"
                                                "3bd50d294e6f42a5f47a51c7d19b36de3adf883389"
                                                "9d7f27beb16a9152cf765ee4390cce"));
}

TEST_CASE("protection is what the RFCs say, bit by bit") {
  for (const BackendKind kind : backends()) {
    for (const std::size_t payload : {0U, 1U, 16U, 1000U}) {
      const Buffer plain = rtp(4660, 0xcafebabe, payload);
      const SrtpKeys keys80 = keys_of(SrtpProfile::aes128_cm_sha1_80);
      CHECK(protect_rtp(*End{kind, keys80}, plain) == protect_cm(keys80.send, plain, 10));
      const SrtpKeys keys32 = keys_of(SrtpProfile::aes128_cm_sha1_32);
      CHECK(protect_rtp(*End{kind, keys32}, plain) == protect_cm(keys32.send, plain, 4));
      const SrtpKeys gcm = keys_of(SrtpProfile::aead_aes_128_gcm);
      CHECK(protect_rtp(*End{kind, gcm}, plain) == protect_gcm(gcm.send, plain));
      const SrtpKeys gcm256 = keys_of(SrtpProfile::aead_aes_256_gcm);
      CHECK(protect_rtp(*End{kind, gcm256}, plain) == protect_gcm(gcm256.send, plain));
    }
  }
}
