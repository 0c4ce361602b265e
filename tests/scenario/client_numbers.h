// Numbers that the scripted client's offer, its packets and its reading of them share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace weir::scenario {

inline constexpr std::uint8_t kOpus = 111;
inline constexpr std::uint8_t kRed = 63;
inline constexpr std::uint8_t kEvent = 126;
inline constexpr std::uint8_t kVp8 = 96;
inline constexpr std::uint8_t kVp8Rtx = 97;
inline constexpr std::uint8_t kMidId = 4;
inline constexpr std::uint8_t kTransportCcId = 3;
inline constexpr std::uint8_t kLevelId = 1;
inline constexpr std::uint8_t kDescriptorId = 7;
inline constexpr std::uint8_t kMarkingId = 8;
inline constexpr std::uint8_t kCaptureTimeId = 9;
inline constexpr std::uint8_t kRidId = 5;
inline constexpr std::uint8_t kRepairedRidId = 6;
inline constexpr Duration kPictureInterval = std::chrono::microseconds{66'667};
inline constexpr int kPacketsPerPicture = 3;
// Of simulcast encodings, at 15 pictures a second: about 40, 260 and 740 kbit/s.
inline constexpr std::array<int, 3> kEncodingPackets{1, 3, 6};
inline constexpr std::array<std::size_t, 3> kEncodingPayload{300, 700, 1000};
// Life-size: bytes of a picture at 150, 500 and 1700 kbit/s.
inline constexpr std::array<std::size_t, 3> kLifeSize{1250, 4160, 14'160};
inline constexpr std::size_t kLifeSizeKey = 6;
inline constexpr std::array<const char*, 3> kRids{"a", "b", "c"};

// Payloads of this world: VP8 descriptor (8 bytes at most), VP8 frame tag, then sender and send time.
inline constexpr std::size_t kStampSize = 12;

}  // namespace weir::scenario
