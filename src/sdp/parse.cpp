// The lines of a session description (RFC 8866 section 5):
//
//   v=0                                        first
//   o=<user> <id> <version> IN IP4|IP6 <host>  second
//   s= i= u= e= p= c= b= t= r= z= k= a=        the session's, in any order here
//   m=<media> <port>[/<n>] <proto> <fmt> ...   begins a media section
//   i= c= b= k= a=                             the section's
//
// A line is <letter>=<value>; it ends with CRLF or LF. Every byte is looked at a bounded number of times.
#include "sdp/parser.h"
#include "sdp/text.h"

namespace weir::sdp {

bool Parser::fail(std::string reason) {
  error_ = fault(line_, std::move(reason));
  return false;
}

Result<Session> Parser::run(std::string_view text) {
  while (!text.empty()) {
    ++line_;
    std::string_view line = take_until(text, '\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!take_line(line)) return error_;
  }
  if (!has_origin_) {
    ++line_;
    fail(line_ == 1 ? "the description is empty" : "o= is missing");
    return error_;
  }
  if (in_media_ && !finish_media()) return error_;
  session_.ice_lite = session_level_.ice_lite;
  return std::move(session_);
}

bool Parser::take_line(std::string_view line) {
  if (line.empty()) {
    if (line_ == 1) return fail("the first line must be v=0, it is empty");
    if (blank_line_ == 0) blank_line_ = line_;
    return true;
  }
  if (blank_line_ != 0) {
    line_ = blank_line_;
    return fail("an empty line within the description");
  }
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  };
  if (std::any_of(line.begin(), line.end(), is_control)) return fail("a control character in the line");
  if (line.size() < 2 || line[1] != '=') return fail("not of the form <letter>=<value>: " + quoted(line));
  const char type = line[0];
  const std::string_view value = line.substr(2);
  if (line_ == 1) return line == "v=0" || fail("the first line must be v=0, it is " + quoted(line));
  if (!has_origin_) {
    if (type != 'o') return fail("the second line must be o=, it is " + quoted(line));
    return take_origin(value);
  }
  if (type == 'a') return take_attribute(value);
  if (type == 'm') return take_media(value);
  if (type == 'c') return take_connection(value);
  if (type == 'b') return take_bandwidth(value);
  if (type == 'i' || type == 'k') return true;
  if (std::string_view{"sueptrzvo"}.find(type) == std::string_view::npos) {
    return fail("unknown type of line: " + quoted(line));
  }
  if (type == 'v' || type == 'o') return fail(std::string{type} + "= occurs a second time");
  if (in_media_) return fail(std::string{type} + "= must stand before the first m=");
  return true;
}

bool Parser::take_origin(std::string_view value) {
  std::string_view words[6];
  for (std::string_view& word : words) word = take_word(value);
  if (words[5].empty() || !take_word(value).empty()) {
    return fail("o= needs six fields: user, id, version, IN, IP4 or IP6, host");
  }
  const auto id = number<std::uint64_t>(words[1]);
  const auto version = number<std::uint64_t>(words[2]);
  if (!id) return fail("the session id in o= is no number of 64 bits: " + quoted(words[1]));
  if (!version) return fail("the session version in o= is no number of 64 bits: " + quoted(words[2]));
  session_.id = *id;
  session_.version = *version;
  has_origin_ = true;
  return true;
}

bool Parser::take_connection(std::string_view value) {
  const std::string_view net = take_word(value);
  const std::string_view family = take_word(value);
  const std::string_view address = take_word(value);
  if (net != "IN" || (family != "IP4" && family != "IP6") || address.empty()) {
    return fail("c= must be IN, IP4 or IP6, and an address");
  }
  return true;
}

bool Parser::take_bandwidth(std::string_view value) {
  const std::string_view modifier = take_until(value, ':');
  // Negative values are no bandwidth, but -1 is met in the wild for "no limit".
  if (!is_token(modifier) || (value != "-1" && !number<std::uint64_t>(trim(value)))) {
    return fail("b= must be <type>:<number>: " + quoted(value));
  }
  return true;
}

bool Parser::take_media(std::string_view value) {
  if (in_media_ && !finish_media()) return false;
  if (session_.media.size() == kMaxMedia) return fail("more than 512 media lines");
  Media media;
  media.line = line_;
  media.type = take_word(value);
  std::string_view ports = take_word(value);
  media.protocol = take_word(value);
  if (!is_token(media.type)) return fail("m= must begin with the media type: " + quoted(media.type));
  const auto port = number<std::uint16_t>(take_until(ports, '/'));
  if (!port || (!ports.empty() && !number<std::uint16_t>(ports)))
    return fail("the port in m= is no number up to 65535");
  media.port = *port;
  if (media.protocol.empty() || !std::all_of(media.protocol.begin(), media.protocol.end(),
                                             [](char c) { return is_token_char(c) || c == '/'; })) {
    return fail("m= needs a protocol after the port: " + quoted(media.protocol));
  }
  rtp_ = media.protocol.find("RTP/") != std::string::npos;
  if (!take_media_formats(value, media)) return false;
  session_.media.push_back(std::move(media));
  in_media_ = true;
  media_level_ = {};
  wildcard_feedback_.clear();
  return true;
}

bool Parser::take_media_formats(std::string_view rest, Media& media) {
  format_of_.fill(-1);
  for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
    if (media.format_ids.size() == kMaxFormats) return fail("more than 128 formats in m=");
    media.format_ids.emplace_back(word);
    if (!rtp_) continue;
    const auto payload_type = number<std::uint8_t>(word);
    if (!payload_type || *payload_type > 127) return fail("no payload type (0 to 127): " + quoted(word));
    if (format_of_[*payload_type] >= 0) return fail("payload type " + std::string{word} + " is listed twice");
    format_of_[*payload_type] = static_cast<std::int16_t>(media.formats.size());
    media.formats.emplace_back().payload_type = *payload_type;
  }
  return !media.format_ids.empty() || fail("m= names no format");
}

