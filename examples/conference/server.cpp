#include "server.h"

#include <uv.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "address_limits.h"
#include "admission.h"
#include "bots.h"
#include "clock.h"
#include "http_sessions.h"
#include "hub.h"
#include "log.h"
#include "loop.h"
#include "media_node.h"
#include "metrics.h"
#include "options.h"
#include "routes.h"
#include "start_error.h"
#include "store.h"
#include "web_server.h"

namespace conference {
namespace {

constexpr std::uint64_t second_ms = 1000;
constexpr std::uint64_t quality_ms = 2000;
constexpr std::uint64_t prune_ms = 600'000;
constexpr std::int64_t keep_visits = 100'000;
constexpr std::uint64_t farewell_ms = 1000;  // clients read why, load balancers see 503
constexpr std::uint64_t closing_ms = 500;    // connections end
constexpr std::uint32_t retry_after_shutdown_s = 5;
constexpr std::uint64_t bot_seed = 1;

class Server {
 public:
  explicit Server(const ServeOptions& options);

  int run();

 private:
  ServerCounts counts() const;
  void begin_bots();
  void tick_bots();
  void each_second();
  void on_signal(int number);
  void finish();

  ServeOptions options_;
  Clock clock_ = system_clock();
  std::optional<TokenKey> token_key_;
  uv_loop_t loop_{};
  Store store_;
  MediaNode node_;
  AddressLimits limits_;
  Admission admission_;
  Hub hub_;
  HttpSessions http_sessions_;
  Routes routes_;
  std::unique_ptr<WebServer> web_;
  std::unique_ptr<Bots> bots_;
  std::unique_ptr<Readable> events_;
  std::unique_ptr<Timer> bot_timer_, second_, quality_, prune_, ending_;
  std::unique_ptr<Signal> interrupt_, terminate_;
};

std::optional<TokenKey> read_key(const ServeOptions& options) {
  if (options.token_key.empty()) return std::nullopt;
  return TokenKey::read(options.token_key);
}

HubOptions hub_options(const ServeOptions& options) {
  HubOptions hub;
  hub.resume_grace_s = options.resume_grace_s;
  return hub;
}

WebServerOptions web_options(const ServeOptions& options) {
  WebServerOptions web;
  web.host = options.host;
  web.port = options.port;
  web.tls_cert = options.tls_cert;
  web.tls_key = options.tls_key;
  web.allowed_origins = options.allowed_origins;
  web.messages_per_second = options.messages_per_second;
  web.max_connections = options.limits.total_connections;
  return web;
}

Server::Server(const ServeOptions& options)
    : options_{options},
      token_key_{read_key(options)},
      store_{options.database, [](const std::string& line) { log_line(WEIR_LOG_ERROR, line); }},
      node_{make_node(options)},
      limits_{options.limits},
      admission_{token_key_, limits_, clock_},
      hub_{node_.get(), store_, clock_, hub_options(options)},
      http_sessions_{hub_, admission_, options.allowed_origins},
      routes_{WebFiles{options.web}, http_sessions_, [this] { return metrics_text(node_.get(), counts()); },
              [this] { return hub_.stopping(); }} {
  uv_loop_init(&loop_);
  store_.close_open_visits(clock_.wall_ms());
  store_.prune(keep_visits);
  web_ = std::make_unique<WebServer>(&loop_, web_options(options),
                                     WebServer::Parts{hub_, admission_, limits_, routes_}, clock_,
                                     [](const std::string& line) { log_line(WEIR_LOG_WARNING, line); });
  events_ = std::make_unique<Readable>(&loop_, weir_node_event_fd(node_.get()), [this] {
    drain_events(node_.get(), [this](const weir_event& event) {
      hub_.on_event(event);
      if (bots_) bots_->on_event(event);
    });
  });
  second_ = std::make_unique<Timer>(&loop_, [this] { each_second(); });
  second_->start(second_ms, second_ms);
  quality_ = std::make_unique<Timer>(&loop_, [this] { hub_.report_quality(); });
  quality_->start(quality_ms, quality_ms);
  prune_ = std::make_unique<Timer>(&loop_, [this] { store_.prune(keep_visits); });
  prune_->start(prune_ms, prune_ms);
  interrupt_ = std::make_unique<Signal>(&loop_, SIGINT, [this](int number) { on_signal(number); });
  terminate_ = std::make_unique<Signal>(&loop_, SIGTERM, [this](int number) { on_signal(number); });
  if (options.bots > 0) begin_bots();
}

void Server::begin_bots() {
  const weir_room room = hub_.open_room_for_bots(options_.bot_room);
  bots_ = std::make_unique<Bots>(node_.get(), room, options_.bots, bot_seed);
  if (bots_->size() < options_.bots) {
    log_line(WEIR_LOG_WARNING,
             std::string{"fewer bots than asked for: "} + weir_status_text(bots_->status()));
  }
  for (const auto& bot : bots_->participants()) hub_.add_bot(options_.bot_room, bot.id, bot.name);
  bot_timer_ = std::make_unique<Timer>(&loop_, [this] { tick_bots(); });
  bot_timer_->start(0);
}

void Server::tick_bots() {
  const std::int64_t next_us = bots_->tick(clock_.monotonic_us(), clock_.wall_ms());
  const std::int64_t wait_us = std::clamp<std::int64_t>(next_us - clock_.monotonic_us(), 0, 1'000'000);
  bot_timer_->start(static_cast<std::uint64_t>(wait_us + 999) / 1000);
}

void Server::each_second() {
  hub_.expire();
  limits_.forget_idle(clock_.monotonic_us());
}

ServerCounts Server::counts() const {
  ServerCounts counts;
  counts.rooms = hub_.room_count();
  counts.browsers = hub_.count_members(MemberKind::browser);
  counts.whip = hub_.count_members(MemberKind::whip);
  counts.whep = hub_.count_members(MemberKind::whep);
  counts.bots = hub_.count_members(MemberKind::bot);
  counts.connections = limits_.connections();
  counts.websockets = web_->websockets().open;
  counts.websocket_messages_received = web_->websockets().received;
  counts.websocket_messages_sent = web_->websockets().sent;
  counts.websocket_overflows = web_->websockets().overflows;
  counts.joins = hub_.joins();
  counts.resumes = hub_.resumes();
  counts.chat_messages = hub_.chats();
  counts.refused_connections = limits_.refused_connections();
  counts.refused_joins = limits_.refused_joins();
  counts.refused_tokens = admission_.refused_tokens();
  counts.refused_origins = web_->refused_origins();
  counts.http_requests = web_->http_requests();
  counts.store_write_failures = store_.write_failures();
  return counts;
}

/// First: say goodbye. Second: go.
void Server::on_signal(int number) {
  if (hub_.stopping()) std::_Exit(128 + number);
  log_line(WEIR_LOG_INFO, "stopping");
  hub_.announce_shutdown(retry_after_shutdown_s);
  ending_ = std::make_unique<Timer>(&loop_, [this] { finish(); });
  ending_->start(farewell_ms);
}

/// Ends rooms and connections; then the loop runs until it is empty, or the time is over.
void Server::finish() {
  quality_->stop();
  second_->stop();
  if (bot_timer_) bot_timer_->stop();
  hub_.close_rooms();
  ending_ = std::make_unique<Timer>(&loop_, [this] { uv_stop(&loop_); });
  ending_->start(closing_ms);
}

int Server::run() {
  const char* const scheme = options_.tls_cert.empty() ? "http" : "https";
  const std::string host = options_.host.empty() || options_.host == "0.0.0.0" || options_.host == "::"
                               ? "localhost"
                           : options_.host.find(':') != std::string::npos ? "[" + options_.host + "]"
                                                                          : options_.host;
  if (admission_.open_to_all()) {
    log_line(WEIR_LOG_WARNING, "running open: anyone who can reach this address can join any room");
  }
  if (options_.database == ":memory:")
    log_line(WEIR_LOG_INFO, "history is kept in memory only (--database FILE keeps it)");
  std::printf("open %s://%s:%u/?room=%s\n", scheme, host.c_str(), static_cast<unsigned>(web_->port()),
              options_.bot_room.c_str());
  std::fflush(stdout);
  uv_run(&loop_, UV_RUN_DEFAULT);

  bots_.reset();
  weir_node_stop(node_.get());
  for (auto* timer : {&bot_timer_, &second_, &quality_, &prune_, &ending_}) timer->reset();
  events_.reset();
  interrupt_.reset();
  terminate_.reset();
  web_->close();
  for (int i = 0; i < 100 && uv_run(&loop_, UV_RUN_NOWAIT) != 0; ++i) {
  }
  web_.reset();
  node_.reset();
  uv_run(&loop_, UV_RUN_NOWAIT);
  uv_loop_close(&loop_);
  log_line(WEIR_LOG_INFO, "stopped");
  return 0;
}

}  // namespace

int serve(const ServeOptions& options) {
  set_log_level(options.log_level);
  check_web_options(web_options(options));
  // A peer that goes away while we write is no reason to end.
  std::signal(SIGPIPE, SIG_IGN);
  return Server{options}.run();
}

}  // namespace conference
