// weir-bench soak: people come and go, see others and larger or smaller pictures of them, lose packets,
// negotiate anew and exchange messages, on the production engine in virtual time. When all have left, the
// node is to hold what it held before.
#include <array>
#include <chrono>
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

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

struct Settings {
  bool json = false;
  double minutes = 0.5;
  std::uint32_t rooms = 3;
  std::uint32_t people = 18;
  std::uint64_t seed = 1;
};

struct Done {
  std::uint64_t joins = 0;
  std::uint64_t leaves = 0;
  std::uint64_t vanished = 0;  // without a word
  std::uint64_t renegotiations = 0;
  std::uint64_t restarts = 0;  // of ICE
  std::uint64_t switches = 0;
  std::uint64_t messages = 0;
  std::uint64_t rooms = 0;
};

engine::Options options_for() {
  engine::Options options;
  options.consent_timeout = 5s;
  options.handshake_timeout = 5s;
  // So that all buffers are in use soon, and the heap stands still from then on.
  options.packet_buffers = 2048;
  return options;
}

class Soak {
 public:
  explicit Soak(const Settings& settings)
      : settings_(settings), random_(settings.seed), crowd_(options_for(), settings.seed) {}

  /// Churn for so long; everybody has left when it returns.
  void run(Duration time) {
    rooms_.clear();
    for (std::uint32_t i = 0; i < settings_.rooms; ++i) open_room();
    for (const Time end = crowd_.now() + time; crowd_.now() < end;) {
      act();
      crowd_.run(100ms);
    }
    end();
  }

  const Done& done() const { return done_; }
  Crowd& crowd() { return crowd_; }

 private:
  void open_room() {
    rooms_.push_back(crowd_.open_room());
    ++done_.rooms;
  }

  CrowdClient& somebody() {
    return *crowd_.clients()[random_.below(static_cast<std::uint32_t>(crowd_.clients().size()))];
  }

  CrowdShape some_shape() {
    return {.sends = random_.below(4) != 0,
            .pictures = random_.below(6),
            .voices = 1 + random_.below(3),
            .data = random_.below(2) == 0};
  }

  void join() {
    CrowdClient& client =
        crowd_.join(rooms_[random_.below(static_cast<std::uint32_t>(rooms_.size()))], some_shape());
    crowd_.show(client, random_.below(4));
    ++done_.joins;
  }

  /// One thing of the many that happen in a meeting.
  void act() {
    const auto people = static_cast<std::uint32_t>(crowd_.clients().size());
    if (people < settings_.people / 2 || (people < settings_.people && random_.below(3) == 0)) return join();
    switch (random_.below(8)) {
      case 0:
        ++done_.leaves;
        return crowd_.leave(somebody());
      case 1:
        return vanish();
      case 2:
        return renegotiate();
      case 3:
        return restart();
      case 4:
        crowd_.show(somebody(), random_.below(4));
        ++done_.switches;
        return;
      case 5:
        crowd_.want(somebody(), 180U << random_.below(3));
        ++done_.switches;
        return;
      case 6:
        crowd_.lose(random_.below(3) == 0 ? 0.1 : 0.01);
        return;
      default:
        return talk();
    }
  }

  /// Its host notices later.
  void vanish() {
    CrowdClient& client = somebody();
    gone_.push_back(crowd_.participant(client));
    crowd_.abandon(client);
    ++done_.vanished;
    if (gone_.size() < 3) return;
    crowd_.engine().leave(crowd_.now(), gone_.front());
    gone_.erase(gone_.begin());
  }

  void renegotiate() {
    CrowdClient& client = somebody();
    CrowdShape shape = client.shape();
    shape.pictures = std::min<std::size_t>(shape.pictures + random_.below(2), 8);
    client.set_shape(shape);
    crowd_.negotiate(client);
    crowd_.show(client);
    ++done_.renegotiations;
  }

  void restart() {
    CrowdClient& client = somebody();
    client.peer()->restart_ice();
    crowd_.negotiate(client);
    ++done_.restarts;
  }

  void talk() {
    CrowdClient& client = somebody();
    for (int i = 0; i < 20; ++i) client.say(crowd_.now(), "room", std::string(1 + random_.below(5000), 'x'));
    ++done_.messages;
  }

  /// Half of them say so, of the others the rooms are closed.
  void end() {
    crowd_.lose(0);
    while (crowd_.clients().size() > settings_.people / 2) crowd_.leave(*crowd_.clients().front());
    for (const Id room : rooms_) crowd_.close_room(room);
    crowd_.clear();
    gone_.clear();
    crowd_.run(10s);
  }

  const Settings& settings_;
  SeededRandom random_;
  Crowd crowd_;
  std::vector<Id> rooms_;
  std::vector<Id> gone_;
  Done done_;
};

Json report_of(const Settings& settings, Soak& soak, const Memory& before, const Memory& after, double wall) {
  weir_node_stats stats{};
  soak.crowd().engine().node_stats(stats);
  const Done& done = soak.done();
  Json out;
  out["minutes"] = settings.minutes;
  out["joins"] = done.joins;
  out["leaves"] = done.leaves;
  out["vanished"] = done.vanished;
  out["renegotiations"] = done.renegotiations;
  out["ice_restarts"] = done.restarts;
  out["switches"] = done.switches;
  out["bursts_of_messages"] = done.messages;
  out["handshakes"] = stats.handshakes_completed;
  out["packets"] = stats.packets_forwarded;
  out["associations_left"] = sctp::Stack::instance().associations();
  out["participants_left"] = stats.participants;
  out["live_before"] = before.live;
  out["live_after"] = after.live;
  out["rss_mb_before"] = std::round(static_cast<double>(before.resident) / 1e5) / 10;
  out["rss_mb_after"] = std::round(static_cast<double>(after.resident) / 1e5) / 10;
  out["wall_s"] = std::round(wall * 10) / 10;
  return out;
}

int run(const Settings& settings) {
  // What grows once and stays, such as tables of libraries and the capacity of vectors, grows here.
  constexpr Duration kWarmUp = 20s;
  // Hash tables and vectors keep the capacity that they reached, and the latest crowd may have been larger.
  constexpr std::size_t kSlack = 64 * 1024;
  const auto begin = std::chrono::steady_clock::now();
  Soak soak{settings};
  soak.run(kWarmUp);
  const Memory before = memory_now();
  soak.run(Duration{static_cast<std::int64_t>(settings.minutes * 60e6)});
  const Memory after = memory_now();
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const Json out = report_of(settings, soak, before, after, wall);
  std::cout << (settings.json ? out.dump() : out.dump(2)) << '\n';
  if (out["associations_left"] != 0 || out["participants_left"] != 0)
    throw std::runtime_error{"somebody is still there"};
  if (after.live > before.live + kSlack) throw std::runtime_error{"memory is not given back"};
  return 0;
}

}  // namespace

void add_soak(CLI::App& app, Run& chosen) {
  auto settings = std::make_shared<Settings>();
  CLI::App* command = app.add_subcommand("soak", "churn that ends with the memory it began with");
  command->add_option("--minutes", settings->minutes, "of virtual time")->check(CLI::Range(0.05, 10'000.0));
  command->add_option("--rooms", settings->rooms)->check(CLI::Range(1, 100));
  command->add_option("--people", settings->people, "at most")->check(CLI::Range(2, 1000));
  command->add_option("--seed", settings->seed);
  command->add_flag("--json", settings->json, "one line of JSON");
  command->callback([settings, &chosen] { chosen = [settings] { return run(*settings); }; });
}

}  // namespace weir::bench
