// weir_node_options: defaults, ranges, and what io/ makes of them.
#pragma once

#include "base/result.h"
#include "io/node.h"
#include "weir/node.h"

namespace weir::api {

weir_node_options default_node_options();

/// Checks every range; the error names the option. `given` may be NULL: all defaults.
Result<io::NodeOptions> read_node_options(const weir_node_options* given);

}  // namespace weir::api
