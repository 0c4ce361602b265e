// A scripted WebRTC client: offers, sends synthetic VP8 and Opus packets, answers PLI and NACK, and keeps
// what it receives.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/media_type.h"
#include "base/random.h"
#include "base/sequence.h"
#include "base/time.h"
#include "engine/engine.h"
#include "rtp/extensions.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "rtp/telephone_event.h"
#include "sdp/session.h"
#include "support/arrival_reports.h"
#include "support/virtual_peer.h"

namespace weir::scenario {

struct Person {
  bool sends_audio = true;
  bool sends_video = true;
  bool sends_screen = false;
  int receives_audio = 2;
  int receives_video = 2;
  bool offers_transport_cc = true;
  bool offers_ccfb = false;  // RFC 8888, where transport-cc is not offered
  bool offers_remb = true;
  bool reports_arrivals = true;     // by what it offered
  int picture_packets = 0;          // of the camera without simulcast; 0: a few small ones
  std::size_t picture_payload = 0;  // bytes of each; 0: as small as can be
  bool repairs = true;              // NACKs what it misses
  std::string video_codec = "VP8";
  bool describes = false;  // offers the dependency descriptor
  bool marks = false;      // offers the frame marking
  bool keeps_packets = false;
  int encodings = 1;        // of the camera; more: simulcast by rid, "a" the smallest
  int temporal_layers = 1;  // of each, 1 to 3
  bool life_size = false;  // encodings of 150, 500 and 1700 kbit/s, key pictures six times as large as others
  dtls::Role dtls = dtls::Role::client;
  bool joins_as_listener = false;  // may not send
  test::VirtualPeer::Nomination nomination = test::VirtualPeer::Nomination::after_success;
  std::size_t hello_fragment = 0;
  bool sends_levels = true;    // RFC 6464
  bool discontinuous = false;  // in silence a small packet every 400 ms (DTX)
  bool red = false;            // offers RED on every line of sound
  int red_frames = 0;          // and repeats so many frames in what it sends
  std::string audio_codec = "opus";
  std::uint32_t events = 0;  // clock rate of the telephone events it offers; 0: none
  bool audio_nack = false;
  bool tells_capture = false;  // offers abs-capture-time and sends it once a second
  bool data = false;           // offers a line of data channels
  dtls::Srtp srtp = dtls::Srtp::required;
  std::uint32_t max_message_size = 262'144;  // that it takes
};

/// What came on a data channel.
struct DataReceived {
  std::string label;
  std::string body;
  bool text = false;
  Time at;
};

/// What arrived on one receive line.
struct Received {
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;
  std::vector<std::int64_t> sequences;  // unwrapped, in order of arrival, repaired ones included
  std::vector<std::uint32_t> timestamps;
  std::vector<std::uint16_t> picture_ids;
  std::vector<std::uint8_t> tl0;
  std::vector<std::uint32_t> senders;  // who sent it: the client's number in the payload; 0: too short for it
  std::vector<std::int64_t> ages_us;   // from sending to arriving
  std::vector<std::uint32_t> key_frame_senders;
  std::vector<int> encodings;  // of each packet
  std::vector<int> temporal;
  std::vector<bool> markers;
  std::vector<std::vector<std::uint8_t>> packets;  // as they came, of who keeps them
  std::vector<Time> times;
  std::vector<std::uint8_t> payload_types;
  std::set<std::int64_t> frames;  // when the frames of sound were sent, repeated ones included
  std::vector<rtp::TelephoneEvent> events;
  int repaired = 0;
  int repeated = 0;  // by RTX, without need
  Unwrapper<std::uint16_t> unwrapper;
  std::set<std::int64_t> missing;
  struct Capture {
    Time at;
    rtp::CaptureTime time;
  };
  std::map<std::size_t, Capture> captures;  // by the packet's place in `senders`
  struct Report {
    Time at;
    NtpTime ntp;
    std::uint32_t timestamp;
  };
  std::vector<Report> reports;

  std::uint8_t take_fraction_lost();  // since it was taken last (RFC 3550 section 6.4.1)
  std::int64_t reported_highest = -1;
  std::size_t reported_count = 0;

  bool has_gap() const;  // sequence numbers that never came
  std::uint32_t last_sender() const { return senders.empty() ? 0 : senders.back(); }
};

class Client {
 public:
  Client(std::uint32_t number, const Person& person, Address local, Address node, std::uint64_t seed);

  std::string offer() const;
  void take_answer(const std::string& answer);

  // Script.
  void set_camera(bool on) { camera_ = on; }
  /// Whether one of the camera's encodings is sent.
  void set_encoding(int encoding, bool on) { camera_streams_.at(static_cast<std::size_t>(encoding)).on = on; }
  void set_microphone(bool on) { microphone_ = on; }
  void set_talking(bool talking) { talking_ = talking; }
  /// Sends one packet of a telephone event beside its sound.
  void send_event(Time now, const rtp::TelephoneEvent& event);
  void set_screen(bool on) { screen_ = on; }
  /// A new offer with these lines; the caller negotiates it.
  Person& person() { return person_; }
  void restart_ice() { peer_->restart_ice(); }
  void renew_camera_ssrc();
  /// A new connection of the same person, with the same SSRCs and other numbers; the caller negotiates it.
  void reconnect();

  // Machine.
  void step(Time now);
  void receive(Time now, const test::Datagram& datagram);
  Time deadline() const;

