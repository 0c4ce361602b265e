// A run from the first join to the last goodbye, on one libuv loop:
//
//   joining      publishers first, then subscribers, at the asked rate
//   warming up   until every subscriber gets every stream whole (a server's estimator has to find the room)
//   quiet        publishers pause, so that nothing is under way when counting begins
//   measuring
//   draining     publishers pause, and what is under way or still to be repaired comes in
#pragma once

#include <uv.h>

#include <memory>
#include <string>
#include <vector>

#include "load/adapter.h"
#include "load/client.h"
#include "load/report.h"
#include "load/server_process.h"

namespace weir::load {

/// Owns a loop: whatever runs on it must be closed before. Its end closes what libuv still has.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  uv_loop_t& get() { return loop_; }

 private:
  uv_loop_t loop_{};
};

class Run {
 public:
  /// Throws LoadError.
  Run(const Options& options, Adapter& adapter);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Throws LoadError, also when it was interrupted.
  Report execute();
  bool interrupted() const { return interrupted_; }

 private:
  enum class Phase { publishers, subscribers, warming, quiet, measuring, draining, leaving, done };

  void make_clients();
  void add_client(Role role, std::uint32_t room, std::uint32_t number);
  void start_timers();
  void run_due_timers();
  void tick();
  void turn_phase(Time now);
  void join(Time now);
  bool joined(Time now, std::size_t all);
  bool warm(Time now);
  void enter(Phase phase, Time now);
  void begin_measuring(Time now);
  void end_measuring(Time now);
  void leave(Time now);
  void fail(const std::string& reason);

  const Options options_;
  Adapter& adapter_;
  ServerProcess server_;
  Report report_;
  uv_timer_t due_{};
  uv_timer_t tick_{};
  uv_prepare_t prepare_{};
  uv_signal_t interrupt_{};
  uv_signal_t terminate_{};
  // In this order, because their ends need one another: whatever has handles or work in the loop ends after
  // it, libwebsockets' context before it.
  std::unique_ptr<Ports> ports_;
  std::unique_ptr<Common> common_;
  std::vector<std::unique_ptr<Client>> clients_;  // publishers first
  Loop loop_;
  std::unique_ptr<WebSockets> websockets_;

  Phase phase_ = Phase::publishers;
  Time entered_{};
  std::size_t begun_ = 0;  // clients
  Time next_join_{};
  Time next_keep_alive_ = kNever;
  Time next_look_{};               // at how whole streams are
  std::uint64_t looked_sent_ = 0;  // at the last look
  std::uint64_t looked_received_ = 0;
  std::uint64_t sent_before_ = 0;
  ProcessUse server_before_;
  double own_before_s_ = 0;
  std::uint64_t dropped_before_ = 0;  // at our own sockets
  bool interrupted_ = false;
};

}  // namespace weir::load
