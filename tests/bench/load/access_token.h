// Tokens by which a server lets a client in: JSON Web Tokens (RFC 7519) in the compact form (RFC 7515
// section 3.1), signed with a shared secret.
//
//   base64url(header) "." base64url(claims) "." base64url(HMAC-SHA256(secret, all before the second "."))
#pragma once

#include <string>
#include <string_view>

namespace weir::load {

/// RFC 4648 section 5.
enum class Padding { none, equals_signs };
std::string base64url(std::string_view bytes, Padding padding);

/// Throws LoadError when the library cannot compute.
std::string signed_token(std::string_view header, std::string_view claims, std::string_view secret);

}  // namespace weir::load
