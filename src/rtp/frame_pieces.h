// What the packetizers of several codecs share: cutting what is too large for a payload, and the NAL units of
// a byte stream (ITU-T H.264 annex B.1, ITU-T H.265 annex B.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace weir::rtp {

inline constexpr std::uint8_t kStartCode[4] = {0, 0, 0, 1};

/// Calls f(piece, first, last) for pieces of at most `limit` bytes that differ by one byte at most, so that a
/// frame leaves as a run of equal datagrams.
template <typename F>
void in_equal_pieces(Bytes data, std::size_t limit, F&& f) {
  const std::size_t pieces = (data.size() + limit - 1) / limit;
  for (std::size_t i = 0; i < pieces; ++i) {
    const std::size_t begin = data.size() * i / pieces;
    const std::size_t end = data.size() * (i + 1) / pieces;
    f(data.subspan(begin, end - begin), i == 0, i + 1 == pieces);
  }
}

/// Position of the next 00 00 01 at or after `from`; the size when there is none.
inline std::size_t find_start_code(Bytes stream, std::size_t from) {
  for (std::size_t i = from; i + 3 <= stream.size(); ++i) {
    if (stream[i] == 0 && stream[i + 1] == 0 && stream[i + 2] == 1) return i;
  }
  return stream.size();
}

/// NAL units of a byte stream that `wanted` takes. Zeros before a start code belong to it or are trailing
/// zeros.
template <typename Wanted>
std::vector<Bytes> nal_units(Bytes stream, Wanted&& wanted) {
  std::vector<Bytes> units;
  std::size_t at = find_start_code(stream, 0);
  while (at < stream.size()) {
    const std::size_t begin = at + 3;
    at = find_start_code(stream, begin);
    std::size_t end = at;
    while (end > begin && stream[end - 1] == 0) --end;
    const Bytes unit = stream.subspan(begin, end - begin);
    if (!unit.empty() && wanted(unit)) units.push_back(unit);
  }
  return units;
}

/// Calls together(units) for neighbours that fit one payload of at most `limit` bytes, each with its size (16
/// bits) before it behind a header of `header` bytes, or for one alone; cut(unit) for what is larger. That
/// puts parameter sets with the slice that needs them.
template <typename Together, typename Cut>
void in_shared_payloads(std::span<const Bytes> units, std::size_t limit, std::size_t header,
                        Together&& together, Cut&& cut) {
  const std::size_t shared = limit < UINT16_MAX ? limit : UINT16_MAX;
  for (std::size_t i = 0; i < units.size();) {
    if (units[i].size() > limit) {
      cut(units[i]);
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    std::size_t size = header + 2 + units[i].size();
    while (end < units.size() && size + 2 + units[end].size() <= shared) size += 2 + units[end++].size();
    together(units.subspan(i, end - i));
    i = end;
  }
}

}  // namespace weir::rtp
