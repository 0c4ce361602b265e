#include "load/access_token.h"

#include <doctest/doctest.h>

#include <array>

using namespace weir;
using load::Padding;

TEST_CASE("RFC 7515 appendix A.1: the sample token is signed to the bit") {
  constexpr std::array<unsigned char, 64> kKey{
      3,   35,  53, 75,  43,  15, 165, 188, 131, 126, 6,   101, 119, 123, 166, 143,
      90,  179, 40, 230, 240, 84, 201, 40,  169, 15,  132, 178, 210, 80,  46,  191,
      211, 251, 90, 146, 210, 6,  71,  239, 150, 138, 180, 195, 119, 98,  61,  34,
      61,  46,  33, 114, 5,   46, 79,  8,   192, 205, 154, 245, 103, 208, 128, 163};
  const std::string token =
      load::signed_token("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
                         "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}",
                         {reinterpret_cast<const char*>(kKey.data()), kKey.size()});
  CHECK(token ==
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST_CASE("another secret, also an empty one, gives another signature over the same content") {
  const std::string one = load::signed_token("{}", "{}", "secret");
  const std::string other = load::signed_token("{}", "{}", "");
  CHECK(one.substr(0, one.rfind('.')) == "e30.e30");
  CHECK(other.substr(0, other.rfind('.')) == "e30.e30");
  CHECK(one != other);
}

TEST_CASE("RFC 4648 section 10: base64url with and without padding, in the alphabet of URLs") {
  CHECK(load::base64url("", Padding::equals_signs).empty());
  CHECK(load::base64url("f", Padding::equals_signs) == "Zg==");
  CHECK(load::base64url("fo", Padding::equals_signs) == "Zm8=");
  CHECK(load::base64url("foo", Padding::equals_signs) == "Zm9v");
  CHECK(load::base64url("foobar", Padding::equals_signs) == "Zm9vYmFy");
  CHECK(load::base64url("f", Padding::none) == "Zg");
  CHECK(load::base64url("fo", Padding::none) == "Zm8");
  CHECK(load::base64url("\xfb\xff\xfe", Padding::none) == "-__-");
}
