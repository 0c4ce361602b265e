// A VirtualPeer on a real socket: a small WebRTC client with one line, of Opus or of data channels. Driven by
// the test's thread, in real time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "support/udp_client.h"
#include "support/virtual_peer.h"

namespace weir::test {

class LivePeer {
 public:
  enum class Lines { send, receive, data };

  /// `node` is where the node listens, in the same family as `address`.
  LivePeer(std::uint64_t seed, const Address& node, Lines lines, const char* address = "127.0.0.1");

  std::string offer() const;
  void take_answer(const std::string& answer);

  /// Sends and receives what is due, then waits at most `wait` for a datagram.
  void turn(Duration wait);
  /// Takes turns until `done()` or the time is over; answers done().
  bool run(Duration limit, const std::function<bool()>& done);

  /// One RTP packet of its microphone.
  bool send_audio(std::uint16_t sequence, Bytes payload);
  /// One message on the data channel with this label, opened when missing; false when it cannot go yet.
  bool say(std::string_view label, std::string_view text);
  /// Messages of all channels.
  const std::vector<std::string>& heard() const { return heard_; }
  /// Payloads of the RTP packets that came, in order of arrival.
  const std::vector<std::vector<std::uint8_t>>& received() const { return received_; }

  VirtualPeer& peer() { return peer_; }
  const UdpClient& socket() const { return socket_; }
  /// In its offer, so that the handshake fails.
  void spoil_fingerprint() { spoiled_ = true; }

 private:
  void flush();

  UdpClient socket_;
  VirtualPeer peer_;
  Lines lines_;
  std::uint32_t ssrc_;
  bool spoiled_ = false;
  std::vector<std::vector<std::uint8_t>> received_;
  std::vector<std::string> heard_;
};

}  // namespace weir::test
