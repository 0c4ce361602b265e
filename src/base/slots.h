// A slot map: values named by generational ids. A stale id finds nothing and never dangles.
//
//   63      56 55      48 47                24 23                 0
//  +----------+----------+--------------------+--------------------+
//  |   kind   |  worker  |     generation     |       index        |
//  +----------+----------+--------------------+--------------------+
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace weir {

enum class IdKind : std::uint8_t { none = 0, room = 1, participant = 2, track = 3, subscription = 4 };

/// A 64-bit id; 0 names nothing. Kind and worker are inside, so that an id of the wrong kind finds nothing.
struct Id {
  std::uint64_t value = 0;

  constexpr Id() = default;
  constexpr explicit Id(std::uint64_t v) : value(v) {}
  constexpr Id(IdKind kind, std::uint8_t worker, std::uint32_t generation, std::uint32_t index)
      : value((std::uint64_t{static_cast<std::uint8_t>(kind)} << 56) | (std::uint64_t{worker} << 48) |
              (std::uint64_t{generation & 0xffffffU} << 24) | (index & 0xffffffU)) {}

  constexpr IdKind kind() const { return static_cast<IdKind>(value >> 56); }
  constexpr std::uint8_t worker() const { return static_cast<std::uint8_t>(value >> 48); }
  constexpr std::uint32_t generation() const { return static_cast<std::uint32_t>(value >> 24) & 0xffffffU; }
  constexpr std::uint32_t index() const { return static_cast<std::uint32_t>(value) & 0xffffffU; }
  constexpr explicit operator bool() const { return value != 0; }
  constexpr auto operator<=>(const Id&) const = default;
};

/// Values keep their address while they live. Insert, find and erase are O(1).
template <typename T>
class Slots {
 public:
  Slots(IdKind kind, std::uint8_t worker, std::size_t limit) : kind_(kind), worker_(worker), limit_(limit) {}

  std::size_t size() const { return used_; }
  std::size_t limit() const { return limit_; }
  bool full() const { return used_ >= limit_; }

  /// Makes a T from (id, args...). nullptr when the limit is reached.
  template <typename... Args>
  T* emplace(Args&&... args) {
    if (full()) return nullptr;
    std::uint32_t index;
    if (!free_.empty()) {
      index = free_.back();
    } else {
      index = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
      free_.reserve(slots_.capacity());
      free_.push_back(index);
    }
    Slot& slot = slots_[index];
    slot.value = std::make_unique<T>(Id{kind_, worker_, slot.generation, index}, std::forward<Args>(args)...);
    free_.pop_back();
    ++used_;
    return slot.value.get();
  }

  T* find(Id id) const {
    if (id.kind() != kind_ || id.worker() != worker_ || id.index() >= slots_.size()) return nullptr;
    const Slot& slot = slots_[id.index()];
    return slot.generation == id.generation() ? slot.value.get() : nullptr;
  }

  bool erase(Id id) {
    if (find(id) == nullptr) return false;
    Slot& slot = slots_[id.index()];
    const std::unique_ptr<T> dying = std::move(slot.value);
    slot.generation = (slot.generation + 1) & 0xffffffU;
    if (slot.generation == 0) slot.generation = 1;
    free_.push_back(id.index());
    --used_;
    return true;
  }

  /// Calls f(T&) for every value; f may not insert or erase.
  template <typename F>
  void for_each(F&& f) const {
    for (const Slot& slot : slots_) {
      if (slot.value) f(*slot.value);
    }
  }

 private:
  struct Slot {
    std::uint32_t generation = 1;
    std::unique_ptr<T> value;
  };

  IdKind kind_;
  std::uint8_t worker_;
  std::size_t limit_;
  std::size_t used_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace weir
