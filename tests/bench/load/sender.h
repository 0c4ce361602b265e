// What a publisher sends: frames in time, sender reports, repair and key frames when asked.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "load/media.h"
#include "load/options.h"
#include "load/outbox.h"

namespace weir::load {

class Sender {
 public:
  /// SSRCs from `ssrc` on.
  Sender(const Options& options, std::uint32_t ssrc);

  const SentStream* stream(SentStream::Kind kind) const;
  std::vector<SentStream::Kind> kinds() const;

  /// `phase` spreads the clients' frames over time.
  void begin(Time now, Duration phase);
  /// Sends what is due; no media while `sending` is false.
  void step(Time now, bool sending, Outbox& out);
  Time deadline() const;
  /// Whatever a server says, plain.
  void take_rtcp(Bytes packet, Outbox& out);

  /// Media packets, without repair.
  std::uint64_t packets() const;

 private:
  struct Line {
    SentStream stream;
    std::size_t packets;  // of a frame
    Duration interval;
    Time next = kNever;
  };
  static constexpr Duration kReportInterval = std::chrono::seconds{1};
  static constexpr Duration kMostBehind = std::chrono::milliseconds{500};  // then frames are left out

  void send_frame(Time now, Line& line, Outbox& out);
  void send_reports(Time now, Outbox& out);
  SentStream* find(std::uint32_t ssrc);

  std::vector<Line> lines_;
  Time next_report_ = kNever;
  std::uint16_t transport_sequence_ = 0;
};

}  // namespace weir::load
