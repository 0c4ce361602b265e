#include "engine/protection.h"

namespace weir::engine {

void Protection::add(srtp::Session& session, MutableBytes out, std::size_t plain) {
  entries_[count_] = static_cast<std::uint32_t>(egress_.entries().size() - 1);
  burst_[count_] = {.session = &session, .out = out, .head = plain, .tail = {}, .size = 0};
  if (++count_ == kBurst) run();
}

void Protection::run() {
  if (count_ == 0) return;
  backend_.protect(std::span{burst_}.first(count_));
  for (std::size_t i = 0; i < count_; ++i) {
    if (burst_[i].size != egress_.entries()[entries_[i]].size) {
      drops_.count(DropReason::SRTP_PROTECT);
      egress_.cancel(entries_[i]);
    }
  }
  count_ = 0;
}

}  // namespace weir::engine
