#include "tokens.h"

#include <jwt.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "start_error.h"
#include "text.h"
#include "weir/room.h"

namespace conference {
namespace {

using nlohmann::json;

struct FreeToken {
  void operator()(jwt_t* token) const { jwt_free(token); }
};
struct FreeText {
  // libjwt 1.10 has no deallocator of its own for texts that it gives away.
  void operator()(char* text) const { std::free(text); }  // NOLINT
};
using Token = std::unique_ptr<jwt_t, FreeToken>;
using Text = std::unique_ptr<char, FreeText>;

struct Word {
  std::string_view word;
  std::uint32_t bit;
};
constexpr std::array<Word, 6> words{{{"send-audio", WEIR_MAY_SEND_AUDIO},
                                     {"send-video", WEIR_MAY_SEND_VIDEO},
                                     {"receive-audio", WEIR_MAY_RECEIVE_AUDIO},
                                     {"receive-video", WEIR_MAY_RECEIVE_VIDEO},
                                     {"send-data", WEIR_MAY_SEND_DATA},
                                     {"receive-data", WEIR_MAY_RECEIVE_DATA}}};

/// Words of later versions give nothing here: who does not know a permission must not grant it.
std::optional<std::uint32_t> read_may(const json& claims) {
  const auto found = claims.find("may");
  if (found == claims.end()) return WEIR_MAY_ALL;
  if (!found->is_array()) return std::nullopt;
  std::uint32_t may = 0;
  for (const json& word : *found) {
    if (!word.is_string()) return std::nullopt;
    may |= may_bit(word.get_ref<const std::string&>()).value_or(0);
  }
  return may;
}

std::variant<Grant, TokenFault> read_claims(const json& claims, std::int64_t now_s) {
  if (!claims.is_object()) return TokenFault::invalid;
  const auto room = claims.find("room");
  const auto expires = claims.find("exp");
  const auto name = claims.find("name");
  const auto not_before = claims.find("nbf");
  const auto may = read_may(claims);
  if (room == claims.end() || !room->is_string() || expires == claims.end() ||
      !expires->is_number_integer() || !may) {
    return TokenFault::invalid;
  }
  Grant grant{room->get<std::string>(), {}, *may, expires->get<std::int64_t>()};
  if (!valid_room_name(grant.room)) return TokenFault::invalid;
  if (name != claims.end()) {
    if (!name->is_string()) return TokenFault::invalid;
    grant.name = name->get<std::string>();
    if (!valid_member_name(grant.name)) return TokenFault::invalid;
  }
  if (grant.expires_s <= now_s) return TokenFault::expired;
  if (not_before != claims.end()) {
    if (!not_before->is_number_integer()) return TokenFault::invalid;
    if (not_before->get<std::int64_t>() > now_s + not_before_leeway_s) return TokenFault::invalid;
  }
  return grant;
}

}  // namespace

TokenKey::TokenKey(std::string bytes) : bytes_{std::move(bytes)} {
  if (bytes_.size() < min_key_bytes) throw StartError{"the token key is shorter than 32 bytes"};
  if (bytes_.size() > max_key_bytes) throw StartError{"the token key is longer than 4096 bytes"};
}

TokenKey TokenKey::read(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::string bytes(max_key_bytes + 3, '\0');  // a line end may follow the longest key
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (in.bad() || (in.fail() && !in.eof())) {
    throw StartError{"cannot read the token key " + path + ": " + std::strerror(errno)};
  }
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r')) bytes.pop_back();
  try {
    return TokenKey{std::move(bytes)};
  } catch (const StartError& error) {
    throw StartError{path + ": " + error.what()};
  }
}

std::variant<Grant, TokenFault> TokenKey::verify(const std::string& token, std::int64_t now_s) const {
  if (token.size() > max_token_bytes || token.find('\0') != std::string::npos) return TokenFault::invalid;
  jwt_t* raw = nullptr;
  const auto* key = reinterpret_cast<const unsigned char*>(bytes_.data());
  if (jwt_decode(&raw, token.c_str(), key, static_cast<int>(bytes_.size())) != 0) return TokenFault::invalid;
  const Token decoded{raw};
  // RFC 8725 section 3.1: the verifier, not the token, names the algorithm.
  if (jwt_get_alg(decoded.get()) != JWT_ALG_HS256) return TokenFault::invalid;
  const Text claims{jwt_get_grants_json(decoded.get(), nullptr)};
  if (!claims) return TokenFault::invalid;
  return read_claims(json::parse(claims.get(), nullptr, false), now_s);
}

std::string TokenKey::sign(const Grant& grant) const {
  jwt_t* raw = nullptr;
  if (jwt_new(&raw) != 0) throw std::runtime_error{"libjwt cannot make a token"};
  const Token token{raw};
  json claims{{"room", grant.room}, {"exp", grant.expires_s}, {"may", may_words(grant.may)}};
  if (!grant.name.empty()) claims["name"] = grant.name;
  const auto* key = reinterpret_cast<const unsigned char*>(bytes_.data());
  if (jwt_set_alg(token.get(), JWT_ALG_HS256, key, static_cast<int>(bytes_.size())) != 0 ||
      jwt_add_grants_json(token.get(), claims.dump().c_str()) != 0) {
    throw std::runtime_error{"libjwt refuses the key or the claims"};
  }
  const Text encoded{jwt_encode_str(token.get())};
  if (!encoded) throw std::runtime_error{"libjwt cannot sign the token"};
  return encoded.get();
}

std::optional<std::uint32_t> may_bit(std::string_view word) {
  for (const Word& each : words) {
    if (each.word == word) return each.bit;
  }
  return std::nullopt;
}

std::vector<std::string> may_words(std::uint32_t may) {
  std::vector<std::string> list;
  for (const Word& each : words) {
    if ((may & each.bit) != 0) list.emplace_back(each.word);
  }
  return list;
}

}  // namespace conference
