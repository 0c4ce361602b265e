// Fixed-size packet buffers, shared by reference within one engine (one thread), without allocation after the
// constructor. Ingress packets live here from the socket to the last retransmission (law 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace weir {

class PacketPool;

/// A counted reference to one buffer. Not for sharing between threads.
class PacketRef {
 public:
  PacketRef() = default;
  PacketRef(const PacketRef& other);
  PacketRef(PacketRef&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), index_(other.index_) {}
  PacketRef& operator=(PacketRef other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(index_, other.index_);
    return *this;
  }
  ~PacketRef() { reset(); }

  explicit operator bool() const { return pool_ != nullptr; }
  void reset();

  /// The bytes in use.
  MutableBytes data() const;
  /// The whole buffer.
  MutableBytes buffer() const;
  void resize(std::size_t size) const;

 private:
  friend class PacketPool;
  PacketRef(PacketPool* pool, std::uint32_t index) : pool_(pool), index_(index) {}

  PacketPool* pool_ = nullptr;
  std::uint32_t index_ = 0;
};

class PacketPool {
 public:
  /// Bytes of a buffer: an Ethernet payload and room for what SRTP adds.
  static constexpr std::size_t kBufferSize = 1536;

  explicit PacketPool(std::size_t count);
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;

  /// An empty buffer, or nothing when all are in use.
  PacketRef acquire();
  /// A buffer with a copy of `bytes`, or nothing when none is free or they do not fit.
  PacketRef copy(Bytes bytes);

  std::size_t capacity() const { return count_; }
  std::size_t used() const { return count_ - free_.size(); }

 private:
  friend class PacketRef;
  struct Slot {
    std::uint32_t references = 0;
    std::uint32_t size = 0;
  };

  std::size_t count_;
  std::unique_ptr<std::uint8_t[]> memory_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

inline PacketRef::PacketRef(const PacketRef& other) : pool_(other.pool_), index_(other.index_) {
  if (pool_ != nullptr) ++pool_->slots_[index_].references;
}

inline void PacketRef::reset() {
  if (pool_ == nullptr) return;
  if (--pool_->slots_[index_].references == 0) pool_->free_.push_back(index_);
  pool_ = nullptr;
}

inline MutableBytes PacketRef::buffer() const {
  return {pool_->memory_.get() + std::size_t{index_} * PacketPool::kBufferSize, PacketPool::kBufferSize};
}

inline MutableBytes PacketRef::data() const {
  return buffer().first(pool_->slots_[index_].size);
}

inline void PacketRef::resize(std::size_t size) const {
  pool_->slots_[index_].size =
      static_cast<std::uint32_t>(size < PacketPool::kBufferSize ? size : PacketPool::kBufferSize);
}

}  // namespace weir
