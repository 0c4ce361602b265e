// Attributes of the path and of grouping: a=<name> or a=<name>:<value> (RFC 8866 section 5.13).
//
//   ice-ufrag, ice-pwd, ice-lite, candidate      RFC 8839 section 5
//   fingerprint:<hash> <hex pairs with colons>   RFC 8122 section 5
//   setup:active|passive|actpass|holdconn        RFC 4145 section 4
//   group:BUNDLE <mid> ..., bundle-only          RFC 9143 sections 5 and 6
//   mid:<token>                                  RFC 5888 section 4
//   rtcp-mux, rtcp-rsize                         RFC 5761 section 5.1.1, RFC 5506 section 5
#include "sdp/parser.h"
#include "sdp/text.h"

namespace weir::sdp {

const Parser::Attribute Parser::kAttributes[] = {
    {"rtpmap", Place::rtp, &Parser::on_rtpmap},
    {"fmtp", Place::rtp, &Parser::on_fmtp},
    {"rtcp-fb", Place::rtp, &Parser::on_rtcp_fb},
    {"extmap", Place::any, &Parser::on_extmap},
    {"ssrc", Place::media, &Parser::on_ssrc},
    {"ssrc-group", Place::media, &Parser::on_ssrc_group},
    {"candidate", Place::media, &Parser::on_candidate},
    {"mid", Place::media, &Parser::on_mid},
    {"msid", Place::media, &Parser::on_msid},
    {"sendrecv", Place::any, &Parser::on_direction<Direction::sendrecv>},
    {"sendonly", Place::any, &Parser::on_direction<Direction::sendonly>},
    {"recvonly", Place::any, &Parser::on_direction<Direction::recvonly>},
    {"inactive", Place::any, &Parser::on_direction<Direction::inactive>},
    {"ice-ufrag", Place::any, &Parser::on_ice_ufrag},
    {"ice-pwd", Place::any, &Parser::on_ice_pwd},
    {"ice-lite", Place::any, &Parser::on_ice_lite},
    {"fingerprint", Place::any, &Parser::on_fingerprint},
    {"setup", Place::any, &Parser::on_setup},
    {"rtcp-mux", Place::media, &Parser::on_rtcp_mux},
    {"rtcp-rsize", Place::media, &Parser::on_rtcp_rsize},
    {"bundle-only", Place::media, &Parser::on_bundle_only},
    {"group", Place::session, &Parser::on_group},
    {"extmap-allow-mixed", Place::session, &Parser::on_extmap_allow_mixed},
    {"rid", Place::media, &Parser::on_rid},
    {"simulcast", Place::media, &Parser::on_simulcast},
    {"content", Place::media, &Parser::on_content},
    {"sctp-port", Place::media, &Parser::on_sctp_port},
    {"max-message-size", Place::media, &Parser::on_max_message_size},
};

bool Parser::take_attribute(std::string_view text) {
  const std::string_view name = take_until(text, ':');
  for (const Attribute& attribute : kAttributes) {
    if (attribute.name != name) continue;
    const bool here = attribute.place == Place::any || (attribute.place == Place::session && !in_media_) ||
                      (attribute.place == Place::media && in_media_) ||
                      (attribute.place == Place::rtp && in_media_ && rtp_);
    return !here || (this->*attribute.handler)(text);
  }
  return true;
}

template <Direction D>
bool Parser::on_direction(std::string_view) {
  level().direction = D;
  return true;
}

bool Parser::on_ice_ufrag(std::string_view value) {
  // The length is judged by negotiate(): a description that is only read may hold what it likes.
  if (value.size() > kMaxCredential) return fail("a=ice-ufrag is longer than 256 characters");
  level().ufrag = std::string{value};
  level().ice_line = line_;
  return true;
}

bool Parser::on_ice_pwd(std::string_view value) {
  if (value.size() > kMaxCredential) return fail("a=ice-pwd is longer than 256 characters");
  level().password = std::string{value};
  level().ice_line = line_;
  return true;
}

bool Parser::on_ice_lite(std::string_view) {
  level().ice_lite = true;
  return true;
}

namespace {

/// Bytes of a hash (RFC 8122 section 5), which is its rank as well; 0 for one that is not known.
std::size_t hash_size(std::string_view algorithm) {
  if (algorithm == "sha-1") return 20;
  if (algorithm == "sha-224") return 28;
  if (algorithm == "sha-256") return 32;
  if (algorithm == "sha-384") return 48;
  if (algorithm == "sha-512") return 64;
  return 0;
}

std::optional<std::uint8_t> hex_pair(std::string_view text) {
  std::uint8_t value = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() != 2 || bad != std::errc{} || end != text.data() + 2) return std::nullopt;
  return value;
}

}  // namespace

