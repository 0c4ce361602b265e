#include "secrets.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace conference;

TEST_CASE("secrets are long and never the same") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string secret = random_secret();
    CHECK(secret.size() == 40);
    CHECK(secret.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(seen.insert(secret).second);
  }
}

TEST_CASE("only equal texts are equal") {
  CHECK(equal_in_constant_time("", ""));
  CHECK(equal_in_constant_time("secret", "secret"));
  CHECK_FALSE(equal_in_constant_time("secret", "Secret"));
  CHECK_FALSE(equal_in_constant_time("secret", "secreT"));
  CHECK_FALSE(equal_in_constant_time("secret", "secret "));
  CHECK_FALSE(equal_in_constant_time("", "s"));
}
