// A media flow: video and audio through the engine's downlink of one receiver (estimator, pacer, padding),
// over links, to a receiver that reports with the library's transport-wide feedback, as bytes.
#pragma once

#include <vector>

#include "bwe_link.h"
#include "bwe_video.h"
#include "engine/downlink.h"
#include "rtp/transport_cc.h"

namespace weir::bench {

/// One media packet's end: when it left, when it came, how long it waited in the queue.
struct PacketRecord {
  float sent = 0;
  float received = -1;  // never
  float waited_ms = 0;
  std::uint32_t size = 0;
  bool padding = false;
};

struct TargetRecord {
  float at = 0;
  float kbps = 0;
};

struct MediaOptions {
  bool forward = true;
  double start = 0;
  double end = 100;
  double pause = -1;  // none
  double resume = -1;
  double delay_ms = 50;
  double video_most = VideoSource::kMost;  // kbit/s
  engine::DownlinkOptions downlink;
};

class MediaFlow {
 public:
  MediaFlow(Simulator& simulator, Link& data, Link& feedback, MediaOptions options, std::uint64_t seed);

  const MediaOptions& options() const { return options_; }
  const std::vector<PacketRecord>& packets() const { return packets_; }
  const std::vector<TargetRecord>& targets() const { return targets_; }
  bool active(double at) const;

 private:
  void make_frame();
  void make_audio();
  void record_target();
  void pump();
  void schedule(Time when);
  void offer(std::uint32_t size, bwe::PacketKind kind);
  void pad(const bwe::Pacer::Item& item);
  void send(std::uint32_t size, bwe::PacketKind kind, std::uint32_t probe);
  void receive(std::size_t index, std::uint16_t sequence, Duration waited);
  void report();

  Simulator& simulator_;
  Link& data_;
  Link& feedback_;
  MediaOptions options_;
  engine::Downlink downlink_;
  VideoSource video_;
  rtp::TransportFeedbackBuilder builder_;
  std::optional<Time> wake_;
  double recent_bytes_ = 0;  // received since the last report
  Time last_report_{};
  double receive_rate_ = 150'000;
  std::vector<PacketRecord> packets_;
  std::vector<TargetRecord> targets_;
};

}  // namespace weir::bench
