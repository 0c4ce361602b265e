// What a receiver has been told of the decode targets that it gets (RTP payload format for AV1, section
// A.8.2: active_decode_targets_bitmask). A structure says that all are active, and a bitmask holds until the
// next one. After a change it goes along until a frame was sent that the receiver must have: one of the
// lowest temporal layer of the highest spatial layer it gets, which every chain of that layer has.
#pragma once

#include <cstdint>
#include <optional>

namespace weir::sfu {

class ActiveTargets {
 public:
  struct Packet {
    std::uint32_t active = 0;           // what the receiver gets
    std::optional<std::uint32_t> says;  // what the packet says as it came
    bool ends_chained = false;          // the last of a frame that the receiver must have
  };

  /// What the packet is to say; nothing: what it says already.
  std::optional<std::uint32_t> tell(const Packet& packet) {
    if (packet.says) {
      told_ = packet.says;
      pending_ = false;
    }
    if (told_ != packet.active) {
      told_ = packet.active;
      pending_ = true;
    }
    if (!pending_) return std::nullopt;
    pending_ = !packet.ends_chained;
    return told_;
  }

  /// For a packet that leaves again and that may have been the one to say it.
  std::optional<std::uint32_t> told() const { return told_; }

 private:
  std::optional<std::uint32_t> told_;
  bool pending_ = false;
};

}  // namespace weir::sfu
