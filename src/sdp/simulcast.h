// What a=simulcast and the restrictions of a=rid say, and which encodings of a line they make. Private to
// sdp/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sdp/answer.h"

namespace weir::sdp {

/// One stream of a=simulcast. Streams are lists of alternatives, the preferred first.
struct SimulcastId {
  std::string rid;
  bool paused = false;
  bool operator==(const SimulcastId&) const = default;
};
using Alternatives = std::vector<SimulcastId>;

struct Simulcast {
  std::vector<Alternatives> send;
  std::vector<Alternatives> receive;
};

/// Nothing where the value is not of RFC 8853's form, or names more than 32 streams.
std::optional<Simulcast> parse_simulcast(std::string_view value);

/// The restrictions of a=rid that are known here; others are skipped.
struct Restrictions {
  std::vector<std::string> payload_types;  // as in m=; empty: any
  EncodingLimits limits;
};
Restrictions parse_restrictions(std::string_view text);

/// Sets line.encodings from what the client offers to send; the line's codecs are known already.
void take_encodings(const Media& media, NegotiatedLine& line);

/// The restrictions of an encoding as text, with a space before; "" without any.
std::string restrictions_text(const SendEncoding& encoding);

}  // namespace weir::sdp
