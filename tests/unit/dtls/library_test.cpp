#include "dtls/library.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "session_pair.h"

using namespace weir;
using dtls::Library;
using dtls::Role;

namespace {

int no_verdict(void*, mbedtls_x509_crt*, int, std::uint32_t*) {
  return 0;
}

}  // namespace

TEST_CASE("a configured library begins a handshake, and has no records to give before one") {
  const dtls::Pair pair;
  for (const Role role : {Role::client, Role::server}) {
    Library library;
    REQUIRE(library.configure(pair.options(role), no_verdict, nullptr) == 0);
    CHECK(library.cipher() == nullptr);
    CHECK(library.record_layer(role) == nullptr);
  }
}

TEST_CASE("an mtu that is too small for a handshake is taken as the least that is not") {
  const dtls::Pair pair;
  dtls::SessionOptions options = pair.options(Role::server);
  options.mtu = 0;
  Library library;
  CHECK(library.configure(options, no_verdict, nullptr) == 0);
  CHECK(mbedtls_ssl_get_max_out_record_payload(&library.ssl) > 0);
}

TEST_CASE("secrets are overwritten when they are forgotten") {
  Library library;
  library.exported.master.fill(7);
  library.exported.ready = true;
  library.forget_secrets();
  CHECK_FALSE(library.exported.ready);
  CHECK(std::all_of(library.exported.master.begin(), library.exported.master.end(),
                    [](std::uint8_t byte) { return byte == 0; }));
}
