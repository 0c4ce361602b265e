// weir-bench memory: what a connected participant takes, on the production engine with ICE-lite, DTLS and
// SRTP. Clients share the process; once connected they are gone (idle) or reduced to their keys, and what
// those take is counted at the end and taken off.
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench.h"
#include "crowd.h"
#include "heap.h"

namespace weir::bench {

namespace {

using Json = nlohmann::ordered_json;

struct Settings {
  bool json = false;
  std::uint32_t participants = 2000;
  std::uint32_t room = 10;
  double seconds = 10;
  std::string kind = "all";
};

engine::Options options_for(const Settings& settings) {
  engine::Options options;
  options.max_rooms = settings.participants;
  options.max_participants = settings.participants;
  // Nobody checks any more.
  options.consent_timeout = std::chrono::hours{24};
  return options;
}

CrowdShape shape_for(const std::string& kind) {
  if (kind == "full") return {.sends = true, .pictures = 9, .voices = 0, .data = false};
  return {.sends = false, .pictures = 0, .voices = 1, .data = kind == "idle-data"};
}

double each_kb(std::size_t now, std::size_t before, std::size_t participants) {
  const auto bytes = static_cast<double>(now) - static_cast<double>(before);
  return std::round(bytes / static_cast<double>(participants) / 1000 * 10) / 10;
}

Json measure(const Settings& settings, const std::string& kind) {
  Crowd crowd{options_for(settings)};
  const bool media = kind == "full";
  const CrowdShape shape = shape_for(kind);
  // The first makes what all share: tables of the libraries, the generator of random numbers.
  CrowdClient& first =
      crowd.join(crowd.open_room(), {.sends = false, .pictures = 0, .voices = 1, .data = true});
  crowd.connect(first);
  crowd.leave(first);
  trim_memory();
  const Memory before = memory_now();

  Id room;
  for (std::uint32_t i = 0; i < settings.participants; ++i) {
    if (i % settings.room == 0) room = crowd.open_room();
    CrowdClient& client = crowd.join(room, shape);
    crowd.connect(client);
    if (media) {
      client.reduce();
    } else {
      crowd.abandon(client);
    }
  }
  for (const auto& client : crowd.clients()) crowd.show(*client);
  const Memory joined = memory_now();
  if (media) crowd.run(Duration{static_cast<std::int64_t>(settings.seconds * 1e6)});
  const Memory after = memory_now();
  std::uint64_t received = 0;
  for (const auto& client : crowd.clients()) received += client->packets_received();
  crowd.clients().clear();
  const std::size_t clients = after.live - memory_now().live;

  weir_node_stats stats{};
  crowd.engine().node_stats(stats);
  if (stats.handshakes_completed < settings.participants)
    throw std::runtime_error{"somebody is not connected"};
  Json out;
  out["kind"] = kind;
  out["participants"] = settings.participants;
  out["rss_kb"] = each_kb(after.resident - clients, before.resident, settings.participants);
  out["heap_kb"] = each_kb(after.live - clients, before.live, settings.participants);
  out["joined_heap_kb"] = each_kb(joined.live - clients, before.live, settings.participants);
  out["clients_kb"] = each_kb(clients, 0, settings.participants);
  out["node_mb"] = std::round(static_cast<double>(before.resident) / 1e5) / 10;
  out["packets"] = stats.packets_forwarded;
  out["received"] = received;
  return out;
}

void print(const Settings& settings, const std::string& kind) {
  const Json out = measure(settings, kind);
  if (settings.json) {
    std::cout << out.dump() << std::endl;
  } else {
    std::cout << kind << ": " << out["rss_kb"] << " KB resident, " << out["heap_kb"]
              << " KB allocated for each of " << settings.participants << std::endl;
  }
}

/// In a process of its own: what one leaves free at the allocator is not the next one's.
bool print_apart(const Settings& settings, const std::string& kind) {
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error{"cannot fork"};
  if (child == 0) {
    int status = 0;
    try {
      print(settings, kind);
    } catch (const std::exception& fault) {
      std::cerr << "weir-bench: " << fault.what() << std::endl;
      status = 1;
    }
    _exit(status);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int run(const Settings& settings) {
  if (settings.kind != "all") {
    print(settings, settings.kind);
    return 0;
  }
  bool good = true;
  for (const char* kind : {"idle", "idle-data", "full"}) good = print_apart(settings, kind) && good;
  return good ? 0 : 1;
}

}  // namespace

void add_memory(CLI::App& app, Run& chosen) {
  auto settings = std::make_shared<Settings>();
  CLI::App* command = app.add_subcommand("memory", "memory of a connected participant");
  command->add_option("--participants", settings->participants)->check(CLI::Range(1, 100'000));
  command->add_option("--room", settings->room, "participants of a room")->check(CLI::Range(1, 500));
  command->add_option("--seconds", settings->seconds, "of media")->check(CLI::Range(0.1, 600.0));
  command->add_option("--kind", settings->kind)->check(CLI::IsMember({"all", "idle", "idle-data", "full"}));
  command->add_flag("--json", settings->json, "a line of JSON for each kind");
  command->callback([settings, &chosen] { chosen = [settings] { return run(*settings); }; });
}

}  // namespace weir::bench
