// One worker: an event loop, its sockets and one engine. With a thread of its own, or turned by the host.
//
// Every input ends in drain(): egress is sent, events are published, handshakes handed out, the timer set
// (the engine's law). Work per turn of the loop is bounded in time, so that datagrams, commands and timers
// take turns.
#pragma once

#include <uv.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "engine/engine.h"
#include "io/event_queue.h"
#include "io/handshake_pool.h"
#include "io/placement.h"
#include "io/readable_signal.h"
#include "io/refusal.h"
#include "io/sockets.h"

namespace weir::io {

/// What the workers of a node have in common. Outlives them.
struct WorkerContext {
  EventQueue& events;
  ReadableSignal& readable;
  HandshakePool* handshakes;  // nullptr: the worker runs them itself
  Random& random;
  std::shared_ptr<const crypto::Certificate> certificate;
  Log log;
};

class Worker final : public HandshakeOwner {
 public:
  static Result<std::unique_ptr<Worker>> make(const engine::Options& options, Sockets sockets,
                                              const WorkerContext& context);
  ~Worker() override;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Begins the thread. Without it the host turns the loop, and call() runs on the caller's thread.
  void start();
  /// Closes every room, tells the clients, ends the thread. Commands answer WEIR_ERR_CLOSED from here on.
  void shutdown();

  /// Runs `action(engine, now)` where the engine lives and waits for what it answers. WEIR_ERR_LIMIT when too
  /// many commands wait, WEIR_ERR_CLOSED after shutdown().
  template <typename Action>
  weir_status call(Action&& action) {
    Command command;
    command.context = &action;
    command.run = [](void* context, engine::Engine& engine, Time now) -> weir_status {
      return (*static_cast<std::remove_reference_t<Action>*>(context))(engine, now);
    };
    return perform(command);
  }

  /// The same for what answers a Result<T>.
  template <typename T, typename Action>
  Result<T> ask(Action&& action) {
    std::optional<Result<T>> answer;
    const weir_status status = call([&](engine::Engine& engine, Time now) -> weir_status {
      answer.emplace(action(engine, now));
      return WEIR_OK;
    });
    if (!answer || status != WEIR_OK) return refusal(status);
    return std::move(*answer);
  }

  /// As the calls of the engine; the worker remembers its rooms so that shutdown() can close them.
  Result<Id> open_room(const weir_room_options& options);
  /// `people` out: how many participants left with it.
  weir_status close_room(Id room, std::uint64_t& people);

  std::uint16_t port() const { return port_; }
  /// Share of a core that its thread takes; 0 without a thread of its own.
  double busy() const { return busy_.load(std::memory_order_relaxed); }
  /// Commands that found the queue full.
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  // Host-driven only.
  void run_once(std::optional<Duration> timeout);
  int poll_fd() const { return uv_backend_fd(&loop_); }
  Time deadline() const { return engine_.deadline(); }

  void handshake_done(transport::HandshakeJob job) override;

 private:
  /// Lives on the stack of the thread that waits for it.
  struct Command {
    weir_status (*run)(void* context, engine::Engine& engine, Time now) = nullptr;
    void* context = nullptr;
    weir_status status = WEIR_ERR_CLOSED;
    std::mutex mutex;
    std::condition_variable finished;
    bool done = false;
  };

  Worker(const engine::Options& options, Sockets sockets, const WorkerContext& context);
  int open_loop();
  void close_loop();

  weir_status perform(Command& command);
  weir_status execute(Command& command);
  static void finish(Command& command, weir_status status);
  Command* next_command();

  void on_wake();
  void on_deadline();
  void measure();
  void receive_batch(Time now, std::span<const engine::Datagram> datagrams);
  void close_rooms();

  void drain();
  void send_egress();
  void publish_events();
  /// True when handshakes ran here, so that there is more to drain.
  bool start_handshakes();
  void arm_timer();

  template <typename Body>
  void guarded(Body&& body);

  const WorkerContext context_;
  Sockets sockets_;
  const std::uint16_t port_;
  engine::Engine engine_;
  std::unordered_set<std::uint64_t> rooms_;

  uv_loop_t loop_{};
  bool loop_open_ = false;
  uv_async_t wake_{};
  uv_timer_t deadline_timer_{};
  uv_timer_t wait_timer_{};
  uv_timer_t measure_timer_{};
  BusyMeter meter_;
  Time armed_ = kNever;
  bool threaded_ = false;
  std::thread thread_;

  // Between threads.
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<double> busy_{0};
  std::mutex mutex_;
  std::deque<Command*> commands_;
  std::vector<transport::HandshakeJob> finished_jobs_;
  bool closing_ = false;
};

}  // namespace weir::io
