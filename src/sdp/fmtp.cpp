// Parameters of a=fmtp: name=value pairs separated by semicolons, as nearly all payload formats have them
// ("apt=96;rtx-time=200", RFC 4588 section 8.1; "profile-level-id=42e01f; packetization-mode=1", RFC 6184
// section 8.2).
#include "sdp/session.h"
#include "sdp/text.h"

namespace weir::sdp {

std::optional<std::string_view> fmtp_parameter(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    std::string_view value = take_until(parameters, ';');
    const std::string_view key = trim(take_until(value, '='));
    if (!key.empty() && equals_ignoring_case(key, name)) return trim(value);
  }
  return std::nullopt;
}

}  // namespace weir::sdp
