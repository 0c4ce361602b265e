// Which formats of a media line are codecs that the node takes, and what it answers of them. Private to sdp/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/media_type.h"
#include "sdp/session.h"

namespace weir::sdp {

struct CodecMatch {
  Codec codec = Codec::none;
  std::uint8_t rank = 0;  // among the formats of one codec, the least first
  const Format* format = nullptr;
};

/// The formats that are taken, in the order of the answer. Codecs keep the offer's order (RFC 3264 section
/// 6.1, RFC 8829 section 5.3.1): WebRTC clients send the first codec of the answer, so a page chooses with
/// setCodecPreferences. Within a codec what every receiver decodes comes first, since one stream serves them
/// all. Telephone events stand last, and only beside a codec of their clock rate (RFC 4733 section 2.1).
std::vector<CodecMatch> match_codecs(const Media& media, MediaKind kind, const std::vector<Codec>& taken);

/// fmtp of the answer; "" for none.
std::string answer_parameters(const CodecMatch& match);

/// What would have been taken, for the person who reads a rejection.
std::string supported_codecs(MediaKind kind, const std::vector<Codec>& taken);

/// The payload type that a=rtpmap:<pt> red/48000/2 with these parameters wraps: "111/111", primary and
/// redundant blocks all of one type (RFC 2198 section 5). Nothing for another mix.
std::optional<std::uint8_t> red_primary(const Format& format);

}  // namespace weir::sdp
