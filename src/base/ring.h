// A queue in one piece of memory that grows by doubling: no allocation while it goes up and down. Elements
// are found by their place, 0 being the oldest.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace weir {

template <typename T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t place) { return slots_[(first_ + place) & mask()]; }
  const T& operator[](std::size_t place) const { return slots_[(first_ + place) & mask()]; }
  T& front() { return slots_[first_]; }
  const T& front() const { return slots_[first_]; }
  T& back() { return (*this)[size_ - 1]; }
  const T& back() const { return (*this)[size_ - 1]; }

  void push_back(T value) {
    if (size_ == slots_.size()) grow();
    ++size_;
    back() = std::move(value);
  }
  void pop_front() {
    front() = T{};
    first_ = (first_ + 1) & mask();
    --size_;
  }
  /// Frees what it has grown to.
  void clear() {
    slots_ = {};
    first_ = size_ = 0;
  }
  /// Takes out what `gone(element)` says, asked from the oldest on; the rest keeps its order. How many.
  template <typename Gone>
  std::size_t erase_if(Gone&& gone) {
    std::size_t kept = 0;
    for (std::size_t place = 0; place < size_; ++place) {
      if (gone(std::as_const((*this)[place]))) continue;
      if (kept != place) (*this)[kept] = std::move((*this)[place]);
      ++kept;
    }
    for (std::size_t place = kept; place < size_; ++place) (*this)[place] = T{};
    const std::size_t before = std::exchange(size_, kept);
    return before - kept;
  }

 private:
  static constexpr std::size_t kLeast = 8;

  std::size_t mask() const { return slots_.size() - 1; }
  void grow() {
    std::vector<T> larger(slots_.empty() ? kLeast : 2 * slots_.size());
    for (std::size_t place = 0; place < size_; ++place) larger[place] = std::move((*this)[place]);
    slots_.swap(larger);
    first_ = 0;
  }

  std::vector<T> slots_;  // a power of two
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace weir
