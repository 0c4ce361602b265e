// Datagrams on their way out: one arena, filled by a machine, drained and cleared by its caller (law 2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"

namespace weir {

class EgressBatch {
 public:
  struct Entry {
    FiveTuple path;
    std::uint32_t offset;
    std::uint32_t size;
    std::uint32_t flow;
  };
  /// Of datagrams that belong to no receiver of media.
  static constexpr std::uint32_t kNoFlow = 0xffffffff;

  explicit EgressBatch(std::size_t capacity) : memory_(capacity) {}

  /// Room for a datagram of up to `size` bytes at the end; empty when the arena is full. Valid until the next
  /// call.
  MutableBytes reserve(std::size_t size) {
    if (size > memory_.size() - used_) return {};
    return MutableBytes{memory_}.subspan(used_, size);
  }
  /// Makes the first `size` bytes of the last reserve() a datagram. `flow`: a small number that datagrams to
  /// the same receiver share, so that who sends them can send them together without comparing addresses.
  void commit(const FiveTuple& path, std::size_t size, std::uint32_t flow = kNoFlow) {
    entries_.push_back({path, static_cast<std::uint32_t>(used_), static_cast<std::uint32_t>(size), flow});
    used_ += size;
    ++total_datagrams_;
    total_bytes_ += size;
  }
  /// Copies a datagram in; false when the arena is full.
  bool push(const FiveTuple& path, Bytes datagram) {
    const MutableBytes room = reserve(datagram.size());
    if (room.size() != datagram.size() || datagram.empty()) return false;
    std::memcpy(room.data(), datagram.data(), datagram.size());
    commit(path, datagram.size());
    return true;
  }

  /// Takes back what was committed: its size is 0, and it is not sent.
  void cancel(std::uint32_t entry) {
    --total_datagrams_;
    total_bytes_ -= std::exchange(entries_[entry].size, 0);
    ++cancelled_;
  }
  /// Datagrams to send.
  std::size_t waiting() const { return entries_.size() - cancelled_; }

  const std::vector<Entry>& entries() const { return entries_; }
  Bytes bytes(const Entry& entry) const { return Bytes{memory_}.subspan(entry.offset, entry.size); }
  std::size_t free_bytes() const { return memory_.size() - used_; }
  std::size_t used_bytes() const { return used_; }
  std::size_t capacity() const { return memory_.size(); }
  /// Committed since the beginning.
  std::uint64_t total_datagrams() const { return total_datagrams_; }
  std::uint64_t total_bytes() const { return total_bytes_; }
  void clear() {
    entries_.clear();
    cancelled_ = 0;
    used_ = 0;
  }

 private:
  std::vector<std::uint8_t> memory_;
  std::vector<Entry> entries_;
  std::size_t used_ = 0;
  std::size_t cancelled_ = 0;
  std::uint64_t total_datagrams_ = 0;
  std::uint64_t total_bytes_ = 0;
};

}  // namespace weir
