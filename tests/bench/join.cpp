// weir-bench join: what people cost who come in, and whether those who are in notice. A node with its threads
// and sockets as in production; the storm's clients share the machine at the lowest priority.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "bench.h"
#include "stamped_media.h"
#include "support/live_peer.h"

namespace weir::bench {

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

struct Settings {
  bool json = false;
  double rate = 200;
  double seconds = 10;
  std::uint32_t workers = 1;
  std::uint32_t handshake_threads = 1;
  std::size_t listeners = 20;
  std::uint32_t rooms = 10;
};

constexpr std::size_t kClients = 24;  // that shake hands at the same time
constexpr int kLowest = 19;

/// Processor time of this process's threads whose names begin so.
double processor_seconds(const std::string& name) {
  double all = 0;
  for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
    std::ifstream comm{task.path() / "comm"};
    std::ifstream schedstat{task.path() / "schedstat"};
    std::string called;
    double nanoseconds = 0;
    comm >> called;
    schedstat >> nanoseconds;
    if (called.rfind(name, 0) == 0) all += nanoseconds / 1e9;
  }
  return all;
}

/// The host's signalling: a thread of usual priority makes the calls, as a server's would. Clients of the
/// lowest priority that called themselves would hold the locks of the worker while others run.
class Host {
 public:
  Host() : thread_([this] { serve(); }) {}
  ~Host() {
    {
      const std::scoped_lock lock{mutex_};
      stopping_ = true;
    }
    ready_.notify_one();
    thread_.join();
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// Waits until it is done.
  void call(std::function<void()> action) {
    std::packaged_task<void()> task{std::move(action)};
    std::future<void> done = task.get_future();
    {
      const std::scoped_lock lock{mutex_};
      tasks_.push_back(std::move(task));
    }
    ready_.notify_one();
    done.get();
  }

 private:
  void serve() {
    std::unique_lock lock{mutex_};
    for (;;) {
      ready_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      std::packaged_task<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::packaged_task<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

/// Clients that come at a rate, connect and leave.
class Storm {
 public:
  Storm(io::Node& node, const Settings& settings) : node_(node), settings_(settings) {
    for (std::uint32_t i = 0; i < settings.rooms; ++i) {
      weir_room_options options{};
      options.struct_size = sizeof options;
      const auto room = node.open_room(options);
      if (!room) throw std::runtime_error{room.error().reason};
      rooms_.push_back(*room);
    }
  }

  void run() {
    begin_ = test::real_time();
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kClients; ++i) threads.emplace_back([this] { come_and_go(); });
    for (std::thread& thread : threads) thread.join();
    if (!failure_.empty()) throw std::runtime_error{failure_};
  }

  std::vector<double>& join_ms() { return join_ms_; }
  Duration lasted() const { return last_ - begin_; }

 private:
  void come_and_go() {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLowest);
    try {
      for (;;) {
        const std::uint64_t number = next_++;
        const Time due =
            begin_ + Duration{static_cast<std::int64_t>(static_cast<double>(number) / settings_.rate * 1e6)};
        if (due >= begin_ + Duration{static_cast<std::int64_t>(settings_.seconds * 1e6)}) return;
        std::this_thread::sleep_until(std::chrono::steady_clock::time_point{due.time_since_epoch()});
        one(number);
      }
    } catch (const std::exception& fault) {
      const std::scoped_lock lock{mutex_};
      failure_ = fault.what();
    }
  }

  void one(std::uint64_t number) {
    const Id room = rooms_[number % rooms_.size()];
    const Address at = Address::parse("127.0.0.1", node_.port(room.worker()).value()).value();
    test::LivePeer client{1000 + number, at, test::LivePeer::Lines::receive};
    const Time began = test::real_time();
    std::string answer;
    const std::string offer = client.offer();
    Id participant;
    host_.call([&] { participant = join(node_, room, offer, answer); });
    client.take_answer(answer);
    if (!client.run(20s, [&] { return client.peer().connected(); }))
      throw std::runtime_error{"no connection"};
    const Time now = test::real_time();
    host_.call([&] { node_.leave(participant); });
    const std::scoped_lock lock{mutex_};
    join_ms_.push_back(static_cast<double>((now - began).count()) / 1000);
    last_ = std::max(last_, now);
  }

  io::Node& node_;
  const Settings& settings_;
  Host host_;
  std::vector<Id> rooms_;
  Time begin_{};
  Time last_{};
  std::atomic<std::uint64_t> next_{0};
  std::mutex mutex_;
  std::vector<double> join_ms_;
  std::string failure_;
};

double at_share(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto place = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return std::round(sorted[place] * 1000) / 1000;
}

Json distribution(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {{"p50", at_share(values, 0.5)}, {"p99", at_share(values, 0.99)}, {"max", at_share(values, 1)}};
}

std::unique_ptr<io::Node> open_node(const Settings& settings) {
  io::NodeOptions options;
  options.threads = settings.workers;
  options.handshake_threads = settings.handshake_threads;
  options.listen_ipv4 = "127.0.0.1";
  options.listen_ipv6 = "";
  auto made = io::Node::make(options);
  if (!made) throw std::runtime_error{made.error().reason};
  return std::move(*made);
}

int run(const Settings& settings) {
  const auto node = open_node(settings);
  StampedMedia media{*node, settings.listeners};
  const auto listen_for = [&](Duration time) {
    media.take_delays();
    std::this_thread::sleep_for(time);
    return media.take_delays();
  };
  // Until all are connected and all sockets' buffers have been touched.
  for (const Time end = test::real_time() + 10s;
       listen_for(200ms).size() < settings.listeners * 20 && test::real_time() < end;) {
  }
  const std::vector<double> calm =
      listen_for(std::min<Duration>(3s, Duration{static_cast<std::int64_t>(settings.seconds * 1e6)}));
  const double handshakes_before = processor_seconds("weir-dtls-");
  const double workers_before = processor_seconds("weir-") - handshakes_before;
  const std::uint64_t sent_before = media.sent();
  Storm storm{*node, settings};
  storm.run();
  std::vector<double> stormy = media.take_delays();
  const std::uint64_t sent = media.sent() - sent_before;
  const double handshake_s = processor_seconds("weir-dtls-") - handshakes_before;
  const double worker_s = processor_seconds("weir-") - processor_seconds("weir-dtls-") - workers_before;

  weir_node_stats stats{};
  if (node->stats(stats) != WEIR_OK) throw std::runtime_error{"no statistics"};
  if (stormy.empty()) throw std::runtime_error{"no media came"};
  const auto joins = static_cast<double>(storm.join_ms().size());
  const double lasted = static_cast<double>(storm.lasted().count()) / 1e6;
  Json out;
  out["workers"] = settings.workers;
  out["handshake_threads"] = settings.handshake_threads;
  out["joins"] = storm.join_ms().size();
  out["joins_per_s"] = std::round(joins / lasted * 10) / 10;
  out["failed"] = stats.handshakes_failed;
  out["join_ms"] = distribution(storm.join_ms());
  out["handshake_ms_cpu"] = std::round(handshake_s / joins * 1e5) / 100;
  out["worker_ms_cpu"] = std::round(worker_s / joins * 1e5) / 100;
  if (handshake_s > 0) out["handshakes_per_core_s"] = std::round(joins / handshake_s);
  out["calm_ms"] = distribution(calm);
  out["storm_ms"] = distribution(std::move(stormy));
  out["media_packets"] = sent;
  std::cout << (settings.json ? out.dump() : out.dump(2)) << '\n';
  return 0;
}

}  // namespace

void add_join(CLI::App& app, Run& chosen) {
  auto settings = std::make_shared<Settings>();
  CLI::App* command =
      app.add_subcommand("join", "handshakes a second, and the delay of media in a storm of joins");
  command->add_option("--rate", settings->rate, "joins a second")->check(CLI::Range(0.1, 10'000.0));
  command->add_option("--seconds", settings->seconds)->check(CLI::Range(0.1, 600.0));
  command->add_option("--workers", settings->workers)->check(CLI::Range(1, 16));
  command->add_option("--handshake-threads", settings->handshake_threads)->check(CLI::Range(0, 16));
  command->add_option("--listeners", settings->listeners)->check(CLI::Range(1, 400));
  command->add_option("--rooms", settings->rooms, "that they come into")->check(CLI::Range(1, 500));
  command->add_flag("--json", settings->json, "one line of JSON");
  command->callback([settings, &chosen] { chosen = [settings] { return run(*settings); }; });
}

}  // namespace weir::bench