bool Parser::inherit_extensions(Media& media) {
  media.extensions = std::move(media_level_.extensions);
  for (const ExtMap& extension : session_level_.extensions) {
    if (!add_extension(media.extensions, extension)) {
      error_.line = media.line;
      return false;
    }
  }
  return true;
}

namespace {

/// RFC 3551 section 6: G.711 has payload types of its own and needs no rtpmap.
void name_static_format(const Media& media, Format& format) {
  if (media.type != "audio" || !format.encoding.empty()) return;
  if (format.payload_type != 0 && format.payload_type != 8) return;
  format.encoding = format.payload_type == 0 ? "PCMU" : "PCMA";
  format.clock_rate = 8'000;
}

}  // namespace

bool Parser::finish_media() {
  Media& media = session_.media.back();
  const Inherited& own = media_level_;
  const Inherited& all = session_level_;

  // The two credentials belong together: one of the session and one of the line would be a pair nobody has
  // made.
  const Inherited& ice = own.ufrag || own.password ? own : all;
  if (ice.ufrag || ice.password) media.ice = Ice{ice.ufrag.value_or(""), ice.password.value_or("")};
  media.ice_line = ice.ice_line;
  const Inherited& fingerprint = own.fingerprint ? own : all;
  media.fingerprint = fingerprint.fingerprint;
  media.fingerprint_line = fingerprint.fingerprint_line;
  const Inherited& setup = own.setup != Setup::none ? own : all;
  media.setup = setup.setup;
  media.setup_line = setup.setup_line;
  media.direction = own.direction.value_or(all.direction.value_or(Direction::sendrecv));
  media.ice_lite = own.ice_lite || all.ice_lite;

  for (Format& format : media.formats) {
    name_static_format(media, format);
    for (const std::string& value : wildcard_feedback_) {
      if (!add_feedback(format, value)) {
        error_.line = media.line;
        return false;
      }
    }
  }
  return inherit_extensions(media);
}

Result<Session> parse(std::string_view text) {
  return Parser{}.run(text);
}

std::string_view text_of(Direction direction) {
  switch (direction) {
    case Direction::inactive:
      return "inactive";
    case Direction::sendonly:
      return "sendonly";
    case Direction::recvonly:
      return "recvonly";
    case Direction::sendrecv:
      return "sendrecv";
  }
  return "inactive";
}

}  // namespace weir::sdp
