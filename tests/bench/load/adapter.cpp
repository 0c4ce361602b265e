#include "load/adapter.h"

#include "load/error.h"

namespace weir::load {

std::unique_ptr<Adapter> make_adapter(const Options& options) {
  if (options.target == "weir") return make_weir_adapter();
  if (options.target == "janus") return make_janus_adapter();
  if (options.target == "livekit") return make_livekit_adapter(options.api_key);
  throw LoadError{"no adapter for '" + options.target + "'"};
}

}  // namespace weir::load
