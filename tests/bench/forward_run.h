// One worker's share of weir-bench forward: the production engine on the production socket, a publisher whose
// packets come through loopback, and receivers of which only the transports exist. Time is virtual, so that a
// second of media takes as long as it costs.
#pragma once

#include <uv.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/engine.h"
#include "io/udp_socket.h"
#include "media_peer.h"
#include "rtp/transport_cc.h"
#include "sink.h"
#include "support/udp_client.h"

namespace weir::bench {

struct ForwardSettings {
  std::size_t subscribers = 100;
  MediaShape shape;
  bool feedback = true;
  io::SocketKind socket = io::SocketKind::best;
};

/// Processor time of the worker, and what it did with it.
struct ForwardCost {
  double receive_ns = 0;  // reading the socket
  double engine_ns = 0;   // unprotecting, routing, rewriting, protecting, timers, feedback
  double send_ns = 0;
  std::uint64_t offered = 0;  // what would have left had nothing been held back
  std::uint64_t packets = 0;  // that left for receivers
  std::uint64_t bytes = 0;
  std::uint64_t drops = 0;
  io::SendCounters socket;

  double total_ns() const { return receive_ns + engine_ns + send_ns; }
};

class ForwardRun {
 public:
  ForwardRun(const ForwardSettings& settings, const Sink& sink, std::size_t first_receiver);
  ~ForwardRun();
  ForwardRun(const ForwardRun&) = delete;
  ForwardRun& operator=(const ForwardRun&) = delete;

  /// Lets the publisher send; what it costs from here on.
  ForwardCost run(Duration media);

 private:
  struct Subscriber {
    std::unique_ptr<MediaPeer> peer;
    rtp::TransportFeedbackBuilder arrivals;
    Time next_report{};
  };

  void connect(MediaPeer& peer, Id participant);
  void choose_source(Id subscriber);
  void carry(MediaPeer& peer);
  void arrive(bool measured);
  void send_frame();
  void report_all();
  void report(Subscriber& subscriber);
  void note_departures();
  void drain(bool measured);
  void send_egress(bool measured);
  void pass(Duration time);

  ForwardSettings settings_;
  std::unique_ptr<io::UdpSocket> socket_;
  uv_loop_t loop_{};
  SeededRandom random_{1};
  std::unique_ptr<engine::Engine> engine_;
  Time now_ = time_from_us(1'000'000);
  test::UdpClient publisher_socket_;
  std::unique_ptr<MediaPeer> publisher_;
  Id track_;
  std::vector<Subscriber> subscribers_;
  std::unordered_map<std::uint32_t, std::size_t> by_receiver_;  // the last bytes of the address
  std::vector<test::Datagram> arriving_;
  ForwardCost cost_;
  double callback_ns_ = 0;
};

}  // namespace weir::bench
