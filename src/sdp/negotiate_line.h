// What becomes of one media line. Private to sdp/.
#pragma once

#include <array>

#include "sdp/answer.h"

namespace weir::sdp {

/// Header extension ids of all lines so far. Within a bundle an id has one meaning (RFC 8285 section 6, RFC
/// 9143 section 9), and the node looks for the mid before it knows the line, so an extension keeps its first
/// id, too.
struct ExtensionIds {
  std::array<std::optional<rtp::Extension>, 256> meaning{};
  std::array<std::uint8_t, rtp::kExtensionCount> id{};
};

NegotiatedLine negotiate_line(const Media& media, const Policy& policy, bool allow_mixed, ExtensionIds& ids);

}  // namespace weir::sdp
