// Session descriptions of the clients: offers with the lines that a session wants, answers to a server's
// offer, and what of the server's text a client needs (RFC 8829, RFC 8839).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "ice/lite.h"
#include "load/media.h"
#include "sdp/session.h"

namespace weir::load {

/// What a client says of itself in every description.
struct Self {
  ice::Credentials ice;
  std::string fingerprint;  // sha-256, as text
  Address address;
  std::uint32_t version = 1;  // of the description (RFC 8866 section 5.2)
};

/// The track id of a stream's msid (RFC 8830).
std::string track_id_of(const SentStream& stream);

/// A line to offer; its mid is its index.
struct OfferedLine {
  SentStream::Kind kind = SentStream::Kind::audio;
  const SentStream* stream = nullptr;  // nothing: receive
};

std::string make_offer(const Self& self, const std::vector<OfferedLine>& lines);
/// Receives all that the server offers in codecs that we know; the other lines are refused.
std::string make_answer(const Self& self, const sdp::Session& offer);

/// How to reach a server and to read what it sends.
struct Remote {
  ice::Credentials ice;
  sdp::Fingerprint fingerprint;
  std::optional<Address> address;
  bool active = false;            // the server begins with DTLS
  std::uint8_t transport_cc = 0;  // extension id, 0: not negotiated
  std::uint8_t opus = kOpus;
  std::uint8_t vp8 = kVp8;
  std::optional<std::uint8_t> rtx;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> rtx_ssrcs;  // media, RTX
  std::size_t refused_lines = 0;
};

/// Of the server's candidates the one with `signalling_host`'s address, or else the first of UDP; no address
/// where there is none. Throws LoadError where something else is missing.
Remote read_remote(const sdp::Session& description, std::string_view signalling_host);

/// "[a=]candidate:foundation component transport priority address port typ ..." (RFC 8839 section 5.1):
/// nothing unless it is for UDP and the one component.
std::optional<Address> address_of(std::string_view candidate);

}  // namespace weir::load
