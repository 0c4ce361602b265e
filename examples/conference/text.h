// What names and chat lines may look like.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace conference {

constexpr std::size_t max_room_name = 64;    // characters
constexpr std::size_t max_member_name = 64;  // characters
constexpr std::size_t max_chat_text = 2000;  // characters

/// How many characters (code points) a text has; nothing when it is not UTF-8 (RFC 3629 section 4).
std::optional<std::size_t> count_characters(std::string_view utf8);

/// 1 to 64 of A-Z a-z 0-9 . _ -
bool valid_room_name(std::string_view name);

/// 1 to 64 characters, one of them at least visible, no control or direction-override character: a name
/// stands beside other people's names and must not be able to rearrange them.
bool valid_member_name(std::string_view name);

/// 1 to 2000 characters; of the control characters only tab and line feed.
bool valid_chat_text(std::string_view text);

}  // namespace conference
