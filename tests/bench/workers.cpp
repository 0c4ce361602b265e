// weir-bench workers: how much more two threads do than one, each with an engine and a socket of its own, as
// a node's workers have them.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "bench.h"
#include "forward_run.h"

namespace weir::bench {

namespace {

using Json = nlohmann::ordered_json;

struct Settings {
  bool json = false;
  ForwardSettings each;
  std::size_t workers = 2;
  std::size_t rounds = 5;
  double seconds = 2;
  std::string sink = "lo";
};

struct Work {
  double packets_per_wall_second = 0;
  double ns_per_packet = 0;
};

/// The runs side by side, each on its thread.
Work work(const std::vector<ForwardRun*>& runs, Duration media) {
  std::vector<ForwardCost> costs(runs.size());
  std::vector<std::thread> threads;
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    threads.emplace_back([&, i] { costs[i] = runs[i]->run(media); });
  }
  for (std::thread& thread : threads) thread.join();
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  double packets = 0;
  double ns = 0;
  for (const ForwardCost& cost : costs) {
    if (cost.packets == 0) throw std::runtime_error{"a worker forwarded nothing"};
    packets += static_cast<double>(cost.packets);
    ns += cost.total_ns();
  }
  return {packets / wall, ns / packets};
}

int run(const Settings& settings) {
  const Sink sink = Sink::open(settings.sink);
  std::vector<std::unique_ptr<ForwardRun>> runs;
  std::vector<ForwardRun*> all;
  for (std::size_t i = 0; i < settings.workers; ++i) {
    runs.push_back(std::make_unique<ForwardRun>(settings.each, sink, i * settings.each.subscribers));
    all.push_back(runs.back().get());
    all.back()->run(std::chrono::seconds{3});
  }
  const auto media = Duration{static_cast<std::int64_t>(settings.seconds * 1e6)};
  // In turns, and the best of each: other work on the machine can only take away.
  Work one;
  Work many;
  for (std::size_t round = 0; round < settings.rounds; ++round) {
    const auto better = [](Work& best, const Work& now) {
      best.packets_per_wall_second = std::max(best.packets_per_wall_second, now.packets_per_wall_second);
      if (best.ns_per_packet == 0 || now.ns_per_packet < best.ns_per_packet)
        best.ns_per_packet = now.ns_per_packet;
    };
    better(one, work({all[round % all.size()]}, media));
    better(many, work(all, media));
  }
  Json out;
  out["workers"] = settings.workers;
  out["sink"] = settings.sink;
  out["one_pps"] = std::round(one.packets_per_wall_second);
  out["all_pps"] = std::round(many.packets_per_wall_second);
  out["times_the_work"] = std::round(many.packets_per_wall_second / one.packets_per_wall_second * 100) / 100;
  out["one_ns_per_packet"] = std::round(one.ns_per_packet);
  out["all_ns_per_packet"] = std::round(many.ns_per_packet);
  std::cout << (settings.json ? out.dump() : out.dump(2)) << '\n';
  return 0;
}

}  // namespace

void add_workers(CLI::App& app, Run& chosen) {
  auto settings = std::make_shared<Settings>();
  CLI::App* command = app.add_subcommand("workers", "the work of several workers against that of one");
  command->add_option("--workers", settings->workers)->check(CLI::Range(2, 16));
  command->add_option("--subscribers", settings->each.subscribers, "of each worker")
      ->check(CLI::Range(1, 2000));
  command->add_option("--rounds", settings->rounds)->check(CLI::Range(1, 100));
  command->add_option("--seconds", settings->seconds, "of media in a round")->check(CLI::Range(0.1, 60.0));
  command->add_option("--sink", settings->sink)->check(CLI::IsMember({"lo", "netns"}));
  command->add_flag("--json", settings->json, "one line of JSON");
  command->callback([settings, &chosen] {
    settings->each.feedback = false;
    chosen = [settings] { return run(*settings); };
  });
}

}  // namespace weir::bench
