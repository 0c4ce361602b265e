#include "loop.h"

#include "start_error.h"

namespace conference {
namespace {

// A handle lives until libuv has closed it, which is after its owner.
template <typename Handle>
void close_handle(Handle* handle) {
  handle->act = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&handle->uv),
           [](uv_handle_t* closed) { delete static_cast<Handle*>(closed->data); });
}

void must(int status, const char* what) {
  if (status != 0) throw StartError{std::string{what} + ": " + uv_strerror(status)};
}

}  // namespace

struct Timer::Handle {
  uv_timer_t uv;
  std::function<void()> act;
};

Timer::Timer(uv_loop_t* loop, std::function<void()> act) : handle_{new Handle{{}, std::move(act)}} {
  uv_timer_init(loop, &handle_->uv);
  handle_->uv.data = handle_;
}

Timer::~Timer() {
  close_handle(handle_);
}

void Timer::start(std::uint64_t delay_ms, std::uint64_t repeat_ms) {
  const auto call = [](uv_timer_t* timer) {
    const auto act = static_cast<Handle*>(timer->data)->act;  // a copy: it may end its own timer
    if (act) act();
  };
  uv_timer_start(&handle_->uv, call, delay_ms, repeat_ms);
}

void Timer::stop() {
  uv_timer_stop(&handle_->uv);
}

struct Readable::Handle {
  uv_poll_t uv;
  std::function<void()> act;
};

Readable::Readable(uv_loop_t* loop, int descriptor, std::function<void()> act)
    : handle_{new Handle{{}, std::move(act)}} {
  const int status = uv_poll_init(loop, &handle_->uv, descriptor);
  if (status != 0) {
    delete handle_;
    must(status, "cannot watch the node's events");
  }
  handle_->uv.data = handle_;
  uv_poll_start(&handle_->uv, UV_READABLE, [](uv_poll_t* poll, int, int) {
    const auto& act = static_cast<Handle*>(poll->data)->act;
    if (act) act();
  });
}

Readable::~Readable() {
  close_handle(handle_);
}

struct Signal::Handle {
  uv_signal_t uv;
  std::function<void(int)> act;
};

Signal::Signal(uv_loop_t* loop, int number, std::function<void(int)> act)
    : handle_{new Handle{{}, std::move(act)}} {
  uv_signal_init(loop, &handle_->uv);
  handle_->uv.data = handle_;
  uv_signal_start(
      &handle_->uv,
      [](uv_signal_t* signal, int which) {
        const auto& act = static_cast<Handle*>(signal->data)->act;
        if (act) act(which);
      },
      number);
}

Signal::~Signal() {
  close_handle(handle_);
}

}  // namespace conference
