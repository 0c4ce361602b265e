#include "log.h"

#include <array>
#include <atomic>
#include <cstdio>

#include "weir/node.h"

namespace conference {
namespace {

std::atomic<int> highest_level{WEIR_LOG_INFO};

}  // namespace

void set_log_level(int level) {
  highest_level = level;
}

void log_line(int level, std::string_view line) {
  if (level > highest_level) return;
  constexpr std::array<const char*, 4> names{"error", "warning", "info", "debug"};
  std::string text =
      std::string{names[static_cast<std::size_t>(level) % names.size()]} + ": " + std::string{line};
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  text.push_back('\n');
  std::fwrite(text.data(), 1, text.size(), stderr);  // one call, so that lines of two threads do not mix
}

}  // namespace conference
