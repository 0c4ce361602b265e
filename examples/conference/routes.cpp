#include "routes.h"

namespace conference {
namespace {

/// The page loads nothing from elsewhere, runs nothing inline, and lives in no frame.
constexpr const char* content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' "
    "blob:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

HttpResponse plain(unsigned status, std::string type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.content_type = std::move(type);
  response.body = std::move(body);
  return response.with("Cache-Control", "no-store");
}

}  // namespace

HttpResponse Routes::answer(const HttpRequest& request) {
  HttpResponse response;
  const bool reading = request.method == Method::get || request.method == Method::head;
  if (HttpSessions::serves(request.path)) {
    response = sessions_.handle(request).with("Cache-Control", "no-store");
  } else if (!reading) {
    response = problem(405, "Method not allowed").with("Allow", "GET, HEAD");
  } else if (request.path == "/healthz") {
    const bool stopping = stopping_();
    response = plain(stopping ? 503 : 200, "application/json",
                     stopping ? R"({"status":"stopping"})" : R"({"status":"ok"})");
  } else if (request.path == "/metrics") {
    response = plain(200, "text/plain; version=0.0.4; charset=utf-8", metrics_());
  } else {
    response = page(request);
  }
  return response.with("X-Content-Type-Options", "nosniff").with("Referrer-Policy", "no-referrer");
}

HttpResponse Routes::page(const HttpRequest& request) {
  auto file = files_.find(request.path);
  if (!file) return plain(404, "text/plain; charset=utf-8", "There is nothing here.\n");
  HttpResponse response;
  if (!request.if_none_match.empty() && names_etag(request.if_none_match, file->etag)) {
    response.status = 304;
  } else {
    response.content_type = std::move(file->type);
    response.body = std::move(file->content);
  }
  response.with("ETag", std::move(file->etag)).with("Cache-Control", "no-cache");
  response.with("Content-Security-Policy", content_policy);
  response.with("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self)");
  return response.with("Cross-Origin-Opener-Policy", "same-origin");
}

}  // namespace conference
