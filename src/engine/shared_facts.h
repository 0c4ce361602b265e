// Facts of ingress packets that all receivers of a packet share until it has left for the last of them. What
// waits for a receiver's turn is a reference to them.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "engine/packet_facts.h"

namespace weir::engine {

class FactsPool;

/// A counted reference. Not for sharing between threads.
class FactsRef {
 public:
  FactsRef() = default;
  FactsRef(const FactsRef& other) : slot_(other.slot_) {
    if (slot_ != nullptr) ++slot_->references;
  }
  FactsRef(FactsRef&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
  FactsRef& operator=(FactsRef other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
  }
  ~FactsRef() { reset(); }

  explicit operator bool() const { return slot_ != nullptr; }
  const PacketFacts& operator*() const { return slot_->facts; }
  const PacketFacts* operator->() const { return &slot_->facts; }
  inline void reset();

 private:
  friend class FactsPool;
  struct Slot {
    PacketFacts facts;
    FactsPool* pool = nullptr;
    Slot* next = nullptr;  // that is free
    std::uint32_t references = 0;
  };
  explicit FactsRef(Slot* slot) : slot_(slot) {}

  Slot* slot_ = nullptr;
};

/// Grows to as many as are in use at once, each of which holds a packet buffer or waits in a bounded queue.
class FactsPool {
 public:
  FactsPool() = default;
  FactsPool(const FactsPool&) = delete;
  FactsPool& operator=(const FactsPool&) = delete;

  FactsRef share(PacketFacts facts) {
    if (free_ == nullptr) {
      free_ = &slots_.emplace_back();
      free_->pool = this;
    }
    FactsRef::Slot* const slot = std::exchange(free_, free_->next);
    slot->facts = std::move(facts);
    slot->references = 1;
    ++used_;
    return FactsRef{slot};
  }
  std::size_t used() const { return used_; }

 private:
  friend class FactsRef;
  void release(FactsRef::Slot* slot) {
    slot->facts.buffer.reset();
    slot->facts.structure.reset();
    slot->next = std::exchange(free_, slot);
    --used_;
  }

  std::deque<FactsRef::Slot> slots_;  // stay where they are
  FactsRef::Slot* free_ = nullptr;
  std::size_t used_ = 0;
};

inline void FactsRef::reset() {
  if (slot_ == nullptr) return;
  if (--slot_->references == 0) slot_->pool->release(slot_);
  slot_ = nullptr;
}

}  // namespace weir::engine
