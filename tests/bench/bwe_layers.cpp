// A browser that publishes simulcast: its uplink is as wide as can be, so that the receiver's path decides.
#include <algorithm>
#include <array>
#include <cmath>

#include "bwe_source.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "sdp/session.h"

namespace weir::bench {
namespace {

constexpr std::size_t kEncodings = 3;
constexpr std::array<const char*, kEncodings> kRids{"a", "b", "c"};
constexpr std::array<double, kEncodings> kShare{0.1, 1.0 / 3, 1};
constexpr std::array<std::uint8_t, 4> kTemporal{0, 2, 1, 2};
// Of a second's bytes, for each frame of the layer: 0.4, 0.3 and 0.3 over 7.5, 7.5 and 15 frames.
constexpr std::array<double, 3> kFrameShare{0.4 / 7.5, 0.3 / 7.5, 0.3 / 15};
constexpr double kKeyFrame = 3;  // times another of the lowest layer
constexpr Duration kFrameEvery = std::chrono::microseconds{33'333};
constexpr Duration kReportEvery = std::chrono::seconds{1};
constexpr std::size_t kMostPayload = 1140;
constexpr std::size_t kOverhead = 36;
constexpr std::size_t kLeastPayload = 24;

class LayeredSource final : public Source {
 public:
  LayeredSource(const Stage& stage, Time now, double most_kbps, std::uint64_t seed)
      : Source(stage, now, seed),
        most_(most_kbps),
        peer_({.seed = seed, .local = *Address::parse("198.51.100.99", 4000), .remote = stage.node}),
        random_(seed),
        next_frame_(now + Duration{static_cast<std::int64_t>(seed * 104'729 % 33'000)}) {
    weir_participant_options options{};
    options.struct_size = sizeof options;
    options.may = WEIR_MAY_ALL;
    publisher_ = *stage_.engine.join(now, stage_.room, options);
    const auto answer = stage_.engine.negotiate(now, publisher_, offer());
    const auto session = answer ? sdp::parse(*answer) : sdp::parse("");
    if (!session || !session->media.front().ice || !session->media.front().fingerprint) return;
    const sdp::Media& first = session->media.front();
    peer_.set_remote({first.ice->ufrag, first.ice->password}, first.fingerprint->algorithm,
                     first.fingerprint->value);
  }

  std::optional<Id> video() const override {
    const auto tracks = stage_.engine.participant_tracks(publisher_);
    if (!tracks || tracks->empty()) return std::nullopt;
    return Id{tracks->front()};
  }

  bool receive(Time now, const test::Datagram& datagram) override {
    if (datagram.to != *Address::parse("198.51.100.99", 4000)) return false;
    peer_.receive(now, datagram);
    for (const test::VirtualPeer::Media& media : peer_.take_media()) {
      if (media.rtcp) take_rtcp(media.bytes);
    }
    flush(now);
    return true;
  }

 private:
  struct Encoding {
    std::uint16_t sequence = 0;
    std::uint16_t picture = 0;
    std::uint8_t tl0 = 0;
    bool key_wanted = true;
  };

  std::string offer() const {
    std::string sdp =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE cam\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:cam\r\na=sendonly\r\na=rtcp-mux\r\n"
        "a=setup:active\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n"
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
        "a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
        "a=rid:a send\r\na=rid:b send\r\na=rid:c send\r\na=simulcast:send a;b;c\r\n";
    sdp += "a=ice-ufrag:" + peer_.credentials().ufrag + "\r\na=ice-pwd:" + peer_.credentials().password;
    return sdp + "\r\na=fingerprint:sha-256 " + peer_.fingerprint_text() + "\r\n";
  }

  Time video_deadline() const override { return std::min(next_frame_, peer_.deadline()); }

  void step_video(Time now, bool active) override {
    peer_.step(now);
    if (now >= next_frame_) {
      next_frame_ = now + kFrameEvery;
      if (active && peer_.connected()) send_pictures(now);
    }
    if (peer_.connected() && now >= next_report_) send_reports(now);
    flush(now);
  }

  void flush(Time now) {
    for (const test::Datagram& datagram : peer_.take_transmits()) {
      const engine::Datagram arrival{.path = {.local = datagram.to, .remote = datagram.from},
                                     .bytes = datagram.bytes};
      stage_.engine.receive(now, {&arrival, 1});
    }
  }

  void take_rtcp(Bytes bytes) {
    rtp::RtcpReader reader{bytes};
    while (const auto packet = reader.next()) {
      const auto* pli = std::get_if<rtp::Pli>(&*packet);
      if (pli != nullptr && pli->media_ssrc - 1 < kEncodings)
        encodings_[pli->media_ssrc - 1].key_wanted = true;
    }
  }

  void send_pictures(Time now) {
    const std::uint8_t temporal = kTemporal[frame_++ % kTemporal.size()];
    for (std::size_t i = 0; i < kEncodings; ++i) send_picture(now, i, temporal);
  }

  void send_picture(Time now, std::size_t index, std::uint8_t temporal) {
    Encoding& encoding = encodings_[index];
    const bool key = encoding.key_wanted && temporal == 0;
    if (key) encoding.key_wanted = false;
    ++encoding.picture;
    if (temporal == 0) ++encoding.tl0;
    const double wander = 0.9 + 0.2 * random_.unit();
    const double bytes =
        most_ * kShare[index] * 1000 / 8 * kFrameShare[temporal] * wander * (key ? kKeyFrame : 1);
    const auto all = static_cast<std::size_t>(bytes);
    const std::size_t packets = all / (kMostPayload + kOverhead) + 1;
    const std::size_t payload = std::max(all / packets, kOverhead + kLeastPayload) - kOverhead;
    for (std::size_t i = 0; i < packets; ++i) {
      std::array<std::uint8_t, 1400> out{};
      rtp::HeaderWriter writer{{.marker = i + 1 == packets,
                                .payload_type = 96,
                                .sequence = encoding.sequence++,
                                .timestamp = static_cast<std::uint32_t>(to_us(now) * 9 / 100),
                                .ssrc = static_cast<std::uint32_t>(index + 1)}};
      writer.add_extension(4, as_bytes("cam"));
      writer.add_extension(5, as_bytes(kRids[index]));
      const std::size_t header = writer.write(out);
      write_vp8({.picture = encoding.picture,
                 .tl0 = encoding.tl0,
                 .temporal = temporal,
                 .sync = temporal == 1 || (temporal == 2 && frame_ % 4 == 2),
                 .first = i == 0,
                 .key = key,
                 .height = static_cast<std::uint16_t>(180U << index)},
                MutableBytes{out}.subspan(header, payload));
      peer_.send_rtp(Bytes{out}.first(header + payload));
    }
  }

  void send_reports(Time now) {
    next_report_ = now + kReportEvery;
    std::array<std::uint8_t, 200> out;
    ByteWriter w{out};
    for (std::uint32_t i = 1; i <= kEncodings; ++i) {
      rtp::write_sender_report(w, i,
                               NtpTime{ntp_from_us(to_us(now) + std::int64_t{3'900'000'000} * 1'000'000)},
                               static_cast<std::uint32_t>(to_us(now) * 9 / 100), 0, 0, {});
    }
    peer_.send_rtcp(w.written());
  }

  double most_;
  test::VirtualPeer peer_;
  SeededRandom random_;
  Id publisher_;
  std::array<Encoding, kEncodings> encodings_;
  std::size_t frame_ = 0;
  Time next_frame_;
  Time next_report_{};
};

}  // namespace

std::vector<double> layered_kbps(double most_kbps) {
  constexpr double kUdpIp = 28;
  constexpr std::array<double, 3> kFrames{7.5, 7.5, 15};  // a second
  std::vector<double> choices;
  for (const double share : kShare) {
    double sum = 0;
    for (std::size_t temporal = 0; temporal < kFrames.size(); ++temporal) {
      const double bytes = most_kbps * share * 1000 / 8 * kFrameShare[temporal];
      const double packets = std::floor(bytes / (kMostPayload + kOverhead)) + 1;
      sum += kFrames[temporal] * (bytes + packets * kUdpIp) * 8 / 1000;
      choices.push_back(sum);
    }
  }
  return choices;
}

std::unique_ptr<Source> make_layered_source(const Stage& stage, Time now, double most_kbps,
                                            std::uint64_t seed) {
  return std::make_unique<LayeredSource>(stage, now, most_kbps, seed);
}

}  // namespace weir::bench
