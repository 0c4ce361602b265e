// What the process holds of memory.
#pragma once

#include <cstddef>

namespace weir::bench {

struct Memory {
  std::size_t live = 0;      // bytes that are allocated; 0 where the allocator does not tell (sanitizers)
  std::size_t resident = 0;  // of the process, code included
};
Memory memory_now();

/// Gives back to the system what lies free at the allocator.
void trim_memory();

}  // namespace weir::bench
