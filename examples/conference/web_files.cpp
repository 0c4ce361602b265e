#include "web_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>

namespace conference {
namespace {

constexpr std::size_t max_file = 16U << 20U;

std::string type_of(std::string_view path) {
  struct Type {
    std::string_view ending;
    std::string_view type;
  };
  constexpr std::array<Type, 10> types{{{".html", "text/html; charset=utf-8"},
                                        {".mjs", "text/javascript; charset=utf-8"},
                                        {".js", "text/javascript; charset=utf-8"},
                                        {".css", "text/css; charset=utf-8"},
                                        {".svg", "image/svg+xml"},
                                        {".json", "application/json"},
                                        {".webmanifest", "application/manifest+json"},
                                        {".png", "image/png"},
                                        {".ico", "image/x-icon"},
                                        {".txt", "text/plain; charset=utf-8"}}};
  for (const Type& each : types) {
    if (path.size() > each.ending.size() && path.substr(path.size() - each.ending.size()) == each.ending) {
      return std::string{each.type};
    }
  }
  return "application/octet-stream";
}

/// FNV-1a: tells versions of one file apart, which is all that a cache needs.
std::string etag_of(std::string_view content) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : content) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return "\"" + std::to_string(hash) + "\"";
}

/// No hidden file, nothing outside the folder.
bool safe_path(std::string_view path) {
  return !path.empty() && path.front() == '/' && path.find("/.") == std::string_view::npos &&
         path.find('\\') == std::string_view::npos && path.find('\0') == std::string_view::npos;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) > max_file) {
    return std::nullopt;
  }
  std::ifstream in{path, std::ios::binary};
  if (!in) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

std::optional<std::string> embedded(std::string_view path) {
  const std::span<const EmbeddedFile> files{embedded_files, embedded_file_count};
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.path == path; });
  if (found == files.end()) return std::nullopt;
  return std::string{reinterpret_cast<const char*>(found->data), found->size};
}

}  // namespace

std::optional<WebFile> WebFiles::find(std::string_view path) const {
  if (path == "/") path = "/index.html";
  if (!safe_path(path)) return std::nullopt;
  auto content = folder_.empty() ? embedded(path) : read_file(folder_ + std::string{path});
  if (!content) return std::nullopt;
  WebFile file{std::move(*content), type_of(path), {}};
  file.etag = etag_of(file.content);
  return file;
}

}  // namespace conference
