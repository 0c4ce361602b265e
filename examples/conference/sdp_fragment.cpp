#include "sdp_fragment.h"

namespace conference {
namespace {

/// Takes the first line off a text, without its line end.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool take_prefix(std::string_view& line, std::string_view prefix) {
  if (line.substr(0, prefix.size()) != prefix) return false;
  line.remove_prefix(prefix.size());
  return true;
}

/// RFC 8839 section 5.4: 4 to 256 and 22 to 256 ice-chars.
bool valid_credential(std::string_view text, std::size_t least) {
  constexpr std::string_view ice_chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return text.size() >= least && text.size() <= 256 &&
         text.find_first_not_of(ice_chars) == std::string_view::npos;
}

/// A credential stands once, or several times alike.
bool take_credential(std::string& place, std::string_view text, std::size_t least) {
  if (!valid_credential(text, least)) return false;
  if (!place.empty() && place != text) return false;
  place = text;
  return true;
}

}  // namespace

std::optional<SdpFragment> parse_fragment(std::string_view text) {
  SdpFragment fragment;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (line.empty()) continue;
    if (line.size() < 2 || line[1] != '=') return std::nullopt;
    if (line.substr(0, 12) == "a=candidate:") {
      if (fragment.candidates.size() == max_fragment_candidates) return std::nullopt;
      fragment.candidates.emplace_back(line.substr(2));
    } else if (line == "a=end-of-candidates") {
      fragment.end_of_candidates = true;
    } else if (take_prefix(line, "a=ice-ufrag:")) {
      if (!take_credential(fragment.ufrag, line, 4)) return std::nullopt;
    } else if (take_prefix(line, "a=ice-pwd:")) {
      if (!take_credential(fragment.password, line, 22)) return std::nullopt;
    }
  }
  if (fragment.ufrag.empty() != fragment.password.empty()) return std::nullopt;
  return fragment;
}

SdpFragment ice_of(std::string_view sdp) {
  SdpFragment fragment;
  bool more_than_one = false;
  while (!sdp.empty() && !more_than_one) {
    std::string_view line = next_line(sdp);
    if (line.substr(0, 2) == "m=") {
      more_than_one = !fragment.candidates.empty();  // the bundle's other sections only repeat them
    } else if (line.substr(0, 12) == "a=candidate:") {
      fragment.candidates.emplace_back(line.substr(2));
    } else if (line == "a=end-of-candidates") {
      fragment.end_of_candidates = true;
    } else if (take_prefix(line, "a=ice-ufrag:")) {
      if (fragment.ufrag.empty()) fragment.ufrag = line;
    } else if (take_prefix(line, "a=ice-pwd:")) {
      if (fragment.password.empty()) fragment.password = line;
    }
  }
  return fragment;
}

std::string with_credentials(std::string_view offer, const SdpFragment& fragment) {
  std::string changed;
  changed.reserve(offer.size() + 256);
  while (!offer.empty()) {
    std::string_view line = next_line(offer);
    if (line.substr(0, 12) == "a=candidate:" || line == "a=end-of-candidates") continue;
    if (take_prefix(line, "a=ice-ufrag:")) {
      changed += "a=ice-ufrag:" + fragment.ufrag;
    } else if (take_prefix(line, "a=ice-pwd:")) {
      changed += "a=ice-pwd:" + fragment.password;
    } else {
      changed += line;
    }
    changed += "\r\n";
  }
  return changed;
}

std::string fragment_text(const SdpFragment& fragment, std::string_view media_line, std::string_view mid) {
  std::string text =
      "a=ice-lite\r\na=ice-ufrag:" + fragment.ufrag + "\r\na=ice-pwd:" + fragment.password + "\r\n";
  text += "m=" + std::string{media_line} + "\r\na=mid:" + std::string{mid} + "\r\n";
  for (const std::string& candidate : fragment.candidates) text += "a=" + candidate + "\r\n";
  if (fragment.end_of_candidates) text += "a=end-of-candidates\r\n";
  return text;
}

FirstMedia first_media(std::string_view sdp) {
  FirstMedia media;
  while (!sdp.empty()) {
    std::string_view line = next_line(sdp);
    if (take_prefix(line, "m=")) {
      if (!media.line.empty()) break;
      media.line = line;
    } else if (!media.line.empty() && take_prefix(line, "a=mid:")) {
      media.mid = line;
    }
  }
  return media;
}

}  // namespace conference
