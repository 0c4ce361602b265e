// A media flow: an engine with a source and one remote receiver. What leaves the engine goes over the data
// link as it is, encrypted; what the receiver says comes back over the feedback link. Both count with their
// UDP and IP headers.
#pragma once

#include <memory>
#include <vector>

#include "bwe_link.h"
#include "bwe_receiver.h"
#include "bwe_source.h"
#include "engine/engine.h"

namespace weir::bench {

/// One media packet's end: when it left, when it came, how long it waited in the queue.
struct PacketRecord {
  float sent = 0;
  float received = -1;  // never
  float waited_ms = 0;
  std::uint32_t size = 0;  // with UDP and IP
  bool repeated = false;   // sent over RTX: a repair, or a probe's padding
  bool padding = false;    // of no use to the receiver
  bool video = false;
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
  bool layers = false;                     // a simulcast publisher instead of an encoder that follows
};

class MediaFlow {
 public:
  MediaFlow(Simulator& simulator, Link& data, Link& feedback, const MediaOptions& options,
            std::uint64_t seed);

  const MediaOptions& options() const { return options_; }
  const std::vector<PacketRecord>& packets() const { return packets_; }
  const std::vector<TargetRecord>& targets() const { return targets_; }
  bool active(double at) const;

 private:
  void begin();
  void connect_lines();
  void record_target();
  void pump();
  void drain();
  void deliver(const test::Datagram& datagram, std::size_t record, Duration waited);
  void send(const test::Datagram& datagram);
  void send_back();
  void schedule();
  // The engine's time begins later, so that no time of the run is that of nothing.
  Time now() const { return simulator_.now() + kAhead; }

  static constexpr Duration kAhead = std::chrono::seconds{1};
  static constexpr std::size_t kNoRecord = static_cast<std::size_t>(-1);

  Simulator& simulator_;
  Link& data_;
  Link& feedback_;
  MediaOptions options_;
  std::uint64_t seed_;
  SeededRandom random_;
  engine::Engine engine_;
  Receiver receiver_;
  Id viewer_;
  std::unique_ptr<Source> source_;
  bool lines_set_ = false;
  std::optional<Time> wake_;
  std::vector<PacketRecord> packets_;
  std::vector<TargetRecord> targets_;
};

}  // namespace weir::bench
