// Encodings of one picture that a client sends side by side.
//
//   a=rid:<id> send|recv [pt=<pt>,...][;<name>=<value>]...         RFC 8851 section 10
//   a=simulcast:send <streams> [recv <streams>]                    RFC 8853 section 5.1, either order
//     streams       alternatives *(";" alternatives)
//     alternatives  ["~"]<id> *("," ["~"]<id>)                     "~": paused at first
//   a=ssrc-group:SIM <ssrc> ...                                    before rids: one SSRC an encoding
#include "sdp/simulcast.h"

#include <algorithm>

#include "sdp/text.h"

namespace weir::sdp {

namespace {

constexpr std::size_t kMaxStreams = 32;   // of one a=simulcast, as kMaxRids
constexpr std::size_t kMaxEncodings = 8;  // taken of one line
constexpr std::size_t kLongestRid = 16;   // an element of the one-byte form (RFC 8285 section 4.2)
constexpr std::size_t kMaxListed = 128;   // payload types of one pt=

struct Limit {
  std::string_view name;
  std::optional<std::uint32_t> EncodingLimits::*value;
};
/// RFC 8851 section 5. max-bpp is a fraction of bits that nobody states; it is not known here.
constexpr Limit kLimits[] = {
    {"max-width", &EncodingLimits::max_width}, {"max-height", &EncodingLimits::max_height},
    {"max-fps", &EncodingLimits::max_fps},     {"max-fs", &EncodingLimits::max_frame_size},
    {"max-br", &EncodingLimits::max_bit_rate}, {"max-pps", &EncodingLimits::max_pixel_rate},
};

std::optional<std::vector<Alternatives>> parse_streams(std::string_view text, std::size_t& room) {
  std::vector<Alternatives> streams;
  // A separator at the end leaves an empty id behind it, as one at the start or in the middle does.
  if (text.empty() || text.back() == ';' || text.back() == ',') return std::nullopt;
  while (!text.empty()) {
    std::string_view alternatives = take_until(text, ';');
    if (alternatives.empty() || alternatives.back() == ',') return std::nullopt;
    Alternatives& stream = streams.emplace_back();
    while (!alternatives.empty()) {
      std::string_view id = take_until(alternatives, ',');
      const bool paused = !id.empty() && id.front() == '~';
      if (paused) id.remove_prefix(1);
      if (!is_rid(id) || room-- == 0) return std::nullopt;
      stream.push_back({std::string{id}, paused});
    }
  }
  return streams;
}

/// RFC 8852 section 3: letters and digits; the RFC 8851 grammar has - and _ too, which never reach a packet.
bool fits_packets(std::string_view rid) {
  return rid.size() <= kLongestRid && std::all_of(rid.begin(), rid.end(), is_alphanumeric);
}

/// RFC 8851 section 6.2.2: a rid that occurs twice is none, and pt= keeps what the answer has.
class RidTable {
 public:
  RidTable(const Media& media, const NegotiatedLine& line) : media_(media), line_(line) {}

  std::optional<SendEncoding> encoding(const SimulcastId& id) const {
    if (!fits_packets(id.rid)) return std::nullopt;
    const Rid* found = nullptr;
    for (const Rid& rid : media_.rids) {
      if (rid.id != id.rid) continue;
      if (found != nullptr) return std::nullopt;
      found = &rid;
    }
    if (found == nullptr || !found->send) return std::nullopt;
    const Restrictions restrictions = parse_restrictions(found->restrictions);
    SendEncoding out;
    out.rid = id.rid;
    out.paused = id.paused;
    out.limits = restrictions.limits;
    for (const std::string& payload_type : restrictions.payload_types) {
      const auto value = number<std::uint8_t>(payload_type);
      const bool accepted = std::any_of(line_.codecs.begin(), line_.codecs.end(),
                                        [&](const NegotiatedCodec& c) { return c.payload_type == value; });
      const bool known = std::count(out.payload_types.begin(), out.payload_types.end(), value) != 0;
      if (accepted && !known) out.payload_types.push_back(*value);
    }
    if (!restrictions.payload_types.empty() && out.payload_types.empty()) return std::nullopt;
    return out;
  }

 private:
  const Media& media_;
  const NegotiatedLine& line_;
};

bool holds(const std::vector<SendEncoding>& encodings, const SendEncoding& other) {
  return std::any_of(encodings.begin(), encodings.end(),
                     [&](const SendEncoding& e) { return e.rid == other.rid && e.ssrc == other.ssrc; });
}

void take_rids(const Media& media, NegotiatedLine& line) {
  const auto simulcast = parse_simulcast(media.simulcast);
  if (!simulcast) return;
  const RidTable table{media, line};
  for (const Alternatives& alternatives : simulcast->send) {
    if (line.encodings.size() == kMaxEncodings) return;
    for (const SimulcastId& id : alternatives) {
      auto encoding = table.encoding(id);
      if (!encoding || holds(line.encodings, *encoding)) continue;
      line.encodings.push_back(std::move(*encoding));
      break;
    }
  }
}

/// The form of Plan B, made today by pages that edit their offers. The order is the sender's, the smallest
/// picture first.
void take_sim_group(const Media& media, NegotiatedLine& line) {
  for (const SsrcGroup& group : media.ssrc_groups) {
    if (group.semantics != "SIM" || group.ssrcs.size() < 2) continue;
    for (const std::uint32_t ssrc : group.ssrcs) {
      if (line.encodings.size() == kMaxEncodings) return;
      SendEncoding encoding;
      encoding.ssrc = ssrc;
      if (!holds(line.encodings, encoding)) line.encodings.push_back(std::move(encoding));
    }
    return;
  }
}

}  // namespace

std::optional<Simulcast> parse_simulcast(std::string_view value) {
  Simulcast out;
  std::size_t room = kMaxStreams;
  for (std::string_view word = take_word(value); !word.empty(); word = take_word(value)) {
    if (word != "send" && word != "recv") return std::nullopt;
    std::vector<Alternatives>& side = word == "send" ? out.send : out.receive;
    if (!side.empty()) return std::nullopt;
    auto streams = parse_streams(take_word(value), room);
    if (!streams) return std::nullopt;
    side = std::move(*streams);
  }
  if (out.send.empty() && out.receive.empty()) return std::nullopt;
  return out;
}

Restrictions parse_restrictions(std::string_view text) {
  Restrictions out;
  while (!text.empty()) {
    std::string_view value = take_until(text, ';');
    const std::string_view name = trim(take_until(value, '='));
    value = trim(value);
    if (name == "pt") {
      while (!value.empty() && out.payload_types.size() < kMaxListed) {
        out.payload_types.emplace_back(trim(take_until(value, ',')));
      }
    }
    for (const Limit& limit : kLimits) {
      if (limit.name == name) out.limits.*limit.value = number<std::uint32_t>(value);
    }
  }
  return out;
}

void take_encodings(const Media& media, NegotiatedLine& line) {
  if (!line.to_node || line.kind != MediaKind::video) return;
  take_rids(media, line);
  if (line.encodings.empty()) take_sim_group(media, line);
}

std::string restrictions_text(const SendEncoding& encoding) {
  std::string text;
  for (const std::uint8_t payload_type : encoding.payload_types) {
    text += (text.empty() ? " pt=" : ",") + std::to_string(payload_type);
  }
  for (const Limit& limit : kLimits) {
    const std::optional<std::uint32_t>& value = encoding.limits.*limit.value;
    if (!value) continue;
    text += (text.empty() ? " " : ";") + std::string{limit.name} + "=" + std::to_string(*value);
  }
  return text;
}

}  // namespace weir::sdp
