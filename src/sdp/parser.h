// The parser's state on its walk through the lines. Private to sdp/.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sdp/session.h"

namespace weir::sdp {

// Limits of what one text may make the parser keep. The public ones are told in session.h.
inline constexpr std::size_t kMaxMedia = 512;
inline constexpr std::size_t kMaxFormats = 128;
inline constexpr std::size_t kMaxExtensions = 64;
inline constexpr std::size_t kMaxSsrcs = 256;
inline constexpr std::size_t kMaxSsrcGroups = 128;
inline constexpr std::size_t kMaxGroupMembers = 64;
inline constexpr std::size_t kMaxFeedback = 16;  // of one format: "*" multiplies them by the formats
inline constexpr std::size_t kMaxRids = 32;
inline constexpr std::size_t kMaxCandidates = 256;
inline constexpr std::size_t kMaxBundles = 16;
inline constexpr std::size_t kMaxUri = 256;         // those of the session are copied into every line
inline constexpr std::size_t kMaxCredential = 256;  // RFC 8839 section 5.4; copied as well

/// Attributes that may stand at the session level and then hold for every media line that has none of its
/// own.
struct Inherited {
  std::optional<std::string> ufrag;
  std::optional<std::string> password;
  std::uint32_t ice_line = 0;
  std::optional<Fingerprint> fingerprint;
  std::uint32_t fingerprint_line = 0;
  Setup setup = Setup::none;
  std::uint32_t setup_line = 0;
  std::optional<Direction> direction;
  std::vector<ExtMap> extensions;
  bool ice_lite = false;
};

class Parser {
 public:
  Result<Session> run(std::string_view text);

 private:
  // Every step gives false when it has put a fault into error_.
  bool fail(std::string reason);
  bool take_line(std::string_view line);
  bool take_origin(std::string_view value);
  bool take_connection(std::string_view value);
  bool take_bandwidth(std::string_view value);
  bool take_media(std::string_view value);
  bool take_media_formats(std::string_view rest, Media& media);
  bool take_attribute(std::string_view text);
  bool finish_media();
  bool inherit_extensions(Media& media);
  bool add_feedback(Format& format, std::string_view value);
  bool add_extension(std::vector<ExtMap>& list, ExtMap extension);

  // Attributes: any level, session only, media only, RTP media only.
  using Handler = bool (Parser::*)(std::string_view value);
  enum class Place : std::uint8_t { any, session, media, rtp };
  struct Attribute {
    std::string_view name;
    Place place;
    Handler handler;
  };
  static const Attribute kAttributes[];

  template <Direction D>
  bool on_direction(std::string_view value);
  bool on_ice_ufrag(std::string_view value);
  bool on_ice_pwd(std::string_view value);
  bool on_ice_lite(std::string_view value);
  bool on_fingerprint(std::string_view value);
  bool on_setup(std::string_view value);
  bool on_extmap(std::string_view value);
  bool on_extmap_allow_mixed(std::string_view value);
  bool on_group(std::string_view value);
  bool on_mid(std::string_view value);
  bool on_msid(std::string_view value);
  bool on_content(std::string_view value);
  bool on_sctp_port(std::string_view value);
  bool on_max_message_size(std::string_view value);
  bool on_candidate(std::string_view value);
  bool on_rtcp_mux(std::string_view value);
  bool on_rtcp_rsize(std::string_view value);
  bool on_bundle_only(std::string_view value);
  bool on_rid(std::string_view value);
  bool on_simulcast(std::string_view value);
  bool on_ssrc(std::string_view value);
  bool on_ssrc_group(std::string_view value);
  bool on_rtpmap(std::string_view value);
  bool on_fmtp(std::string_view value);
  bool on_rtcp_fb(std::string_view value);

  Media& media() { return session_.media.back(); }
  Inherited& level() { return in_media_ ? media_level_ : session_level_; }
  /// The format of a payload type as text; nullptr when the m= line does not list it. `valid` tells whether
  /// it is a number.
  Format* find_format(std::string_view payload_type, bool& valid);

  Session session_;
  Error error_;
  std::uint32_t line_ = 0;
  std::uint32_t blank_line_ = 0;  // the first of the empty lines just passed
  bool has_origin_ = false;
  bool in_media_ = false;
  bool rtp_ = false;  // the current media line is an RTP one
  Inherited session_level_;
  Inherited media_level_;
  std::vector<std::string> wildcard_feedback_;
  std::array<std::int16_t, 128> format_of_{};  // payload type to index in the current line's formats, or -1
};

/// Why the text after "candidate:" is no candidate; nothing when it is one.
std::optional<std::string> candidate_fault(std::string_view text);

}  // namespace weir::sdp
