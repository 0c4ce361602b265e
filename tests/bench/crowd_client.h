// A client of a crowd: lines as a browser's (simulcast camera, microphone, pictures and voices of others,
// data channels), a transport without sockets. Once connected it can be reduced to its keys, so that
// thousands fit beside what is measured.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rtp/transport_cc.h"
#include "support/virtual_peer.h"

namespace weir::bench {

struct CrowdShape {
  bool sends = true;  // camera and microphone
  std::size_t pictures = 9;
  std::size_t voices = 0;
  bool data = false;
};

class CrowdClient {
 public:
  CrowdClient(std::uint32_t number, const CrowdShape& shape, const Address& node,
              std::shared_ptr<srtp::Backend> backend);

  const Address& address() const { return local_; }
  const CrowdShape& shape() const { return shape_; }
  /// For the next offer.
  void set_shape(const CrowdShape& shape) { shape_ = shape; }

  std::string offer() const;
  void take_answer(const std::string& answer);

  void receive(Time now, Bytes bytes);
  /// Connects, stays connected, sends what is due.
  void step(Time now);
  std::vector<test::Datagram> take_transmits();

  /// Media may flow, and messages where it has data channels.
  bool up() const;
  /// Forgets all but the keys of media: no more checks, no more data.
  void reduce();
  /// nullptr when reduced.
  test::VirtualPeer* peer() { return peer_.get(); }
  void say(Time now, std::string_view label, std::string_view text);
  std::uint64_t heard() const { return heard_; }  // messages
  std::uint64_t packets_received() const { return packets_received_; }

 private:
  static constexpr std::size_t kEncodings = 3;
  struct Stream {
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
  };

  std::string line(std::string_view kind, const std::string& mid, bool sends) const;
  std::string data_line() const;
  std::string transport_lines() const;
  srtp::Session* srtp() { return peer_ != nullptr ? peer_->srtp() : keys_.get(); }
  void send(MutableBytes buffer, std::size_t size, bool rtcp);
  void send_sound(Time now);
  void send_pictures(Time now);
  void send_picture(Time now, std::size_t encoding, bool key);
  void report(Time now);
  std::size_t write_header(MutableBytes out, Stream& stream, std::uint8_t type, bool marker,
                           std::uint32_t timestamp, std::string_view mid, std::string_view rid);
  void take_data(Time now);

  std::uint32_t number_;
  CrowdShape shape_;
  Address local_;
  Address node_;
  std::unique_ptr<test::VirtualPeer> peer_;
  std::unique_ptr<srtp::Session> keys_;  // once reduced
  rtp::TransportFeedbackBuilder arrivals_;
  std::vector<test::Datagram> transmits_;
  Stream sound_;
  std::array<Stream, kEncodings> pictures_;
  std::uint16_t transport_sequence_ = 0;
  std::uint16_t frames_ = 0;
  Time next_sound_{};
  Time next_picture_{};
  Time next_report_{};
  std::uint64_t packets_received_ = 0;
  std::uint64_t heard_ = 0;
};

}  // namespace weir::bench
