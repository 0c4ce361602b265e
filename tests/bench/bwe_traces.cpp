#include "bwe_traces.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

namespace weir::bench {
namespace {

namespace fs = std::filesystem;

constexpr double kLongest = 120;   // s
constexpr double kMostKbps = 1e5;  // what lies above is no bottleneck

std::vector<RateStep> read_mahimahi(std::ifstream& in) {
  constexpr double kBin = 0.02;
  std::vector<RateStep> steps;
  double ms = 0;
  while (in >> ms && ms < kLongest * 1000) {
    const auto i = static_cast<std::size_t>(ms / 1000 / kBin);
    while (steps.size() <= i) steps.push_back({static_cast<double>(steps.size()) * kBin, 0});
    steps[i].kbps += 1500 * 8 / kBin / 1000;
  }
  return steps;
}

std::vector<RateStep> read_columns(std::ifstream& in) {
  std::vector<RateStep> steps;
  double at = 0;
  double mbps = 0;
  while (in >> at >> mbps) {
    if (at > kLongest) break;
    steps.push_back({at, mbps * 1000});
  }
  return steps;
}

/// A row a second; some seconds come twice, the first tells.
std::vector<RateStep> read_log(std::ifstream& in) {
  std::vector<RateStep> steps;
  std::string line;
  std::string last;
  std::getline(in, line);
  if (line.rfind("Timestamp,", 0) != 0) return steps;
  while (std::getline(in, line) && static_cast<double>(steps.size()) < kLongest) {
    std::istringstream cells{line};
    std::vector<std::string> row;
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
    if (row.size() < 11 || row[0] == last || row[10] != "D") continue;
    last = row[0];
    steps.push_back({static_cast<double>(steps.size()), std::strtod(row[8].c_str(), nullptr)});
  }
  return steps;
}

std::vector<RateStep> read_gym(std::ifstream& in, Case& c) {
  const auto json = nlohmann::json::parse(in, nullptr, false);
  std::vector<RateStep> steps;
  if (!json.is_object() || !json.contains("uplink")) return steps;
  double at = 0;
  double loss = 0;
  double rtt = 0;
  for (const auto& s : json["uplink"].value("trace_pattern", nlohmann::json::array())) {
    if (at >= kLongest) break;
    steps.push_back({at, s.value("capacity", 0.0)});
    const double span = s.value("duration", 0.0) / 1000;
    loss += s.value("loss", 0.0) * span;
    rtt += s.value("rtt", 0.0) * span;
    at += span;
  }
  // Means: the link of this bench has one loss and one delay.
  if (at > 0) c.forward.loss = loss / at;
  if (at > 0 && rtt > 0) c.media.front().delay_ms = rtt / at / 2;
  c.duration = at;
  return steps;
}

std::optional<Case> read_trace(const fs::path& path, const std::string& name) {
  Case c;
  c.name = name;
  c.duration = 0;
  c.source_bound = false;
  MediaOptions m;
  m.video_most = 10'000;
  c.media.push_back(m);
  std::ifstream in{path};
  const std::string ending = path.extension().string();
  std::vector<RateStep> steps;
  if (ending == ".up" || ending == ".down") {
    steps = read_mahimahi(in);
  } else if (ending == ".csv") {
    steps = read_log(in);
  } else if (ending == ".json") {
    steps = read_gym(in, c);
  } else if (ending != ".md") {
    steps = read_columns(in);
  }
  if (steps.size() < 2 && c.duration == 0) return std::nullopt;
  if (steps.empty()) return std::nullopt;
  for (RateStep& s : steps) s.kbps = std::clamp(s.kbps, 0.0, kMostKbps);
  if (c.duration == 0) c.duration = steps.back().at;
  c.duration = std::min(std::floor(c.duration), kLongest);
  if (c.duration < 20) return std::nullopt;
  // A recorded link that stands still for a moment keeps its queue: 300 ms at the mean of what can be used.
  double mean = 0;
  const Capacity capacity{steps};
  for (double at = 0; at < c.duration; at += 1)
    mean += std::min(capacity.mean(at, at + 1), c.media.front().video_most) / c.duration;
  c.forward.queue_bytes = std::max(3000.0, mean * c.forward.queue_ms / 8);
  c.forward.capacity = std::move(steps);
  c.forward.jitter_sigma_ms = 0;  // the recording has its own
  c.media.front().end = c.duration;
  return c;
}

}  // namespace

std::vector<Case> trace_cases(const std::string& folder) {
  std::map<std::string, fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file()) files.emplace(fs::relative(entry.path(), folder).string(), entry.path());
  }
  std::vector<Case> cases;
  for (const auto& [name, path] : files) {
    if (auto c = read_trace(path, name)) cases.push_back(std::move(*c));
  }
  return cases;
}

}  // namespace weir::bench
