#include "crypto/certificate.h"

#include <doctest/doctest.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include <algorithm>

#include "crypto/mbedtls_compat.h"

using namespace weir;
using namespace weir::crypto;

namespace {

int fill_from_random(void* context, unsigned char* out, std::size_t size) {
  static_cast<Random*>(context)->fill({out, size});
  return 0;
}

struct Parsed {
  mbedtls_x509_crt certificate;
  mbedtls_pk_context key;

  Parsed(const Certificate& made, Random& random) {
    mbedtls_x509_crt_init(&certificate);
    mbedtls_pk_init(&key);
    REQUIRE(mbedtls_x509_crt_parse_der(&certificate, made.certificate_der().data(),
                                       made.certificate_der().size()) == 0);
    REQUIRE(compat::parse_key(key, made.key_der(), fill_from_random, &random) == 0);
  }
  ~Parsed() {
    mbedtls_x509_crt_free(&certificate);
    mbedtls_pk_free(&key);
  }
};

}  // namespace

TEST_CASE("digests have the names of SDP and the values of FIPS 180") {
  const Bytes abc = as_bytes("abc");
  CHECK(fingerprint_text(digest("sha-256", abc)) ==
        "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD");
  CHECK(digest("SHA-384", abc).size() == 48);
  CHECK(fingerprint_text(Bytes{digest("sha-384", abc)}.first(4)) == "CB:00:75:3F");
  CHECK(fingerprint_text(Bytes{digest("sha-512", abc)}.first(4)) == "DD:AF:35:A1");
  CHECK(std::ranges::equal(sha256(abc), digest("sha-256", abc)));
  for (const char* name : {"", "sha-1", "md5", "sha256", "sha-224", "sha-2567"}) {
    CAPTURE(name);
    CHECK(digest(name, abc).empty());
  }
  CHECK(fingerprint_text({}).empty());
}

TEST_CASE("equal compares every byte and the length") {
  const std::vector<std::uint8_t> a(32, 7);
  CHECK(equal(a, a));
  CHECK(equal({}, {}));
  CHECK_FALSE(equal(a, Bytes{a}.first(31)));
  CHECK_FALSE(equal(a, {}));
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::vector<std::uint8_t> b = a;
    b[i] ^= 0x80;
    CHECK_FALSE(equal(a, b));
  }
}

TEST_CASE("a certificate is self-signed P-256 for its own key") {
  SeededRandom random{3};
  constexpr std::int64_t kNow = 1'772'323'199;  // 2026-02-28 23:59:59 UTC
  const auto made = *Certificate::make(random, kNow);
  Parsed parsed{*made, random};
  CHECK(std::ranges::equal(made->fingerprint(), digest("sha-256", made->certificate_der())));
  CHECK(mbedtls_pk_get_bitlen(&parsed.certificate.pk) == 256);
  CHECK(mbedtls_pk_can_do(&parsed.certificate.pk, MBEDTLS_PK_ECDSA) == 1);

  std::uint32_t flags = 0;
  mbedtls_x509_crt_verify(&parsed.certificate, &parsed.certificate, nullptr, nullptr, &flags, nullptr,
                          nullptr);
  CHECK((flags & ~static_cast<std::uint32_t>(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)) ==
        0);

  const mbedtls_x509_time& from = parsed.certificate.valid_from;
  CHECK(from.year == 2026);
  CHECK(from.mon == 2);
  CHECK(from.day == 27);
  CHECK(from.hour == 23);
  CHECK(from.sec == 59);
  const mbedtls_x509_time& to = parsed.certificate.valid_to;
  CHECK(to.year == 2026);
  CHECK(to.mon == 3);
  CHECK(to.day == 30);
}

TEST_CASE("times at the edge of what X.509 can say") {
  SeededRandom random{4};
  for (const std::int64_t now :
       {std::int64_t{-5}, std::int64_t{0}, std::int64_t{86'399}, std::int64_t{2'524'608'000}}) {
    CAPTURE(now);
    const auto made = Certificate::make(random, now);
    REQUIRE(made.ok());
    Parsed parsed{**made, random};
    CHECK(parsed.certificate.valid_to.year >= (now < 2'000'000'000 ? 1970 : 2050));
  }
}

TEST_CASE("the seed decides the certificate, and another seed makes another") {
  SeededRandom a{5};
  SeededRandom b{5};
  SeededRandom c{6};
  const auto first = *Certificate::make(a, 1'700'000'000);
  const auto same = *Certificate::make(b, 1'700'000'000);
  const auto other = *Certificate::make(c, 1'700'000'000);
  CHECK(std::ranges::equal(first->key_der(), same->key_der()));
  CHECK(first->fingerprint() == same->fingerprint());
  CHECK(first->fingerprint() != other->fingerprint());
}

TEST_CASE("the system's generator fills any size and does not repeat itself") {
  SystemRandom random;
  random.fill({});
  std::vector<std::uint8_t> a(5000, 0);
  std::vector<std::uint8_t> b(5000, 0);
  random.fill(a);
  random.fill(b);
  CHECK(a != b);
  CHECK(std::count(a.begin() + 4900, a.end(), 0) < 50);
}
