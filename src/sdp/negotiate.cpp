#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "sdp/answer.h"
#include "sdp/bundle.h"
#include "sdp/negotiate_line.h"
#include "sdp/text.h"

namespace weir::sdp {

namespace {

/// What the ABI has room for (weir_track_info).
constexpr std::size_t kLongestMid = 31;

std::uint32_t line_or(std::uint32_t line, const Media& media) {
  return line != 0 ? line : media.line;
}

std::optional<Error> mid_fault(const Session& offer, const std::vector<NegotiatedLine>& lines) {
  std::unordered_map<std::string_view, std::uint32_t> seen;
  const auto accepted =
      std::count_if(lines.begin(), lines.end(), [](const auto& line) { return !line.rejected; });
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Media& media = offer.media[i];
    if (media.mid.empty()) {
      // One line needs no name to be told from others.
      if (!lines[i].rejected && accepted > 1) return fault(media.line, "a=mid is missing on this media line");
      continue;
    }
    const auto [first, fresh] = seen.emplace(media.mid, media.mid_line);
    if (!fresh) {
      return fault(media.mid_line, "mid " + quoted(media.mid) +
                                       " was given to another media line already (line " +
                                       std::to_string(first->second) + ")");
    }
    if (!lines[i].rejected && media.mid.size() > kLongestMid) {
      return fault(media.mid_line, "mid " + quoted(media.mid) + " is longer than 31 characters");
    }
  }
  return std::nullopt;
}

std::optional<Error> rtcp_mux_fault(const Session& offer, const std::vector<NegotiatedLine>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].rejected || lines[i].data_channel || offer.media[i].rtcp_mux) continue;
    return fault(offer.media[i].line,
                 "a=rtcp-mux is missing on this media line, and the node has no second port for RTCP");
  }
  return std::nullopt;
}

/// RFC 8839 section 5.4. Its character set is not enforced, as others do not either; only what would break
/// "ufrag:ufrag" of the connectivity checks (RFC 8445 section 7.2.2) is refused.
std::optional<Error> ice_fault(const Media& media) {
  const std::uint32_t line = line_or(media.ice_line, media);
  if (!media.ice)
    return fault(media.line, "no ICE credentials (a=ice-ufrag and a=ice-pwd) for this media line");
  const Ice& ice = *media.ice;
  if (ice.ufrag.empty()) return fault(line, "a=ice-pwd stands without a=ice-ufrag");
  if (ice.password.empty()) return fault(line, "a=ice-ufrag stands without a=ice-pwd");
  const auto is_legal = [](char c) { return is_visible(c) && c != ':'; };
  if (ice.ufrag.size() < 4) return fault(line, "a=ice-ufrag must have 4 to 256 characters");
  if (ice.password.size() < 22) return fault(line, "a=ice-pwd must have 22 to 256 characters");
  if (!std::all_of(ice.ufrag.begin(), ice.ufrag.end(), is_legal) ||
      !std::all_of(ice.password.begin(), ice.password.end(), is_legal)) {
    return fault(line, "the ICE credentials hold a character that is not allowed");
  }
  if (media.ice_lite)
    return fault(media.line, "the client is ICE-lite, as the node is: nobody would begin checks");
  return std::nullopt;
}

std::optional<Error> fingerprint_fault(const Media& media) {
  if (!media.fingerprint)
    return fault(media.line, "no a=fingerprint for this media line: media must be encrypted");
  const std::string& algorithm = media.fingerprint->algorithm;
  if (algorithm == "sha-256" || algorithm == "sha-384" || algorithm == "sha-512") return std::nullopt;
  return fault(
      line_or(media.fingerprint_line, media),
      "a fingerprint of " + quoted(algorithm) + " is not enough: sha-256, sha-384 or sha-512 is needed");
}

/// Our role (RFC 5763 section 5). An offer without a=setup means active (RFC 4145 section 4.1).
Result<bool> dtls_client(const Media& media, const Policy& policy) {
  switch (media.setup) {
    case Setup::actpass:
      return policy.prefer_dtls_client;
    case Setup::passive:
      return true;
    case Setup::none:
    case Setup::active:
      return false;
    case Setup::holdconn:
      break;
  }
  return fault(line_or(media.setup_line, media), "a=setup:holdconn leaves no DTLS role");
}

/// The line whose transport attributes count: the answerer-tagged one (RFC 9143 section 7.3), or, since
/// bundle-only lines need not have them, the next member of the group that has them.
const Media& transport_line(const Session& offer, const Bundle& bundle) {
  for (const std::size_t i : bundle.lines) {
    if (offer.media[i].ice) return offer.media[i];
  }
  for (const std::size_t i : bundle.others) {
    if (offer.media[i].ice) return offer.media[i];
  }
  return offer.media[bundle.lines.front()];
}

/// RFC 8841 leaves more than one SCTP association on one of DTLS aside, and the bundle has one of DTLS.
void keep_one_data_channel_line(std::vector<NegotiatedLine>& lines) {
  bool taken = false;
  for (NegotiatedLine& line : lines) {
    if (!line.data_channel || line.rejected) continue;
    if (taken) {
      line.rejected = true;
      line.rejection = "another media line has the data channels already";
    }
    taken = true;
  }
}

}  // namespace

Result<Negotiated> negotiate(const Session& offer, const Policy& policy) {
  if (offer.media.empty()) return fault(0, "the offer has no media line");
  Negotiated out;
  out.max_message_size = policy.max_message_size;
  ExtensionIds ids;
  for (const Media& media : offer.media) {
    out.lines.push_back(negotiate_line(media, policy, offer.extmap_allow_mixed, ids));
  }
  keep_one_data_channel_line(out.lines);
  if (auto error = mid_fault(offer, out.lines)) return std::move(*error);
  const Result<Bundle> bundle = find_bundle(offer, out.lines);
  if (!bundle) return bundle.error();
  if (bundle->lines.empty()) return out;
  if (auto error = rtcp_mux_fault(offer, out.lines)) return std::move(*error);

  const Media& media = transport_line(offer, *bundle);
  if (auto error = ice_fault(media)) return std::move(*error);
  if (auto error = fingerprint_fault(media)) return std::move(*error);
  const Result<bool> client = dtls_client(media, policy);
  if (!client) return client.error();
  out.remote_ice = *media.ice;
  out.fingerprint = *media.fingerprint;
  out.node_is_dtls_client = *client;
  return out;
}

}  // namespace weir::sdp
