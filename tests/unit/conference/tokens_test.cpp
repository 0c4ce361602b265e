#include "tokens.h"

#include <doctest/doctest.h>
#include <jwt.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "start_error.h"
#include "weir/room.h"

using namespace conference;

namespace {

const std::string key_bytes(32, 'k');
constexpr std::int64_t now_s = 1'800'000'000;

/// A token with any claims, algorithm and key, as an attacker or another issuer would make it.
std::string forge(const std::string& claims, jwt_alg_t algorithm = JWT_ALG_HS256,
                  const std::string& key = key_bytes) {
  jwt_t* token = nullptr;
  REQUIRE(jwt_new(&token) == 0);
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  const int size = static_cast<int>(key.size());
  REQUIRE(jwt_set_alg(token, algorithm, algorithm == JWT_ALG_NONE ? nullptr : bytes,
                      algorithm == JWT_ALG_NONE ? 0 : size) == 0);
  REQUIRE(jwt_add_grants_json(token, claims.c_str()) == 0);
  char* text = jwt_encode_str(token);
  REQUIRE(text != nullptr);
  std::string encoded{text};
  std::free(text);
  jwt_free(token);
  return encoded;
}

/// "" when the token lets in.
std::string fault(const std::string& token) {
  const auto verified = TokenKey{key_bytes}.verify(token, now_s);
  const auto* found = std::get_if<TokenFault>(&verified);
  return found == nullptr ? "" : *found == TokenFault::expired ? "expired" : "invalid";
}

std::string claims(const std::string& more) {
  return R"({"room":"r","exp":1800000001)" + more + "}";
}

}  // namespace

TEST_CASE("a token says who may do what where until when") {
  const TokenKey key{key_bytes};
  const Grant grant{"lobby", "Zoë", WEIR_MAY_SEND_AUDIO | WEIR_MAY_RECEIVE_VIDEO, now_s + 1};
  const auto verified = key.verify(key.sign(grant), now_s);
  REQUIRE(std::holds_alternative<Grant>(verified));
  const Grant& read = std::get<Grant>(verified);
  CHECK(read.room == "lobby");
  CHECK(read.name == "Zoë");
  CHECK(read.may == grant.may);
  CHECK(read.expires_s == grant.expires_s);
}

TEST_CASE("what a token leaves out") {
  const TokenKey key{key_bytes};
  const auto verified = key.verify(forge(claims("")), now_s);
  REQUIRE(std::holds_alternative<Grant>(verified));
  CHECK(std::get<Grant>(verified).name.empty());
  CHECK(std::get<Grant>(verified).may == WEIR_MAY_ALL);
  CHECK(fault(forge(R"({"room":"r"})")) == "invalid");
  CHECK(fault(forge(R"({"exp":1800000001})")) == "invalid");
}

TEST_CASE("the end and the beginning of its time") {
  CHECK(fault(forge(R"({"room":"r","exp":1800000001})")).empty());
  CHECK(fault(forge(R"({"room":"r","exp":1800000000})")) == "expired");
  CHECK(fault(forge(claims(R"(,"nbf":1800000060)"))).empty());
  CHECK(fault(forge(claims(R"(,"nbf":1800000061)"))) == "invalid");
}

TEST_CASE("only HS256 with our key is believed") {
  CHECK(fault(forge(claims(""), JWT_ALG_HS256, std::string(32, 'x'))) == "invalid");
  CHECK(fault(forge(claims(""), JWT_ALG_HS512)) == "invalid");
  CHECK(fault(forge(claims(""), JWT_ALG_NONE)) == "invalid");
  std::string changed = forge(claims(""));
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  CHECK(fault(changed) == "invalid");
  const std::string whole = forge(claims(""));
  CHECK(fault(whole.substr(0, whole.rfind('.') + 1)) == "invalid");
}

TEST_CASE("claims of the wrong type let nobody in") {
  for (const char* wrong :
       {R"(,"name":7)", R"(,"name":"")", R"(,"may":"send-audio")", R"(,"may":[1])", R"(,"nbf":"1")"}) {
    CAPTURE(wrong);
    CHECK(fault(forge(claims(wrong))) == "invalid");
  }
  CHECK(fault(forge(R"({"room":"a/b","exp":1800000001})")) == "invalid");
  CHECK(fault(forge(R"({"room":7,"exp":1800000001})")) == "invalid");
  CHECK(fault(forge(R"({"room":"r","exp":"1800000001"})")) == "invalid");
}

TEST_CASE("a permission that is not known gives nothing") {
  const auto verified = TokenKey{key_bytes}.verify(forge(claims(R"(,"may":["record","send-video"])")), now_s);
  REQUIRE(std::holds_alternative<Grant>(verified));
  CHECK(std::get<Grant>(verified).may == WEIR_MAY_SEND_VIDEO);
}

TEST_CASE("hostile texts are no tokens") {
  for (const std::string& text :
       {std::string{}, std::string{"."}, std::string{".."}, std::string{"a.b.c"}, std::string(4097, 'a'),
        std::string{"e30.e30.\0x", 10}, std::string{"\xff\xfe.\xff.\xff"}}) {
    CHECK(fault(text) == "invalid");
  }
}

TEST_CASE("keys are long enough and read from a file without its line end") {
  CHECK_THROWS_AS(TokenKey{std::string(31, 'k')}, StartError);
  CHECK_THROWS_AS(TokenKey{std::string(4097, 'k')}, StartError);
  CHECK_NOTHROW(TokenKey{std::string(4096, 'k')});
  const auto path =
      std::filesystem::temp_directory_path() / ("weir-token-key-" + std::to_string(std::rand()));
  std::ofstream{path} << key_bytes << "\n";
  CHECK(std::holds_alternative<Grant>(TokenKey::read(path).verify(forge(claims("")), now_s)));
  std::filesystem::remove(path);
  CHECK_THROWS_AS(TokenKey::read(path), StartError);
  CHECK_THROWS_AS(TokenKey::read("/"), StartError);
}
