// Codecs by name, clock and parameters:
//
//   opus/48000/2                                                  RFC 7587 section 7
//   PCMU/8000, PCMA/8000                                          RFC 3551 section 6
//   telephone-event/<clock>   <event>[-<event>],...               RFC 4733 section 2.4.1; absent: 0-15
//   red/48000/2               <pt>/<pt>...                        RFC 2198 section 5
//   VP8/90000                                                     RFC 7741 section 6
//   VP9/90000                 profile-id (0)                      RFC 9628 section 6
//   H264/90000                packetization-mode, profile-level-id  RFC 6184 section 8
//   AV1/90000                 profile (0), level-idx, tier        AV1 RTP specification section 7.2
//   H265/90000                profile-space (0), profile-id (1), tier-flag, level-id, tx-mode (SRST)
//                                                                 RFC 7798 section 7.1
#include "sdp/codec_match.h"

#include <algorithm>

#include "sdp/h264_profile.h"
#include "sdp/text.h"

namespace weir::sdp {

namespace {

/// A number of an fmtp line, or what holds where it is absent; nothing where it is no number.
std::optional<std::uint32_t> parameter(const Format& format, std::string_view name, std::uint32_t absent) {
  const auto text = fmtp_parameter(format.parameters, name);
  return text ? number<std::uint32_t>(*text) : absent;
}

bool within(std::optional<std::uint32_t> value, std::uint32_t most) {
  return value && *value <= most;
}

/// The profile of H.264 is its rank.
std::optional<std::uint8_t> match_h264(const Format& format) {
  if (fmtp_parameter(format.parameters, "packetization-mode") != "1") return std::nullopt;
  const auto id = fmtp_parameter(format.parameters, "profile-level-id").value_or(kDefaultProfileLevelId);
  const auto profile = h264_profile(id);
  if (!profile) return std::nullopt;
  return static_cast<std::uint8_t>(*profile);
}

// Of VP9, AV1 and H.265 the main profile (8 bits, 4:2:0) is taken, which all that know the codec decode. The
// node can't turn a stream of another into it for a receiver that does not. Levels and tiers bound what a
// receiver takes, and may differ between the sides.

bool match_vp9(const Format& format) {
  return parameter(format, "profile-id", 0) == 0U;
}

bool match_av1(const Format& format) {
  return parameter(format, "profile", 0) == 0U && within(parameter(format, "level-idx", 5), 31) &&
         within(parameter(format, "tier", 0), 1);
}

bool match_h265(const Format& format) {
  return parameter(format, "profile-space", 0) == 0U && parameter(format, "profile-id", 1) == 1U &&
         within(parameter(format, "tier-flag", 0), 1) && within(parameter(format, "level-id", 93), 255) &&
         equals_ignoring_case(fmtp_parameter(format.parameters, "tx-mode").value_or("SRST"), "SRST");
}

std::string_view name_of(Codec codec) {
  switch (codec) {
    case Codec::opus:
      return "opus";
    case Codec::pcmu:
      return "PCMU";
    case Codec::pcma:
      return "PCMA";
    case Codec::telephone_event:
      return "telephone-event";
    case Codec::vp8:
      return "VP8";
    case Codec::vp9:
      return "VP9";
    case Codec::h264:
      return "H264";
    case Codec::av1:
      return "AV1";
    case Codec::h265:
      return "H265";
    case Codec::none:
      break;
  }
  return {};
}

/// The rank of a format as this codec; nothing when it is another.
std::optional<std::uint8_t> rank_of(const Format& format, Codec codec) {
  if (codec == Codec::none || !equals_ignoring_case(format.encoding, name_of(codec))) return std::nullopt;
  if (format.channels != (codec == Codec::opus ? 2 : 1)) return std::nullopt;
  if (codec != Codec::telephone_event && format.clock_rate != clock_rate_of(codec)) return std::nullopt;
  if (codec == Codec::h264) return match_h264(format);
  const bool other = (codec == Codec::vp9 && !match_vp9(format)) ||
                     (codec == Codec::av1 && !match_av1(format)) ||
                     (codec == Codec::h265 && !match_h265(format));
  return other ? std::nullopt : std::optional<std::uint8_t>{0};
}

/// Removes events without a codec of their clock rate, and all but the first of each rate.
void keep_usable_events(std::vector<CodecMatch>& found) {
  const auto is_event = [](const CodecMatch& match) { return match.codec == Codec::telephone_event; };
  std::vector<std::uint32_t> rates;
  for (const CodecMatch& match : found) {
    if (!is_event(match)) rates.push_back(match.format->clock_rate);
  }
  std::erase_if(found, [&](const CodecMatch& match) {
    return is_event(match) && std::erase(rates, match.format->clock_rate) == 0;
  });
}

/// The parameters of these names, as offered: matching has looked at their values.
std::string repeated(const Format& format, std::initializer_list<std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) {
    const auto value = fmtp_parameter(format.parameters, name);
    if (value) text.append(text.empty() ? "" : ";").append(name).append("=").append(*value);
  }
  return text;
}

/// RFC 4733 section 2.4.1: numbers and ranges up to 255, separated by commas.
bool is_event_list(std::string_view list) {
  constexpr std::size_t kLongest = 255;  // beyond any list that says something
  if (list.empty() || list.size() > kLongest || list.back() == ',') return false;
  while (!list.empty()) {
    std::string_view last = take_until(list, ',');
    const bool range = last.find('-') != std::string_view::npos;
    const auto from = number<std::uint8_t>(trim(take_until(last, '-')));
    const auto to = range ? number<std::uint8_t>(trim(last)) : from;
    if (!from || !to || *from > *to) return false;
  }
  return true;
}

/// The node passes on what it gets, so the events that the client can take are those that it may send.
std::string event_parameters(const Format& format) {
  return is_event_list(format.parameters) ? format.parameters : "0-15";
}

}  // namespace

