// Join tokens: JSON Web Tokens (RFC 7519) signed with HMAC SHA-256, which say who may do what in which room
// until when.
//
//   {"alg":"HS256","typ":"JWT"} . {"room":"lobby", "name":"Ada", "may":["send-audio", ...], "exp":1700000000,
//   "nbf":...} . signature
//
// `room` and `exp` are required. Without `name` the holder chooses one; without `may` everything is allowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace conference {

constexpr std::size_t max_token_bytes = 4096;
constexpr std::size_t min_key_bytes = 32;  // RFC 7518 section 3.2: as long as the hash at least
constexpr std::size_t max_key_bytes = 4096;
constexpr std::int64_t not_before_leeway_s = 60;  // clocks of issuers run a little ahead

struct Grant {
  std::string room;
  std::string name;       // empty: the holder chooses
  std::uint32_t may = 0;  // WEIR_MAY_*
  std::int64_t expires_s = 0;
};

enum class TokenFault { invalid, expired };

class TokenKey {
 public:
  /// Throws StartError when the key is too short or too long.
  explicit TokenKey(std::string bytes);
  /// All bytes of a file but line ends at its end. Throws StartError.
  static TokenKey read(const std::string& path);

  std::variant<Grant, TokenFault> verify(const std::string& token, std::int64_t now_s) const;
  /// Throws std::runtime_error when the library refuses.
  std::string sign(const Grant& grant) const;

 private:
  std::string bytes_;
};

/// "send-audio", "send-video", "receive-audio", "receive-video" as WEIR_MAY_*; nothing for another word.
std::optional<std::uint32_t> may_bit(std::string_view word);
std::vector<std::string> may_words(std::uint32_t may);

}  // namespace conference
