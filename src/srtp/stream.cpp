#include "srtp/stream.h"

#include <utility>

namespace weir::srtp {
namespace {

Stream* find_or_add(StreamTable& streams, std::uint32_t ssrc) {
  Stream* stream = streams.find(ssrc);
  return stream != nullptr ? stream : streams.add(ssrc);
}

template <std::size_t kSize>
Estimate unless_replayed(const ReplayWindow<kSize>& window, std::uint64_t index) {
  Estimate estimate{index, std::nullopt};
  if (window.too_old(index) || window.seen(index)) estimate.refusal = DropReason::SRTP_REPLAY;
  return estimate;
}

}  // namespace

std::size_t StreamTable::first_slot(std::uint32_t ssrc) const {
  return (ssrc * 0x9e3779b1U >> 16) & (slots_.size() - 1);  // Fibonacci hashing: SSRCs may count up
}

Stream* StreamTable::find(std::uint32_t ssrc) {
  if (slots_.empty()) return nullptr;
  for (std::size_t at = first_slot(ssrc); slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
    Stream& stream = streams_[slots_[at] - 1U];
    if (stream.ssrc == ssrc) return &stream;
  }
  return nullptr;
}

void StreamTable::enter(std::size_t position) {
  std::size_t at = first_slot(streams_[position].ssrc);
  while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = static_cast<std::uint16_t>(position + 1);
}

void StreamTable::rebuild() {
  std::fill(slots_.begin(), slots_.end(), std::uint16_t{0});
  for (std::size_t i = 0; i < streams_.size(); ++i) enter(i);
}

Stream* StreamTable::add(std::uint32_t ssrc) {
  if (full()) return nullptr;
  streams_.push_back({.ssrc = ssrc, .rtp = {}, .rtcp = {}});
  if (slots_.size() < 2 * streams_.size()) {
    slots_.resize(std::max<std::size_t>(8, 2 * slots_.size()));
    rebuild();
  } else {
    enter(streams_.size() - 1);
  }
  return &streams_.back();
}

void StreamTable::remove(std::uint32_t ssrc) {
  Stream* stream = find(ssrc);
  if (stream == nullptr) return;
  *stream = streams_.back();
  streams_.pop_back();
  rebuild();
}

std::optional<std::uint64_t> take_sent_index(StreamTable& streams, std::uint32_t ssrc, std::uint16_t sequence,
                                             bool may_repeat) {
  Stream* stream = find_or_add(streams, ssrc);
  if (stream == nullptr) return std::nullopt;
  const std::uint64_t index = estimate_index(stream->rtp.highest(), sequence);
  if (index > kLastRtpIndex || stream->rtp.too_old(index)) return std::nullopt;
  if (!may_repeat && stream->rtp.seen(index)) return std::nullopt;
  stream->rtp.add(index);
  return index;
}

std::optional<std::uint32_t> take_sent_rtcp_index(StreamTable& streams, std::uint32_t ssrc) {
  Stream* stream = find_or_add(streams, ssrc);
  if (stream == nullptr || stream->rtcp.highest() >= kLastRtcpIndex) return std::nullopt;
  const std::uint64_t index = stream->rtcp.highest() + 1;
  stream->rtcp.add(index);
  return static_cast<std::uint32_t>(index);
}

Estimate estimate_received(StreamTable& streams, std::uint32_t ssrc, std::uint16_t sequence) {
  const Stream* stream = streams.find(ssrc);
  if (stream == nullptr) {
    if (streams.full()) return {0, DropReason::STREAM_LIMIT};
    return {sequence, std::nullopt};
  }
  const std::uint64_t index = estimate_index(stream->rtp.highest(), sequence);
  if (index > kLastRtpIndex) return {0, DropReason::SRTP_FAILED};
  return unless_replayed(stream->rtp, index);
}

Estimate check_received_rtcp(StreamTable& streams, std::uint32_t ssrc, std::uint32_t index) {
  const Stream* stream = streams.find(ssrc);
  if (stream == nullptr) {
    if (streams.full()) return {0, DropReason::STREAM_LIMIT};
    return {index, std::nullopt};
  }
  return unless_replayed(stream->rtcp, index);
}

void note_received(StreamTable& streams, std::uint32_t ssrc, std::uint64_t index) {
  if (Stream* stream = find_or_add(streams, ssrc)) stream->rtp.add(index);
}

void note_received_rtcp(StreamTable& streams, std::uint32_t ssrc, std::uint32_t index) {
  if (Stream* stream = find_or_add(streams, ssrc)) stream->rtcp.add(index);
}

}  // namespace weir::srtp
