// What waits for the host to read: messages to it, or to a local participant. Bounded in bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/slots.h"

namespace weir::engine {

/// What a participant's data messages amount to.
struct DataCounters {
  std::uint64_t messages_sent = 0;  // to it
  std::uint64_t bytes_sent = 0;
  std::uint64_t messages_received = 0;  // from it
  std::uint64_t bytes_received = 0;
  std::uint64_t messages_dropped = 0;  // to it
};

class DataInbox {
 public:
  struct Message {
    Id from;
    std::string label;
    bool text = false;
    std::vector<std::uint8_t> bytes;
  };
  /// What a message costs beside its bytes.
  static constexpr std::size_t kOverhead = 256;

  explicit DataInbox(std::size_t limit) : limit_(limit) {}

  bool empty() const { return messages_.empty(); }
  const Message& front() const { return messages_.front(); }
  void pop() {
    held_ -= cost(messages_.front());
    messages_.pop_front();
    told_of_loss_ = false;
  }
  /// False when it does not fit.
  bool push(Message message) {
    if (held_ + cost(message) > limit_) return false;
    held_ += cost(message);
    messages_.push_back(std::move(message));
    return true;
  }
  /// Says whether a loss is the first since the last message was taken.
  bool first_loss() { return !std::exchange(told_of_loss_, true); }

 private:
  static std::size_t cost(const Message& message) { return message.bytes.size() + kOverhead; }

  std::size_t limit_;
  std::size_t held_ = 0;
  bool told_of_loss_ = false;
  std::deque<Message> messages_;
};

}  // namespace weir::engine
