#include "io/node.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "io/clock.h"
#include "io/interfaces.h"
#include "io/sockets.h"

namespace weir::io {
namespace {

// An empty text is a family that is off.
Result<std::optional<Address>> parse_address(const std::string& text, bool v6, const char* option) {
  if (text.empty()) return std::optional<Address>{};
  const std::optional<Address> address = Address::parse(text, 0);
  if (!address || address->v6 != v6) {
    return Error{WEIR_ERR_INVALID,
                 std::string{option} + " is not an " + (v6 ? "IPv6" : "IPv4") + " address: " + text};
  }
  return std::optional<Address>{address};
}

Result<CandidateRules> parse_addresses(const NodeOptions& options) {
  CandidateRules rules;
  rules.loopback = options.loopback_candidates;
  struct Field {
    const std::string& text;
    bool v6;
    const char* name;
    std::optional<Address>& out;
  };
  for (const Field& field : {Field{options.listen_ipv4, false, "listen_ipv4", rules.listen_ipv4},
                             Field{options.listen_ipv6, true, "listen_ipv6", rules.listen_ipv6},
                             Field{options.public_ipv4, false, "public_ipv4", rules.public_ipv4},
                             Field{options.public_ipv6, true, "public_ipv6", rules.public_ipv6}}) {
    const Result<std::optional<Address>> parsed = parse_address(field.text, field.v6, field.name);
    if (!parsed) return parsed.error();
    field.out = *parsed;
  }
  if (!rules.listen_ipv4 && !rules.listen_ipv6) {
    return Error{WEIR_ERR_INVALID, "listen_ipv4 and listen_ipv6 are both off"};
  }
  return rules;
}

std::optional<Duration> timeout_of(std::int32_t milliseconds) {
  if (milliseconds < 0) return std::nullopt;
  return std::chrono::milliseconds{milliseconds};
}

}  // namespace

Result<std::unique_ptr<Node>> Node::make(const NodeOptions& options) {
  std::unique_ptr<Node> node{new Node{options}};
  if (std::optional<Error> error = node->start(options)) return std::move(*error);
  return node;
}

Node::Node(const NodeOptions& options)
    : hooks_(options.hooks),
      log_(options.hooks.log == nullptr ? Log{} : Log{&Node::log_line, this, options.log_level}),
      host_driven_(options.threads == 0),
      max_rooms_(options.limits.max_rooms),
      max_people_(options.limits.max_participants),
      events_(options.limits.max_events) {}

std::optional<Error> Node::start(const NodeOptions& options) {
  const std::uint32_t count = std::max(1U, options.threads);
  if (options.port != 0 && options.port + count - 1 > std::numeric_limits<std::uint16_t>::max()) {
    return Error{WEIR_ERR_INVALID, "the ports from " + std::to_string(options.port) +
                                       " on do not suffice for " + std::to_string(count) + " threads"};
  }
  auto certificate = crypto::Certificate::make(random_, unix_now_seconds());
  if (!certificate) return certificate.error();
  certificate_ = *certificate;
  loads_ = std::make_unique<Load[]>(count);
  if (options.handshake_threads > 0)
    handshakes_ = std::make_unique<HandshakePool>(options.handshake_threads, log_);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (auto error = add_worker(options, static_cast<std::uint8_t>(i))) return error;
  }
  if (!host_driven_) {
    for (const auto& worker : workers_) worker->start();
  }
  return std::nullopt;
}

std::optional<Error> Node::add_worker(const NodeOptions& options, std::uint8_t index) {
  const Result<CandidateRules> rules = parse_addresses(options);
  if (!rules) return rules.error();
  const auto port = static_cast<std::uint16_t>(options.port == 0 ? 0 : options.port + index);
  Result<Sockets> sockets = open_sockets(rules->listen_ipv4, rules->listen_ipv6, port, log_);
  if (!sockets) return sockets.error();

  CandidateRules open = *rules;
  if (!sockets->ipv6) open.listen_ipv6.reset();
  engine::Options engine_options = options.limits;
  engine_options.worker = index;
  engine_options.candidates = candidate_addresses(machine_addresses(), open, sockets->port());
  engine_options.ntp_at_zero = ntp_at_monotonic_zero();
  for (const Address& candidate : engine_options.candidates) {
    log_(WEIR_LOG_INFO, "worker %u is reached at %s/udp", unsigned{index}, candidate.text().c_str());
  }
  const WorkerContext context{events_, readable_, handshakes_.get(), random_, certificate_, log_};
  Result<std::unique_ptr<Worker>> worker = Worker::make(engine_options, std::move(*sockets), context);
  if (!worker) return worker.error();
  workers_.push_back(std::move(*worker));
  return std::nullopt;
}

