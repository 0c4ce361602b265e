#include "web_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "http_exchange.h"
#include "start_error.h"
#include "tls.h"

namespace conference {
namespace {

std::function<void(const std::string&)> log_sink;  // libwebsockets' log is one for the process

void log_line(int, const char* line) {
  std::string text{line};
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (log_sink) log_sink(text);
}

/// Tries to listen, because libwebsockets tells only that it could not. @return whether IPv6 works.
bool probe_port(const std::string& host, std::uint16_t port) {
  sockaddr_in6 six{};
  sockaddr_in four{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  const bool is_four = inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1;
  if (!is_four && !host.empty()) inet_pton(AF_INET6, host.c_str(), &six.sin6_addr);
  bool ipv6 = !is_four;
  int handle = ipv6 ? socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
  if (handle < 0 && (is_four || host.empty())) {
    ipv6 = false;
    handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  }
  const int yes = 1;
  setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const auto* address =
      ipv6 ? reinterpret_cast<const sockaddr*>(&six) : reinterpret_cast<const sockaddr*>(&four);
  const bool bound =
      handle >= 0 && bind(handle, address, ipv6 ? sizeof six : sizeof four) == 0 && listen(handle, 1) == 0;
  const int reason = errno;
  if (handle >= 0) close(handle);
  if (!bound) {
    throw StartError{"cannot listen on " + (host.empty() ? std::string{} : host + " ") + "TCP port " +
                     std::to_string(port) + ": " + std::strerror(reason)};
  }
  return ipv6;
}

std::string text_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text.data(), text.size());
  }
  return text.data();
}

}  // namespace

/// libwebsockets allocates it, zeroed, for each connection.
struct WebServer::PerConnection {
  HttpExchange* http;
  WebSocket* socket;

  void drop_http() {
    delete http;
    http = nullptr;
  }
};

void check_web_options(const WebServerOptions& options) {
  if (!options.tls_cert.empty()) check_certificate(options.tls_cert, options.tls_key);
  probe_port(options.host, options.port);
}

WebServer::WebServer(uv_loop_t* loop, const WebServerOptions& options, Parts parts, Clock clock,
                     std::function<void(const std::string&)> log_error)
    : options_{options}, parts_{parts}, clock_{std::move(clock)} {
  const bool ipv6 = probe_port(options_.host, options_.port);
  log_sink = std::move(log_error);
  lws_set_log_level(LLL_ERR, log_line);

  protocols_.push_back({});
  protocols_[0].name = "weir";
  protocols_[0].callback = callback;
  protocols_[0].per_session_data_size = sizeof(PerConnection);
  protocols_[0].rx_buffer_size = 16'384;
  protocols_.push_back({});

  // A peer that answers no ping for 20 s is gone; RFC 6455 section 5.5.2.
  liveness_.secs_since_valid_ping = 20;
  liveness_.secs_since_valid_hangup = 40;

  std::array<void*, 1> loops{loop};
  lws_context_creation_info info{};
  info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                 LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                 (ipv6 ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6);
  info.foreign_loops = loops.data();
  info.user = this;
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.server_string = "weir-conference";
  info.max_http_header_data = 8192;
  info.max_http_header_pool =
      static_cast<unsigned short>(std::min<std::uint32_t>(options_.max_connections, 4096));
  info.pt_serv_buf_size = 16'384;
  info.timeout_secs = 15;
  info.keepalive_timeout = 30;
  info.timeout_secs_ah_idle = 15;
  info.retry_and_idle_policy = &liveness_;
  if (!options_.tls_cert.empty()) info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  context_ = lws_create_context(&info);
  if (context_ == nullptr) throw StartError{"libwebsockets cannot start (is its libuv plugin installed?)"};

  info.protocols = protocols_.data();
  info.port = options_.port;
  info.iface = options_.host.empty() ? nullptr : options_.host.c_str();
  info.vhost_name = "weir";
  info.alpn = "http/1.1";
  if (!options_.tls_cert.empty()) {
    info.ssl_cert_filepath = options_.tls_cert.c_str();
    info.ssl_private_key_filepath = options_.tls_key.c_str();
    info.ssl_options_set = tls_options();
  }
  lws_vhost* const vhost = lws_create_vhost(context_, &info);
  if (vhost == nullptr) {
    throw StartError{"libwebsockets cannot listen on TCP port " + std::to_string(options_.port)};
  }
  port_ = static_cast<std::uint16_t>(lws_get_vhost_listen_port(vhost));
}

WebServer::~WebServer() {
  if (context_ != nullptr) lws_context_destroy(context_);
  log_sink = nullptr;
}

void WebServer::close() {
  if (context_ != nullptr) lws_context_destroy(context_);
}

