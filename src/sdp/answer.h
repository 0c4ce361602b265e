// Offer in, answer out (RFC 8829 section 5.3): what the node accepts of an offer, and the text that says so.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/media_type.h"
#include "base/result.h"
#include "rtp/extensions.h"
#include "sdp/session.h"

namespace weir::sdp {

/// What the node is willing to do on a connection.
struct Policy {
  bool receive_audio = true;  // tracks
  bool receive_video = true;
  bool send_audio = true;  // subscriptions
  bool send_video = true;
  bool media = true;  // false: the connection has no keys for media
  /// What is taken. The answer has them in the offer's order, so that the client chooses.
  std::vector<Codec> codecs{Codec::opus, Codec::pcmu, Codec::pcma, Codec::telephone_event,
                            Codec::vp8,  Codec::vp9,  Codec::h264, Codec::av1,
                            Codec::h265};
  bool data_channels = false;
  std::uint64_t max_message_size = 262'144;  // taken by data channels
  bool prefer_dtls_client = false;           // a=setup:active where the offer leaves the choice (actpass)
};

struct NegotiatedCodec {
  Codec codec = Codec::none;
  std::uint8_t payload_type = 0;
  std::uint32_t clock_rate = 0;  // of telephone events that of the codec beside them
  std::optional<std::uint8_t> rtx_payload_type;
  std::optional<std::uint8_t> red_payload_type;  // Opus with earlier frames repeated (RFC 2198)
  bool nack = false;
  bool pli = false;
  bool fir = false;
  bool remb = false;
  bool transport_cc = false;
  bool ccfb = false;       // the client reports by RFC 8888 on what it receives
  std::string parameters;  // fmtp of the answer
};

/// What a client says it keeps to in an encoding (RFC 8851 section 5).
struct EncodingLimits {
  std::optional<std::uint32_t> max_width;
  std::optional<std::uint32_t> max_height;
  std::optional<std::uint32_t> max_fps;
  std::optional<std::uint32_t> max_frame_size;  // pixels of a frame
  std::optional<std::uint32_t> max_bit_rate;    // bit/s
  std::optional<std::uint32_t> max_pixel_rate;  // pixels a second
  bool operator==(const EncodingLimits&) const = default;
};

/// One of several streams of a track: simulcast by rid (RFC 8853), or by SSRC where the offer has the older
/// a=ssrc-group:SIM.
struct SendEncoding {
  std::string rid;                    // "" by SSRC; at most 16 letters and digits
  std::optional<std::uint32_t> ssrc;  // nothing by rid
  bool paused = false;                // not sent at first
  EncodingLimits limits;
  std::vector<std::uint8_t> payload_types;  // the only ones used; empty: any of the line
};

struct NegotiatedLine {
  std::string mid;
  std::string type;       // of the m= line
  bool rejected = false;  // port 0 in the answer
  bool data_channel = false;
  std::uint16_t sctp_port = 0;         // the client's, of a data channel line that is accepted
  std::uint64_t max_message_size = 0;  // of the client; 0: any
  MediaKind kind = MediaKind::audio;
  bool to_node = false;                 // the client sends: a track
  bool from_node = false;               // the client receives: a subscription
  std::vector<NegotiatedCodec> codecs;  // accepted ones, the client's first choice first
  rtp::ExtensionMap extensions;
  std::vector<std::uint32_t> ssrcs;  // announced by the client, RTX not among them
  std::vector<std::pair<std::uint32_t, std::uint32_t>> rtx_ssrcs;  // media SSRC, RTX SSRC
  /// Of a line to the node with simulcast, in the offer's order, at most 8; empty: one stream without a rid.
  std::vector<SendEncoding> encodings;
  bool screen = false;    // a=content:slides
  std::string rejection;  // why, when rejected
};

/// What an offer and the policy amount to.
struct Negotiated {
  std::vector<NegotiatedLine> lines;  // one for each m= line, in order
  Ice remote_ice;
  Fingerprint fingerprint;             // SHA-256 to SHA-512
  bool node_is_dtls_client = false;    // our a=setup:active
  std::uint64_t max_message_size = 0;  // the policy's, for the answer
};

/// Decides. Errors (WEIR_ERR_SDP, with the line) where no answer would make sense: no media line, no BUNDLE
/// over the media lines in use, no rtcp-mux, no ICE credentials or of illegal length (RFC 8839 section 5.4),
/// an ICE-lite client, no usable fingerprint, setup that leaves no role, a duplicate or missing mid. A single
/// line in use needs neither BUNDLE nor mid. Lines that only lack a usable codec are rejected, not an error;
/// with every line rejected remote_ice and fingerprint are empty. Credentials may differ within a bundle: an
/// offer to peers that may not bundle has them so, and the answerer-tagged line's count (RFC 9143
/// section 7.3). Of several BUNDLE groups one must hold all lines in use. H.264: packetization-mode=1 wanted,
/// profile by RFC 6184 section 8.2.2 (baseline and constrained baseline, main, high); all that match are
/// accepted, constrained baseline first. VP9, AV1 and H.265: the main profile. transport-cc is accepted in
/// both directions where the line has both the header extension and the feedback. An extension has the same
/// id on all lines that have it, and an id one meaning. Of the streams of a=simulcast the first alternative
/// that can be taken is; a rid that is longer than 16, not of letters and digits, not unique, or beyond the
/// eighth is left out of the answer, so that the client does not send it. Without the extension that carries
/// rids there is no simulcast.
Result<Negotiated> negotiate(const Session& offer, const Policy& policy);

/// The node's SCTP port in answers (RFC 8841 section 5.2; the one that all use).
inline constexpr std::uint16_t kSctpPort = 5000;

/// How one line from the node is announced.
struct LineIdentity {
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;
  std::string stream;  // msid, first part
  std::string track;   // msid, second part
};

struct LocalDescription {
  std::uint64_t session_id = 0;
  std::uint64_t version = 0;
  Ice ice;
  std::vector<std::uint8_t> fingerprint;  // SHA-256
  std::string cname;
  std::vector<Address> candidates;
  /// As Negotiated::lines; set where from_node. A line from the node without it is answered as not sending.
  std::vector<std::optional<LineIdentity>> lines;
};

/// The answer's text, CRLF lines. ICE-lite, host candidates and end-of-candidates on the first line of the
/// bundle.
std::string write_answer(const Session& offer, const Negotiated& negotiated, const LocalDescription& local);

}  // namespace weir::sdp