std::vector<CodecMatch> match_codecs(const Media& media, MediaKind kind, const std::vector<Codec>& taken) {
  std::vector<CodecMatch> found;
  std::vector<Codec> order;  // of their first formats
  for (const Format& format : media.formats) {
    for (const Codec codec : taken) {
      const auto rank = kind_of(codec) == kind ? rank_of(format, codec) : std::nullopt;
      if (!rank) continue;
      found.push_back({codec, *rank, &format});
      if (std::find(order.begin(), order.end(), codec) == order.end()) order.push_back(codec);
      break;
    }
  }
  keep_usable_events(found);
  const auto place = [&](const CodecMatch& match) {
    if (match.codec == Codec::telephone_event) return order.end();
    return std::find(order.begin(), order.end(), match.codec);
  };
  std::stable_sort(found.begin(), found.end(), [&](const CodecMatch& a, const CodecMatch& b) {
    return place(a) != place(b) ? place(a) < place(b) : a.rank < b.rank;
  });
  return found;
}

std::string answer_parameters(const CodecMatch& match) {
  const Format& format = *match.format;
  switch (match.codec) {
    case Codec::opus:
      return "minptime=10;useinbandfec=1";
    case Codec::telephone_event:
      return event_parameters(format);
    case Codec::h264: {
      // Profile and level as offered; with level-asymmetry-allowed each side may send what the other can take
      // (RFC 6184 section 8.2.2).
      const std::string profile = repeated(format, {"profile-level-id"});
      return "level-asymmetry-allowed=1;packetization-mode=1" + (profile.empty() ? "" : ";" + profile);
    }
    case Codec::vp9:
      return repeated(format, {"profile-id"});
    case Codec::av1:
      return repeated(format, {"level-idx", "profile", "tier"});
    case Codec::h265:
      return repeated(format, {"level-id", "profile-id", "tier-flag", "tx-mode"});
    case Codec::vp8:
    case Codec::pcmu:
    case Codec::pcma:
    case Codec::none:
      break;
  }
  return {};
}

std::string supported_codecs(MediaKind kind, const std::vector<Codec>& taken) {
  std::string text;
  for (const Codec codec : taken) {
    if (codec == Codec::none || codec == Codec::telephone_event || kind_of(codec) != kind) continue;
    if (!text.empty()) text += ", ";
    text.append(name_of(codec)).append("/").append(std::to_string(clock_rate_of(codec)));
    if (codec == Codec::opus) text += "/2";
    if (codec == Codec::h264) text += " with packetization-mode=1";
    if (codec == Codec::vp9 || codec == Codec::av1 || codec == Codec::h265) text += " of the main profile";
  }
  return text.empty() ? "the node takes none" : text + (text.find(',') == std::string::npos ? " is" : " are");
}

std::optional<std::uint8_t> red_primary(const Format& format) {
  if (!equals_ignoring_case(format.encoding, "red") || format.clock_rate != 48'000 || format.channels != 2)
    return std::nullopt;
  std::string_view rest = format.parameters;
  const auto primary = number<std::uint8_t>(trim(take_until(rest, '/')));
  if (!primary || rest.empty()) return std::nullopt;
  while (!rest.empty()) {
    if (number<std::uint8_t>(trim(take_until(rest, '/'))) != primary) return std::nullopt;
  }
  return primary;
}

}  // namespace weir::sdp