  test::VirtualPeer& peer() { return *peer_; }
  const test::VirtualPeer& peer() const { return *peer_; }
  std::uint32_t number() const { return number_; }
  const Received& video(int line) const { return lines_.at("rv" + std::to_string(line)); }
  const Received& audio(int line) const { return lines_.at("ra" + std::to_string(line)); }
  const Received& line(const std::string& mid) const { return lines_.at(mid); }
  // Data channels.
  bool data_up() { return peer_->channels() != nullptr && peer_->channels()->up(); }
  bool open(Time now, std::string_view label, const sctp::Reliability& reliability = {});
  sctp::Channels::Sent say(Time now, std::string_view label, std::string_view body, bool text = true);
  void close(Time now, std::string_view label);
  const std::vector<DataReceived>& data() const { return data_; }
  std::vector<std::string> data_on(std::string_view label) const;
  const sctp::Channel* channel(std::string_view label);

  int plis_received() const { return plis_received_; }
  int nacks_received() const { return nacks_received_; }
  int transport_feedback_received() const { return transport_feedback_received_; }
  std::uint64_t remb() const { return remb_; }
  int reports_about_me() const { return reports_about_me_; }
  /// Transport-wide numbers of packets, in the order of arrival.
  const std::vector<std::uint16_t>& transport_numbers() const { return transport_numbers_; }
  /// Of RTP, SRTP's tag not included.
  std::uint64_t bytes_received() const { return bytes_received_; }
  int padding_received() const { return padding_received_; }
  /// Loss that its receiver reports claim, in 1/256.
  void claim_loss(std::uint8_t fraction) { claimed_loss_ = fraction; }
  void stop_arrival_reports() { reports_ = test::ArrivalReports{test::Reports::none}; }
  void send_remb(std::uint64_t bitrate);

  std::uint32_t camera_ssrc() const { return camera_streams_.front().ssrc; }
  const std::string& answer() const { return answer_; }

  /// Sends any plain packet through SRTP.
  bool send_rtp(Bytes plain) { return peer_->send_rtp(plain); }
  bool send_rtcp(Bytes plain) { return peer_->send_rtcp(plain); }
  /// Sends a PLI for a receive line.
  void ask_for_key_frame(int line);

  /// Of all plain media that arrived.
  std::uint64_t digest() const { return digest_; }

  Id id;

 private:
  struct Outgoing {
    std::uint32_t ssrc;
    std::uint32_t rtx_ssrc;
    std::uint16_t sequence;
    std::uint16_t picture_id = 0;
    std::uint8_t tl0 = 7;
    int encoding = 0;
    bool on = true;
    bool key_wanted = true;
    Time next_capture{};
    int since_base = 0;  // pictures since the last of temporal layer 0
    std::uint16_t rtx_sequence = 100;
    std::map<std::uint16_t, std::vector<std::uint8_t>> sent;  // for RTX
  };

  void send_picture(Time now, Outgoing& stream, const char* mid);
  std::pair<int, std::size_t> sizes_of(const Outgoing& stream, bool camera, bool key) const;
  std::size_t write_payload(Time now, const Outgoing& stream, int temporal, bool first, bool key,
                            MutableBytes out) const;
  Outgoing* outgoing(std::uint32_t ssrc);
  void send_sound(Time now);
  std::string data_line() const;
  std::string extensions(bool audio) const;
  void allow_data();
  void take_data(Time now);
  std::vector<rtp::ReportBlock> report_blocks(Time now);
  void send_reports(Time now);
  void send_nacks(Time now);
  static Bytes take_sound(Received& line, const rtp::Packet& packet);
  void take_rtp(Time now, Bytes packet);
  void send_arrival_reports(Time now);
  void note_arrival(Time now, const rtp::Packet& packet);
  void take_rtcp(Time now, Bytes packet);
  void send_packet(Time now, Outgoing& stream, const char* mid, std::uint8_t payload_type, bool marker,
                   std::uint32_t timestamp, Bytes payload, std::optional<std::uint8_t> level);
  NtpTime ntp(Time now) const;

  std::uint32_t number_;
  Person person_;
  test::VirtualPeer::Options options_;
  std::unique_ptr<test::VirtualPeer> peer_;
  std::map<std::string, Received> lines_;
  std::vector<DataReceived> data_;
  std::string answer_;
  bool camera_ = true;
  bool microphone_ = true;
  bool talking_ = false;
  bool screen_ = true;
  std::vector<Outgoing> camera_streams_;  // one for each encoding
  Outgoing screen_stream_;
  Outgoing audio_stream_;
  std::uint16_t transport_sequence_ = 0;
  std::int64_t clock_offset_us_;  // its clock is not the node's
  Time next_picture_{};
  std::deque<std::pair<std::uint32_t, std::vector<std::uint8_t>>> frames_;  // sent last: for RED
  Time next_sound_{};
  Time next_comfort_{};
  Time next_report_{};
  struct ReferenceTime {
    std::uint32_t ssrc;  // of the node
    NtpTime ntp;
    Time at;
  };
  std::optional<ReferenceTime> asked_;  // RFC 3611: to be answered with the next report
  Time next_nack_{};
  test::ArrivalReports reports_;
  std::vector<std::uint16_t> transport_numbers_;
  std::uint64_t bytes_received_ = 0;
  int padding_received_ = 0;
  std::uint8_t claimed_loss_ = 0;
  int plis_received_ = 0;
  int nacks_received_ = 0;
  int transport_feedback_received_ = 0;
  std::uint64_t remb_ = 0;
  int reports_about_me_ = 0;
  std::uint64_t digest_ = 0;
};

}  // namespace weir::scenario
