// WebSocket clients (RFC 6455) over libwebsockets on a libuv loop: one for each signalling connection.
#pragma once

#include <uv.h>

#include <libwebsockets.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "load/options.h"

namespace weir::load {

/// Who owns a connection. Called on the loop's thread.
class WebSocketUser {
 public:
  virtual ~WebSocketUser() = default;
  virtual void on_open() = 0;
  virtual void on_text(std::string_view text) = 0;
  /// It could not be opened, or has ended; nothing comes after this.
  virtual void on_closed(std::string_view reason) = 0;
};

class WebSocket {
 public:
  static constexpr std::size_t kMaxMessage = 4 << 20;  // a longer one ends the connection

  explicit WebSocket(WebSocketUser& user) : user_(user) {}
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  void send(std::string text);
  /// After what was sent.
  void close();

 private:
  friend class WebSockets;
  int on_event(lws_callback_reasons reason, std::string_view bytes);
  int on_writable();

  WebSocketUser& user_;
  lws* wsi_ = nullptr;
  bool open_ = false;
  bool closing_ = false;
  std::string incoming_;
  std::string frame_;
  std::deque<std::string> queue_;
};

/// libwebsockets' context of a loop.
class WebSockets {
 public:
  /// `subprotocol`: of Sec-WebSocket-Protocol, "" for none.
  WebSockets(uv_loop_t& loop, const Url& url, std::string subprotocol, std::uint32_t connections);
  ~WebSockets();
  WebSockets(const WebSockets&) = delete;
  WebSockets& operator=(const WebSockets&) = delete;

  void connect(WebSocket& socket);
  /// Ends all connections; then the loop must turn before this is destroyed.
  void close() { lws_context_destroy(context_); }

 private:
  static int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t size);

  Url url_;
  std::string host_;
  std::string subprotocol_;
  lws_protocols protocols_[2]{};
  lws_context* context_ = nullptr;
};

}  // namespace weir::load
