// The one SCTP stack of the process. usrsctp keeps its state in globals, with timers and a clock of its own:
// here it runs without threads, its timers turn when the engines' time does, and one mutex guards all of it.
//
// Whoever turns the timers, or feeds a packet, may cause output of an association that belongs to another
// thread. So outputs and events only go to the queues of their association; its owner drains them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "base/bytes.h"
#include "base/time.h"

namespace weir::sctp {

class Association;

class Stack {
 public:
  /// How often advance() is wanted while associations exist.
  static constexpr Duration kTick = std::chrono::milliseconds{10};
  static constexpr std::size_t kMaxAssociations = std::size_t{1} << 14;

  static Stack& instance();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  /// Turns the timers of all associations. Engines with times of their own may all call it: each tick is
  /// taken once.
  void advance(Time now);
  std::size_t associations();

 private:
  friend class Association;
  /// The name under which usrsctp knows one end: never used twice, so that a late timer reaches nobody.
  using Key = std::uintptr_t;

  Stack();

  // With the mutex held:
  Key add(Association& association);
  void remove(Key key) { live_.erase(key); }
  Association* find(const void* key) const;

  static int on_output(void* key, void* packet, std::size_t size, std::uint8_t tos, std::uint8_t set_df);

  std::mutex mutex_;
  std::unordered_map<Key, Association*> live_;
  Key next_key_ = 1;
  Time last_{};
};

}  // namespace weir::sctp
