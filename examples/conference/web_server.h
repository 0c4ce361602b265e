// libwebsockets as a value: one port, HTTP and WebSocket, optionally TLS, on a libuv loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "address_limits.h"
#include "admission.h"
#include "clock.h"
#include "hub.h"
#include "lws.h"
#include "routes.h"
#include "websocket.h"

namespace conference {

struct WebServerOptions {
  std::string host;  // empty: every address
  std::uint16_t port = 8080;
  std::string tls_cert;  // empty: no TLS
  std::string tls_key;
  std::vector<std::string> allowed_origins;
  std::uint32_t messages_per_second = 50;
  std::uint32_t max_connections = 2000;
};

/// Whether the port and the certificate can be used, told before anything else is opened. Throws StartError.
void check_web_options(const WebServerOptions& options);

class WebServer {
 public:
  /// What answers: borrowed for the server's life.
  struct Parts {
    Hub& hub;
    Admission& admission;
    AddressLimits& limits;
    Routes& routes;
  };

  /// Listens from now on. Throws StartError.
  WebServer(uv_loop_t* loop, const WebServerOptions& options, Parts parts, Clock clock,
            std::function<void(const std::string&)> log_error);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  std::uint16_t port() const { return port_; }
  const WebSocketCounts& websockets() const { return websocket_counts_; }
  std::uint64_t http_requests() const { return http_requests_; }
  std::uint64_t refused_origins() const { return refused_origins_; }

  /// Begins to close everything; the loop must run on until nothing is left in it. Then destroy.
  void close();

 private:
  struct PerConnection;

  static int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t size);
  int on_connection(lws* wsi, lws_callback_reasons reason, const void* user);
  int on_http(lws* wsi, lws_callback_reasons reason, PerConnection* connection, std::string_view in);
  int on_websocket(lws* wsi, lws_callback_reasons reason, PerConnection* connection, std::string_view in);
  int filter_websocket(lws* wsi);

  WebServerOptions options_;
  Parts parts_;
  Clock clock_;
  std::vector<lws_protocols> protocols_;
  lws_retry_bo_t liveness_{};
  lws_context* context_ = nullptr;
  std::uint16_t port_ = 0;
  std::unordered_map<lws*, std::string> addresses_;  // of open connections
  WebSocketCounts websocket_counts_;
  std::uint64_t http_requests_ = 0;
  std::uint64_t refused_origins_ = 0;
};

}  // namespace conference
