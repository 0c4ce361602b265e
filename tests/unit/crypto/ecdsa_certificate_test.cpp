#include "crypto/ecdsa_certificate.h"

#include <doctest/doctest.h>
#include <mbedtls/x509_crt.h>

#include <algorithm>

#include "crypto/certificate.h"
#include "crypto/mbedtls_compat.h"

using namespace weir;
using namespace weir::crypto;

namespace {

constexpr std::uint8_t kOidAndNull[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
                                        0x3d, 0x04, 0x03, 0x02, 0x05, 0x00};

int fill_from_random(void* context, unsigned char* out, std::size_t size) {
  static_cast<Random*>(context)->fill({out, size});
  return 0;
}

}  // namespace

TEST_CASE("the signature algorithm has no parameters, and the signature is right") {
  SeededRandom random{3};
  for (int i = 0; i < 20; ++i) {  // signatures of 70 to 72 bytes
    const auto made = Certificate::make(random, 1'700'000'000);
    REQUIRE(made.ok());
    const Bytes der = (*made)->certificate_der();
    CHECK(std::search(der.begin(), der.end(), std::begin(kOidAndNull), std::end(kOidAndNull)) == der.end());
    mbedtls_x509_crt parsed;
    mbedtls_x509_crt_init(&parsed);
    REQUIRE(mbedtls_x509_crt_parse_der(&parsed, der.data(), der.size()) == 0);
    std::uint32_t flags = 0;
    // Self-signed: it verifies against itself. Its time has passed, which is all that may be wrong.
    mbedtls_x509_crt_verify(&parsed, &parsed, nullptr, nullptr, &flags, nullptr, nullptr);
    CHECK((flags & ~static_cast<std::uint32_t>(MBEDTLS_X509_BADCERT_EXPIRED)) == 0);
    mbedtls_x509_crt_free(&parsed);
  }
}

TEST_CASE("a certificate that is right already comes back as it is; what is no certificate does not") {
  SeededRandom random{4};
  const auto made = Certificate::make(random, 1'700'000'000);
  REQUIRE(made.ok());
  const Bytes der = (*made)->certificate_der();
  mbedtls_pk_context key;
  mbedtls_pk_init(&key);
  REQUIRE(compat::parse_key(key, (*made)->key_der(), fill_from_random, &random) == 0);
  CHECK(std::ranges::equal(without_algorithm_parameters(der, key, random), der));
  for (std::size_t size = 0; size < 60; ++size)
    CHECK(without_algorithm_parameters(der.first(size), key, random).empty());
  mbedtls_pk_free(&key);
}
