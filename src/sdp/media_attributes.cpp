// Attributes of the media themselves.
//
//   rtpmap:<pt> <encoding>/<clock>[/<channels>]      RFC 8866 section 6.6
//   fmtp:<pt> <parameters>                           RFC 8866 section 6.15
//   rtcp-fb:<pt>|* <value>                           RFC 4585 section 4.2
//   extmap:<id>[/<direction>] <uri> [<attributes>]   RFC 8285 section 8
//   ssrc:<ssrc> <attribute>[:<value>]                RFC 5576 section 4.1
//   ssrc-group:<semantics> <ssrc> ...                RFC 5576 section 4.2
//   msid:<stream> [<track>]                          RFC 8830 section 2
//   rid:<id> send|recv [<restrictions>]              RFC 8851 section 4
//   simulcast:<streams>                              RFC 8853 section 5.1
//   content:<value>                                  RFC 4796 section 5
//   sctp-port:<port>                                 RFC 8841 section 5.2
//   max-message-size:<bytes>                         RFC 8841 section 6.2
#include "sdp/parser.h"
#include "sdp/text.h"

namespace weir::sdp {

Format* Parser::find_format(std::string_view payload_type, bool& valid) {
  const auto id = number<std::uint8_t>(payload_type);
  valid = id && *id <= 127;
  if (!valid || format_of_[*id] < 0) return nullptr;
  return &media().formats[static_cast<std::size_t>(format_of_[*id])];
}

bool Parser::on_rtpmap(std::string_view value) {
  bool valid = false;
  const std::string_view payload_type = take_word(value);
  Format* format = find_format(payload_type, valid);
  if (!valid) return fail("a=rtpmap names no payload type (0 to 127): " + quoted(payload_type));
  std::string_view mapping = trim(value);
  const std::string_view encoding = take_until(mapping, '/');
  const std::string_view clock = take_until(mapping, '/');
  const auto rate = number<std::uint32_t>(clock);
  if (!is_token(encoding)) return fail("a=rtpmap needs the encoding's name: " + quoted(encoding));
  if (!rate) return fail("a=rtpmap needs a clock rate after the encoding's name: " + quoted(clock));
  std::uint8_t channels = 1;
  if (!mapping.empty()) {
    const auto count = number<std::uint8_t>(mapping);
    if (!count || *count == 0)
      return fail("a=rtpmap has no number of channels from 1 to 255: " + quoted(mapping));
    channels = *count;
  }
  // Mappings of payload types that were taken out of the m= line are met in edited descriptions, and mean
  // nothing.
  if (format == nullptr) return true;
  format->encoding = encoding;
  format->clock_rate = *rate;
  format->channels = channels;
  return true;
}

bool Parser::on_fmtp(std::string_view value) {
  bool valid = false;
  const std::string_view payload_type = take_word(value);
  Format* format = find_format(payload_type, valid);
  if (!valid) return fail("a=fmtp names no payload type (0 to 127): " + quoted(payload_type));
  if (format == nullptr) return true;
  if (!format->parameters.empty()) format->parameters += ';';
  format->parameters += trim(value);
  return true;
}

bool Parser::add_feedback(Format& format, std::string_view value) {
  std::vector<std::string>& list = format.feedback;
  if (std::find(list.begin(), list.end(), value) != list.end()) return true;
  if (list.size() == kMaxFeedback) {
    return fail("more than 16 kinds of feedback for payload type " + std::to_string(format.payload_type));
  }
  list.emplace_back(value);
  return true;
}

bool Parser::on_rtcp_fb(std::string_view value) {
  const std::string_view payload_type = take_word(value);
  const std::string_view feedback = trim(value);
  if (feedback.empty()) return fail("a=rtcp-fb names no feedback");
  if (payload_type == "*") {
    // Kept until the section ends, so that it may stand before or after what it applies to.
    const auto found = std::find(wildcard_feedback_.begin(), wildcard_feedback_.end(), feedback);
    if (found != wildcard_feedback_.end()) return true;
    if (wildcard_feedback_.size() == kMaxFeedback)
      return fail("more than 16 kinds of feedback for all payload types");
    wildcard_feedback_.emplace_back(feedback);
    return true;
  }
  bool valid = false;
  Format* format = find_format(payload_type, valid);
  if (!valid) return fail("a=rtcp-fb names no payload type (0 to 127): " + quoted(payload_type));
  return format == nullptr || add_feedback(*format, feedback);
}

namespace {

std::optional<Direction> direction_of(std::string_view text) {
  for (const Direction d :
       {Direction::inactive, Direction::sendonly, Direction::recvonly, Direction::sendrecv}) {
    if (text == text_of(d)) return d;
  }
  return std::nullopt;
}

}  // namespace

bool Parser::add_extension(std::vector<ExtMap>& list, ExtMap extension) {
  for (const ExtMap& known : list) {
    if (known.id != extension.id) continue;
    if (known.uri == extension.uri) return true;
    return fail("header extension id " + std::to_string(known.id) + " is mapped twice");
  }
  if (list.size() == kMaxExtensions) return fail("more than 64 header extensions on one media line");
  list.push_back(std::move(extension));
  return true;
}

bool Parser::on_extmap(std::string_view value) {
  std::string_view entry = take_word(value);
  const std::string_view uri = take_word(value);
  const auto id = number<std::uint16_t>(take_until(entry, '/'));
  // RFC 8285 section 7: 4096 to 4351 stand for "an id is to be agreed". None is needed by the extensions
  // known here.
  const bool provisional = id && *id >= 4096 && *id <= 4351;
  if (!id || *id == 0 || (*id > 255 && !provisional)) return fail("a=extmap needs an id from 1 to 255");
  ExtMap extension{static_cast<std::uint8_t>(*id), std::string{uri}, std::nullopt};
  if (!entry.empty()) {
    extension.direction = direction_of(entry);
    if (!extension.direction) return fail("a=extmap has an unknown direction: " + quoted(entry));
  }
  if (uri.empty()) return fail("a=extmap names no extension");
  if (uri.size() > kMaxUri) return fail("the URI in a=extmap is longer than 256 characters");
  return provisional || add_extension(level().extensions, std::move(extension));
}

bool Parser::on_ssrc(std::string_view value) {
  const std::string_view id = take_word(value);
  const auto ssrc = number<std::uint32_t>(id);
  if (!ssrc) return fail("a=ssrc needs a number of 32 bits: " + quoted(id));
  std::string_view attribute = trim(value);
  const std::string_view name = take_until(attribute, ':');
  std::vector<Ssrc>& list = media().ssrcs;
  // The lines of one SSRC stand together, so looking from the end finds it at once.
  const auto found =
      std::find_if(list.rbegin(), list.rend(), [&](const Ssrc& known) { return known.ssrc == *ssrc; });
  Ssrc* entry = found == list.rend() ? nullptr : &*found;
  if (entry == nullptr) {
    if (list.size() == kMaxSsrcs) return fail("more than 256 SSRCs on one media line");
    entry = &list.emplace_back(Ssrc{*ssrc, {}});
  }
  if (name == "cname") entry->cname = attribute;
  return true;
}

bool Parser::on_ssrc_group(std::string_view value) {
  SsrcGroup group;
  group.semantics = take_word(value);
  if (!is_token(group.semantics)) return fail("a=ssrc-group must begin with its meaning");
  for (std::string_view word = take_word(value); !word.empty(); word = take_word(value)) {
    const auto ssrc = number<std::uint32_t>(word);
    if (!ssrc) return fail("a=ssrc-group needs numbers of 32 bits: " + quoted(word));
    if (group.ssrcs.size() == kMaxGroupMembers) return fail("more than 64 SSRCs in one a=ssrc-group");
    group.ssrcs.push_back(*ssrc);
  }
  if (media().ssrc_groups.size() == kMaxSsrcGroups)
    return fail("more than 128 a=ssrc-group on one media line");
  media().ssrc_groups.push_back(std::move(group));
  return true;
}

bool Parser::on_msid(std::string_view value) {
  // A track in several streams has a line for each; the first one names it well enough.
  if (media().msid.empty()) media().msid = trim(value);
  return true;
}

bool Parser::on_content(std::string_view value) {
  media().content = trim(value);
  return true;
}

bool Parser::on_sctp_port(std::string_view value) {
  media().sctp_port = number<std::uint16_t>(trim(value));
  return media().sctp_port.has_value() || fail("a=sctp-port is no number up to 65535: " + quoted(value));
}

bool Parser::on_max_message_size(std::string_view value) {
  media().max_message_size = number<std::uint64_t>(trim(value));
  return media().max_message_size.has_value() ||
         fail("a=max-message-size is no number of 64 bits: " + quoted(value));
}

bool Parser::on_rid(std::string_view value) {
  Rid rid;
  const std::string_view id = take_word(value);
  const std::string_view direction = take_word(value);
  if (!is_rid(id)) return fail("a=rid must begin with an id of letters, digits, - and _: " + quoted(id));
  if (direction != "send" && direction != "recv")
    return fail("a=rid must say send or recv: " + quoted(direction));
  if (media().rids.size() == kMaxRids) return fail("more than 32 a=rid on one media line");
  media().rids.push_back({std::string{id}, direction == "send", std::string{trim(value)}});
  return true;
}

bool Parser::on_simulcast(std::string_view value) {
  // RFC 8853 section 5.1 allows one. Of several the first counts: the form of the drafts stands behind it.
  if (media().simulcast.empty()) media().simulcast = trim(value);
  return true;
}

}  // namespace weir::sdp
