#include "scenario/client.h"

#include <algorithm>
#include <array>

#include "rtp/extensions.h"
#include "rtp/packet.h"
#include "rtp/payload.h"
#include "rtp/rtcp.h"
#include "rtp/rtx.h"
#include "scenario/client_numbers.h"
#include "scenario/client_sound.h"

namespace weir::scenario {

namespace {

test::Reports reports_of(const Person& person) {
  if (!person.reports_arrivals) return test::Reports::none;
  if (person.offers_transport_cc) return test::Reports::transport_cc;
  return person.offers_ccfb ? test::Reports::rtp : test::Reports::none;
}

}  // namespace

bool Received::has_gap() const {
  if (sequences.empty()) return false;
  std::set<std::int64_t> seen{sequences.begin(), sequences.end()};
  return *seen.rbegin() - *seen.begin() + 1 != static_cast<std::int64_t>(seen.size());
}

Client::Client(std::uint32_t number, const Person& person, Address local, Address node, std::uint64_t seed)
    : number_(number),
      person_(person),
      options_({.seed = seed,
                .local = local,
                .remote = node,
                .role = person.dtls,
                .nomination = person.nomination,
                .hello_fragment = person.hello_fragment,
                .srtp = person.srtp}),
      peer_(std::make_unique<test::VirtualPeer>(options_)),
      screen_stream_{.ssrc = 0x30000U + number, .rtx_ssrc = 0x40000U + number, .sequence = 10, .sent = {}},
      audio_stream_{.ssrc = 0x50000U + number, .rtx_ssrc = 0, .sequence = 65'530, .sent = {}},
      clock_offset_us_(std::int64_t{number} * 1'234'567'891),
      reports_(reports_of(person)) {
  allow_data();
  for (int i = 0; i < person.encodings; ++i) {
    const auto apart = static_cast<std::uint32_t>(i) * 0x1000U;
    camera_streams_.push_back({.ssrc = 0x10000U + number + apart,
                               .rtx_ssrc = 0x20000U + number + apart,
                               .sequence = static_cast<std::uint16_t>(65'500 - 777 * i),
                               .picture_id = static_cast<std::uint16_t>(0x7ff0 + number + 1000 * apart),
                               .encoding = i,
                               .sent = {}});
  }
}

/// Header extensions that not everybody offers.
std::string Client::extensions(bool audio) const {
  std::string lines;
  const auto add = [&](std::uint8_t id, rtp::Extension extension) {
    lines += "a=extmap:" + std::to_string(id) + " " + std::string{rtp::uri_of(extension)} + "\r\n";
  };
  if (person_.offers_transport_cc) {
    add(kTransportCcId, rtp::Extension::transport_cc);
    lines += "a=rtcp-fb:" + std::to_string(audio ? audio_type(person_) : kVp8) + " transport-cc\r\n";
  }
  if (person_.describes && !audio) add(kDescriptorId, rtp::Extension::dependency_descriptor);
  if (person_.marks && !audio) add(kMarkingId, rtp::Extension::frame_marking);
  if (person_.tells_capture) add(kCaptureTimeId, rtp::Extension::abs_capture_time);
  return lines;
}

std::string Client::offer() const {
  std::string bundle;
  std::string media;
  const auto line = [&](const char* kind, const std::string& mid, const char* direction, std::uint32_t ssrc,
                        std::uint32_t rtx) {
    const bool audio = std::string_view{kind} == "audio";
    bundle += " " + mid;
    media += std::string{"m="} + kind + " 9 UDP/TLS/RTP/SAVPF " + (audio ? audio_types(person_) : "96 97") +
             "\r\n";
    media += "c=IN IP4 0.0.0.0\r\na=mid:" + mid + "\r\na=" + direction + "\r\na=rtcp-mux\r\na=rtcp-rsize\r\n";
    media += "a=ice-ufrag:" + peer_->credentials().ufrag + "\r\na=ice-pwd:" + peer_->credentials().password +
             "\r\n";
    media += "a=fingerprint:sha-256 " + peer_->fingerprint_text() + "\r\n";
    media += person_.dtls == dtls::Role::client ? "a=setup:active\r\n" : "a=setup:passive\r\n";
    media += "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n";
    if (audio) {
      media += audio_attributes(person_);
    } else {
      media +=
          "a=rtpmap:96 " + person_.video_codec + "/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n";
      if (person_.offers_remb) media += "a=rtcp-fb:96 goog-remb\r\n";
      media += "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
      if (person_.video_codec == "H264") {
        media += "a=fmtp:96 packetization-mode=1;profile-level-id=42e01f;level-asymmetry-allowed=1\r\n";
      }
    }
    if (std::string_view{mid} == "cam" && person_.encodings > 1) {
      media += "a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n";
      media += "a=extmap:6 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n";
      std::string list;
      for (int i = 0; i < person_.encodings; ++i) {
        const std::string rid = kRids[static_cast<std::size_t>(i)];
        media += "a=rid:" + rid + " send\r\n";
        list += (i == 0 ? "" : ";") + rid;
      }
      media += "a=simulcast:send " + list + "\r\n";
    }
    media += extensions(audio);
    if (person_.offers_ccfb) media += "a=rtcp-fb:* ack ccfb\r\n";
    if (ssrc != 0) {
      media += "a=ssrc:" + std::to_string(ssrc) + " cname:c\r\n";
      if (rtx != 0) {
        media += "a=ssrc-group:FID " + std::to_string(ssrc) + " " + std::to_string(rtx) + "\r\n";
        media += "a=ssrc:" + std::to_string(rtx) + " cname:c\r\n";
      }
    }
  };
  if (person_.sends_audio) line("audio", "mic", "sendonly", audio_stream_.ssrc, 0);
  const bool simulcast = person_.encodings > 1;  // then packets name their encoding, the offer no SSRC
  const Outgoing& camera = camera_streams_.front();
  if (person_.sends_video) {
    line("video", "cam", "sendonly", simulcast ? 0 : camera.ssrc, simulcast ? 0 : camera.rtx_ssrc);
  }
  if (person_.sends_screen) line("video", "scr", "sendonly", 0, 0);  // bound by the mid extension
  for (int i = 0; i < person_.receives_audio; ++i) line("audio", "ra" + std::to_string(i), "recvonly", 0, 0);
  for (int i = 0; i < person_.receives_video; ++i) line("video", "rv" + std::to_string(i), "recvonly", 0, 0);
  if (person_.data) {
    bundle += " data";
    media += data_line();
  }
  return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE" + bundle + "\r\n" + media;
}

void Client::take_answer(const std::string& answer) {
  answer_ = answer;
  const auto session = sdp::parse(answer);
  if (!session) return;
  for (const sdp::Media& media : session->media) {
    if (media.mid.rfind("rv", 0) != 0 && media.mid.rfind("ra", 0) != 0) continue;
    Received& line = lines_[media.mid];
    if (!media.ssrcs.empty()) line.ssrc = media.ssrcs.front().ssrc;
    for (const sdp::SsrcGroup& group : media.ssrc_groups) {
      if (group.semantics == "FID" && group.ssrcs.size() == 2) {
        line.ssrc = group.ssrcs[0];
        line.rtx_ssrc = group.ssrcs[1];
      }
    }
  }
  const sdp::Media& first = session->media.front();
  if (first.ice && first.fingerprint) {
    peer_->set_remote({first.ice->ufrag, first.ice->password}, first.fingerprint->algorithm,
                      first.fingerprint->value);
  }
}

void Client::renew_camera_ssrc() {
  for (Outgoing& stream : camera_streams_) {
    stream.ssrc += 0x100000;
    stream.sequence = 30'000;
    stream.sent.clear();
    stream.key_wanted = true;
  }
}

void Client::reconnect() {
  ++options_.seed;
  peer_ = std::make_unique<test::VirtualPeer>(options_);
  allow_data();
  for (Outgoing& stream : camera_streams_) {
    stream.sequence = static_cast<std::uint16_t>(stream.sequence - 20'000);
    stream.sent.clear();
    stream.key_wanted = true;
  }
  audio_stream_.sequence = static_cast<std::uint16_t>(audio_stream_.sequence - 20'000);
  transport_sequence_ = static_cast<std::uint16_t>(transport_sequence_ - 20'000);
}

NtpTime Client::ntp(Time now) const {
  return NtpTime{ntp_from_us(to_us(now) + clock_offset_us_ + std::int64_t{3'900'000'000} * 1'000'000)};
}

void Client::step(Time now) {
  peer_->step(now);
  if (!peer_->connected()) return;
  if (now >= next_picture_) {
    next_picture_ = now + kPictureInterval;
    for (Outgoing& stream : camera_streams_) {
      if (person_.sends_video && camera_ && stream.on) send_picture(now, stream, "cam");
    }
    if (person_.sends_screen && screen_) send_picture(now, screen_stream_, "scr");
  }
  if (now >= next_sound_) {
    next_sound_ = now + std::chrono::milliseconds{20};
    if (person_.sends_audio && microphone_) send_sound(now);
  }
  if (now >= next_report_) {
    next_report_ = now + std::chrono::seconds{1};
    send_reports(now);
  }
  if (now >= reports_.deadline()) send_arrival_reports(now);
  if (person_.repairs && now >= next_nack_) {
    next_nack_ = now + std::chrono::milliseconds{20};
    send_nacks(now);
  }
}

Time Client::deadline() const {
  if (!peer_->connected()) return peer_->deadline();
  return std::min({peer_->deadline(), next_picture_, next_sound_, next_report_, reports_.deadline(),
                   person_.repairs ? next_nack_ : kNever});
}

void Client::send_packet(Time now, Outgoing& stream, const char* mid, std::uint8_t payload_type, bool marker,
                         std::uint32_t timestamp, Bytes payload, std::optional<std::uint8_t> level) {
  std::vector<std::uint8_t> packet(1400);
  std::uint8_t transport[2];
  store_u16(transport, transport_sequence_++);
  rtp::HeaderWriter writer{{.marker = marker,
                            .payload_type = payload_type,
                            .sequence = stream.sequence,
                            .timestamp = timestamp,
                            .ssrc = stream.ssrc}};
  writer.add_extension(kMidId, as_bytes(mid));
  if (person_.offers_transport_cc) writer.add_extension(kTransportCcId, transport);
  const std::uint8_t level_byte = level.value_or(0);
  if (level) writer.add_extension(kLevelId, {&level_byte, 1});
  std::array<std::uint8_t, rtp::CaptureTime::kSize> captured{};
  if (person_.tells_capture && now >= stream.next_capture) {
    stream.next_capture = now + std::chrono::seconds{1};
    writer.add_extension(kCaptureTimeId,
                         rtp::write_capture_time(captured, {.at = ntp(now), .clock_offset = 0}));
  }
  const bool named = person_.encodings > 1 && std::string_view{mid} == "cam";
  if (named) writer.add_extension(kRidId, as_bytes(kRids[static_cast<std::size_t>(stream.encoding)]));
  const std::size_t header = writer.write(packet);
  packet.resize(header);
  packet.insert(packet.end(), payload.begin(), payload.end());
  peer_->send_rtp(packet);
  stream.sent[stream.sequence++] = std::move(packet);
}

std::size_t Client::write_payload(Time now, const Outgoing& stream, int temporal, bool first, bool key,
                                  MutableBytes out) const {
  ByteWriter w{out};
  // A frame that depends on temporal layer 0 alone: the first of its layer since the last of that one.
  const bool sync = temporal == 1 || (temporal == 2 && stream.since_base == 1);
  w.u8(static_cast<std::uint8_t>(0x80 | (first ? 0x10 : 0)));  // X, S
  w.u8(0xe0);                                                  // I, L, T
  w.u16(static_cast<std::uint16_t>(0x8000 | stream.picture_id));
  w.u8(stream.tl0);
  w.u8(static_cast<std::uint8_t>((temporal << 6) | (sync ? 0x20 : 0)));
  if (first) {  // frame tag (RFC 6386 section 9.1)
    w.u8(key ? 0x10 : 0x11);
    w.u16(0);
    if (key) {  // 640x360, of encodings 320x180, 640x360, 1280x720
      const int size = person_.encodings == 1 ? 1 : stream.encoding;
      const auto width = static_cast<std::uint16_t>(320 << size);
      const auto height = static_cast<std::uint16_t>(180 << size);
      w.u24(0x9d012a);
      w.u8(static_cast<std::uint8_t>(width)), w.u8(static_cast<std::uint8_t>(width >> 8));
      w.u8(static_cast<std::uint8_t>(height)), w.u8(static_cast<std::uint8_t>(height >> 8));
    }
  }
  if (person_.encodings == 1) {
    while (w.ok() && w.size() + kStampSize < person_.picture_payload) w.u8(0);
  } else {
    const std::size_t size =
        person_.life_size ? out.size() : kEncodingPayload[static_cast<std::size_t>(stream.encoding)];
    while (w.ok() && w.size() + kStampSize < size) w.u8(0);
  }
  w.u32(number_ | (static_cast<std::uint32_t>(stream.encoding) << 24));
  w.u64(static_cast<std::uint64_t>(to_us(now)));
  return w.ok() ? w.size() : 0;
}

/// How many packets a picture has, and the room in each.
std::pair<int, std::size_t> Client::sizes_of(const Outgoing& stream, bool camera, bool key) const {
  constexpr std::size_t kRoom = 1200;
  const auto encoding = static_cast<std::size_t>(stream.encoding);
  if (camera && person_.encodings > 1 && person_.life_size) {
    const std::size_t bytes = kLifeSize.at(encoding) * (key ? kLifeSizeKey : 1);
    const std::size_t packets = (bytes + kRoom - 1) / kRoom;
    return {static_cast<int>(packets), bytes / packets};
  }
  if (camera && person_.encodings > 1) return {kEncodingPackets.at(encoding), kRoom};
  if (camera && person_.picture_packets > 0) return {person_.picture_packets, kRoom};
  return {kPacketsPerPicture, kRoom};
}

void Client::send_picture(Time now, Outgoing& stream, const char* mid) {
  const bool key = std::exchange(stream.key_wanted, false);
  const bool camera = std::string_view{mid} == "cam";
  // 0 | 0 1 | 0 2 1 2
  static constexpr int kPattern[3][4] = {{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 2, 1, 2}};
  const int layers = camera ? person_.temporal_layers : 1;
  stream.since_base = key ? 0 : (stream.since_base + 1) % 4;
  const int temporal = kPattern[layers - 1][stream.since_base];
  // Encodings of one picture have the same capture time, each on a clock with an offset of its own.
  const auto timestamp = static_cast<std::uint32_t>((to_us(now) + clock_offset_us_) * 9 / 100) +
                         static_cast<std::uint32_t>(stream.encoding) * 123'456'789U;
  stream.picture_id = static_cast<std::uint16_t>((stream.picture_id + 1) & 0x7fff);
  if (temporal == 0) ++stream.tl0;
  const auto [packets, room] = sizes_of(stream, camera, key);
  for (int i = 0; i < packets; ++i) {
    std::uint8_t payload[1200] = {};
    const std::size_t size = write_payload(now, stream, temporal, i == 0, key, {payload, room});
    send_packet(now, stream, mid, kVp8, i + 1 == packets, timestamp, Bytes{payload, size}, std::nullopt);
  }
}

std::vector<rtp::ReportBlock> Client::report_blocks(Time now) {
  std::vector<rtp::ReportBlock> blocks;
  for (auto& [mid, line] : lines_) {
    if (line.sequences.empty() || blocks.size() == 8) continue;
    rtp::ReportBlock block{.ssrc = line.ssrc, .fraction_lost = claimed_loss_};
    if (mid[1] == 'a' && claimed_loss_ == 0) block.fraction_lost = line.take_fraction_lost();
    if (!line.reports.empty()) {
      block.last_sr = line.reports.back().ntp.middle();
      block.delay_since_last_sr =
          static_cast<std::uint32_t>(to_us(now - line.reports.back().at) * 65'536 / 1'000'000);
    }
    blocks.push_back(block);
  }
  return blocks;
}

/// Who sends tells in sender reports what it received, and writes no receiver report (RFC 3550 section 6.4).
void Client::send_reports(Time now) {
  std::uint8_t out[600];
  ByteWriter w{out};
  std::vector<rtp::ReportBlock> blocks = report_blocks(now);
  const auto report = [&](std::uint32_t ssrc, std::int64_t rate, std::uint32_t offset) {
    const std::int64_t ticks = (to_us(now) + clock_offset_us_) * rate / 1000;
    rtp::write_sender_report(w, ssrc, ntp(now), static_cast<std::uint32_t>(ticks) + offset, 0, 0, blocks);
    blocks.clear();
  };
  for (const Outgoing& stream : camera_streams_) {
    if (person_.sends_video && stream.on)
      report(stream.ssrc, 90, static_cast<std::uint32_t>(stream.encoding) * 123'456'789U);
  }
  if (person_.sends_audio) report(audio_stream_.ssrc, 48, 0);
  if (w.size() == 0) rtp::write_receiver_report(w, 1, blocks);
  if (asked_) {
    const auto kept = static_cast<std::uint32_t>(to_us(now - asked_->at) * 65'536 / 1'000'000);
    rtp::write_reference_answer(w, 1, {asked_->ssrc, asked_->ntp.middle(), kept});
    asked_.reset();
  }
  if (w.ok()) peer_->send_rtcp(w.written());
}

void Client::send_nacks(Time) {
  for (auto& [mid, line] : lines_) {
    if (line.missing.empty() || (mid[1] != 'v' && !person_.audio_nack)) continue;
    std::vector<std::uint16_t> lost;
    for (const std::int64_t sequence : line.missing) {
      if (lost.size() < 100) lost.push_back(static_cast<std::uint16_t>(sequence));
    }
    std::uint8_t out[1000];
    ByteWriter w{out};
    rtp::write_receiver_report(w, 1, {});
    rtp::write_nack(w, 1, line.ssrc, lost);
    peer_->send_rtcp(w.written());
  }
}

void Client::send_arrival_reports(Time now) {
  for (const auto& packet : reports_.take(now)) peer_->send_rtcp(packet);
}

void Client::send_remb(std::uint64_t bitrate) {
  std::uint8_t out[100];
  ByteWriter w{out};
  rtp::write_receiver_report(w, 1, {});
  rtp::write_remb(w, 1, bitrate, {});
  peer_->send_rtcp(w.written());
}

void Client::ask_for_key_frame(int line) {
  std::uint8_t out[100];
  ByteWriter w{out};
  rtp::write_pli(w, 1, video(line).ssrc);
  peer_->send_rtcp(w.written());
}

}  // namespace weir::scenario
