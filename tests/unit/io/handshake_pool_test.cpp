#include "io/handshake_pool.h"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "crypto/certificate.h"
#include "io/clock.h"

using namespace weir;
using namespace weir::io;
using transport::HandshakeJob;

namespace {

class Collector final : public HandshakeOwner {
 public:
  void handshake_done(HandshakeJob job) override {
    const std::scoped_lock lock{mutex_};
    jobs_.push_back(std::move(job));
    threads_.insert(std::this_thread::get_id());
    more_.notify_one();
  }
  std::vector<HandshakeJob> wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    REQUIRE(more_.wait_for(lock, std::chrono::seconds{10}, [&] { return jobs_.size() >= count; }));
    return std::move(jobs_);
  }
  bool ran_here() const { return threads_.contains(std::this_thread::get_id()); }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<HandshakeJob> jobs_;
  std::set<std::thread::id> threads_;
};

// The first step of a client, which makes a ClientHello.
HandshakeJob hello(std::uint32_t number) {
  static crypto::SystemRandom random;
  static const auto certificate = crypto::Certificate::make(random, unix_now_seconds()).value();
  dtls::SessionOptions options;
  options.role = dtls::Role::client;
  options.certificate = certificate;
  options.remote_fingerprint_algorithm = "sha-256";
  options.remote_fingerprint.assign(32, 0);
  HandshakeJob job;
  job.owner = Id{IdKind::participant, 0, 1, number};
  job.session = std::make_shared<dtls::Session>(options);
  job.now = monotonic_now();
  return job;
}

}  // namespace

TEST_CASE("every job comes back to its owner, done on a thread of the pool") {
  HandshakePool pool{2, {}};
  Collector owner;
  constexpr std::uint32_t kJobs = 8;
  for (std::uint32_t i = 0; i < kJobs; ++i) pool.submit(hello(i), owner);
  std::set<std::uint32_t> numbers;
  for (const HandshakeJob& job : owner.wait_for(kJobs)) {
    numbers.insert(job.owner.index());
    CHECK(job.state == dtls::State::handshaking);
    REQUIRE_FALSE(job.transmits.empty());
    CHECK(job.transmits.front().at(0) == 22);  // a handshake record (RFC 6347 section 4.1)
    CHECK(job.deadline < kNever);
  }
  CHECK(numbers.size() == kJobs);
  CHECK_FALSE(owner.ran_here());
}

TEST_CASE("a stopped pool takes no jobs and calls nobody") {
  HandshakePool pool{1, {}};
  Collector owner;
  pool.submit(hello(0), owner);
  owner.wait_for(1);
  pool.stop();
  pool.submit(hello(1), owner);
  pool.stop();
  CHECK(owner.wait_for(0).empty());
}
