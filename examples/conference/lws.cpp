#include "lws.h"

#include <array>

namespace conference {

std::string header_of(lws* wsi, lws_token_indexes token, std::size_t limit) {
  const int length = lws_hdr_total_length(wsi, token);
  if (length <= 0 || static_cast<std::size_t>(length) > limit) return {};
  std::string value(static_cast<std::size_t>(length) + 1, '\0');
  const int copied = lws_hdr_copy(wsi, value.data(), length + 1, token);
  value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
  return value;
}

std::string address_of(lws* wsi) {
  std::array<char, 64> text{};
  const char* const address = lws_get_peer_simple(wsi, text.data(), text.size());
  return address == nullptr ? std::string{} : std::string{address};
}

}  // namespace conference
