// The folder of real captures, corpora and vectors beside the repository. Tests that need it say so and skip
// without it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace weir::test {

/// WEIR_SHARED_DATA, or nothing when it is unset or no folder. tests/run sets it when the folder is there.
inline std::optional<std::filesystem::path> shared_data(const std::string& folder) {
  const char* root = std::getenv("WEIR_SHARED_DATA");
  if (root == nullptr) return std::nullopt;
  std::filesystem::path path = std::filesystem::path{root} / folder;
  if (!std::filesystem::is_directory(path)) return std::nullopt;
  return path;
}

inline std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

/// Begins a test body that needs the folder: skips with a clear word when it is absent.
#define WEIR_NEEDS_SHARED_DATA(name, folder)                \
  const auto name = ::weir::test::shared_data(folder);      \
  if (!name) {                                              \
    MESSAGE("skipped: shared data folder absent: " folder); \
    return;                                                 \
  }

}  // namespace weir::test
