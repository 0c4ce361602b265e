// Secrets that nobody can guess, and a comparison that does not tell how much of a guess was right.
#pragma once

#include <string>
#include <string_view>

namespace conference {

/// 160 bits from the operating system as 40 hexadecimal characters.
std::string random_secret();

/// Takes the same time wherever two texts of one length differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace conference
