// A batch of datagrams as the runs in which they leave: consecutive datagrams to one receiver that are of
// equal size, of which the last may be smaller, are one message that the kernel or the network card cuts
// (UDP_SEGMENT). One pass over the batch, no comparison of addresses for datagrams that name their flow.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/egress.h"

namespace weir::io {

struct SendRun {
  std::uint32_t first = 0;  // the entry; next() leads to the others
  std::uint32_t last = 0;
  std::uint32_t count = 0;
  std::uint32_t bytes = 0;
  std::uint32_t segment = 0;  // size of each, but the last may be smaller
};

class SendRuns {
 public:
  // What Linux takes in one message: UDP_MAX_SEGMENTS was 64 before 6.8, and the whole must be one IP packet.
  static constexpr std::uint32_t kMaxSegments = 64;
  static constexpr std::uint32_t kMaxBytes = 65'000;

  /// The entries of one address family. Without `segmentation` each is a run of its own.
  void group(const EgressBatch& batch, bool v6, bool segmentation);

  /// In the order of their first datagrams. The datagrams of a flow keep their order.
  std::span<const SendRun> runs() const { return runs_; }
  std::uint32_t next(std::uint32_t entry) const { return next_[entry]; }

 private:
  bool join(std::uint32_t entry, const EgressBatch& batch);
  std::uint32_t& open_run(std::uint32_t flow);

  struct Open {
    std::uint32_t turn = 0;  // of which the run is
    std::uint32_t run = 0;
  };

  std::vector<SendRun> runs_;
  std::vector<std::uint32_t> next_;
  std::vector<Open> open_;  // by flow
  std::uint32_t turn_ = 0;
};

}  // namespace weir::io
