// What WHIP and WHEP clients PATCH: application/trickle-ice-sdpfrag (RFC 8840 section 9), a few lines of SDP.
//
//   a=ice-ufrag:EsAw  a=ice-pwd:P2uY...  m=audio 9 RTP/AVP 0  a=mid:0  a=candidate:...  a=end-of-candidates
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conference {

struct SdpFragment {
  std::string ufrag;
  std::string password;
  std::vector<std::string> candidates;  // "candidate:..." without "a="
  bool end_of_candidates = false;
};

constexpr std::size_t max_fragment_candidates = 100;

/// Nothing when a line is no SDP line, credentials contradict, or there are too many candidates.
std::optional<SdpFragment> parse_fragment(std::string_view text);

/// The ICE credentials and candidates of an SDP, of its first media section that has them.
SdpFragment ice_of(std::string_view sdp);

/// An offer with other ICE credentials and without candidates: what an ICE restart by PATCH amounts to.
std::string with_credentials(std::string_view offer, const SdpFragment& fragment);

/// The fragment that answers an ICE restart. @param mid of the media section that carries the bundle.
std::string fragment_text(const SdpFragment& fragment, std::string_view media_line, std::string_view mid);

/// The first media section's m= line (without "m=") and mid.
struct FirstMedia {
  std::string line;
  std::string mid;
};
FirstMedia first_media(std::string_view sdp);

}  // namespace conference
