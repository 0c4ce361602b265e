// Which lines share the node's one transport, and in which order (RFC 9143). Private to sdp/.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/result.h"
#include "sdp/answer.h"

namespace weir::sdp {

struct Bundle {
  std::vector<std::size_t>
      lines;  // accepted ones in the group's order; the first is the answerer-tagged line
  std::vector<std::size_t> others;  // rejected members, which may still carry the transport's attributes
  bool grouped = false;             // false: a single line without a group
};

/// The one group that holds every accepted line. An error where there is none, unless a single line needs no
/// group.
Result<Bundle> find_bundle(const Session& offer, const std::vector<NegotiatedLine>& lines);

}  // namespace weir::sdp
