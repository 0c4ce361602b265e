// libwebsockets' header, and what every file that calls it needs.
#pragma once

#include <uv.h>

#include <libwebsockets.h>

#include <string>

namespace conference {

/// A header of a request; "" when it is absent or longer than `limit`.
std::string header_of(lws* wsi, lws_token_indexes token, std::size_t limit = 8192);

/// The address of the client in numbers.
std::string address_of(lws* wsi);

}  // namespace conference
