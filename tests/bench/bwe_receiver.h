// A browser that watches: real ICE, DTLS and SRTP in virtual time, one line of sound and one of video. It
// reports what arrives by transport-wide feedback, asks for what it misses, and sends receiver reports.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>

#include "base/sequence.h"
#include "support/arrival_reports.h"
#include "support/virtual_peer.h"

namespace weir::bench {

class Receiver {
 public:
  Receiver(const test::VirtualPeer::Options& options, Duration round_trip)
      : peer_(options), reports_(test::Reports::transport_cc), round_trip_(round_trip) {}

  std::string offer() const;
  void take_answer(const std::string& answer);

  /// What a datagram was to the one who watches.
  enum class Use { none, sound, video, repair, padding };
  Use receive(Time now, const test::Datagram& datagram);
  void step(Time now);
  Time deadline() const;
  std::vector<test::Datagram> take_transmits() { return peer_.take_transmits(); }
  bool connected() const { return peer_.connected(); }

 private:
  struct Missing {
    Time since;
    Time asked = Time::min();
  };
  Use take_rtp(Time now, Bytes bytes);
  void note_video(Time now, std::uint16_t sequence);
  void ask(Time now);
  void report(Time now);

  test::VirtualPeer peer_;
  test::ArrivalReports reports_;
  Duration round_trip_;
  std::uint32_t video_ = 0;
  std::uint32_t rtx_ = 0;
  Unwrapper<std::uint16_t> numbers_;
  std::optional<std::int64_t> newest_;
  std::map<std::int64_t, Missing> missing_;
  Time next_ask_{};
  Time next_report_{};
};

}  // namespace weir::bench
