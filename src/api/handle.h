// What a weir_node is inside.
#pragma once

#include <memory>

#include "io/node.h"

struct weir_node {
  std::unique_ptr<weir::io::Node> io;
};
