// weir-bench forward: what the production engine and socket cost for each forwarded packet.
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "bench.h"
#include "floor.h"
#include "forward_run.h"
#include "srtp/backend.h"

namespace weir::bench {

namespace {

using Json = nlohmann::ordered_json;

struct Settings {
  bool json = false;
  ForwardSettings each;
  std::size_t payload = 1200;
  std::size_t frame = 14;
  std::size_t workers = 1;
  double seconds = 10;
  std::string sink = "lo";
  std::string feedback = "transport-cc";
  bool no_segments = false;
  bool check = false;
};

void add(ForwardCost& sum, const ForwardCost& cost) {
  sum.receive_ns += cost.receive_ns;
  sum.engine_ns += cost.engine_ns;
  sum.send_ns += cost.send_ns;
  sum.offered += cost.offered;
  sum.packets += cost.packets;
  sum.bytes += cost.bytes;
  sum.drops += cost.drops;
  sum.socket.calls += cost.socket.calls;
  sum.socket.messages += cost.socket.messages;
  sum.socket.segments += cost.socket.segments;
}

/// What the machine needs for such a packet without any core around it, where that can be measured.
std::optional<double> floor_of(const Settings& settings, const Sink& sink) {
  if (!srtp::available(srtp::BackendKind::ipsec_mb)) return std::nullopt;
  FloorSettings floor;
  floor.subscribers = settings.each.subscribers;
  floor.payload = settings.payload;
  floor.frame = settings.frame;
  return measure_floor(floor, sink).both;
}

Json report_of(const Settings& settings, const ForwardCost& cost, double wall_seconds,
               std::optional<double> floor) {
  const auto packets = static_cast<double>(cost.packets);
  const double ns = cost.total_ns() / packets;
  const double per_core = 1e9 / ns;
  const auto share = [&](double value) { return std::round(value / packets * 10) / 10; };
  Json out;
  out["subscribers"] = settings.each.subscribers;
  out["payload"] = settings.payload;
  out["frame"] = settings.frame;
  out["workers"] = settings.workers;
  out["sink"] = settings.sink;
  out["feedback"] = settings.feedback;
  out["packets"] = cost.packets;
  out["dropped"] = cost.drops;
  out["ns_per_packet"] = share(cost.total_ns());
  out["stages"] = {
      {"receive", share(cost.receive_ns)}, {"engine", share(cost.engine_ns)}, {"send", share(cost.send_ns)}};
  if (floor) {
    out["floor_ns"] = std::round(*floor * 10) / 10;
    out["ratio"] = std::round(ns / *floor * 100) / 100;
  }
  out["packets_per_message"] = std::round(packets / static_cast<double>(cost.socket.messages) * 100) / 100;
  out["messages_per_call"] =
      std::round(static_cast<double>(cost.socket.messages) / static_cast<double>(cost.socket.calls) * 100) /
      100;
  out["pps_per_core"] = std::round(per_core);
  out["gbit_per_core"] =
      std::round(per_core * static_cast<double>(cost.bytes) / packets * 8 / 1e9 * 100) / 100;
  out["wall_s"] = std::round(wall_seconds * 1000) / 1000;
  return out;
}

/// Of packets of one size a picture is one message to each receiver, unless the end of a piece of the arena
/// lies in it. Reports and checks are messages, too, so that the mean is lower.
void check_runs(const Settings& settings, const ForwardCost& cost) {
  const double run = static_cast<double>(cost.packets) / static_cast<double>(cost.socket.messages);
  if (run < 0.7 * static_cast<double>(settings.frame) || cost.socket.segments * 10 < cost.packets * 9) {
    throw std::runtime_error{"of " + std::to_string(cost.packets) + " packets " +
                             std::to_string(cost.socket.segments) + " left in runs, " + std::to_string(run) +
                             " to a message"};
  }
}

int run(const Settings& settings) {
  const Sink sink = Sink::open(settings.sink);
  std::vector<std::unique_ptr<ForwardRun>> runs;
  for (std::size_t i = 0; i < settings.workers; ++i)
    runs.push_back(std::make_unique<ForwardRun>(settings.each, sink, i * settings.each.subscribers));
  const auto media = Duration{static_cast<std::int64_t>(settings.seconds * 1e6)};
  // Until estimates, buffers and tables are what they will be.
  for (const auto& each : runs) each->run(std::chrono::seconds{12});
  std::vector<ForwardCost> costs(runs.size());
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    threads.emplace_back([&, i] { costs[i] = runs[i]->run(media); });
  }
  for (std::thread& thread : threads) thread.join();
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  ForwardCost sum;
  for (const ForwardCost& cost : costs) add(sum, cost);
  // What was held back or lost makes the rest look cheaper than it is.
  if (sum.drops > 0 || sum.packets * 100 < sum.offered * 98) {
    throw std::runtime_error{"only " + std::to_string(sum.packets) + " of " + std::to_string(sum.offered) +
                             " packets were forwarded, " + std::to_string(sum.drops) + " could not be sent"};
  }
  if (settings.check) check_runs(settings, sum);
  const Json out = report_of(settings, sum, wall, floor_of(settings, sink));
  if (settings.json) {
    std::cout << out.dump() << '\n';
    return 0;
  }
  std::cout << out["ns_per_packet"] << " ns of CPU a packet (" << out["stages"].dump() << "), "
            << out["packets_per_message"] << " packets a message, " << out["messages_per_call"]
            << " messages a call, " << out["pps_per_core"] << " packets/s and core\n";
  return 0;
}

}  // namespace

void add_forward(CLI::App& app, Run& chosen) {
  auto settings = std::make_shared<Settings>();
  CLI::App* command = app.add_subcommand("forward", "CPU time for each forwarded packet");
  command->add_option("--subscribers", settings->each.subscribers, "receivers of each worker")
      ->check(CLI::Range(1, 2000));
  command->add_option("--payload", settings->payload, "bytes of RTP payload")->check(CLI::Range(20, 1250));
  command->add_option("--frame", settings->frame, "packets of a frame; 1: sound, 50 packets/s")
      ->check(CLI::Range(1, 60));
  command->add_option("--workers", settings->workers, "threads, each with an engine and a publisher")
      ->check(CLI::Range(1, 16));
  command->add_option("--seconds", settings->seconds, "of media")->check(CLI::Range(0.1, 600.0));
  command->add_option("--sink", settings->sink)->check(CLI::IsMember({"lo", "netns"}));
  command->add_option("--feedback", settings->feedback, "what receivers report")
      ->check(CLI::IsMember({"transport-cc", "none"}));
  command->add_flag("--no-segments", settings->no_segments, "without UDP_SEGMENT");
  command->add_flag("--check", settings->check, "fails unless pictures leave as runs");
  command->add_flag("--json", settings->json, "one line of JSON");
  command->callback([settings, &chosen] {
    settings->each.shape.payload = settings->payload;
    settings->each.shape.packets = settings->frame;
    if (settings->frame == 1) settings->each.shape.interval = std::chrono::milliseconds{20};
    settings->each.feedback = settings->feedback != "none";
    if (settings->no_segments) settings->each.socket = io::SocketKind::unsegmented;
    chosen = [settings] { return run(*settings); };
  });
}

}  // namespace weir::bench
