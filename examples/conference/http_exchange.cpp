#include "http_exchange.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace conference {
namespace {

constexpr std::size_t chunk = 16U * 1024U;

Method method_of(lws* wsi) {
  char* uri = nullptr;
  int length = 0;
  switch (lws_http_get_uri_and_method(wsi, &uri, &length)) {
    case LWSHUMETH_GET:
      return Method::get;
    case LWSHUMETH_HEAD:
      return Method::head;
    case LWSHUMETH_POST:
      return Method::post;
    case LWSHUMETH_PUT:
      return Method::put;
    case LWSHUMETH_PATCH:
      return Method::patch;
    case LWSHUMETH_DELETE:
      return Method::remove;
    case LWSHUMETH_OPTIONS:
      return Method::options;
    default:
      return Method::other;
  }
}

std::string query_argument(lws* wsi, const char* name_and_equals) {
  std::array<char, 512> value{};
  const char* const found =
      lws_get_urlarg_by_name(wsi, name_and_equals, value.data(), static_cast<int>(value.size()));
  return found == nullptr ? std::string{} : std::string{found};
}

bool takes_body(Method method) {
  return method == Method::post || method == Method::patch;
}

}  // namespace

HttpExchange::HttpExchange(lws* wsi, std::string_view path, Routes& routes) : wsi_{wsi}, routes_{routes} {
  request_.path = path;
}

void HttpExchange::read_headers() {
  request_.method = method_of(wsi_);
  request_.peer = address_of(wsi_);
  request_.host = header_of(wsi_, WSI_TOKEN_HOST);
  request_.origin = header_of(wsi_, WSI_TOKEN_ORIGIN);
  request_.authorization = header_of(wsi_, WSI_TOKEN_HTTP_AUTHORIZATION);
  request_.content_type = header_of(wsi_, WSI_TOKEN_HTTP_CONTENT_TYPE);
  request_.if_match = header_of(wsi_, WSI_TOKEN_HTTP_IF_MATCH);
  request_.if_none_match = header_of(wsi_, WSI_TOKEN_HTTP_IF_NONE_MATCH);
  request_.name = query_argument(wsi_, "name=");
}

int HttpExchange::begin() {
  read_headers();
  if (!takes_body(request_.method)) return respond(routes_.answer(request_));
  const std::string length = header_of(wsi_, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  std::size_t bytes = 0;
  const auto [end, fault] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (length.empty() || fault != std::errc{} || end != length.data() + length.size()) {
    return respond(problem(411, "Length required").with("Connection", "close"));
  }
  if (bytes > max_body_bytes) return respond(problem(413, "Content too large").with("Connection", "close"));
  if (bytes == 0) return respond(routes_.answer(request_));
  request_.body.reserve(bytes);
  return 0;
}

int HttpExchange::on_body(std::string_view part) {
  if (responded_) return 0;
  if (request_.body.size() + part.size() > max_body_bytes) return -1;
  request_.body.append(part);
  return 0;
}

/// The status line and what belongs to it. RFC 9110 section 8.6: 204 and 304 announce no length of their own.
int HttpExchange::add_status(const HttpResponse& response, unsigned char** at, unsigned char* end) {
  if (response.status == 204 || response.status == 304) {
    return lws_add_http_header_status(wsi_, response.status, at, end);
  }
  const char* const type = response.content_type.empty() ? nullptr : response.content_type.c_str();
  return lws_add_http_common_headers(wsi_, response.status, type, response.body.size(), at, end);
}

int HttpExchange::respond(const HttpResponse& response) {
  if (responded_) return -1;
  responded_ = true;
  const bool has_body = !response.body.empty() && request_.method != Method::head;
  std::array<unsigned char, LWS_PRE + 8192> buffer{};
  unsigned char* const start = buffer.data() + LWS_PRE;
  unsigned char* end = buffer.data() + buffer.size() - 1;
  unsigned char* at = start;
  if (add_status(response, &at, end) != 0) return -1;
  for (const auto& [name, value] : response.headers) {
    const std::string field = name + ":";
    if (lws_add_http_header_by_name(wsi_, reinterpret_cast<const unsigned char*>(field.c_str()),
                                    reinterpret_cast<const unsigned char*>(value.c_str()),
                                    static_cast<int>(value.size()), &at, end) != 0) {
      return -1;
    }
  }
  if (lws_finalize_write_http_header(wsi_, start, &at, end) != 0) return -1;
  if (!has_body) return complete();
  rest_.assign(LWS_PRE, '\0');
  rest_.append(response.body);
  lws_callback_on_writable(wsi_);
  return 0;
}

int HttpExchange::on_writable() {
  if (rest_.empty()) return 0;
  const std::size_t left = rest_.size() - LWS_PRE - sent_;
  const std::size_t size = std::min(left, chunk);
  // libwebsockets may write a frame's head in the LWS_PRE bytes before: those have been sent.
  auto* const part = reinterpret_cast<unsigned char*>(rest_.data()) + LWS_PRE + sent_;
  if (lws_write(wsi_, part, size, size == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0) return -1;
  sent_ += size;
  if (size == left) return complete();
  lws_callback_on_writable(wsi_);
  return 0;
}

int HttpExchange::complete() {
  rest_ = {};
  sent_ = 0;
  return lws_http_transaction_completed(wsi_) != 0 ? -1 : 0;
}

}  // namespace conference
