#include "load/adapter.h"

#include "load/error.h"

namespace weir::load {

std::unique_ptr<Adapter> make_adapter(std::string_view target) {
  if (target == "weir") return make_weir_adapter();
  if (target == "janus") return make_janus_adapter();
  throw LoadError{"no adapter for '" + std::string{target} + "'"};
}

}  // namespace weir::load