bool Parser::on_fingerprint(std::string_view value) {
  constexpr std::size_t kLongestHash = 64;
  constexpr std::size_t kLongestName = 16;
  const std::string_view name = take_word(value);
  std::string_view digits = trim(value);
  if (!is_token(name) || name.size() > kLongestName)
    return fail("a=fingerprint must begin with the name of a hash");
  Fingerprint fingerprint;
  for (const char c : name) fingerprint.algorithm += to_lower(c);
  while (!digits.empty()) {
    const auto byte = hex_pair(take_until(digits, ':'));
    if (!byte) return fail("a=fingerprint must be pairs of hexadecimal digits with colons between them");
    if (fingerprint.value.size() == kLongestHash) return fail("a=fingerprint is longer than 64 bytes");
    fingerprint.value.push_back(*byte);
  }
  const std::size_t size = hash_size(fingerprint.algorithm);
  if (size != 0 && fingerprint.value.size() != size) {
    return fail("a " + fingerprint.algorithm + " fingerprint has " + std::to_string(size) +
                " bytes, this one has " + std::to_string(fingerprint.value.size()));
  }
  Inherited& at = level();
  if (at.fingerprint && hash_size(at.fingerprint->algorithm) >= size) return true;
  at.fingerprint = std::move(fingerprint);
  at.fingerprint_line = line_;
  return true;
}

bool Parser::on_setup(std::string_view value) {
  const std::string_view role = trim(value);
  Setup& setup = level().setup;
  if (role == "actpass") {
    setup = Setup::actpass;
  } else if (role == "active") {
    setup = Setup::active;
  } else if (role == "passive") {
    setup = Setup::passive;
  } else if (role == "holdconn") {
    setup = Setup::holdconn;
  } else {
    return fail("a=setup must be actpass, active, passive or holdconn: " + quoted(role));
  }
  level().setup_line = line_;
  return true;
}

bool Parser::on_group(std::string_view value) {
  if (take_word(value) != "BUNDLE") return true;
  if (session_.bundles.size() == kMaxBundles) return fail("more than 16 BUNDLE groups");
  if (session_.bundles.empty()) session_.bundle_line = line_;
  std::vector<std::string>& mids = session_.bundles.emplace_back();
  for (std::string_view mid = take_word(value); !mid.empty(); mid = take_word(value)) {
    if (mids.size() == kMaxMedia) return fail("more than 512 lines in one BUNDLE group");
    mids.emplace_back(mid);
  }
  return true;
}

bool Parser::on_extmap_allow_mixed(std::string_view) {
  session_.extmap_allow_mixed = true;
  return true;
}

bool Parser::on_mid(std::string_view value) {
  const std::string_view mid = trim(value);
  if (!is_token(mid)) return fail("a=mid must be a token: " + quoted(mid));
  if (!media().mid.empty() && media().mid != mid) return fail("a second a=mid on one media line");
  media().mid = mid;
  media().mid_line = line_;
  return true;
}

bool Parser::on_candidate(std::string_view value) {
  if (auto reason = candidate_fault(value)) return fail(std::move(*reason));
  if (media().candidates.size() == kMaxCandidates) return fail("more than 256 candidates on one media line");
  media().candidates.push_back("candidate:" + std::string{value});
  return true;
}

bool Parser::on_rtcp_mux(std::string_view) {
  media().rtcp_mux = true;
  return true;
}

bool Parser::on_rtcp_rsize(std::string_view) {
  media().rtcp_rsize = true;
  return true;
}

bool Parser::on_bundle_only(std::string_view) {
  media().bundle_only = true;
  return true;
}

}  // namespace weir::sdp
