// Small tools for the text of session descriptions. Private to sdp/.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::sdp {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool is_alphanumeric(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}
constexpr bool is_visible(char c) {
  return c > ' ' && c <= '~';
}

/// RFC 8866 section 9, token: visible ASCII without "(),/:;<=>?@[\] and the double quote.
constexpr bool is_token_char(char c) {
  return is_visible(c) && std::string_view{"\"(),/:;<=>?@[\\]"}.find(c) == std::string_view::npos;
}
inline bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

/// RFC 8851 section 10, rid-id.
inline bool is_rid(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}

/// Removes and returns what stands before `separator`; everything when there is none.
inline std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view head = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return head;
}

/// Removes and returns the next word, words being separated by spaces or tabs; empty at the end.
inline std::string_view take_word(std::string_view& rest) {
  const std::size_t start = rest.find_first_not_of(" \t");
  if (start == std::string_view::npos) {
    rest = {};
    return {};
  }
  rest.remove_prefix(start);
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

inline std::string_view trim(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

/// A decimal number that fills the text and fits T; no sign, no space.
template <typename T>
std::optional<T> number(std::string_view text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  T value{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// What a person sees of foreign text: short, printable, in quotes.
inline std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 40;
  std::string out = "\"";
  for (const char c : text.substr(0, kShown)) out += is_visible(c) || c == ' ' ? c : '?';
  return out + (text.size() > kShown ? "...\"" : "\"");
}

inline Error fault(std::uint32_t line, std::string reason) {
  return Error{WEIR_ERR_SDP, std::move(reason), line};
}

}  // namespace weir::sdp
