// Where log lines go is an argument, too. Lines hold no secrets: no keys, passwords, ufrags, SDP or tokens.
#pragma once

#include <cstdarg>
#include <cstdint>

namespace weir {

class Log {
 public:
  using Sink = void (*)(void* user, std::int32_t level, const char* line);

  Log() = default;
  Log(Sink sink, void* user, std::int32_t level) : sink_(sink), user_(user), level_(level) {}

  bool enabled(std::int32_t level) const { return sink_ != nullptr && level <= level_; }
  __attribute__((format(printf, 3, 4))) void operator()(std::int32_t level, const char* format, ...) const;

 private:
  Sink sink_ = nullptr;
  void* user_ = nullptr;
  std::int32_t level_ = -1;
};

}  // namespace weir
