// Text into the fixed fields of the C ABI's structs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace weir::engine {

/// Cut to what fits, with a zero at its end.
template <std::size_t N>
void copy_text(char (&to)[N], std::string_view from) {
  const std::size_t n = std::min(from.size(), N - 1);
  std::copy_n(from.data(), n, to);
  to[n] = 0;
}

}  // namespace weir::engine
