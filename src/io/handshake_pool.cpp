#include "io/handshake_pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <exception>
#include <utility>

#include "io/thread_setup.h"
#include "weir/node.h"

namespace weir::io {
namespace {

// When people join in crowds, those who are in go first.
constexpr int kNice = 5;

}  // namespace

void run_handshake(transport::HandshakeJob& job, const Log& log) {
  try {
    job.run();
  } catch (const std::exception& fault) {
    log(WEIR_LOG_ERROR, "a handshake was given up: %s", fault.what());
    job.state = dtls::State::failed;
    job.keys.reset();
  }
}

HandshakePool::HandshakePool(std::uint32_t threads, Log log) : log_(log) {
  threads_.reserve(threads);
  try {
    for (std::uint32_t i = 0; i < threads; ++i) {
      threads_.push_back(start_thread("weir-dtls-" + std::to_string(i), [this] { work(); }));
    }
  } catch (...) {
    stop();
    throw;
  }
}

HandshakePool::~HandshakePool() {
  stop();
}

void HandshakePool::submit(transport::HandshakeJob job, HandshakeOwner& owner) {
  const std::scoped_lock lock{mutex_};
  if (stopping_) return;
  queue_.push_back({std::move(job), &owner});
  ready_.notify_one();
}

void HandshakePool::stop() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
    ready_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  queue_.clear();
}

void HandshakePool::work() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
  for (;;) {
    Item item{{}, nullptr};
    {
      std::unique_lock lock{mutex_};
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      item = std::move(queue_.front());
      queue_.pop_front();
    }
    run_handshake(item.job, log_);
    try {
      item.owner->handshake_done(std::move(item.job));
    } catch (const std::exception& fault) {
      log_(WEIR_LOG_ERROR, "a handshake was lost: %s", fault.what());
    }
  }
}

}  // namespace weir::io
