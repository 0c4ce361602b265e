// One open WebSocket: puts fragments together, and sends from a queue with a limit.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lws.h"
#include "room.h"
#include "session.h"

namespace conference {

/// A client that does not take its messages: it may come back and resume, which tells it everything at once.
constexpr std::size_t max_queue_messages = 2000;
constexpr std::size_t max_queue_bytes = 4U << 20U;

struct WebSocketCounts {
  std::uint64_t open = 0;
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t overflows = 0;
};

class WebSocket : public Client {
 public:
  WebSocket(lws* wsi, WebSocketCounts& counts);
  ~WebSocket() override;
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  /// The session speaks through this socket, so it is made after it.
  void begin(std::unique_ptr<Session> session) { session_ = std::move(session); }

  // Client. Both only queue: nothing is called back from inside.
  void send(std::shared_ptr<const std::string> message) override;
  void close(unsigned code, std::string_view reason) override;

  // From libwebsockets. A value other than 0 closes the connection.
  int on_receive(std::string_view fragment, bool first, bool final, bool binary);
  int on_writable();
  /// The peer's close frame: the answer to ours, or its own wish, which libwebsockets answers.
  int on_peer_close() const { return close_sent_ ? -1 : 0; }

 private:
  int send_close();

  struct Closing {
    unsigned code = 1000;
    std::string reason;
  };

  lws* wsi_;
  WebSocketCounts& counts_;
  std::string incoming_;
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t queued_bytes_ = 0;
  std::optional<Closing> closing_;
  bool close_sent_ = false;
  std::string frame_;
  std::unique_ptr<Session> session_;
};

}  // namespace conference
