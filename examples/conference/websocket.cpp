#include "websocket.h"

#include <algorithm>

namespace conference {
namespace {

constexpr int close_patience_s = 3;
// The one value that the public enumeration leaves out: "a close frame" in every version.
constexpr auto write_close = static_cast<lws_write_protocol>(4);

}  // namespace

WebSocket::WebSocket(lws* wsi, WebSocketCounts& counts) : wsi_{wsi}, counts_{counts} {
  ++counts_.open;
}

WebSocket::~WebSocket() {
  --counts_.open;
}

void WebSocket::send(std::shared_ptr<const std::string> message) {
  if (closing_) return;
  if (queue_.size() >= max_queue_messages || queued_bytes_ + message->size() > max_queue_bytes) {
    ++counts_.overflows;
    queue_.clear();
    queued_bytes_ = 0;
    return close(1013, "too slow");
  }
  queued_bytes_ += message->size();
  queue_.push_back(std::move(message));
  lws_callback_on_writable(wsi_);
}

void WebSocket::close(unsigned code, std::string_view reason) {
  if (closing_) return;
  closing_ =
      Closing{code, std::string{reason.substr(0, 100)}};  // RFC 6455 section 5.5: 125 bytes with the code
  lws_callback_on_writable(wsi_);
}

int WebSocket::on_receive(std::string_view fragment, bool first, bool final, bool binary) {
  if (closing_) return 0;
  if (first) incoming_.clear();
  if (binary) {
    close(1007, "not a JSON object");
  } else if (incoming_.size() + fragment.size() > max_message_bytes) {
    incoming_ = {};
    close(1009, "too large");
  } else {
    incoming_.append(fragment);
    if (!final) return 0;
    ++counts_.received;
    const std::string message = std::move(incoming_);
    incoming_ = {};
    session_->receive(message);
  }
  return 0;
}

int WebSocket::on_writable() {
  if (!queue_.empty()) {
    const std::shared_ptr<const std::string> message = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= message->size();
    frame_.assign(LWS_PRE, '\0');
    frame_.append(*message);
    auto* const payload = reinterpret_cast<unsigned char*>(frame_.data()) + LWS_PRE;
    if (lws_write(wsi_, payload, message->size(), LWS_WRITE_TEXT) < 0) return -1;
    ++counts_.sent;
    if (frame_.capacity() > 65'536) frame_ = {};
    if (!queue_.empty() || closing_) lws_callback_on_writable(wsi_);
    return 0;
  }
  return closing_ && !close_sent_ ? send_close() : 0;
}

/// RFC 6455 section 5.5.1: the code in network order, then the reason. The peer answers with a close frame of
/// its own. lws_close_reason() would be the way, but Debian's libwebsockets 4.1 on libuv ends the connection
/// before it is sent.
int WebSocket::send_close() {
  close_sent_ = true;
  frame_.assign(LWS_PRE, '\0');
  frame_.push_back(static_cast<char>(closing_->code >> 8U));
  frame_.push_back(static_cast<char>(closing_->code & 0xFFU));
  frame_.append(closing_->reason);
  auto* const payload = reinterpret_cast<unsigned char*>(frame_.data()) + LWS_PRE;
  if (lws_write(wsi_, payload, frame_.size() - LWS_PRE, write_close) < 0) return -1;
  lws_set_timeout(wsi_, PENDING_TIMEOUT_CLOSE_ACK, close_patience_s);
  return 0;
}

}  // namespace conference