int WebServer::callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t size) {
  lws_context* const context = wsi == nullptr ? nullptr : lws_get_context(wsi);
  auto* const server = context == nullptr ? nullptr : static_cast<WebServer*>(lws_context_user(context));
  if (server == nullptr) return 0;
  auto* const connection = static_cast<PerConnection*>(user);
  const auto bytes = [&] { return std::string_view{static_cast<const char*>(in), in == nullptr ? 0 : size}; };
  // The only door from C into C++: nothing may be thrown through it.
  try {
    switch (reason) {
      case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
      case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
      case LWS_CALLBACK_WSI_DESTROY:
        return server->on_connection(wsi, reason, user);
      case LWS_CALLBACK_HTTP:
      case LWS_CALLBACK_HTTP_BODY:
      case LWS_CALLBACK_HTTP_BODY_COMPLETION:
      case LWS_CALLBACK_HTTP_WRITEABLE:
      case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
      case LWS_CALLBACK_CLOSED_HTTP:
        return server->on_http(wsi, reason, connection, bytes());
      case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return server->filter_websocket(wsi);
      case LWS_CALLBACK_ESTABLISHED:
      case LWS_CALLBACK_RECEIVE:
      case LWS_CALLBACK_SERVER_WRITEABLE:
      case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      case LWS_CALLBACK_CLOSED:
        return server->on_websocket(wsi, reason, connection, bytes());
      default:
        return 0;
    }
  } catch (const std::exception& error) {
    log_line(0, error.what());
    return -1;
  }
}

/// Counts connections by address, from accept() to their end.
int WebServer::on_connection(lws* wsi, lws_callback_reasons reason, const void* user) {
  if (reason == LWS_CALLBACK_FILTER_NETWORK_CONNECTION) {
    const auto& peer = static_cast<const lws_filter_network_conn_args*>(user)->cli_addr;
    if (parts_.limits.may_open(text_of(peer))) return 0;
    parts_.limits.count_refused_connection();
    return 1;
  }
  if (reason == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED) {
    const std::string address = address_of(wsi);
    if (parts_.limits.open(address)) addresses_.emplace(wsi, address);
    return 0;
  }
  const auto known = addresses_.find(wsi);
  if (known == addresses_.end()) return 0;
  parts_.limits.close(known->second);
  addresses_.erase(known);
  return 0;
}

int WebServer::on_http(lws* wsi, lws_callback_reasons reason, PerConnection* connection,
                       std::string_view in) {
  if (connection == nullptr) return 0;
  HttpExchange* const exchange = connection->http;
  switch (reason) {
    case LWS_CALLBACK_HTTP:
      if (addresses_.count(wsi) == 0) return -1;  // over the limit
      ++http_requests_;
      connection->drop_http();
      connection->http = new HttpExchange{wsi, in, parts_.routes};
      return connection->http->begin();
    case LWS_CALLBACK_HTTP_BODY:
      return exchange == nullptr ? -1 : exchange->on_body(in);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
      return exchange == nullptr ? -1 : exchange->on_body_complete();
    case LWS_CALLBACK_HTTP_WRITEABLE:
      return exchange == nullptr ? 0 : exchange->on_writable();
    default:
      connection->drop_http();
      return 0;
  }
}

/// Which pages may open a WebSocket here, and where.
int WebServer::filter_websocket(lws* wsi) {
  unsigned status = 0;
  if (header_of(wsi, WSI_TOKEN_GET_URI) != "/ws") {
    status = HTTP_STATUS_NOT_FOUND;
  } else if (addresses_.count(wsi) == 0) {
    status = 429;
  } else if (!origin_allowed(header_of(wsi, WSI_TOKEN_ORIGIN), header_of(wsi, WSI_TOKEN_HOST),
                             options_.allowed_origins)) {
    ++refused_origins_;
    status = HTTP_STATUS_FORBIDDEN;
  }
  if (status == 0) return 0;
  if (lws_return_http_status(wsi, status, nullptr) != 0) return -1;
  return 1;
}

int WebServer::on_websocket(lws* wsi, lws_callback_reasons reason, PerConnection* connection,
                            std::string_view in) {
  if (connection == nullptr) return 0;
  WebSocket* const socket = connection->socket;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED: {
      auto opened = std::make_unique<WebSocket>(wsi, websocket_counts_);
      opened->begin(std::make_unique<Session>(parts_.hub, parts_.admission, clock_, *opened, address_of(wsi),
                                              options_.messages_per_second));
      connection->drop_http();
      connection->socket = opened.release();
      return 0;
    }
    case LWS_CALLBACK_RECEIVE:
      if (socket == nullptr) return -1;
      return socket->on_receive(in, lws_is_first_fragment(wsi) != 0, lws_is_final_fragment(wsi) != 0,
                                lws_frame_is_binary(wsi) != 0);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      return socket == nullptr ? 0 : socket->on_peer_close();
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return socket == nullptr ? 0 : socket->on_writable();
    default:
      delete socket;
      connection->socket = nullptr;
      return 0;
  }
}

}  // namespace conference
