#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "bench.h"
#include "bwe_case.h"
#include "bwe_plot.h"
#include "bwe_receivers.h"
#include "bwe_traces.h"

namespace weir::bench {
namespace {

struct Arguments {
  std::string suite;
  std::string traces;
  std::string only;
  std::string source = "following";
  std::uint64_t seed = 1;
  std::string svg;
  bool json = false;
  bool series = false;
  ReceiversSettings receivers;
};

void print_record(const Result& r, bool trace) {
  std::printf("{\"case\":\"%s\",\"utilization\":%.3f,\"queue_delay_p95_ms\":%.0f,\"loss\":%.4f,",
              r.name.c_str(), trace ? r.used : r.utilization, r.queue_p95_ms, r.loss);
  if (trace) {
    std::printf("\"possible\":%.3f,\"delay_p95_ms\":%.0f,\"freezes_per_min\":%.2f,\"media_kbps\":%.0f}\n",
                r.possible, r.delay_p95_ms, r.freezes, r.media_kbps);
    return;
  }
  std::printf(
      "\"jain\":%.3f,\"reaction_ms\":%.0f,\"media_kbps\":%.0f,\"tcp_kbps\":%.0f,"
      "\"tcp_share_kbps\":%.0f,\"shares_kbps\":[",
      r.jain, r.reaction_ms, r.media_kbps, r.tcp_kbps, r.tcp_share_kbps);
  for (std::size_t i = 0; i < r.share.size(); ++i) std::printf("%s%.0f", i == 0 ? "" : ",", r.share[i]);
  std::printf("]");
  if (r.of_best_choice > 0) std::printf(",\"of_best_choice\":%.3f", r.of_best_choice);
  std::printf("}\n");
}

void print_line(const Result& r, bool trace) {
  if (trace) {
    std::printf("%-44s use %.3f  possible %.3f  queue %4.0f ms  loss %.4f  freezes %4.1f/min  media %5.0f\n",
                r.name.c_str(), r.used, r.possible, r.queue_p95_ms, r.loss, r.freezes, r.media_kbps);
    return;
  }
  std::printf(
      "%-44s use %.3f  queue %4.0f ms  loss %.4f  jain %.3f  reaction %5.0f ms  media %5.0f  tcp %5.0f\n",
      r.name.c_str(), r.utilization, r.queue_p95_ms, r.loss, r.jain, r.reaction_ms, r.media_kbps, r.tcp_kbps);
  if (r.of_best_choice > 0) std::printf("%-44s of the best choice of layers %.3f\n", "", r.of_best_choice);
}

void write_plot(const std::string& folder, const Result& result, const Series& series) {
  std::string name = result.name;
  std::replace(name.begin(), name.end(), '/', '-');
  std::ofstream{std::filesystem::path{folder} / (name + ".svg")} << plot(result, series);
}

std::vector<Case> suite_cases(const Arguments& arguments) {
  if (!arguments.traces.empty()) return trace_cases(arguments.traces);
  return arguments.suite == "tcp" ? tcp_cases() : rfc8867_cases();
}

int run_bwe(const Arguments& arguments) {
  const bool trace = !arguments.traces.empty();
  const std::vector<Case> cases = suite_cases(arguments);
  int shown = 0;
  for (Case c : cases) {
    for (MediaOptions& m : c.media) m.layers = arguments.source == "layers";
    if (c.name.find(arguments.only) == std::string::npos) continue;
    ++shown;
    Series series;
    const Result result = run_case(c, arguments.seed, &series);
    if (!arguments.svg.empty()) write_plot(arguments.svg, result, series);
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

}  // namespace

void add_bwe(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* bwe = app.add_subcommand("bwe", "The bandwidth estimator over simulated links, in virtual time");
  auto* source = bwe->add_option_group("links");
  source
      ->add_option("--suite", arguments->suite,
                   "rfc8867: its test cases; tcp: beside one transfer, queues of 50 to 300 ms")
      ->check(CLI::IsMember({"rfc8867", "tcp"}));
  source->add_option("--traces", arguments->traces, "Recorded links below this folder")
      ->check(CLI::ExistingDirectory);
  auto* counted = source
                      ->add_option("--receivers", arguments->receivers.receivers,
                                   "Instead of links: what the estimators of so many receivers cost")
                      ->check(CLI::Range(1, 100'000));
  source->require_option(1);
  bwe->add_option(
         "--source", arguments->source,
         "following: an encoder in the host that follows the estimate; layers: a simulcast publisher")
      ->check(CLI::IsMember({"following", "layers"}))
      ->capture_default_str();
  bwe->add_option("--only", arguments->only, "Cases whose name contains this");
  bwe->add_option("--seed", arguments->seed, "Of jitter, loss and sources")->capture_default_str();
  bwe->add_flag("--json", arguments->json, "A record a line");
  bwe->add_flag("--series", arguments->series,
                "Instead: time (s), capacity, sent, received, target (kbit/s), longest queue (ms)");
  bwe->add_option("--svg", arguments->svg, "Also a plot of each case, into this folder")
      ->check(CLI::ExistingDirectory);
  bwe->add_option("--seconds", arguments->receivers.seconds, "Of media, with --receivers")
      ->check(CLI::Range(1.0, 600.0))
      ->capture_default_str();
  bwe->callback([arguments, counted, &run] {
    run = [arguments, count = counted->count()] {
      return count > 0 ? run_receivers(arguments->receivers) : run_bwe(*arguments);
    };
  });
}

}  // namespace weir::bench