Node::~Node() {
  stop();
  events_.discard();
  {
    std::unique_lock lock{readers_mutex_};
    readers_left_.wait(lock, [this] { return readers_ == 0; });
  }
  // First the pool: after it no worker gets a job back. Then the workers, which tell the clients.
  if (handshakes_) handshakes_->stop();
  for (const auto& worker : workers_) worker->shutdown();
}

weir_status Node::stop() {
  if (in_hook()) return WEIR_ERR_REENTRANT;
  stopped_.store(true, std::memory_order_release);
  events_.close();
  readable_.ring_all();
  return WEIR_OK;
}

std::optional<std::uint16_t> Node::port(std::uint32_t worker) const {
  if (worker >= workers_.size()) return std::nullopt;
  return workers_[worker]->port();
}

std::string Node::fingerprint() const {
  return crypto::fingerprint_text(certificate_->fingerprint());
}

// ---- rooms and participants: limits of the whole node ----

Worker* Node::worker_of(Id id) const {
  return id.worker() < workers_.size() ? workers_[id.worker()].get() : nullptr;
}

std::size_t Node::least_loaded() const {
  std::vector<WorkerLoad> loads;
  for (std::size_t i = 0; i < workers_.size(); ++i)
    loads.push_back({workers_[i]->busy(), loads_[i].people.load(), loads_[i].rooms.load()});
  return io::least_loaded(loads);
}

bool Node::reserve(std::atomic<std::uint32_t>& count, std::uint32_t limit) {
  std::uint32_t now = count.load();
  while (now < limit) {
    if (count.compare_exchange_weak(now, now + 1)) return true;
  }
  return false;
}

Error Node::limit_error(const char* name) {
  refusals_.fetch_add(1, std::memory_order_relaxed);
  return {WEIR_ERR_LIMIT, std::string{name} + " is reached", 0};
}

Result<Id> Node::open_room(const weir_room_options& options) {
  const Turn turn{*this};
  if (turn.refused()) return refusal(WEIR_ERR_REENTRANT);
  if (stopped_.load(std::memory_order_acquire)) return refusal(WEIR_ERR_CLOSED);
  if (!reserve(rooms_, max_rooms_)) return limit_error("max_rooms");
  const std::size_t index = least_loaded();
  ++loads_[index].rooms;
  Result<Id> room = workers_[index]->open_room(options);
  if (!room) {
    --loads_[index].rooms;
    --rooms_;
  }
  return room;
}

weir_status Node::close_room(Id room) {
  const Turn turn{*this};
  if (turn.refused()) return WEIR_ERR_REENTRANT;
  Worker* const worker = worker_of(room);
  if (worker == nullptr) return WEIR_ERR_NOT_FOUND;
  std::uint64_t people = 0;
  const weir_status status = worker->close_room(room, people);
  if (status != WEIR_OK) return status;
  Load& load = loads_[room.worker()];
  --load.rooms;
  --rooms_;
  load.people -= static_cast<std::uint32_t>(people);
  people_ -= static_cast<std::uint32_t>(people);
  return WEIR_OK;
}

Result<Id> Node::join(Id room, const weir_participant_options& options) {
  const Turn turn{*this};
  if (turn.refused()) return refusal(WEIR_ERR_REENTRANT);
  if (stopped_.load(std::memory_order_acquire)) return refusal(WEIR_ERR_CLOSED);
  Worker* const worker = worker_of(room);
  if (worker == nullptr) return refusal(WEIR_ERR_NOT_FOUND);
  if (!reserve(people_, max_people_)) return limit_error("max_participants");
  Load& load = loads_[room.worker()];
  ++load.people;
  Result<Id> participant =
      worker->ask<Id>([&](engine::Engine& engine, Time now) { return engine.join(now, room, options); });
  if (!participant) {
    --load.people;
    --people_;
  }
  return participant;
}

weir_status Node::leave(Id participant) {
  const Turn turn{*this};
  if (turn.refused()) return WEIR_ERR_REENTRANT;
  Worker* const worker = worker_of(participant);
  if (worker == nullptr) return WEIR_ERR_NOT_FOUND;
  const weir_status status =
      worker->call([&](engine::Engine& engine, Time now) { return engine.leave(now, participant); });
  if (status != WEIR_OK) return status;
  --loads_[participant.worker()].people;
  --people_;
  return WEIR_OK;
}

