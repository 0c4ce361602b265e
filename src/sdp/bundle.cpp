#include "sdp/bundle.h"

#include <string_view>
#include <unordered_map>

#include "sdp/text.h"

namespace weir::sdp {

namespace {

using LineOfMid = std::unordered_map<std::string_view, std::size_t>;

Bundle members(const std::vector<std::string>& mids, const LineOfMid& line_of,
               const std::vector<NegotiatedLine>& lines) {
  Bundle bundle;
  bundle.grouped = true;
  std::vector<bool> seen(lines.size());
  for (const std::string& mid : mids) {
    const auto found = line_of.find(mid);
    // RFC 9143 section 7.3 leaves mids without a line to the answerer: they take part in nothing.
    if (found == line_of.end() || seen[found->second]) continue;
    seen[found->second] = true;
    (lines[found->second].rejected ? bundle.others : bundle.lines).push_back(found->second);
  }
  return bundle;
}

/// Names the first accepted line that `best`, the fullest group, does not hold.
Error outside(const Session& offer, const std::vector<std::size_t>& accepted, const Bundle& best) {
  if (offer.bundles.empty()) {
    return fault(offer.media[accepted.size() > 1 ? accepted[1] : accepted[0]].line,
                 "no a=group:BUNDLE, but the node has one transport for all media lines");
  }
  std::vector<bool> inside(offer.media.size());
  for (const std::size_t line : best.lines) inside[line] = true;
  for (const std::size_t line : accepted) {
    if (inside[line]) continue;
    const Media& media = offer.media[line];
    return fault(media.line,
                 "mid " + quoted(media.mid) +
                     " is in no BUNDLE group with the other media lines (a=group:BUNDLE in line " +
                     std::to_string(offer.bundle_line) + "), but the node has one transport for all");
  }
  return fault(offer.bundle_line, "no BUNDLE group holds all media lines");
}

}  // namespace

Result<Bundle> find_bundle(const Session& offer, const std::vector<NegotiatedLine>& lines) {
  std::vector<std::size_t> accepted;
  LineOfMid line_of;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].rejected) accepted.push_back(i);
    if (!offer.media[i].mid.empty()) line_of.emplace(offer.media[i].mid, i);
  }
  Bundle best;
  for (const std::vector<std::string>& mids : offer.bundles) {
    Bundle bundle = members(mids, line_of, lines);
    if (bundle.lines.size() == accepted.size()) return bundle;
    if (bundle.lines.size() > best.lines.size()) best = std::move(bundle);
  }
  if (accepted.empty()) return Bundle{};
  if (accepted.size() == 1 && !offer.media[accepted[0]].bundle_only) return Bundle{accepted, {}, false};
  return outside(offer, accepted, best);
}

}  // namespace weir::sdp
