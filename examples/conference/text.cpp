#include "text.h"

#include <algorithm>
#include <cstdint>

namespace conference {
namespace {

/// One code point and how many bytes it took; nothing for what RFC 3629 forbids (overlong, surrogate, above
/// U+10FFFF).
struct Decoded {
  std::uint32_t code = 0;
  std::size_t size = 0;
};

std::optional<Decoded> decode(std::string_view s) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(s[i]));
  };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return Decoded{first, 1};
  std::size_t size = 0;
  std::uint32_t code = 0;
  std::uint32_t least = 0;
  if ((first & 0xE0U) == 0xC0) {
    size = 2, code = first & 0x1FU, least = 0x80;
  } else if ((first & 0xF0U) == 0xE0) {
    size = 3, code = first & 0x0FU, least = 0x800;
  } else if ((first & 0xF8U) == 0xF0) {
    size = 4, code = first & 0x07U, least = 0x10000;
  } else {
    return std::nullopt;
  }
  if (s.size() < size) return std::nullopt;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return std::nullopt;
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return std::nullopt;
  return Decoded{code, size};
}

template <typename Accept>
std::optional<std::size_t> count_if_all(std::string_view utf8, Accept accept) {
  std::size_t count = 0;
  while (!utf8.empty()) {
    const auto decoded = decode(utf8);
    if (!decoded || !accept(decoded->code)) return std::nullopt;
    utf8.remove_prefix(decoded->size);
    ++count;
  }
  return count;
}

bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

/// Marks that turn the direction of what follows, and line separators.
bool rearranges(std::uint32_t code) {
  return code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

bool is_blank(std::uint32_t code) {
  return code == 0x20 || code == 0xA0 || code == 0x3000 || (code >= 0x2000 && code <= 0x200D) ||
         code == 0xFEFF;
}

}  // namespace

std::optional<std::size_t> count_characters(std::string_view utf8) {
  return count_if_all(utf8, [](std::uint32_t) { return true; });
}

bool valid_room_name(std::string_view name) {
  return !name.empty() && name.size() <= max_room_name && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

bool valid_member_name(std::string_view name) {
  bool visible = false;
  const auto count = count_if_all(name, [&](std::uint32_t code) {
    visible = visible || !is_blank(code);
    return !is_control(code) && !rearranges(code);
  });
  return count && *count >= 1 && *count <= max_member_name && visible;
}

bool valid_chat_text(std::string_view text) {
  const auto count = count_if_all(
      text, [](std::uint32_t code) { return !is_control(code) || code == '\t' || code == '\n'; });
  return count && *count >= 1 && *count <= max_chat_text;
}

}  // namespace conference
