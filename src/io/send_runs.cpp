#include "io/send_runs.h"

#include <algorithm>

namespace weir::io {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;

}  // namespace

void SendRuns::group(const EgressBatch& batch, bool v6, bool segmentation) {
  const auto& entries = batch.entries();
  runs_.clear();
  next_.resize(std::max(next_.size(), entries.size()));
  // Marks of an earlier turn count for nothing, so that nothing has to be wiped.
  if (++turn_ == 0) {
    std::fill(open_.begin(), open_.end(), Open{});
    turn_ = 1;
  }
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    const EgressBatch::Entry& entry = entries[i];
    if (entry.path.remote.v6 != v6 || entry.size == 0) continue;
    if (segmentation && join(i, batch)) continue;
    if (segmentation && entry.flow != EgressBatch::kNoFlow)
      open_run(entry.flow) = static_cast<std::uint32_t>(runs_.size());
    runs_.push_back({i, i, 1, entry.size, entry.size});
  }
}

/// Appends the entry to its flow's last run, where that can take it.
bool SendRuns::join(std::uint32_t index, const EgressBatch& batch) {
  const EgressBatch::Entry& entry = batch.entries()[index];
  if (entry.flow == EgressBatch::kNoFlow) return false;
  const std::uint32_t open = open_run(entry.flow);
  if (open == kNone) return false;
  SendRun& run = runs_[open];
  const EgressBatch::Entry& last = batch.entries()[run.last];
  // One that is smaller than the others ends a run.
  const bool fits = last.size == run.segment && entry.size <= run.segment && run.count < kMaxSegments &&
                    run.bytes + entry.size <= kMaxBytes;
  if (!fits || entry.path != last.path) return false;
  next_[run.last] = index;
  run.last = index;
  run.bytes += entry.size;
  ++run.count;
  return true;
}

std::uint32_t& SendRuns::open_run(std::uint32_t flow) {
  if (flow >= open_.size()) open_.resize(std::size_t{flow} + 1);
  Open& open = open_[flow];
  if (open.turn != turn_) open = {turn_, kNone};
  return open.run;
}

}  // namespace weir::io
