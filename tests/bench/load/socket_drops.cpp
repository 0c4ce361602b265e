#include "load/socket_drops.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

namespace weir::load {
namespace {

constexpr std::size_t kLocalAddress = 1;
constexpr std::size_t kDrops = 12;

/// Fields of a line by their index; "" beyond the last.
std::string_view field_of(std::string_view line, std::size_t index) {
  for (std::size_t i = 0;; ++i) {
    const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find(' '), line.size());
    if (i == index || line.empty()) return line.substr(0, end);
    line.remove_prefix(end);
  }
}

template <typename T>
T number_of(std::string_view text, int base) {
  T value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

}  // namespace

std::uint64_t drops_of(std::string_view table, const std::vector<std::uint16_t>& ports) {
  std::uint64_t sum = 0;
  while (!table.empty()) {
    const std::size_t end = std::min(table.find('\n'), table.size());
    const std::string_view line = table.substr(0, end);
    table.remove_prefix(std::min(end + 1, table.size()));
    const std::string_view local = field_of(line, kLocalAddress);
    const std::size_t colon = local.rfind(':');
    if (colon == std::string_view::npos) continue;  // the head of the table
    const auto port = number_of<std::uint16_t>(local.substr(colon + 1), 16);
    if (!std::binary_search(ports.begin(), ports.end(), port)) continue;
    sum += number_of<std::uint64_t>(field_of(line, kDrops), 10);
  }
  return sum;
}

std::uint64_t udp_drops(const std::vector<std::uint16_t>& ports) {
  std::uint64_t sum = 0;
  for (const char* const path : {"/proc/self/net/udp", "/proc/self/net/udp6"}) {
    std::ifstream in{path};
    const std::string table{std::istreambuf_iterator<char>{in}, {}};
    sum += drops_of(table, ports);
  }
  return sum;
}

}  // namespace weir::load
