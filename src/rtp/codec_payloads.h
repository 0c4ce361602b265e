// The codecs behind parse_payload() that have a file of their own. Payloads are not empty.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "rtp/payload.h"

namespace weir::rtp {

std::optional<PayloadFacts> parse_h264_payload(Bytes payload);
std::optional<PayloadFacts> parse_h265_payload(Bytes payload);
std::optional<PayloadFacts> parse_av1_payload(Bytes payload);

}  // namespace weir::rtp
