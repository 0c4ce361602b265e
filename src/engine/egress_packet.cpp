#include "engine/egress_packet.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "srtp/session.h"

namespace weir::engine {

namespace {

constexpr std::size_t kHeaderBound = 12 + 4 + 10 * 18 + 2 + 28;  // fixed header, ten extension elements of
                                                                 // the one-byte form, and color space

constexpr std::size_t kMaxDescriptor = 255;  // what a header extension element can hold

/// abs-send-time: 24 bits, 6.18 fixed point seconds.
std::array<std::uint8_t, 3> abs_send_time(Time now) {
  const auto us = static_cast<std::uint64_t>(to_us(now));
  std::array<std::uint8_t, 3> out{};
  store_u24(out.data(), static_cast<std::uint32_t>(((us << 18) / 1'000'000) & 0xffffffU));
  return out;
}

/// The elements that are the node's own, whatever the packet carries.
class OwnElements {
 public:
  OwnElements(const Stamp& stamp, const sfu::Subscription& subscription)
      : subscription_(subscription),
        send_time_(abs_send_time(stamp.now)),
        numbered_(stamp.transport_sequence.has_value()) {
    store_u16(number_.data(), stamp.transport_sequence.value_or(0));
  }
  /// What is added lives here until it is written.
  void add(rtp::HeaderWriter& writer) const {
    const rtp::ExtensionMap& ids = subscription_.line.extensions;
    // The mid tells a receiver that has not seen the SSRC yet which line it belongs to (RFC 8843
    // section 9.2).
    if (!subscription_.acknowledged)
      writer.add_extension(ids.id(rtp::Extension::mid), as_bytes(subscription_.line.mid));
    writer.add_extension(ids.id(rtp::Extension::abs_send_time), send_time_);
    if (numbered_) writer.add_extension(ids.id(rtp::Extension::transport_cc), number_);
  }

