#include "bwe_run.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "bwe_case.h"
#include "bwe_traces.h"

namespace weir::bench {
namespace {

constexpr const char* kUsage =
    "usage: weir-bench bwe (--suite rfc8867 | --traces DIR) [--json] [--only TEXT] [--seed N] [--series]\n"
    "  --only    cases whose name contains TEXT\n"
    "  --series  lines of time, capacity, sent, received, target, longest queue instead (s, kbit/s, ms)\n";

struct Arguments {
  std::string suite;
  std::string traces;
  std::string only;
  std::uint64_t seed = 1;
  bool json = false;
  bool series = false;
};

bool parse(int argc, char** argv, Arguments& out) {
  for (int i = 0; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--json") {
      out.json = true;
    } else if (word == "--series") {
      out.series = true;
    } else if (i + 1 < argc && word == "--suite") {
      out.suite = argv[++i];
    } else if (i + 1 < argc && word == "--traces") {
      out.traces = argv[++i];
    } else if (i + 1 < argc && word == "--only") {
      out.only = argv[++i];
    } else if (i + 1 < argc && word == "--seed") {
      out.seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      return false;
    }
  }
  return out.suite.empty() ? !out.traces.empty() : out.suite == "rfc8867" && out.traces.empty();
}

void print_record(const Result& r, bool trace) {
  std::printf("{\"case\":\"%s\",\"utilization\":%.3f,\"queue_delay_p95_ms\":%.0f,\"loss\":%.4f,",
              r.name.c_str(), trace ? r.used : r.utilization, r.queue_p95_ms, r.loss);
  if (trace) {
    std::printf("\"delay_p95_ms\":%.0f,\"freezes_per_min\":%.2f,\"media_kbps\":%.0f}\n", r.delay_p95_ms,
                r.freezes, r.media_kbps);
    return;
  }
  std::printf("\"jain\":%.3f,\"reaction_ms\":%.0f,\"media_kbps\":%.0f,\"tcp_kbps\":%.0f,\"shares_kbps\":[",
              r.jain, r.reaction_ms, r.media_kbps, r.tcp_kbps);
  for (std::size_t i = 0; i < r.share.size(); ++i) std::printf("%s%.0f", i == 0 ? "" : ",", r.share[i]);
  std::printf("]}\n");
}

void print_line(const Result& r, bool trace) {
  std::printf(
      "%-44s use %.3f  queue %4.0f ms  loss %.4f  jain %.3f  reaction %5.0f ms  media %5.0f  tcp %5.0f\n",
      r.name.c_str(), trace ? r.used : r.utilization, r.queue_p95_ms, r.loss, r.jain, r.reaction_ms,
      r.media_kbps, r.tcp_kbps);
}

}  // namespace

int run_bwe(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const bool trace = !arguments.traces.empty();
  const std::vector<Case> cases = trace ? trace_cases(arguments.traces) : rfc8867_cases();
  int shown = 0;
  for (const Case& c : cases) {
    if (c.name.find(arguments.only) == std::string::npos) continue;
    ++shown;
    Series series;
    const Result result = run_case(c, arguments.seed, &series);
    if (arguments.series) {
      for (const auto& row : series.rows)
        std::printf("%.1f %.0f %.0f %.0f %.0f %.0f\n", row[0], row[1], row[2], row[3], row[4], row[5]);
    } else if (arguments.json) {
      print_record(result, trace);
    } else {
      print_line(result, trace);
    }
  }
  if (shown == 0) std::fputs("weir-bench bwe: no such case\n", stderr);
  return shown == 0 ? 1 : 0;
}

}  // namespace weir::bench
