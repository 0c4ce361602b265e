// Small owners of libuv handles: each closes its own and calls a function of ours.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>

namespace conference {

/// Calls once after a time, or again and again.
class Timer {
 public:
  Timer(uv_loop_t* loop, std::function<void()> act);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// @param repeat_ms 0: once.
  void start(std::uint64_t delay_ms, std::uint64_t repeat_ms = 0);
  void stop();

 private:
  struct Handle;
  Handle* handle_;
};

/// Calls while a file descriptor is readable.
class Readable {
 public:
  Readable(uv_loop_t* loop, int descriptor, std::function<void()> act);
  ~Readable();
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;

 private:
  struct Handle;
  Handle* handle_;
};

/// Calls when a signal has come.
class Signal {
 public:
  Signal(uv_loop_t* loop, int number, std::function<void(int)> act);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace conference
