// WebSocket clients (RFC 6455) over libwebsockets on a libuv loop: one for each signalling connection.
#pragma once

#include <uv.h>

#include <libwebsockets.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "load/options.h"

namespace weir::load {

/// Who owns a connection. Called on the loop's thread.
class WebSocketUser {
 public:
  virtual ~WebSocketUser() = default;
  virtual void on_open() = 0;
  /// Text or bytes.
  virtual void on_message(std::string_view message) = 0;
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

  void send_text(std::string text) { send({std::move(text), LWS_WRITE_TEXT}); }
  void send_binary(std::string bytes) { send({std::move(bytes), LWS_WRITE_BINARY}); }
  /// After what was sent.
  void close();

 private:
  friend class WebSockets;
  struct Message {
    std::string bytes;
    lws_write_protocol kind;
  };

  void send(Message message);
  int on_event(lws_callback_reasons reason, std::string_view bytes);
  int on_writable();
  void end(std::string_view reason);

  WebSocketUser& user_;
  lws* wsi_ = nullptr;
  bool open_ = false;
  bool closing_ = false;
  bool ended_ = false;  // of which its user was told
  std::string incoming_;
  std::string frame_;
  std::deque<Message> queue_;
};

/// libwebsockets' context of a loop.
class WebSockets {
 public:
  /// `subprotocol`: of Sec-WebSocket-Protocol, "" for none.
  WebSockets(uv_loop_t& loop, const Url& url, std::string subprotocol, std::uint32_t connections);
  ~WebSockets();
  WebSockets(const WebSockets&) = delete;
  WebSockets& operator=(const WebSockets&) = delete;

  /// `query`: added to the URL, with its "?".
  void connect(WebSocket& socket, const std::string& query);
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
