// The packets that may be asked for again: one ring for all tracks of an engine, so that memory has one exact
// bound and the oldest packet goes first, whoever sent it. A track finds its own by sequence number through a
// small index.
#pragma once

#include <cstdint>
#include <vector>

#include "base/packet_pool.h"
#include "sfu/origin.h"

namespace weir::sfu {

class History;

/// The way of one encoding of a track into the history.
class HistoryIndex {
 public:
  /// `reach`: how many sequence numbers back are found; a power of two.
  explicit HistoryIndex(std::size_t reach) : reach_(static_cast<std::uint32_t>(reach)) {}

 private:
  friend class History;
  std::uint32_t reach_;
  /// Position by sequence, from the first packet on. It is known modulo 2^32 only: a ring holds fewer, and
  /// what lies there says whose it is.
  std::vector<std::uint32_t> positions_;
};

class History {
 public:
  explicit History(std::size_t capacity) : entries_(capacity) {}

  void add(const Origin& origin, HistoryIndex& index, std::int64_t sequence, PacketRef packet) {
    Entry& entry = entries_[next_ % entries_.size()];
    entry.packet = std::move(packet);
    entry.origin = origin;
    entry.sequence = sequence;
    if (index.positions_.empty()) index.positions_.resize(index.reach_);
    index.positions_[slot(index, sequence)] = static_cast<std::uint32_t>(next_++);
  }

  /// The packet with this (unwrapped) sequence number, or an empty reference.
  PacketRef find(const Origin& origin, const HistoryIndex& index, std::int64_t sequence) const {
    if (index.positions_.empty()) return {};
    const auto ago = static_cast<std::uint32_t>(next_) - index.positions_[slot(index, sequence)];
    if (ago > entries_.size() || ago > next_) return {};
    const Entry& entry = entries_[(next_ - ago) % entries_.size()];
    if (entry.origin != origin || entry.sequence != sequence) return {};
    return entry.packet;
  }

 private:
  struct Entry {
    PacketRef packet;
    Origin origin;
    std::int64_t sequence = 0;
  };
  static std::size_t slot(const HistoryIndex& index, std::int64_t sequence) {
    return static_cast<std::size_t>(sequence) & (index.reach_ - 1U);
  }

  std::vector<Entry> entries_;
  std::uint64_t next_ = 0;
};

}  // namespace weir::sfu
