// The node of libweir that this server runs.
#pragma once

#include <functional>
#include <memory>

#include "options.h"
#include "weir/weir.h"

namespace conference {

struct FreeNode {
  void operator()(weir_node* node) const { weir_node_free(node); }
};
using MediaNode = std::unique_ptr<weir_node, FreeNode>;

/// Opens the media sockets. Throws StartError.
MediaNode make_node(const ServeOptions& options);

/// Takes what events wait, a bounded number at once so that clients have their turn.
void drain_events(weir_node* node, const std::function<void(const weir_event&)>& handle);

}  // namespace conference
