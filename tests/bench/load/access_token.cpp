#include "load/access_token.h"

#include <mbedtls/base64.h>
#include <mbedtls/md.h>

#include <array>

#include "load/error.h"

namespace weir::load {
namespace {

constexpr std::size_t kSha256 = 32;

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string base64url(std::string_view bytes, Padding padding) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // the library ends it with a zero
  std::size_t size = 0;
  if (mbedtls_base64_encode(reinterpret_cast<unsigned char*>(text.data()), text.size(), &size, octets(bytes),
                            bytes.size()) != 0) {
    throw LoadError{"base64 cannot be computed"};
  }
  text.resize(size);
  for (char& each : text) {
    if (each == '+') each = '-';
    if (each == '/') each = '_';
  }
  while (padding == Padding::none && !text.empty() && text.back() == '=') text.pop_back();
  return text;
}

std::string signed_token(std::string_view header, std::string_view claims, std::string_view secret) {
  const std::string content = base64url(header, Padding::none) + "." + base64url(claims, Padding::none);
  std::array<char, kSha256> mac{};
  if (mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), octets(secret), secret.size(),
                      octets(content), content.size(), reinterpret_cast<unsigned char*>(mac.data())) != 0) {
    throw LoadError{"HMAC-SHA256 cannot be computed"};
  }
  return content + "." + base64url({mac.data(), mac.size()}, Padding::none);
}

}  // namespace weir::load
