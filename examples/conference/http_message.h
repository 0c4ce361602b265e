// An HTTP request and its response as plain values, so that what the server answers can be tested without a
// socket.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conference {

/// Of a request; longer ones are answered 413.
constexpr std::size_t max_body_bytes = 256U * 1024U;

enum class Method { get, head, post, put, patch, remove, options, other };

struct HttpRequest {
  Method method = Method::other;
  std::string path;  // decoded, without the query
  std::string peer;  // address of the client
  std::string host;
  std::string origin;
  std::string authorization;
  std::string content_type;
  std::string if_match;
  std::string if_none_match;
  std::string name;  // the query parameter of WHIP and WHEP
  std::string body;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  HttpResponse& with(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

/// RFC 9457: an error that people and programs can read.
HttpResponse problem(unsigned status, std::string_view title, std::string_view detail = {});

/// The media type of a Content-Type header, in lower case and without parameters.
std::string media_type(std::string_view content_type);

/// The token of "Bearer TOKEN" (RFC 6750 section 2.1), or "".
std::string bearer_token(std::string_view authorization);

/// Whether an If-None-Match or If-Match header names the entity tag (RFC 9110 section 13.1).
bool names_etag(std::string_view header, std::string_view etag);

/// Whether a page of this Origin (RFC 6454) may talk to us: programs send none, our own page sends our host,
/// and others must be listed. "*" in the list means everybody.
bool origin_allowed(std::string_view origin, std::string_view host, const std::vector<std::string>& allowed);

}  // namespace conference
