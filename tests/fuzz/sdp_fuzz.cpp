// An offer's whole way: parse, negotiate, write the answer, parse the answer. Traps when an answer can't be
// read again or does not fit its offer.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sdp/answer.h"
#include "sdp/session.h"

namespace {

weir::sdp::LocalDescription describe(const weir::sdp::Negotiated& negotiated) {
  weir::sdp::LocalDescription local;
  local.session_id = 1;
  local.version = 1;
  local.ice = {"ufrag", "passwordpasswordpassword"};
  local.fingerprint.assign(32, 0x5a);
  local.cname = "node";
  local.candidates.push_back(*weir::Address::parse("192.0.2.1", 3478));
  for (const weir::sdp::NegotiatedLine& line : negotiated.lines) {
    local.lines.emplace_back();
    if (line.from_node) local.lines.back() = weir::sdp::LineIdentity{1, 2, "stream", "track"};
  }
  return local;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  (void)weir::sdp::check_candidate(text);
  const auto offer = weir::sdp::parse(text);
  if (!offer) {
    if (offer.error().line == 0 || offer.error().reason.empty()) __builtin_trap();
    return 0;
  }
  weir::sdp::Policy policy;
  policy.data_channels = true;
  const auto negotiated = weir::sdp::negotiate(*offer, policy);
  if (!negotiated) {
    if (negotiated.error().reason.empty()) __builtin_trap();
    return 0;
  }
  const auto answer = weir::sdp::parse(weir::sdp::write_answer(*offer, *negotiated, describe(*negotiated)));
  if (!answer || answer->media.size() != offer->media.size()) __builtin_trap();
  for (std::size_t i = 0; i < answer->media.size(); ++i) {
    const weir::sdp::NegotiatedLine& line = negotiated->lines[i];
    const bool rids = !line.encodings.empty() && !line.encodings.front().rid.empty();
    if (line.encodings.size() > 8 || answer->media[i].rids.size() != (rids ? line.encodings.size() : 0))
      __builtin_trap();
    if (line.data_channel && !line.rejected && answer->media[i].sctp_port != weir::sdp::kSctpPort)
      __builtin_trap();
  }
  return 0;
}
