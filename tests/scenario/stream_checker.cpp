#include <doctest/doctest.h>

#include <algorithm>

#include "rtp/frame_marking.h"
#include "rtp/payload.h"
#include "scenario/client_numbers.h"
#include "scenario/layered_stream.h"

namespace weir::scenario {

namespace {

/// The record at the end of a payload, behind which its size stands.
std::optional<FrameRecord> read_record(Bytes payload) {
  if (payload.empty() || payload.back() + 1U > payload.size()) return std::nullopt;
  ByteReader reader{payload.last(payload.back() + 1U)};
  FrameRecord record;
  if (reader.u8() != 0x57) return std::nullopt;
  record.id = reader.u32();
  record.picture = reader.u32();
  record.key = reader.u8() != 0;
  record.spatial = reader.u8();
  record.temporal = reader.u8();
  record.packet = reader.u8();
  record.packets = reader.u8();
  const std::size_t references = reader.u8();
  for (std::size_t i = 0; i < references; ++i) record.refers_to.push_back(reader.u32());
  return reader.ok() ? std::optional{record} : std::nullopt;
}

}  // namespace

StreamChecker::Seen StreamChecker::take(const Received& line) {
  Seen seen;
  for (; taken_ < line.packets.size(); ++taken_) {
    const auto packet = rtp::Packet::parse(line.packets[taken_]);
    REQUIRE(packet);
    take_packet(*packet, seen);
  }
  CHECK(ended_);
  return seen;
}

void StreamChecker::take_packet(const rtp::Packet& packet, Seen& seen) {
  CAPTURE(packet.sequence());
  if (sequence_) REQUIRE(packet.sequence() == static_cast<std::uint16_t>(*sequence_ + 1));
  sequence_ = packet.sequence();
  const auto record = read_record(packet.payload());
  REQUIRE(record);
  CAPTURE(record->id);
  CAPTURE(record->spatial);
  CAPTURE(record->temporal);
  const bool begins_picture = timestamp_ != packet.timestamp();
  REQUIRE(begins_picture == ended_);  // a marker at the end of each picture and nowhere else
  if (begins_picture) {
    if (timestamp_) REQUIRE(static_cast<std::int32_t>(packet.timestamp() - *timestamp_) > 0);
    ++seen.pictures;
    top_ = -1;
  }
  timestamp_ = packet.timestamp();
  ended_ = packet.marker();
  // Whole frames, each after what it refers to.
  if (record->packet == 0) packets_ = 0;
  REQUIRE(record->packet == packets_++);
  for (const std::uint32_t id : record->refers_to) REQUIRE(whole_.count(id) == 1);
  REQUIRE(record->spatial >= top_);
  top_ = record->spatial;
  if (packets_ == record->packets) whole_.insert(record->id);
  if (ended_) REQUIRE(packets_ == record->packets);
  if (seen.first_id == 0) seen.first_id = record->id;
  seen.spatial = top_;
  seen.temporal = record->temporal;
  seen.highest_spatial = std::max(seen.highest_spatial, top_);
  seen.highest_temporal = std::max(seen.highest_temporal, record->temporal);
  check_numbers(packet, *record);
}

void StreamChecker::check_numbers(const rtp::Packet& packet, const FrameRecord& record) {
  if (mode_.codec == Codec::vp9) check_vp9(packet, record);
  if (mode_.codec == Codec::vp8 && record.packet == 0) {
    const auto descriptor = rtp::parse_vp8_descriptor(packet.payload());
    REQUIRE(descriptor);
    REQUIRE(descriptor->picture_id);
    // Without a gap, whatever was left out (RFC 7741 section 4.2).
    if (last_picture_id_) {
      REQUIRE(*descriptor->picture_id == ((*last_picture_id_ + 1) & 0x7fff));
      const auto base = static_cast<std::uint8_t>(*tl0_ + (record.temporal == 0 ? 1 : 0));
      REQUIRE(descriptor->tl0_picture_index == base);
    }
    last_picture_id_ = descriptor->picture_id;
    tl0_ = descriptor->tl0_picture_index;
  }
  if (mode_.marking == Marking::layers) check_marking(packet, record);
  if (mode_.descriptor) check_descriptor(packet, record);
}

/// As sent, but for the index: of base pictures without a gap, whoever they are of.
void StreamChecker::check_marking(const rtp::Packet& packet, const FrameRecord& record) {
  const auto data = packet.extension(kMarkingId);
  REQUIRE(data);
  const auto marking = rtp::parse_frame_marking(*data);
  REQUIRE(marking);
  CHECK(marking->start == (record.packet == 0));
  CHECK(marking->end == (record.packet + 1 == record.packets));
  CHECK(marking->independent == record.key);
  CHECK(marking->temporal == record.temporal);
  REQUIRE(marking->tl0_picture_index);
  if (record.packet != 0) return;
  if (mode_.codec == Codec::vp8) {  // whose payload tells it as well
    REQUIRE(marking->tl0_picture_index == tl0_);
  } else if (tl0_) {
    REQUIRE(*marking->tl0_picture_index == static_cast<std::uint8_t>(*tl0_ + (record.temporal == 0 ? 1 : 0)));
  }
  tl0_ = marking->tl0_picture_index;
}

void StreamChecker::check_vp9(const rtp::Packet& packet, const FrameRecord& record) {
  const auto descriptor = rtp::parse_vp9_descriptor(packet.payload());
  REQUIRE(descriptor);
  REQUIRE(descriptor->picture_id);
  CHECK(descriptor->spatial == record.spatial);
  if (last_picture_id_) REQUIRE(((*descriptor->picture_id - *last_picture_id_) & 0x7fff) < 0x4000);
  last_picture_id_ = descriptor->picture_id;
  picture_ids_[record.id] = *descriptor->picture_id;
  if (descriptor->tl0_picture_index) {
    if (tl0_) REQUIRE(static_cast<std::uint8_t>(*descriptor->tl0_picture_index - *tl0_) <= 1);
    tl0_ = descriptor->tl0_picture_index;
  }
  // References as the receiver reads them: P_DIFF back from the picture id (RFC 9628 section 4.2).
  for (const std::uint32_t id : record.refers_to) {
    const int back = (*descriptor->picture_id - picture_ids_.at(id)) & 0x7fff;
    if (back == 0) {
      CHECK(descriptor->inter_layer);
    } else {
      CHECK(descriptor->inter_picture);
      if (descriptor->flexible) CHECK(back == packet.payload()[4] >> 1);
    }
  }
}

void StreamChecker::check_descriptor(const rtp::Packet& packet, const FrameRecord& record) {
  const auto data = packet.extension(kDescriptorId);
  REQUIRE(data);
  const auto descriptor = rtp::parse_dependency_descriptor(*data, structure_.get());
  REQUIRE(descriptor);
  if (descriptor->structure) structure_ = descriptor->structure;
  if (descriptor->active_targets) active_ = *descriptor->active_targets;
  CHECK(descriptor->frame.spatial == record.spatial);
  CHECK(descriptor->frame.temporal == record.temporal);
  if (last_frame_number_) {
    REQUIRE(static_cast<std::uint16_t>(descriptor->frame_number - *last_frame_number_) < 0x8000);
  }
  last_frame_number_ = descriptor->frame_number;
  frame_numbers_[record.id] = descriptor->frame_number;
  REQUIRE(descriptor->frame.frame_diff_count == record.refers_to.size());
  for (std::size_t i = 0; i < record.refers_to.size(); ++i) {
    REQUIRE(descriptor->frame.frame_diffs[i] ==
            static_cast<std::uint16_t>(descriptor->frame_number - frame_numbers_.at(record.refers_to[i])));
  }
}

std::set<std::pair<int, int>> StreamChecker::active_targets() const {
  std::set<std::pair<int, int>> targets;
  for (std::size_t i = 0; structure_ && i < structure_->decode_targets; ++i) {
    if (((active_ >> i) & 1U) != 0)
      targets.insert({structure_->target_spatial[i], structure_->target_temporal[i]});
  }
  return targets;
}

}  // namespace weir::scenario
