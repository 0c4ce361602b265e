#include "base/log.h"

#include <cstdio>

namespace weir {

void Log::operator()(std::int32_t level, const char* format, ...) const {
  if (!enabled(level)) return;
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  sink_(user_, level, line);
}

}  // namespace weir
