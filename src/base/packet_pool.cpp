#include "base/packet_pool.h"

namespace weir {

// The memory is left uninitialised so that pages are only touched when a buffer is first used. Buffers are
// taken from the end of the free list, the one that was in use last, which is likely still in the cache.
PacketPool::PacketPool(std::size_t count)
    : count_(count), memory_(new std::uint8_t[count * kBufferSize]), slots_(count) {
  free_.reserve(count);
  for (std::size_t i = count; i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
}

PacketRef PacketPool::acquire() {
  if (free_.empty()) return {};
  const std::uint32_t index = free_.back();
  free_.pop_back();
  slots_[index] = Slot{.references = 1, .size = 0};
  return PacketRef{this, index};
}

PacketRef PacketPool::copy(Bytes bytes) {
  if (bytes.size() > kBufferSize) return {};
  PacketRef packet = acquire();
  if (packet && !bytes.empty()) {
    std::memcpy(packet.buffer().data(), bytes.data(), bytes.size());
    packet.resize(bytes.size());
  }
  return packet;
}

}  // namespace weir
