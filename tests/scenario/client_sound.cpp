// What the scripted client offers, sends and hears of sound.
#include "scenario/client_sound.h"

#include <algorithm>

#include "rtp/packet.h"
#include "rtp/red.h"
#include "scenario/client_numbers.h"

namespace weir::scenario {

int audio_type(const Person& person) {
  return person.audio_codec == "opus" ? kOpus : person.audio_codec == "PCMU" ? 0 : 8;
}

std::string audio_types(const Person& person) {
  return std::to_string(audio_type(person)) + (person.red ? " 63" : "") + (person.events != 0 ? " 126" : "");
}

std::string audio_attributes(const Person& person) {
  std::string media;
  if (person.sends_levels) media += "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n";
  const std::string clock = person.audio_codec == "opus" ? "48000/2" : "8000";
  const std::string type = std::to_string(audio_type(person));
  media += "a=rtpmap:" + type + " " + person.audio_codec + "/" + clock + "\r\n";
  if (person.audio_codec == "opus") media += "a=fmtp:111 minptime=10;useinbandfec=1\r\n";
  if (person.red) media += "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n";
  if (person.audio_nack) media += "a=rtcp-fb:" + type + " nack\r\n";
  if (person.events != 0) {
    media += "a=rtpmap:126 telephone-event/" + std::to_string(person.events) + "\r\na=fmtp:126 0-15\r\n";
  }
  return media;
}

std::uint8_t Received::take_fraction_lost() {
  const std::int64_t highest = *std::max_element(sequences.begin(), sequences.end());
  const std::int64_t expected = highest - (reported_highest < 0 ? sequences.front() - 1 : reported_highest);
  const auto arrived = static_cast<std::int64_t>(sequences.size() - reported_count);
  reported_highest = highest;
  reported_count = sequences.size();
  if (expected <= 0 || arrived >= expected) return 0;
  return static_cast<std::uint8_t>(std::min<std::int64_t>((expected - arrived) * 256 / expected, 255));
}

void Client::send_sound(Time now) {
  const int ticks = person_.audio_codec == "opus" ? 48 : 8;  // in a millisecond
  const auto timestamp = static_cast<std::uint32_t>((to_us(now) + clock_offset_us_) * ticks / 1000);
  std::uint8_t payload[kStampSize + 1];
  ByteWriter w{payload};
  w.u8(0x78);
  const bool comfort = person_.discontinuous && !talking_;
  if (comfort && now < next_comfort_) return;
  next_comfort_ = comfort ? now + std::chrono::milliseconds{400} : Time{};
  if (!comfort) {
    w.u32(number_);
    w.u64(static_cast<std::uint64_t>(to_us(now)));
  }
  const std::optional<std::uint8_t> level{talking_ ? 20 : 127};
  const auto type = static_cast<std::uint8_t>(audio_type(person_));
  const auto sent_level = person_.sends_levels ? level : std::nullopt;
  if (person_.red_frames == 0) {
    send_packet(now, audio_stream_, "mic", type, false, timestamp, w.written(), sent_level);
    return;
  }
  std::vector<rtp::RedBlock> blocks;
  for (const auto& [then, frame] : frames_) {
    blocks.push_back({.payload_type = type,
                      .timestamp_offset = static_cast<std::uint16_t>(std::min(timestamp - then, 16'000U)),
                      .data = frame});
  }
  std::uint8_t red[200];
  ByteWriter r{red};
  rtp::write_red(r, blocks, {.payload_type = type, .data = w.written()});
  send_packet(now, audio_stream_, "mic", kRed, false, timestamp, r.written(), sent_level);
  frames_.emplace_back(timestamp, std::vector<std::uint8_t>{w.written().begin(), w.written().end()});
  if (frames_.size() > static_cast<std::size_t>(person_.red_frames)) frames_.pop_front();
}

void Client::send_event(Time now, const rtp::TelephoneEvent& event) {
  std::uint8_t payload[rtp::TelephoneEvent::kSize];
  ByteWriter w{payload};
  rtp::write_telephone_event(w, event);
  const std::int64_t ticks = person_.events / 1000;
  send_packet(now, audio_stream_, "mic", kEvent, false,
              static_cast<std::uint32_t>((to_us(now) + clock_offset_us_) * ticks / 1000), w.written(),
              std::nullopt);
}

/// The frame of a packet of sound, with those that it repeats noted.
Bytes Client::take_sound(Received& line, const rtp::Packet& packet) {
  const auto note = [&](Bytes frame) {
    if (frame.size() == kStampSize + 1) line.frames.insert(static_cast<std::int64_t>(load_u64(&frame[5])));
  };
  if (packet.payload_type() == kEvent) {
    if (const auto event = rtp::parse_telephone_event(packet.payload())) line.events.push_back(*event);
    return {};
  }
  if (packet.payload_type() != kRed) {
    note(packet.payload());
    return packet.payload();
  }
  const auto red = rtp::parse_red(packet.payload());
  if (!red || red->primary().payload_type != kOpus) return {};
  for (const rtp::RedBlock& block : red->redundant()) {
    if (block.payload_type == kOpus) note(block.data);
  }
  note(red->primary().data);
  return red->primary().data;
}

}  // namespace weir::scenario
