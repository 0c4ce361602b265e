#include "io/worker.h"

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include "io/clock.h"
#include "io/thread_setup.h"

namespace weir::io {
namespace {

// Commands come from threads that wait for them, so more than this means more than as many threads.
constexpr std::size_t kMaxCommands = 4096;
// How long commands may keep a turn of the loop for themselves: as long as a socket may.
constexpr Duration kTurnBudget = UdpSocket::kTurnBudget;

std::uint64_t milliseconds_up(Duration d) {
  return d <= Duration::zero() ? 0 : (static_cast<std::uint64_t>(d.count()) + 999) / 1000;
}

Worker& worker_of(void* data) {
  return *static_cast<Worker*>(data);
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::make(const engine::Options& options, Sockets sockets,
                                             const WorkerContext& context) {
  std::unique_ptr<Worker> worker{new Worker{options, std::move(sockets), context}};
  if (const int code = worker->open_loop(); code != 0) {
    return Error{WEIR_ERR_IO, std::string{"cannot make an event loop: "} + uv_strerror(code)};
  }
  return worker;
}

Worker::Worker(const engine::Options& options, Sockets sockets, const WorkerContext& context)
    : context_(context),
      sockets_(std::move(sockets)),
      port_(sockets_.port()),
      engine_(options, context.certificate, context.random, context.log) {}

Worker::~Worker() {
  shutdown();
  close_loop();
}

int Worker::open_loop() {
  if (const int code = uv_loop_init(&loop_); code != 0) return code;
  loop_open_ = true;
  loop_.data = this;
  int code =
      uv_async_init(&loop_, &wake_, [](uv_async_t* handle) { worker_of(handle->loop->data).on_wake(); });
  if (code != 0) return code;
  uv_timer_init(&loop_, &deadline_timer_);
  uv_timer_init(&loop_, &wait_timer_);
  uv_timer_init(&loop_, &measure_timer_);
  const Receiver receiver{.take =
                              [](void* context, std::span<const engine::Datagram> datagrams) {
                                Worker& worker = *static_cast<Worker*>(context);
                                worker.guarded([&] { worker.receive_batch(monotonic_now(), datagrams); });
                              },
                          .context = this};
  for (UdpSocket* const socket : sockets_.all()) {
    if (socket == nullptr) continue;
    code = socket->start(loop_, receiver);
    if (code != 0) return code;
  }
  // The first turn enters the descriptors into the kernel's set; until then poll_fd() would never become
  // readable.
  uv_run(&loop_, UV_RUN_NOWAIT);
  return 0;
}

void Worker::close_loop() {
  if (!loop_open_) return;
  uv_walk(
      &loop_, [](uv_handle_t* handle, void*) { uv_close(handle, nullptr); }, nullptr);
  while (uv_loop_close(&loop_) == UV_EBUSY) uv_run(&loop_, UV_RUN_DEFAULT);
  loop_open_ = false;
}

void Worker::start() {
  threaded_ = true;
  constexpr auto kInterval = static_cast<std::uint64_t>(BusyMeter::kInterval / std::chrono::milliseconds{1});
  uv_timer_start(
      &measure_timer_, [](uv_timer_t* handle) { worker_of(handle->loop->data).measure(); }, kInterval,
      kInterval);
  thread_ = start_thread("weir-" + std::to_string(port_), [this] { uv_run(&loop_, UV_RUN_DEFAULT); });
}

void Worker::shutdown() {
  {
    const std::scoped_lock lock{mutex_};
    if (std::exchange(closing_, true)) return;
  }
  if (thread_.joinable()) {
    uv_async_send(&wake_);
    thread_.join();
  } else if (loop_open_) {
    on_wake();
  }
}

// ---- commands ----

weir_status Worker::perform(Command& command) {
  if (!threaded_) return execute(command);
  {
    const std::scoped_lock lock{mutex_};
    if (closing_) return WEIR_ERR_CLOSED;
    if (commands_.size() >= kMaxCommands) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      return WEIR_ERR_LIMIT;
    }
    commands_.push_back(&command);
  }
  uv_async_send(&wake_);
  std::unique_lock lock{command.mutex};
  command.finished.wait(lock, [&] { return command.done; });
  return command.status;
}

weir_status Worker::execute(Command& command) {
  weir_status status = WEIR_ERR_INTERNAL;
  try {
    status = command.run(command.context, engine_, monotonic_now());
  } catch (const std::bad_alloc&) {
    status = WEIR_ERR_NO_MEMORY;
  } catch (const std::exception& fault) {
    context_.log(WEIR_LOG_ERROR, "a call failed: %s", fault.what());
  }
  guarded([&] { drain(); });
  return status;
}

void Worker::finish(Command& command, weir_status status) {
  // Notified under the lock: the waiting thread owns the memory and may free it as soon as it gets the lock.
  const std::scoped_lock lock{command.mutex};
  command.status = status;
  command.done = true;
  command.finished.notify_one();
}

Worker::Command* Worker::next_command() {
  const std::scoped_lock lock{mutex_};
  if (commands_.empty()) return nullptr;
  Command* const command = commands_.front();
  commands_.pop_front();
  return command;
}

void Worker::handshake_done(transport::HandshakeJob job) {
  {
    const std::scoped_lock lock{mutex_};
    finished_jobs_.push_back(std::move(job));
  }
  uv_async_send(&wake_);
}

void Worker::on_wake() {
  std::vector<transport::HandshakeJob> jobs;
  bool closing = false;
  {
    const std::scoped_lock lock{mutex_};
    jobs = std::exchange(finished_jobs_, {});
    closing = closing_;
  }
  guarded([&] {
    for (transport::HandshakeJob& job : jobs) {
      engine_.finish(monotonic_now(), std::move(job));
      drain();
    }
  });
  const Time end = monotonic_now() + kTurnBudget;
  while (Command* const command = next_command()) {
    finish(*command, closing ? WEIR_ERR_CLOSED : execute(*command));
    if (!closing && monotonic_now() >= end) {
      uv_async_send(&wake_);
      break;
    }
  }
  if (closing) {
    guarded([&] { close_rooms(); });
    if (threaded_) uv_stop(&loop_);
  }
}

Result<Id> Worker::open_room(const weir_room_options& options) {
  return ask<Id>([&](engine::Engine& engine, Time now) {
    Result<Id> opened = engine.open_room(now, options);
    if (opened) rooms_.insert(opened->value);
    return opened;
  });
}

weir_status Worker::close_room(Id room, std::uint64_t& people) {
  return call([&](engine::Engine& engine, Time now) {
    weir_node_stats before{};
    weir_node_stats after{};
    engine.node_stats(before);
    const weir_status status = engine.close_room(now, room);
    engine.node_stats(after);
    people = before.participants - after.participants;
    if (status == WEIR_OK) rooms_.erase(room.value);
    return status;
  });
}

void Worker::close_rooms() {
  for (const std::uint64_t room : std::exchange(rooms_, {})) {
    engine_.close_room(monotonic_now(), Id{room});
    drain();
  }
}

// ---- inputs ----

void Worker::receive_batch(Time now, std::span<const engine::Datagram> datagrams) {
  while (!datagrams.empty()) {
    const bool was_empty = engine_.egress().entries().empty();
    const std::size_t taken = engine_.receive(now, datagrams);
    datagrams = datagrams.subspan(taken);
    drain();
    if (taken == 0 && was_empty) {
      engine_.count_drop(DropReason::NO_BUFFER, datagrams.size());
      return;
    }
  }
}

void Worker::on_deadline() {
  armed_ = kNever;
  guarded([&] {
    engine_.advance(monotonic_now());
    drain();
  });
}

void Worker::measure() {
  busy_.store(meter_.note(monotonic_now(), thread_processor_time()), std::memory_order_relaxed);
}

void Worker::run_once(std::optional<Duration> timeout) {
  const Time now = monotonic_now();
  bool wait = !timeout || *timeout > Duration::zero();
  if (engine_.deadline() <= now) {
    on_deadline();
    wait = false;
  }
  arm_timer();
  if (wait && timeout) {
    uv_update_time(&loop_);
    uv_timer_start(
        &wait_timer_, [](uv_timer_t*) {}, milliseconds_up(*timeout), 0);
  }
  uv_run(&loop_, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
  uv_timer_stop(&wait_timer_);
}

// ---- outputs ----

void Worker::drain() {
  bool again = false;
  do {
    send_egress();
    publish_events();
    again = start_handshakes();
    if (engine_.pending()) {
      engine_.advance(monotonic_now());
      again = true;
    }
  } while (again);
  arm_timer();
}

void Worker::send_egress() {
  EgressBatch& egress = engine_.egress();
  if (egress.entries().empty()) return;
  SendOutcome total;
  std::uint64_t offered = 0;
  for (UdpSocket* const socket : sockets_.all()) {
    if (socket == nullptr) continue;
    const SendOutcome outcome = socket->send(egress);
    total.buffer_full += outcome.buffer_full;
    total.failed += outcome.failed;
    offered += outcome.sent + outcome.buffer_full + outcome.failed;
  }
  // The rest belongs to a family that is off.
  total.failed += egress.waiting() - offered;
  if (total.buffer_full > 0) engine_.count_drop(DropReason::SEND_BUFFER, total.buffer_full);
  if (total.failed > 0) engine_.count_drop(DropReason::SEND_FAILED, total.failed);
  egress.clear();
}

void Worker::publish_events() {
  weir_event event{};
  while (engine_.next_event(event)) {
    context_.events.push(event);
    switch (event.type) {
      case WEIR_EVENT_SUBSCRIPTION_READABLE:
      case WEIR_EVENT_SUBSCRIPTION_REMOVED:
        context_.readable.ring(Id{event.subscription});
        break;
      case WEIR_EVENT_DATA:
        context_.readable.ring(Id{event.participant});
        break;
      case WEIR_EVENT_PARTICIPANT_LEFT:
      case WEIR_EVENT_ROOM_CLOSED:
      case WEIR_EVENT_LOST:
        context_.readable.ring_all();
        break;
      default:
        break;
    }
  }
}

bool Worker::start_handshakes() {
  bool ran = false;
  for (transport::HandshakeJob& job : engine_.take_jobs()) {
    if (context_.handshakes != nullptr) {
      context_.handshakes->submit(std::move(job), *this);
    } else {
      run_handshake(job, context_.log);
      engine_.finish(monotonic_now(), std::move(job));
      ran = true;
    }
  }
  return ran;
}

void Worker::arm_timer() {
  const Time deadline = engine_.deadline();
  if (deadline == armed_) return;
  armed_ = deadline;
  if (deadline == kNever) {
    uv_timer_stop(&deadline_timer_);
    return;
  }
  uv_update_time(&loop_);
  // At least one: libuv runs a timer of zero that its own callback started in the same turn, before any
  // datagram.
  uv_timer_start(
      &deadline_timer_, [](uv_timer_t* handle) { worker_of(handle->loop->data).on_deadline(); },
      std::max<std::uint64_t>(1, milliseconds_up(deadline - monotonic_now())), 0);
}

// libuv is C: nothing may be thrown through it. The engine is left as it was when it threw, and goes on.
template <typename Body>
void Worker::guarded(Body&& body) {
  try {
    body();
  } catch (const std::exception& fault) {
    context_.log(WEIR_LOG_ERROR, "a turn of the worker was cut short: %s", fault.what());
  }
}

}  // namespace weir::io
