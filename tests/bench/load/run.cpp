#include "load/run.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "io/clock.h"
#include "load/error.h"
#include "load/socket_drops.h"

namespace weir::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kTickMs = 10;
constexpr Duration kQuiet = milliseconds{250};
constexpr Duration kDrain = milliseconds{500};
constexpr Duration kGoodbye = seconds{2};  // at most, for the servers' replies
constexpr Duration kLook = milliseconds{500};
constexpr Duration kKeepAlive = seconds{15};
constexpr double kWhole = 0.98;  // of what should come between two looks, edges not counted exactly
constexpr std::size_t kDueAtOnce = 4096;

void note(const Options& options, const std::string& text) {
  if (!options.json) std::fprintf(stderr, "weir-load: %s\n", text.c_str());
}

}  // namespace

Loop::Loop() {
  if (uv_loop_init(&loop_) != 0) throw LoadError{"no event loop"};
}

Loop::~Loop() {
  uv_walk(
      &loop_,
      [](uv_handle_t* handle, void*) {
        if (uv_is_closing(handle) == 0) uv_close(handle, nullptr);
      },
      nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

Run::Run(const Options& options, Adapter& adapter)
    : options_(options),
      adapter_(adapter),
      server_(options.server_pid != 0 ? ServerProcess::by_id(options.server_pid)
                                      : ServerProcess::by_port(options.url.port)) {
  Url url = options_.url;
  if (url.path.empty() || url.path == "/") url.path = adapter.default_path();
  websockets_ =
      std::make_unique<WebSockets>(loop_.get(), url, std::string{adapter.subprotocol()}, options_.clients());
  ports_ = std::make_unique<Ports>(loop_.get(), local_address_towards(url.host, url.port));
  common_ = std::make_unique<Common>(options_, loop_.get(), adapter_, *websockets_);
  make_clients();
}

Run::~Run() {
  if (!websockets_) return;
  // libwebsockets ends in two steps, with turns of the loop between them.
  websockets_->close();
  for (int i = 0; i < 100 && uv_run(&loop_.get(), UV_RUN_NOWAIT) != 0; ++i) {
  }
}

void Run::make_clients() {
  for (std::uint32_t room = 0; room < options_.rooms; ++room) {
    for (std::uint32_t i = 0; i < options_.publishers; ++i) add_client(Role::publisher, room, i);
  }
  for (std::uint32_t room = 0; room < options_.rooms; ++room) {
    for (std::uint32_t i = 0; i < options_.subscribers; ++i) add_client(Role::subscriber, room, i);
  }
}

void Run::add_client(Role role, std::uint32_t room, std::uint32_t number) {
  Task task;
  task.role = role;
  task.room = "load-" + std::to_string(::getpid()) + "-" + std::to_string(room);
  task.room_number = room;
  task.name = (role == Role::publisher ? "publisher " : "subscriber ") + std::to_string(number);
  task.tracks = options_.tracks();
  task.publishers = options_.publishers;
  const Ports::Place place = ports_->next();
  clients_.push_back(
      std::make_unique<Client>(static_cast<std::uint32_t>(clients_.size()), task, *common_, place));
}

void Run::start_timers() {
  uv_loop_t* const loop = &loop_.get();
  uv_timer_init(loop, &due_);
  uv_timer_init(loop, &tick_);
  uv_prepare_init(loop, &prepare_);
  uv_signal_init(loop, &interrupt_);
  uv_signal_init(loop, &terminate_);
  tick_.data = prepare_.data = interrupt_.data = terminate_.data = this;
  uv_timer_start(
      &tick_, [](uv_timer_t* timer) { static_cast<Run*>(timer->data)->tick(); }, 0, kTickMs);
  uv_prepare_start(&prepare_,
                   [](uv_prepare_t* handle) { static_cast<Run*>(handle->data)->run_due_timers(); });
  const uv_signal_cb stop = [](uv_signal_t* handle, int) {
    auto& run = *static_cast<Run*>(handle->data);
    run.interrupted_ = true;
    run.fail("interrupted");
  };
  uv_signal_start(&interrupt_, stop, SIGINT);
  uv_signal_start(&terminate_, stop, SIGTERM);
}

/// Before each wait of the loop: clients that are due, then a timer for the next.
void Run::run_due_timers() {
  const Time now = io::monotonic_now();
  for (std::size_t i = 0; i < kDueAtOnce; ++i) {
    const Id id = common_->timers.pop_due(now);
    if (!id) break;
    clients_[id.index()]->step(now);
  }
  const Time next = common_->timers.deadline();
  if (next == kNever) return;
  const std::int64_t us = std::max<std::int64_t>(to_us(next - io::monotonic_now()), 0);
  uv_update_time(&loop_.get());
  uv_timer_start(
      &due_, [](uv_timer_t*) {}, static_cast<std::uint64_t>(us + 999) / 1000, 0);
}

Report Run::execute() {
  report_.target = options_.target;
  report_.participants = options_.clients();
  report_.server_rss_before_kb = server_.use().rss_kb;
  start_timers();
  const Time now = io::monotonic_now();
  next_keep_alive_ = now + kKeepAlive;
  enter(Phase::publishers, now);
  while (phase_ != Phase::done) uv_run(&loop_.get(), UV_RUN_ONCE);
  if (!common_->failure.empty()) throw LoadError{common_->failure};
  return report_;
}

void Run::fail(const std::string& reason) {
  if (common_->failure.empty()) common_->failure = reason;
}

void Run::enter(Phase phase, Time now) {
  phase_ = phase;
  entered_ = now;
  next_join_ = now;
}

void Run::tick() {
  const Time now = io::monotonic_now();
  if (!common_->failure.empty() && phase_ != Phase::leaving && phase_ != Phase::done) leave(now);
  try {
    turn_phase(now);
  } catch (const LoadError& fault) {
    fail(fault.what());
  }
  if (now < next_keep_alive_) return;
  next_keep_alive_ = now + kKeepAlive;
  for (std::size_t i = 0; i < begun_; ++i) clients_[i]->keep_alive();
}

void Run::turn_phase(Time now) {
  const std::size_t publishers = std::size_t{options_.rooms} * options_.publishers;
  switch (phase_) {
    case Phase::publishers:
      if (joined(now, publishers)) enter(Phase::subscribers, now);
      break;
    case Phase::subscribers:
      if (!joined(now, clients_.size())) break;
      note(options_, std::to_string(clients_.size()) + " clients have joined");
      enter(Phase::warming, now);
      break;
    case Phase::warming:
      if (!warm(now)) break;
      common_->sending = false;
      enter(Phase::quiet, now);
      break;
    case Phase::quiet:
      if (now - entered_ >= kQuiet) begin_measuring(now);
      break;
    case Phase::measuring:
      if (now - entered_ < seconds{options_.seconds}) break;
      common_->sending = false;
      report_.seconds = static_cast<double>(to_us(now - entered_)) / 1e6;
      enter(Phase::draining, now);
      break;
    case Phase::draining:
      if (now - entered_ >= kDrain) end_measuring(now);
      break;
    case Phase::leaving:
      if (common_->open == 0 || now - entered_ >= kGoodbye) enter(Phase::done, now);
      break;
    case Phase::done:
      break;
  }
}

/// Begins the joins that are due of the first `all` clients; true once all of them are in.
bool Run::joined(Time now, std::size_t all) {
  const Duration interval{1'000'000 / options_.join_rate};
  for (; begun_ < all && next_join_ <= now; next_join_ += interval) clients_[begun_++]->begin();
  if (begun_ < all) return false;
  if (common_->ready >= all) return true;
  if (now - next_join_ < seconds{options_.join_timeout}) return false;
  const auto waiting =
      std::find_if(clients_.begin(), clients_.end(), [](const auto& client) { return !client->ready(); });
  throw LoadError{"joining timed out with " + std::to_string(common_->ready) + " of " + std::to_string(all) +
                  " clients in; " + (*waiting)->describe()};
}

/// True when what was received since the last look is what was sent, or when it takes too long.
bool Run::warm(Time now) {
  if (now < next_look_) return false;
  next_look_ = now + kLook;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  bool all_streams = true;
  for (const auto& client : clients_) {
    if (client->task().role == Role::publisher) {
      sent += client->sent();
    } else if (const Receiver* const receiver = client->receiver()) {
      received += receiver->counts().packets;
      all_streams = all_streams && receiver->streams() >= options_.tracks();
    }
  }
  const auto due = static_cast<double>((sent - looked_sent_) * options_.subscribers);
  const auto came = static_cast<double>(received - looked_received_);
  looked_sent_ = sent;
  looked_received_ = received;
  if (all_streams && now - entered_ >= 2 * kLook && came >= kWhole * due) return true;
  if (now - entered_ < seconds{options_.warmup}) return false;
  note(options_, "not all streams come whole after the warm-up");
  return true;
}

void Run::begin_measuring(Time now) {
  common_->delays.clear();
  sent_before_ = 0;
  for (const auto& client : clients_) {
    client->mark();
    sent_before_ += client->sent();
  }
  server_before_ = server_.use();
  own_before_s_ = own_cpu_s();
  dropped_before_ = udp_drops(ports_->numbers());
  common_->sending = true;
  enter(Phase::measuring, now);
}

void Run::end_measuring(Time now) {
  const ProcessUse use = server_.use();
  report_.server_cpu_s = use.cpu_s - server_before_.cpu_s;
  report_.server_rss_kb = use.rss_kb;
  report_.client_cpu_s = own_cpu_s() - own_before_s_;
  report_.delays = common_->delays;
  report_.joins = common_->joins;
  std::uint64_t sent = 0;
  for (const auto& client : clients_) {
    sent += client->sent();
    if (client->task().role != Role::subscriber || client->receiver() == nullptr) continue;
    report_.received += client->receiver()->counts().packets;
    report_.repaired += client->receiver()->counts().repaired;
  }
  report_.sent = sent - sent_before_;
  report_.expected = report_.sent * options_.subscribers;
  // Also beside JSON: such a result says little of the server.
  if (const std::uint64_t dropped = udp_drops(ports_->numbers()) - dropped_before_; dropped > 0) {
    std::fprintf(
        stderr,
        "weir-load: %llu packets found a socket of weir-load's full; their loss is not the server's\n",
        static_cast<unsigned long long>(dropped));
  }
  leave(now);
}

void Run::leave(Time now) {
  for (std::size_t i = 0; i < begun_; ++i) clients_[i]->leave(now);
  enter(Phase::leaving, now);
}

}  // namespace weir::load
