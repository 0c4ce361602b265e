// Lines on standard error. Callers put no secret in: no token, no session, no URL of a WHIP session.
#pragma once

#include <string>
#include <string_view>

namespace conference {

/// Lines above this level (WEIR_LOG_*) are not written.
void set_log_level(int level);

/// One line; from any thread. Control characters are replaced, so that what a stranger sends cannot forge a
/// line.
void log_line(int level, std::string_view line);

}  // namespace conference
