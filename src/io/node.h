// A node: N workers, the threads for handshakes, and one queue of events. Rooms are spread over the workers;
// an id says which worker it belongs to, so a call goes straight there.
//
// Without worker threads the host turns the one worker: calls then run on the host's thread, one at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/certificate.h"
#include "engine/engine.h"
#include "io/event_queue.h"
#include "io/handshake_pool.h"
#include "io/hook_scope.h"
#include "io/readable_signal.h"
#include "io/refusal.h"
#include "io/worker.h"
#include "weir/data.h"
#include "weir/node.h"
#include "weir/room.h"
#include "weir/stats.h"

namespace weir::io {

/// weir_node_options, checked for ranges. `limits.worker`, `.candidates` and `.ntp_at_zero` are filled in by
/// the node.
struct NodeOptions {
  std::uint32_t threads = 1;
  std::uint32_t handshake_threads = 1;
  std::uint16_t port = 0;
  bool loopback_candidates = false;
  std::int32_t log_level = WEIR_LOG_WARNING;
  std::string listen_ipv4 = "0.0.0.0";
  std::string listen_ipv6 = "::";
  std::string public_ipv4;
  std::string public_ipv6;
  weir_hooks hooks{};
  engine::Options limits;
};

class Node {
 public:
  static Result<std::unique_ptr<Node>> make(const NodeOptions& options);
  /// Waits until threads in next_event() and read() have left.
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  bool host_driven() const { return host_driven_; }
  /// On a thread that is inside a hook of this node, where no call is allowed.
  bool in_hook() const { return HookScope::inside(this); }

  weir_status stop();
  std::optional<std::uint16_t> port(std::uint32_t worker) const;
  std::string fingerprint() const;

  /// Runs `action(engine, now)` on the worker that `id` belongs to and waits for what it answers.
  template <typename Action>
  weir_status call(Id id, Action&& action) {
    const Turn turn{*this};
    if (turn.refused()) return WEIR_ERR_REENTRANT;
    Worker* const worker = worker_of(id);
    return worker == nullptr ? WEIR_ERR_NOT_FOUND : worker->call(std::forward<Action>(action));
  }
  /// The same for what answers a Result<T>.
  template <typename T, typename Action>
  Result<T> ask(Id id, Action&& action) {
    const Turn turn{*this};
    if (turn.refused()) return refusal(WEIR_ERR_REENTRANT);
    Worker* const worker = worker_of(id);
    return worker == nullptr ? Result<T>{refusal(WEIR_ERR_NOT_FOUND)}
                             : worker->ask<T>(std::forward<Action>(action));
  }

  Result<Id> open_room(const weir_room_options& options);
  weir_status close_room(Id room);
  Result<Id> join(Id room, const weir_participant_options& options);
  weir_status leave(Id participant);

  weir_status next_event(weir_event& event, std::int32_t timeout_ms);
  int event_fd() const { return events_.fd(); }
  /// As weir_subscription_read.
  weir_status read(Id subscription, weir_frame& frame, MutableBytes buffer, std::int32_t timeout_ms);
  /// As weir_participant_read_data.
  weir_status read_data(Id participant, weir_data& message, MutableBytes buffer, std::int32_t timeout_ms);
  weir_status stats(weir_node_stats& stats);

  // Host-driven only; WEIR_ERR_STATE otherwise.
  weir_status run_once(std::int32_t timeout_ms);
  std::int32_t poll_fd() const;
  weir_status deadline(std::int32_t& timeout_ms);

 private:
  /// A call's permission: refused inside a hook, and, when the host drives, while another thread is in a
  /// call.
  class Turn {
   public:
    explicit Turn(Node& node) : node_(node) {
      if (node.in_hook()) return;
      allowed_ = !node.host_driven_ || !node.busy_.exchange(true, std::memory_order_acquire);
    }
    ~Turn() {
      if (allowed_ && node_.host_driven_) node_.busy_.store(false, std::memory_order_release);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    bool refused() const { return !allowed_; }

   private:
    Node& node_;
    bool allowed_ = false;
  };

  /// A thread that may sleep inside the node, so that the destructor knows.
  class Reader {
   public:
    explicit Reader(Node& node);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

   private:
    Node& node_;
  };

  struct Load {
    std::atomic<std::uint32_t> rooms{0};
    std::atomic<std::uint32_t> people{0};
  };

  explicit Node(const NodeOptions& options);
  std::optional<Error> start(const NodeOptions& options);
  std::optional<Error> add_worker(const NodeOptions& options, std::uint8_t index);

  /// Repeats `attempt(engine)` on the worker of `id`, whose bell rings when there may be more, while it
  /// answers WEIR_ERR_AGAIN.
  template <typename Attempt>
  weir_status wait_for(Id id, std::int32_t timeout_ms, Attempt&& attempt);
  Worker* worker_of(Id id) const;
  std::size_t least_loaded() const;
  static bool reserve(std::atomic<std::uint32_t>& count, std::uint32_t limit);
  Error limit_error(const char* name);

  static void log_line(void* node, std::int32_t level, const char* line);

  const weir_hooks hooks_;
  const Log log_;
  const bool host_driven_;
  const std::uint32_t max_rooms_;
  const std::uint32_t max_people_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> stopped_{false};

  std::atomic<std::uint32_t> rooms_{0};
  std::atomic<std::uint32_t> people_{0};
  std::atomic<std::uint64_t> refusals_{0};

  std::mutex readers_mutex_;
  std::condition_variable readers_left_;
  std::uint32_t readers_ = 0;

  crypto::SystemRandom random_;
  std::shared_ptr<const crypto::Certificate> certificate_;
  EventQueue events_;
  ReadableSignal readable_;
  std::unique_ptr<HandshakePool> handshakes_;
  std::unique_ptr<Load[]> loads_;  // of the workers
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace weir::io
