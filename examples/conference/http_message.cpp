#include "http_message.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace conference {
namespace {

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

HttpResponse problem(unsigned status, std::string_view title, std::string_view detail) {
  nlohmann::json body{{"status", status}, {"title", title}};
  if (!detail.empty()) body["detail"] = detail;
  HttpResponse response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

std::string media_type(std::string_view content_type) {
  std::string type{trimmed(content_type.substr(0, content_type.find(';')))};
  std::transform(type.begin(), type.end(), type.begin(), lower);
  return type;
}

std::string bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size()) return {};
  if (!equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return {};
  return std::string{trimmed(authorization.substr(scheme.size()))};
}

bool names_etag(std::string_view header, std::string_view etag) {
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    std::string_view each = trimmed(header.substr(0, comma));
    if (each.substr(0, 2) == "W/") each.remove_prefix(2);
    if (each == "*" || each == etag) return true;
    header = comma == std::string_view::npos ? std::string_view{} : header.substr(comma + 1);
  }
  return false;
}

bool origin_allowed(std::string_view origin, std::string_view host, const std::vector<std::string>& allowed) {
  if (origin.empty()) return true;
  const auto listed = [&](const std::string& each) {
    return each == "*" || equal_ignoring_case(each, origin);
  };
  if (std::any_of(allowed.begin(), allowed.end(), listed)) return true;
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos || host.empty()) return false;
  return equal_ignoring_case(origin.substr(scheme + 3), host);
}

}  // namespace conference
