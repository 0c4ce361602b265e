// The way of cross traffic over simulated links.
#pragma once

#include "bwe_link.h"
#include "support/tcp_flow.h"

namespace weir::bench {

using test::TcpFlow;

class LinkPath final : public test::TcpPath {
 public:
  LinkPath(Simulator& simulator, Link& data, Link& acks, double delay_ms)
      : simulator_(simulator), data_(data), acks_(acks), delay_ms_(delay_ms) {}

  Time now() const override { return simulator_.now(); }
  void after(Duration delay, std::function<void()> event) override {
    simulator_.after(delay, std::move(event));
  }
  void send(std::uint32_t bytes, std::function<void()> arrived) override {
    data_.send(bytes, delay_ms_, [arrived = std::move(arrived)](Duration) { arrived(); });
  }
  void acknowledge(std::uint32_t bytes, std::function<void()> arrived) override {
    acks_.send(bytes, delay_ms_, [arrived = std::move(arrived)](Duration) { arrived(); });
  }

 private:
  Simulator& simulator_;
  Link& data_;
  Link& acks_;
  double delay_ms_;
};

}  // namespace weir::bench
