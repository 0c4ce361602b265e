// The packets that may be asked for again: one ring for all tracks of an engine, so that memory has one exact
// bound and the oldest packet goes first, whoever sent it. A track finds its own by sequence number through a
// small index.
#pragma once

#include <cstdint>
#include <vector>

#include "base/packet_pool.h"
#include "base/slots.h"

namespace weir::sfu {

class History;

/// One track's way into the history.
class HistoryIndex {
 public:
  /// `reach`: how many sequence numbers back are found; a power of two.
  explicit HistoryIndex(std::size_t reach) : positions_(reach, 0) {}

 private:
  friend class History;
  std::vector<std::uint64_t> positions_;  // position + 1 by sequence; 0: none
};

class History {
 public:
  explicit History(std::size_t capacity) : entries_(capacity) {}

  void add(Id track, HistoryIndex& index, std::int64_t sequence, PacketRef packet) {
    Entry& entry = entries_[next_ % entries_.size()];
    entry.packet = std::move(packet);
    entry.track = track;
    entry.sequence = sequence;
    index.positions_[slot(index, sequence)] = ++next_;
  }

  /// The packet with this (unwrapped) sequence number, or an empty reference.
  PacketRef find(Id track, const HistoryIndex& index, std::int64_t sequence) const {
    const std::uint64_t position = index.positions_[slot(index, sequence)];
    if (position == 0 || next_ - (position - 1) > entries_.size()) return {};
    const Entry& entry = entries_[(position - 1) % entries_.size()];
    if (entry.track != track || entry.sequence != sequence) return {};
    return entry.packet;
  }

 private:
  struct Entry {
    PacketRef packet;
    Id track;
    std::int64_t sequence = 0;
  };
  static std::size_t slot(const HistoryIndex& index, std::int64_t sequence) {
    return static_cast<std::size_t>(sequence) & (index.positions_.size() - 1);
  }

  std::vector<Entry> entries_;
  std::uint64_t next_ = 0;
};

}  // namespace weir::sfu
