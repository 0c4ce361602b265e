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
};

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
  Address address;
  bool active = false;            // the server begins with DTLS
  std::uint8_t transport_cc = 0;  // extension id, 0: not negotiated
  std::uint8_t opus = kOpus;
  std::uint8_t vp8 = kVp8;
  std::optional<std::uint8_t> rtx;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> rtx_ssrcs;  // media, RTX
  std::size_t refused_lines = 0;
};

/// Of the server's candidates the one with `signalling_host`'s address, or else the first of UDP. Throws
/// LoadError where something is missing.
Remote read_remote(const sdp::Session& description, std::string_view signalling_host);

}  // namespace weir::load
