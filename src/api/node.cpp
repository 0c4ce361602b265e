// weir/node.h
#include "weir/node.h"

#include <cstring>
#include <string>

#include "api/boundary.h"
#include "api/handle.h"
#include "api/node_options.h"

using weir::Result;
namespace api = weir::api;
namespace io = weir::io;

weir_status weir_node_options_init(weir_node_options* options, size_t size) {
  return api::init_struct(options, size, api::default_node_options());
}

weir_status weir_hooks_init(weir_hooks* hooks, size_t size) {
  return api::init_struct(hooks, size, weir_hooks{});
}

weir_status weir_event_init(weir_event* event, size_t size) {
  return api::init_struct(event, size, weir_event{});
}

weir_status weir_node_new(const weir_node_options* options, weir_node** node, weir_error* error) {
  if (node == nullptr || !api::usable(error)) return WEIR_ERR_INVALID;
  return api::guarded(error, [&]() -> weir_status {
    const Result<io::NodeOptions> read = api::read_node_options(options);
    if (!read) return api::fail(error, read.error());
    auto handle = std::make_unique<weir_node>();
    Result<std::unique_ptr<io::Node>> made = io::Node::make(*read);
    if (!made) return api::fail(error, made.error());
    handle->io = std::move(*made);
    *node = handle.release();
    return WEIR_OK;
  });
}

void weir_node_free(weir_node* node) {
  // A hook that frees its own node would wait for itself.
  if (node == nullptr || node->io->in_hook()) return;
  delete node;
}

weir_status weir_node_stop(weir_node* node) {
  if (node == nullptr) return WEIR_ERR_INVALID;
  return api::guarded([&] { return node->io->stop(); });
}

weir_status weir_node_port(weir_node* node, uint32_t worker, uint16_t* port) {
  if (node == nullptr || port == nullptr) return WEIR_ERR_INVALID;
  if (node->io->in_hook()) return WEIR_ERR_REENTRANT;
  const auto found = node->io->port(worker);
  if (!found) return WEIR_ERR_INVALID;
  *port = *found;
  return WEIR_OK;
}

weir_status weir_node_fingerprint(weir_node* node, char* out, size_t capacity) {
  if (node == nullptr || (out == nullptr && capacity > 0)) return WEIR_ERR_INVALID;
  if (node->io->in_hook()) return WEIR_ERR_REENTRANT;
  return api::guarded([&]() -> weir_status {
    const std::string text = node->io->fingerprint();
    if (capacity <= text.size()) return WEIR_ERR_BUFFER;
    std::memcpy(out, text.c_str(), text.size() + 1);
    return WEIR_OK;
  });
}

weir_status weir_node_next_event(weir_node* node, weir_event* event, int32_t timeout_ms) {
  if (node == nullptr) return WEIR_ERR_INVALID;
  if (const weir_status status = api::check_out(event); status != WEIR_OK) return status;
  return api::guarded([&]() -> weir_status {
    weir_event next{};
    const weir_status status = node->io->next_event(next, timeout_ms);
    if (status == WEIR_OK) api::give_struct(next, event);
    return status;
  });
}

int32_t weir_node_event_fd(weir_node* node) {
  if (node == nullptr) return WEIR_ERR_INVALID;
  return node->io->in_hook() ? WEIR_ERR_REENTRANT : node->io->event_fd();
}

weir_status weir_node_run_once(weir_node* node, int32_t timeout_ms) {
  if (node == nullptr) return WEIR_ERR_INVALID;
  return api::guarded([&] { return node->io->run_once(timeout_ms); });
}

int32_t weir_node_poll_fd(weir_node* node) {
  if (node == nullptr) return WEIR_ERR_INVALID;
  return node->io->poll_fd();
}

weir_status weir_node_deadline(weir_node* node, int32_t* timeout_ms) {
  if (node == nullptr || timeout_ms == nullptr) return WEIR_ERR_INVALID;
  return api::guarded([&] { return node->io->deadline(*timeout_ms); });
}
