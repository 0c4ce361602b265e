// A client of a benchmark: one line that sends or receives, on a transport without sockets. What it has to do
// is cheap and outside of what is measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/virtual_peer.h"

namespace weir::bench {

/// What is sent: as many packets of one size for each frame.
struct MediaShape {
  std::size_t payload = 1200;
  std::size_t packets = 14;  // of a frame; 1: sound
  Duration interval = std::chrono::microseconds{33'333};

  bool sound() const { return packets == 1; }
};

class MediaPeer {
 public:
  MediaPeer(std::uint64_t seed, const Address& local, const Address& node, const MediaShape& shape,
            bool sends, bool feedback);

  std::string offer() const;
  void take_answer(const std::string& answer);

  /// The packets of the next frame, protected. Every third is a key frame, as large as the others, so that
  /// nobody has to ask for one.
  std::vector<test::Datagram> next_frame(Time now);

  test::VirtualPeer& peer() { return peer_; }
  const Address& address() const { return local_; }

 private:
  std::size_t write_packet(MutableBytes out, std::size_t index) const;

  Address local_;
  test::VirtualPeer peer_;
  MediaShape shape_;
  bool sends_;
  bool feedback_;
  std::uint32_t ssrc_;
  std::uint16_t sequence_ = 1000;
  std::uint16_t transport_sequence_ = 0;
  std::uint16_t frames_ = 0;
  std::uint32_t timestamp_ = 0;
};

}  // namespace weir::bench
