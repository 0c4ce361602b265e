#include "media_node.h"

#include "log.h"
#include "start_error.h"

namespace conference {
namespace {

constexpr int events_at_once = 512;

void log_hook(void*, int32_t level, const char* line) {
  log_line(level, line);
}

/// Which of the node's addresses follow from --host: one family only when it names one address.
void set_addresses(const ServeOptions& options, weir_node_options& node) {
  if (!options.host.empty()) {
    const bool six = options.host.find(':') != std::string::npos;
    node.listen_ipv4 = six ? "" : options.host.c_str();
    node.listen_ipv6 = six ? options.host.c_str() : "";
  }
  if (!options.public_ipv4.empty()) node.public_ipv4 = options.public_ipv4.c_str();
  if (!options.public_ipv6.empty()) node.public_ipv6 = options.public_ipv6.c_str();
}

}  // namespace

MediaNode make_node(const ServeOptions& options) {
  weir_hooks hooks;
  weir_hooks_init(&hooks, sizeof hooks);
  hooks.log = log_hook;
  weir_node_options node_options;
  weir_node_options_init(&node_options, sizeof node_options);
  node_options.threads = options.workers;
  node_options.port = options.media_port;
  node_options.loopback_candidates = options.loopback ? 1 : 0;
  node_options.srtp_backend = options.srtp_backend;
  node_options.log_level = static_cast<std::uint8_t>(options.log_level);
  node_options.hooks = &hooks;
  node_options.max_rooms = options.max_rooms;
  node_options.max_participants = options.max_participants;
  node_options.max_room_participants = options.max_room_participants;
  set_addresses(options, node_options);

  weir_error error;
  weir_error_init(&error, sizeof error);
  weir_node* node = nullptr;
  const weir_status status = weir_node_new(&node_options, &node, &error);
  if (status != WEIR_OK) {
    const std::string reason = error.reason[0] != '\0' ? error.reason : weir_status_text(status);
    throw StartError{"cannot open the media sockets: " + reason};
  }
  return MediaNode{node};
}

void drain_events(weir_node* node, const std::function<void(const weir_event&)>& handle) {
  for (int i = 0; i < events_at_once; ++i) {
    weir_event event;
    weir_event_init(&event, sizeof event);
    if (weir_node_next_event(node, &event, 0) != WEIR_OK) return;
    handle(event);
  }
}

}  // namespace conference
