// weir-bench allocation: the allocator against exhaustive search, and how long a decision takes.
#include <algorithm>
#include <cmath>
#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench.h"
#include "meeting.h"

namespace weir::bench {

namespace {

using Json = nlohmann::ordered_json;
using Allocator = std::unique_ptr<weir_allocator, decltype(&weir_allocator_free)>;

struct Settings {
  bool json = false;
  std::uint64_t seed = 1;
  std::uint32_t cases = 2000;
  std::uint32_t repeats = 400;
};

/// Without hysteresis: what is measured is the problem itself.
Allocator make_allocator() {
  weir_allocator_options options;
  weir_allocator_options_init(&options, sizeof options);
  options.margin_permille = 0;
  options.switch_cost_permille = 0;
  options.hold_us = 0;
  options.max_subscriptions = 256;
  weir_allocator* allocator = nullptr;
  if (weir_allocator_new(&options, &allocator) != WEIR_OK) throw std::runtime_error("weir_allocator_new");
  return {allocator, weir_allocator_free};
}

weir_allocator_result decide(weir_allocator* allocator, std::uint64_t bitrate) {
  weir_allocator_budget budget;
  weir_allocator_budget_init(&budget, sizeof budget);
  budget.bitrate = bitrate;
  weir_allocator_result result;
  weir_allocator_result_init(&result, sizeof result);
  if (weir_allocator_decide(allocator, &budget, &result) != WEIR_OK) throw std::runtime_error("decide");
  return result;
}

/// Processor time of this thread, so that other programs do not count.
double now_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// Small meetings, where every choice can be tried.
Json against_exhaustive(const Settings& settings) {
  std::mt19937_64 random{settings.seed};
  const Allocator allocator = make_allocator();
  Gap worst;
  std::int64_t unproven = 0;
  for (std::uint32_t i = 0; i < settings.cases; ++i) {
    const std::size_t people = 1 + random() % 5;
    std::vector<Viewer> viewers = meeting(random, people, 1 + random() % 7);
    const std::uint64_t budget = random() % (people * 700'000);
    add(allocator.get(), viewers);
    const weir_allocator_result result = decide(allocator.get(), budget);
    const Gap gap = exhaustive_gap(allocator.get(), viewers, budget);
    worst.utility = std::max(worst.utility, gap.utility);
    worst.weight = std::max(worst.weight, gap.weight);
    unproven += result.gap != 0 || result.shown_gap != 0 ? 1 : 0;
  }
  return {{"case", "exhaustive"},
          {"decisions", settings.cases},
          {"gap_max", worst.utility},
          {"shown_gap_max", worst.weight},
          {"unproven", unproven}};
}

/// One size of meeting at one budget: many meetings, each decided once with clear and add, as a host does.
Json timed(const Settings& settings, std::size_t people, std::size_t layers, std::uint64_t budget) {
  std::mt19937_64 random{settings.seed + people * 1000 + layers};
  const Allocator allocator = make_allocator();
  std::vector<double> times;
  std::uint32_t nodes = 0;
  std::int64_t unproven = 0;
  double worst_gap = 0;
  for (std::uint32_t i = 0; i < settings.repeats; ++i) {
    std::vector<Viewer> viewers = meeting(random, people, layers);
    const double begin = now_us();
    add(allocator.get(), viewers);
    const weir_allocator_result result = decide(allocator.get(), budget);
    times.push_back(now_us() - begin);
    nodes = std::max(nodes, result.nodes);
    unproven += result.gap != 0 || result.shown_gap != 0 ? 1 : 0;
    if (result.gap > 0) {
      worst_gap = std::max(worst_gap, static_cast<double>(result.gap) / static_cast<double>(result.utility));
    }
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    const double time = times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
    return std::round(time * 10) / 10;
  };
  return {{"case", "time"},       {"subscriptions", people},   {"layers", layers},
          {"budget", budget},     {"decisions", times.size()}, {"p50_us", at(0.5)},
          {"p99_us", at(0.99)},   {"max_us", at(1)},           {"nodes_max", nodes},
          {"unproven", unproven}, {"gap_share_max", worst_gap}};
}

void print(const Json& record, bool json) {
  if (json) {
    std::cout << record.dump() << '\n';
    return;
  }
  for (const auto& [key, value] : record.items()) {
    std::cout << (key == "case" ? "" : "  ") << (key == "case" ? "" : key + " ")
              << (value.is_string() ? value.get<std::string>() : value.dump());
  }
  std::cout << '\n';
}

int run_allocation(const Settings& settings) {
  const Json exact = against_exhaustive(settings);
  print(exact, settings.json);
  struct Size {
    std::size_t people;
    std::size_t layers;
    std::uint64_t budget;
  };
  constexpr Size kSizes[] = {{4, 9, 2'000'000},   {9, 9, 3'000'000},   {25, 9, 8'000'000},
                             {50, 9, 1'000'000},  {50, 9, 3'000'000},  {50, 9, 10'000'000},
                             {50, 9, 20'000'000}, {50, 9, 40'000'000}, {200, 9, 40'000'000}};
  for (const Size& size : kSizes)
    print(timed(settings, size.people, size.layers, size.budget), settings.json);
  return exact["gap_max"] == 0 && exact["shown_gap_max"] == 0 ? 0 : 1;
}

}  // namespace

void add_allocation(CLI::App& app, Run& run) {
  auto settings = std::make_shared<Settings>();
  CLI::App* command = app.add_subcommand("allocation", "Optimality and time of layer allocation");
  command->add_flag("--json", settings->json, "One JSON record a line");
  command->add_option("--seed", settings->seed, "Of the random meetings");
  command->add_option("--cases", settings->cases, "Meetings compared with exhaustive search")
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--repeats", settings->repeats, "Meetings timed for each size")
      ->check(CLI::Range(1, 1'000'000));
  command->callback([settings, &run] { run = [settings] { return run_allocation(*settings); }; });
}

}  // namespace weir::bench
