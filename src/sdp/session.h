// A session description as data (RFC 8866, RFC 8829), and its parser.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::sdp {

enum class Direction : std::uint8_t { inactive = 0, sendonly = 1, recvonly = 2, sendrecv = 3 };
constexpr bool sends(Direction d) {
  return (static_cast<unsigned>(d) & 1U) != 0;
}
constexpr bool receives(Direction d) {
  return (static_cast<unsigned>(d) & 2U) != 0;
}
std::string_view text_of(Direction direction);

enum class Setup : std::uint8_t { none, active, passive, actpass, holdconn };

/// One payload type with all that the attributes say of it.
struct Format {
  std::uint8_t payload_type = 0;
  std::string encoding;  // rtpmap's name as written; "" without rtpmap, save for the static PCMU and PCMA
  std::uint32_t clock_rate = 0;
  std::uint8_t channels = 1;
  std::string parameters;             // fmtp, as written
  std::vector<std::string> feedback;  // rtcp-fb values, "nack pli"; those of "*" are in all
};

/// The value of one parameter of an fmtp line ("apt" of "apt=96;rtx-time=200"), names compared without case.
std::optional<std::string_view> fmtp_parameter(std::string_view parameters, std::string_view name);

struct ExtMap {
  std::uint8_t id = 0;
  std::string uri;
  std::optional<Direction> direction;
};

struct Fingerprint {
  std::string algorithm;  // lower case
  std::vector<std::uint8_t> value;
};

struct Rid {
  std::string id;
  bool send = true;
  std::string restrictions;
};

struct SsrcGroup {
  std::string semantics;  // FID, SIM, FEC-FR
  std::vector<std::uint32_t> ssrcs;
};

struct Ssrc {
  std::uint32_t ssrc = 0;
  std::string cname;
};

struct Ice {
  std::string ufrag;
  std::string password;
  bool operator==(const Ice&) const = default;
};

struct Media {
  std::uint32_t line = 0;      // number of the m= line, from 1
  std::uint32_t mid_line = 0;  // numbers of lines that an error may have to name; 0 where there is none
  std::uint32_t ice_line = 0;
  std::uint32_t fingerprint_line = 0;
  std::uint32_t setup_line = 0;
  std::string type;  // "audio", "video", "application", ...
  std::uint16_t port = 0;
  std::string protocol;
  std::vector<std::string> format_ids;  // as on the m= line
  std::string mid;
  Direction direction = Direction::sendrecv;
  std::vector<Format> formats;  // those of an RTP line, in the order of the m= line
  std::vector<ExtMap> extensions;
  std::vector<Rid> rids;
  std::string simulcast;  // value of a=simulcast
  std::vector<Ssrc> ssrcs;
  std::vector<SsrcGroup> ssrc_groups;
  std::string msid;     // "stream track"
  std::string content;  // RFC 4796
  std::optional<std::uint16_t> sctp_port;
  std::optional<std::uint64_t> max_message_size;
  std::optional<Ice> ice;
  std::optional<Fingerprint> fingerprint;
  Setup setup = Setup::none;
  bool rtcp_mux = false;
  bool rtcp_rsize = false;
  bool bundle_only = false;
  bool ice_lite = false;
  std::vector<std::string> candidates;  // "candidate:...", their form checked
};

struct Session {
  std::uint64_t id = 0;
  std::uint64_t version = 0;
  std::vector<std::vector<std::string>> bundles;  // mids
  std::uint32_t bundle_line = 0;                  // of the first a=group:BUNDLE
  bool ice_lite = false;
  bool extmap_allow_mixed = false;
  /// Session-level ice, fingerprint, setup, direction and extmap are already copied into each.
  std::vector<Media> media;
};

/// Parses. The error (WEIR_ERR_SDP) names line and reason. Lines may end with CRLF or LF. At most 512 media
/// lines, 128 formats, 64 extensions and 256 SSRCs each; more is an error, not work. Attributes and values
/// that are not understood are skipped; those that are understood and malformed are errors. Of several
/// fingerprints on a line the strongest is kept (RFC 8122 section 5.1).
Result<Session> parse(std::string_view text);

/// Checks one candidate attribute's form ("candidate:..." with or without "a="; RFC 8839 section 5.1); empty
/// is valid (end).
Result<bool> check_candidate(std::string_view text);

}  // namespace weir::sdp
