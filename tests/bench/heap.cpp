#include "heap.h"

#include <malloc.h>
#include <unistd.h>

#include <fstream>

namespace weir::bench {

Memory memory_now() {
  Memory memory;
  const struct mallinfo2 heap = mallinfo2();
  memory.live = heap.uordblks + heap.hblkhd;
  std::size_t pages = 0;
  std::ifstream statm{"/proc/self/statm"};
  statm >> pages >> pages;
  memory.resident = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return memory;
}

void trim_memory() {
  malloc_trim(0);
}

}  // namespace weir::bench
