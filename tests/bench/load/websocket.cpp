#include "load/websocket.h"

#include <sys/resource.h>

#include "load/error.h"

namespace weir::load {

WebSocket::~WebSocket() {
  if (wsi_ != nullptr) lws_set_opaque_user_data(wsi_, nullptr);
}

void WebSocket::send(Message message) {
  if (wsi_ == nullptr || closing_) return;
  queue_.push_back(std::move(message));
  // One that is still connecting has no poll of its own yet.
  if (open_) lws_callback_on_writable(wsi_);
}

void WebSocket::close() {
  if (wsi_ == nullptr || closing_) return;
  closing_ = true;
  if (open_) lws_callback_on_writable(wsi_);
}

int WebSocket::on_writable() {
  if (queue_.empty()) return closing_ ? -1 : 0;
  frame_.assign(LWS_PRE, '\0');
  frame_ += queue_.front().bytes;
  const lws_write_protocol kind = queue_.front().kind;
  queue_.pop_front();
  auto* const payload = reinterpret_cast<unsigned char*>(frame_.data()) + LWS_PRE;
  if (lws_write(wsi_, payload, frame_.size() - LWS_PRE, kind) < 0) return -1;
  if (!queue_.empty() || closing_) lws_callback_on_writable(wsi_);
  return 0;
}

void WebSocket::end(std::string_view reason) {
  if (wsi_ != nullptr) lws_set_opaque_user_data(std::exchange(wsi_, nullptr), nullptr);
  if (!std::exchange(ended_, true)) user_.on_closed(reason);
}

int WebSocket::on_event(lws_callback_reasons reason, std::string_view bytes) {
  switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      open_ = true;
      if (closing_) return -1;
      user_.on_open();
      if (!queue_.empty()) lws_callback_on_writable(wsi_);
      return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
      if (incoming_.size() + bytes.size() > kMaxMessage) return -1;
      incoming_ += bytes;
      if (lws_is_final_fragment(wsi_) == 0 || lws_remaining_packet_payload(wsi_) > 0) return 0;
      user_.on_message(std::exchange(incoming_, {}));
      return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      return on_writable();
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY:  // the only word of some that end while they connect
      end(open_ ? std::string{"the server closed the signalling connection"}
                : "no signalling connection: " + std::string{bytes});
      return 0;
    default:
      return 0;
  }
}

WebSockets::WebSockets(uv_loop_t& loop, const Url& url, std::string subprotocol, std::uint32_t connections)
    : url_(url), host_(url.host + ":" + std::to_string(url.port)), subprotocol_(std::move(subprotocol)) {
  // One descriptor for each connection, and as many again for sockets: ask for what the system allows.
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  lws_set_log_level(0, nullptr);
  protocols_[0].name = "load";
  protocols_[0].callback = callback;
  protocols_[0].rx_buffer_size = 16'384;
  void* loops[] = {&loop};
  lws_context_creation_info info{};
  info.options = LWS_SERVER_OPTION_LIBUV;
  if (url_.tls) info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.foreign_loops = loops;
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.protocols = protocols_;
  info.fd_limit_per_thread = 2 * connections + 64;
  info.timeout_secs = 15;
  context_ = lws_create_context(&info);
  if (context_ == nullptr) throw LoadError{"libwebsockets cannot start (is its libuv plugin installed?)"};
}

WebSockets::~WebSockets() {
  lws_context_destroy(context_);
}

void WebSockets::connect(WebSocket& socket, const std::string& query) {
  const std::string path = url_.path + query;
  lws_client_connect_info info{};
  info.context = context_;
  info.address = url_.host.c_str();
  info.port = url_.port;
  info.path = path.c_str();
  info.host = host_.c_str();
  info.protocol = subprotocol_.empty() ? nullptr : subprotocol_.c_str();
  info.local_protocol_name = protocols_[0].name;
  info.opaque_user_data = &socket;
  info.pwsi = &socket.wsi_;
  // The servers under test have certificates of their own making.
  if (url_.tls) {
    info.ssl_connection = LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK |
                          LCCSCF_ALLOW_EXPIRED;
  }
  if (lws_client_connect_via_info(&info) == nullptr) {
    socket.wsi_ = nullptr;  // whatever it was, it is gone
    socket.end("no signalling connection");
  }
}

int WebSockets::callback(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t size) {
  auto* const socket = wsi == nullptr ? nullptr : static_cast<WebSocket*>(lws_get_opaque_user_data(wsi));
  if (socket == nullptr) return 0;
  // The only door from C into C++: nothing may be thrown through it.
  try {
    return socket->on_event(reason, {static_cast<const char*>(in), in == nullptr ? 0 : size});
  } catch (const std::exception&) {
    return -1;  // ends the connection, of which its user is told
  }
}

}  // namespace weir::load