// ---- readers ----

Node::Reader::Reader(Node& node) : node_(node) {
  const std::scoped_lock lock{node_.readers_mutex_};
  ++node_.readers_;
}

Node::Reader::~Reader() {
  const std::scoped_lock lock{node_.readers_mutex_};
  --node_.readers_;
  node_.readers_left_.notify_all();
}

weir_status Node::next_event(weir_event& event, std::int32_t timeout_ms) {
  if (in_hook()) return WEIR_ERR_REENTRANT;
  const Reader reader{*this};
  return events_.pop(event, host_driven_ ? Duration::zero() : timeout_of(timeout_ms));
}

template <typename Attempt>
weir_status Node::wait_for(Id id, std::int32_t timeout_ms, Attempt&& attempt) {
  if (in_hook()) return WEIR_ERR_REENTRANT;
  const Reader reader{*this};
  const std::optional<Duration> timeout = host_driven_ ? Duration::zero() : timeout_of(timeout_ms);
  const Time begin = monotonic_now();
  for (;;) {
    const std::uint64_t seen = readable_.count(id);
    const weir_status status = call(id, [&](engine::Engine& engine, Time) { return attempt(engine); });
    if (status != WEIR_ERR_AGAIN) return status;
    if (stopped_.load(std::memory_order_acquire)) return WEIR_ERR_CLOSED;
    std::optional<Duration> left;
    if (timeout) {
      left = *timeout - (monotonic_now() - begin);
      if (*left <= Duration::zero()) return WEIR_ERR_AGAIN;
    }
    if (!readable_.wait(id, seen, left)) return WEIR_ERR_AGAIN;
  }
}

weir_status Node::read(Id subscription, weir_frame& frame, MutableBytes buffer, std::int32_t timeout_ms) {
  return wait_for(subscription, timeout_ms,
                  [&](engine::Engine& engine) { return engine.read(subscription, frame, buffer); });
}

weir_status Node::read_data(Id participant, weir_data& message, MutableBytes buffer,
                            std::int32_t timeout_ms) {
  return wait_for(participant, timeout_ms,
                  [&](engine::Engine& engine) { return engine.read_data(participant, message, buffer); });
}

weir_status Node::stats(weir_node_stats& stats) {
  const Turn turn{*this};
  if (turn.refused()) return WEIR_ERR_REENTRANT;
  for (const auto& worker : workers_) {
    const weir_status status = worker->call([&](engine::Engine& engine, Time) {
      engine.node_stats(stats);
      return WEIR_OK;
    });
    if (status != WEIR_OK) return status;
    stats.limit_refusals += worker->refused();
  }
  stats.events_lost += events_.lost();
  stats.limit_refusals += refusals_.load(std::memory_order_relaxed);
  return WEIR_OK;
}

// ---- driven by the host ----

weir_status Node::run_once(std::int32_t timeout_ms) {
  if (!host_driven_) return WEIR_ERR_STATE;
  const Turn turn{*this};
  if (turn.refused()) return WEIR_ERR_REENTRANT;
  workers_.front()->run_once(timeout_of(timeout_ms));
  return WEIR_OK;
}

std::int32_t Node::poll_fd() const {
  if (!host_driven_) return WEIR_ERR_STATE;
  return in_hook() ? WEIR_ERR_REENTRANT : workers_.front()->poll_fd();
}

weir_status Node::deadline(std::int32_t& timeout_ms) {
  if (!host_driven_) return WEIR_ERR_STATE;
  const Turn turn{*this};
  if (turn.refused()) return WEIR_ERR_REENTRANT;
  const Time due = workers_.front()->deadline();
  if (due == kNever) {
    timeout_ms = -1;
    return WEIR_OK;
  }
  const std::int64_t left_us = to_us(due - std::min(due, monotonic_now()));
  timeout_ms = static_cast<std::int32_t>(
      std::min<std::int64_t>((left_us + 999) / 1000, std::numeric_limits<std::int32_t>::max()));
  return WEIR_OK;
}

void Node::log_line(void* node, std::int32_t level, const char* line) {
  const Node& self = *static_cast<const Node*>(node);
  const HookScope scope{&self};
  self.hooks_.log(self.hooks_.user, level, line);
}

}  // namespace weir::io
