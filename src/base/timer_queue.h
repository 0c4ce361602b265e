// Deadlines of many objects by id: each has at most one that counts, the earliest asked for. O(log n) per
// change.
#pragma once

#include <cstdint>
#include <queue>
#include <unordered_map>
#include <vector>

#include "base/slots.h"
#include "base/time.h"

namespace weir {

class TimerQueue {
 public:
  /// Asks for `id` to fire at `at` or earlier.
  void wake(Id id, Time at) {
    if (at == kNever) return;
    const auto [it, fresh] = earliest_.try_emplace(id.value, at);
    if (!fresh && it->second <= at) return;
    it->second = at;
    heap_.push({at, id});
  }

  void forget(Id id) { earliest_.erase(id.value); }

  Time deadline() {
    skim();
    return heap_.empty() ? kNever : heap_.top().at;
  }

  /// The next id that is due, removed; Id{} when none is.
  Id pop_due(Time now) {
    skim();
    if (heap_.empty() || heap_.top().at > now) return Id{};
    const Id id = heap_.top().id;
    heap_.pop();
    earliest_.erase(id.value);
    return id;
  }

 private:
  struct Entry {
    Time at;
    Id id;
    bool operator<(
        const Entry& other) const {  // for a heap with the earliest on top; ids make the order total
      return at != other.at ? at > other.at : id > other.id;
    }
  };

  /// Drops entries that were overtaken by an earlier one or forgotten.
  void skim() {
    while (!heap_.empty()) {
      const auto it = earliest_.find(heap_.top().id.value);
      if (it != earliest_.end() && it->second == heap_.top().at) return;
      heap_.pop();
    }
  }

  std::priority_queue<Entry> heap_;
  std::unordered_map<std::uint64_t, Time> earliest_;
};

}  // namespace weir
