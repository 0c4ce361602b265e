#include "load/sender.h"

#include <algorithm>
#include <variant>

#include "rtp/rtcp.h"

namespace weir::load {

Sender::Sender(const Options& options, std::uint32_t ssrc) {
  if (options.audio) {
    lines_.push_back({SentStream{SentStream::Kind::audio, ssrc, kOpusPayload}, 1, kOpusInterval});
  }
  if (options.video) {
    const Duration interval{1'000'000 / options.video->fps};
    lines_.push_back({SentStream{SentStream::Kind::video, ssrc + 1, options.video->size},
                      options.video->packets, interval});
  }
}

const SentStream* Sender::stream(SentStream::Kind kind) const {
  for (const Line& line : lines_) {
    if (line.stream.kind() == kind) return &line.stream;
  }
  return nullptr;
}

std::vector<SentStream::Kind> Sender::kinds() const {
  std::vector<SentStream::Kind> kinds;
  for (const Line& line : lines_) kinds.push_back(line.stream.kind());
  return kinds;
}

void Sender::begin(Time now, Duration phase) {
  for (Line& line : lines_) line.next = now + phase % line.interval;
  next_report_ = now;
}

Time Sender::deadline() const {
  Time when = next_report_;
  for (const Line& line : lines_) when = std::min(when, line.next);
  return when;
}

void Sender::step(Time now, bool sending, Outbox& out) {
  for (Line& line : lines_) {
    if (line.next < now - kMostBehind) line.next = now;
    for (; line.next <= now; line.next += line.interval) {
      if (sending) send_frame(now, line, out);
    }
  }
  if (now < next_report_) return;
  next_report_ = now + kReportInterval;
  send_reports(now, out);
}

void Sender::send_frame(Time now, Line& line, Outbox& out) {
  line.stream.begin_frame(now);
  for (std::size_t i = 0; i < line.packets; ++i) {
    const MutableBytes room = out.room();
    const std::size_t size = line.stream.write(room, now, transport_sequence_, i == 0, i + 1 == line.packets);
    if (size == 0 || !out.send_rtp(size)) return;
    ++transport_sequence_;
  }
}

void Sender::send_reports(Time now, Outbox& out) {
  for (const Line& line : lines_) {
    const SentStream& stream = line.stream;
    const std::uint32_t rate = stream.kind() == SentStream::Kind::audio ? 48'000 : 90'000;
    ByteWriter w{out.room()};
    rtp::write_sender_report(w, stream.ssrc(), {ntp_from_us(to_us(now))}, ticks_from_us(to_us(now), rate),
                             static_cast<std::uint32_t>(stream.packets()),
                             static_cast<std::uint32_t>(stream.octets()), {});
    rtp::write_sdes_cname(w, stream.ssrc(), "load");
    if (w.ok()) out.send_rtcp(w.size());
  }
}

SentStream* Sender::find(std::uint32_t ssrc) {
  for (Line& line : lines_) {
    if (line.stream.ssrc() == ssrc) return &line.stream;
  }
  return nullptr;
}

void Sender::take_rtcp(Bytes packet, Outbox& out) {
  rtp::RtcpReader reader{packet};
  while (const auto part = reader.next()) {
    if (const auto* const pli = std::get_if<rtp::Pli>(&*part)) {
      if (SentStream* const stream = find(pli->media_ssrc)) stream->want_key_frame();
    } else if (const auto* const fir = std::get_if<rtp::Fir>(&*part)) {
      for (std::size_t i = 0; i < fir->size(); ++i) {
        if (SentStream* const stream = find(fir->ssrc(i))) stream->want_key_frame();
      }
    } else if (const auto* const nack = std::get_if<rtp::Nack>(&*part)) {
      SentStream* const stream = find(nack->media_ssrc);
      if (stream == nullptr) continue;
      nack->for_each([&](std::uint16_t sequence) {
        const MutableBytes room = out.room();
        const std::size_t size = stream->write_rtx(room, sequence, transport_sequence_);
        if (size > 0 && out.send_rtp(size)) ++transport_sequence_;
      });
    }
  }
}

std::uint64_t Sender::packets() const {
  std::uint64_t sum = 0;
  for (const Line& line : lines_) sum += line.stream.packets();
  return sum;
}

}  // namespace weir::load