 private:
  const sfu::Subscription& subscription_;
  std::array<std::uint8_t, 3> send_time_;
  std::array<std::uint8_t, 2> number_{};
  bool numbered_;
};

/// The dependency descriptor as this receiver is to have it.
Bytes write_descriptor(MutableBytes room, const PacketFacts& facts, const sfu::EgressNumbers& numbers) {
  const Bytes came = facts.dependency_descriptor;
  if (numbers.active_targets && facts.structure != nullptr) {
    const auto descriptor = rtp::parse_dependency_descriptor(came, facts.structure.get());
    const std::size_t size = !descriptor
                                 ? 0
                                 : rtp::write_dependency_descriptor(
                                       room, came, *descriptor, numbers.frame_number, numbers.template_shift,
                                       facts.structure->decode_targets, *numbers.active_targets);
    if (size != 0) return room.first(size);
  }
  const MutableBytes copy = room.first(came.size());
  std::memcpy(copy.data(), came.data(), copy.size());
  rtp::rewrite_dependency_descriptor(copy, numbers.frame_number, numbers.template_shift);
  return copy;
}

/// The frame marking with the receiver's index.
Bytes write_marking(MutableBytes room, const PacketFacts& facts, const sfu::EgressNumbers& numbers) {
  const MutableBytes copy = room.first(std::min(room.size(), facts.frame_marking.size()));
  std::memcpy(copy.data(), facts.frame_marking.data(), copy.size());
  rtp::shift_frame_marking(
      copy, static_cast<std::uint8_t>(numbers.tl0_picture_index - facts.numbers.tl0_picture_index));
  return copy;
}

std::size_t write_header(MutableBytes out, const Stamp& stamp, const sfu::Subscription& subscription,
                         const rtp::Header& header, const PacketFacts& facts,
                         const sfu::EgressNumbers& numbers) {
  const rtp::ExtensionMap& ids = subscription.line.extensions;
  const OwnElements own{stamp, subscription};
  rtp::HeaderWriter writer{header};
  own.add(writer);
  const auto pass = [&](rtp::Extension extension, Bytes data) {
    if (!data.empty()) writer.add_extension(ids.id(extension), data);
  };
  pass(rtp::Extension::audio_level, facts.audio_level);
  pass(rtp::Extension::video_orientation, facts.video_orientation);
  std::array<std::uint8_t, rtp::CaptureTime::kSize> captured;
  if (facts.capture_time)
    pass(rtp::Extension::abs_capture_time, rtp::write_capture_time(captured, *facts.capture_time));
  pass(rtp::Extension::playout_delay, facts.playout_delay);
  pass(rtp::Extension::color_space, facts.color_space);
  pass(rtp::Extension::video_layers_allocation, facts.layers_allocation);
  std::array<std::uint8_t, rtp::kMaxFrameMarking> marking;
  if (!facts.frame_marking.empty() && !facts.padding_only) {
    writer.add_extension(ids.id(rtp::Extension::frame_marking), write_marking(marking, facts, numbers));
  }
  std::array<std::uint8_t, kMaxDescriptor> descriptor;
  if (!facts.dependency_descriptor.empty() && !facts.padding_only &&
      ids.has(rtp::Extension::dependency_descriptor)) {
    writer.add_extension(ids.id(rtp::Extension::dependency_descriptor),
                         write_descriptor(descriptor, facts, numbers));
  }
  return writer.write(out);
}

/// Appends the payload with the receiver's picture numbers; returns the packet's size.
std::size_t append_payload(MutableBytes out, std::size_t offset, const PacketFacts& facts,
                           const sfu::EgressNumbers& numbers) {
  const Bytes payload = facts.media;
  if (payload.empty() || facts.padding_only) {
    // Padding alone keeps the sequence without a gap: one octet of it (RFC 3550 section 5.1).
    if (out.size() < offset + 1) return 0;
    out[0] |= 0x20;
    out[offset] = 1;
    return offset + 1;
  }
  if (out.size() < offset + payload.size()) return 0;
  const MutableBytes copy = out.subspan(offset, payload.size());
  std::memcpy(copy.data(), payload.data(), payload.size());
  if (facts.codec == Codec::vp8) {
    rtp::rewrite_vp8_descriptor(copy, facts.payload.vp8, numbers.picture_id, numbers.tl0_picture_index);
  } else if (facts.codec == Codec::vp9) {
    rtp::rewrite_vp9_descriptor(copy, facts.payload.vp9, numbers.picture_id, numbers.tl0_picture_index);
  }
  return offset + payload.size();
}

}  // namespace

std::size_t egress_size_bound(const PacketFacts& facts) {
  return kHeaderBound + 2 + facts.layers_allocation.size() + 2 +
         rtp::longest_rewrite(facts.dependency_descriptor.size()) + 2 + facts.media.size() + 1 +
         srtp::kMaxOverhead;
}

std::size_t write_egress_packet(MutableBytes out, const Stamp& stamp, const sfu::Subscription& subscription,
                                const sfu::LineCodec& codec, const PacketFacts& facts,
                                const sfu::EgressNumbers& numbers) {
  const rtp::Header header{.marker = numbers.marker,
                           .payload_type = codec.payload_type,
                           .sequence = numbers.sequence,
                           .timestamp = numbers.timestamp,
                           .ssrc = subscription.ssrc};
  const std::size_t offset = write_header(out, stamp, subscription, header, facts, numbers);
  return offset == 0 ? 0 : append_payload(out, offset, facts, numbers);
}

std::size_t write_rtx_packet(MutableBytes out, const Stamp& stamp, sfu::Subscription& subscription,
                             const sfu::LineCodec& codec, const PacketFacts& facts,
                             const sfu::EgressNumbers& numbers) {
  const rtp::Header header{.marker = numbers.marker,
                           .payload_type = codec.rtx_payload_type.value_or(0),
                           .sequence = subscription.rtx_sequence++,
                           .timestamp = numbers.timestamp,
                           .ssrc = subscription.rtx_ssrc};
  const std::size_t offset = write_header(out, stamp, subscription, header, facts, numbers);
  if (offset == 0 || out.size() < offset + 2) return 0;
  store_u16(&out[offset], numbers.sequence);
  return append_payload(out, offset + 2, facts, numbers);
}

std::size_t padding_size_bound(std::uint8_t padding) {
  return kHeaderBound + padding + srtp::kMaxOverhead;
}

std::size_t write_padding_packet(MutableBytes out, const Stamp& stamp, sfu::Subscription& subscription,
                                 std::uint8_t payload_type, std::uint32_t timestamp, std::uint8_t padding) {
  const rtp::Header header{.payload_type = payload_type,
                           .sequence = subscription.rtx_sequence++,
                           .timestamp = timestamp,
                           .ssrc = subscription.rtx_ssrc};
  const OwnElements own{stamp, subscription};
  rtp::HeaderWriter writer{header};
  own.add(writer);
  const std::size_t offset = writer.write(out);
  if (offset == 0 || padding == 0 || out.size() < offset + padding) return 0;
  out[0] |= 0x20;
  std::memset(&out[offset], 0, padding);
  out[offset + padding - 1] = padding;
  return offset + padding;
}

}  // namespace weir::engine
