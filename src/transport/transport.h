// A secured path to one remote endpoint: ICE-lite, DTLS, SRTP and SCTP as one machine, and the demultiplexer
// of all such paths of an engine (RFC 7983). The mux answers STUN and drives DTLS; media it only classifies,
// the data path unprotects it.
//
// Mutate, then drain: after every call the owner drains take_touched(), with flush_data() after it, then the
// egress batch it gave, take_events(), take_jobs() and deadline().
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/drop_reason.h"
#include "base/egress.h"
#include "base/log.h"
#include "base/random.h"
#include "base/slots.h"
#include "base/time.h"
#include "dtls/session.h"
#include "ice/lite.h"
#include "sctp/channels.h"
#include "srtp/backend.h"

namespace weir::transport {

/// A piece of DTLS work that may run on any thread. The owner runs it and hands it back to Mux::finish. At
/// most one job of a session is out at a time.
struct HandshakeJob {
  Id owner;
  std::shared_ptr<dtls::Session> session;
  Time now;
  std::vector<std::vector<std::uint8_t>> datagrams;  // in; empty: time only
  // Outcome, filled by run().
  dtls::State state = dtls::State::handshaking;
  std::vector<std::vector<std::uint8_t>> transmits;
  Time deadline = kNever;
  std::optional<dtls::SrtpKeys> keys;

  void run();
};

enum class EventKind : std::uint8_t {
  connected,         // DTLS is up and media may flow
  closed,            // the peer said close_notify, or broke the association
  failed,            // no connection came about; the transport is of no more use
  consent_expired,   // no valid check on any path for consent_timeout: nothing is sent any more (RFC 7675)
  consent_regained,  // a valid check came after all
  path_changed,      // selected() names another path than before, the first one included
};
struct Event {
  EventKind kind;
  Id owner;
};

struct Limits {
  Duration consent_timeout = std::chrono::seconds{30};
  Duration handshake_timeout = std::chrono::seconds{30};  // from set_remote to connected
  std::size_t max_paths_per_transport = 8;  // five-tuples with a valid check; the oldest unused goes first
  std::size_t max_queued_handshake_datagrams = 16;
  std::uint32_t max_unauthenticated_stun_per_second = 1000;  // error responses
  std::uint32_t max_data_channels = 64;                      // of a transport, both sides' together
  std::size_t data_buffer = std::size_t{1} << 20;            // bytes of messages of a transport, each way
};

/// What the signalling says of data channels.
struct DataTerms {
  std::uint16_t remote_port = 5000;
  std::uint32_t max_message_sent = 65'536;  // that the other side takes; 0: any
};

/// One participant's connection. Made and ended by the Mux.
class Transport {
 public:
  Id owner() const { return owner_; }
  const ice::Credentials& local_credentials() const { return local_; }
  bool connected() const { return established_ && !closed_; }
  /// Where to send; nothing before the first valid check or after consent expired.
  const std::optional<FiveTuple>& selected() const { return selected_; }
  /// Nothing before the handshake is done, and where the peer wanted no keys for media.
  srtp::Session* srtp() const { return srtp_.get(); }
  /// Nothing before DTLS is up, or without a line of data channels. Who uses it says so by Mux::touch().
  sctp::Channels* channels() const { return channels_.get(); }
  bool dtls_client() const { return role_ == dtls::Role::client; }
  std::string dtls_cipher() const { return cipher_; }
  dtls::SrtpProfile srtp_profile() const { return profile_; }
  std::uint64_t stun_requests() const { return stun_requests_; }
  std::uint64_t path_changes() const { return path_changes_; }

 private:
  friend class Mux;
  /// A five-tuple that passed a check. Media and DTLS are accepted from each, sent to the selected one only.
  struct Path {
    FiveTuple tuple;
    Time last_check;
  };

  /// Handshaking: neither up nor given up.
  bool pending() const { return !established_ && !closed_; }

  Id owner_;
  ice::Credentials local_;
  ice::Credentials old_local_;  // of before an ICE restart, valid until a check with the new ones passes
  std::string remote_ufrag_;
  dtls::Role role_ = dtls::Role::server;
  std::string fingerprint_algorithm_;
  std::vector<std::uint8_t> fingerprint_;
  bool remote_known_ = false;
  std::vector<Path> paths_;
  std::optional<FiveTuple> selected_;
  bool nominated_ = false;  // the selected path, by USE-CANDIDATE
  bool restarted_ = false;  // a restart finished and nothing was selected since
  bool consent_lost_ = false;
  std::shared_ptr<dtls::Session> dtls_;
  bool job_out_ = false;
  bool established_ = false;                        // the handshake is done
  bool media_ = true;                               // lines of media were negotiated
  bool closed_ = false;                             // or failed
  std::vector<std::vector<std::uint8_t>> waiting_;  // DTLS datagrams for the next job
  Time dtls_deadline_ = kNever;
  Time give_up_ = kNever;
  std::unique_ptr<srtp::Session> srtp_;
  std::optional<DataTerms> data_terms_;
  std::unique_ptr<sctp::Channels> channels_;
  double data_rate_ = 0;    // bytes a second; 0: no limit
  double data_credit_ = 0;  // bytes that may leave at once; a packet that was begun may overdraw it
  Time credited_{};
  bool touched_ = false;  // in the list of that name
  bool sending_ = false;
  dtls::SrtpProfile profile_ = dtls::SrtpProfile::none;
  std::string cipher_;
  std::uint64_t stun_requests_ = 0;
  std::uint64_t path_changes_ = 0;
};

/// Which path is selected (RFC 8445 section 7.3.2 for a lite agent, made for networks that change in
/// mid-call):
/// - nothing selected: the first valid check's path, so that DTLS need not wait for nomination;
/// - a check with USE-CANDIDATE selects its path at once: the latest nomination wins, as with a phone that
/// left Wi-Fi;
/// - a check without it moves the selection only when the selected path had none for kSilent, two keep-alive
/// intervals of the
///   slowest browser: the peer lives, but elsewhere;
/// - a path without a check for consent_timeout is forgotten; if it was selected, the most recently checked
/// one takes over,
///   and if none is left, consent has expired.
/// A five-tuple belongs to the transport whose check proved it; another's valid check takes it over only when
/// it was silent for kPathHold, so that one participant cannot take another's path by forging its address.
class Mux {
 public:
  static constexpr Duration kSilent = std::chrono::seconds{10};
  static constexpr Duration kPathHold = std::chrono::seconds{7};

  Mux(Limits limits, std::shared_ptr<const crypto::Certificate> certificate, Random& random,
      EgressBatch& egress, DropCounters& drops, Log log,
      std::optional<srtp::BackendKind> srtp = std::nullopt);
  ~Mux();

  /// A new transport with fresh local credentials (ufrag 8, password 24 characters). An owner has one at
  /// most: a second open() gives the first.
  Transport& open(Id owner);
  /// Sends close_notify, forgets it. A job that is out is ignored when it comes back.
  void close(Time now, Transport& transport);

  /// Who computes SRTP for all transports.
  srtp::Backend& srtp() const { return *srtp_; }

  /// What the offer says. New remote ufrag on a known transport is an ICE restart: fresh local credentials
  /// (RFC 8445 section 9), paths and DTLS stay until new checks pass. A new fingerprint on a running
  /// association is refused (WEIR_ERR_SDP), and so is one that is empty, of an unknown algorithm or of the
  /// wrong length. A running association keeps its role: answer what dtls_client() says. WEIR_ERR_CLOSED when
  /// the transport closed or failed.
  weir_status set_remote(Time now, Transport& transport, const ice::Credentials& remote, dtls::Role role,
                         std::string_view fingerprint_algorithm, Bytes fingerprint);

  /// Whether it is to carry media. Without, a peer whose DTLS offers no use_srtp is taken, too.
  void set_media(Transport& transport, bool media) { transport.media_ = media; }

  /// Data channels (data.cpp): begin when DTLS is up. Terms once given hold until the end.
  void allow_data(Time now, Transport& transport, const DataTerms& terms);
  void end_data(Time now, Transport& transport);
  /// How much of data may leave in a second, in bytes; 0: as much as SCTP likes.
  void set_data_rate(Transport& transport, double bytes) { transport.data_rate_ = bytes; }
  struct DataSent {
    Id owner;
    std::size_t bytes = 0;  // of datagrams
  };
  /// What left with flush_data(), DTLS included.
  std::vector<DataSent> take_data_sent() { return std::exchange(data_sent_, {}); }
  /// Something was asked of its channels, or happened to them.
  void touch(Transport& transport);
  /// Whose channels may have events, each once; then what they have to send goes with flush_data().
  std::vector<Id> take_touched();
  /// Sends as much as fits beside media; deadline() says when to go on with the rest.
  void flush_data(Time now);

  enum class Kind : std::uint8_t { handled, dropped, rtp, rtcp };
  struct Arrival {
    Kind kind = Kind::dropped;
    Transport* transport = nullptr;  // for rtp and rtcp: connected, with srtp()
  };
  /// Takes one datagram. STUN and DTLS are dealt with inside; drops are counted inside.
  Arrival receive(Time now, const FiveTuple& path, Bytes datagram);

  void advance(Time now);
  /// Never later than necessary; may be earlier than anything is due.
  Time deadline() const { return std::min(next_due_, data_due_); }
  /// A job comes back.
  void finish(Time now, HandshakeJob job);
  std::vector<HandshakeJob> take_jobs() { return std::exchange(jobs_, {}); }
  std::vector<Event> take_events() { return std::exchange(events_, {}); }

  std::uint64_t handshakes_completed() const { return handshakes_completed_; }
  std::uint64_t handshakes_failed() const { return handshakes_failed_; }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  // mux.cpp
  ice::Credentials fresh_credentials();
  Transport* find(const FiveTuple& path) const;
  void emit(EventKind kind, const Transport& transport);
  void transmit(const FiveTuple& path, Bytes datagram);
  void due(Time when) { next_due_ = std::min(next_due_, when); }
  Time next_due_of(const Transport& transport) const;
  Arrival drop(DropReason reason);
  Arrival receive_media(const FiveTuple& path, Bytes datagram);

  // paths.cpp
  Arrival receive_stun(Time now, const FiveTuple& path, Bytes datagram);
  bool may_refuse(Time now);
  Arrival checked(Time now, const FiveTuple& tuple, const ice::LiteAgent::Outcome& check, Bytes reply);
  bool claim(Time now, Transport& transport, const FiveTuple& tuple);
  void confirm(Time now, Transport& transport, const FiveTuple& tuple);
  void select(Time now, Transport& transport, const FiveTuple& tuple, bool use_candidate);
  void choose(Transport& transport, const FiveTuple& tuple);
  void end_restart(Transport& transport);
  void forget_path(Transport& transport, const FiveTuple& tuple);
  void expire_paths(Time now, Transport& transport);
  void replace_selected(Transport& transport);

  // handshake.cpp
  Arrival receive_dtls(Time now, const FiveTuple& path, Bytes datagram);
  void pump(Time now, Transport& transport);
  void begin_association(Transport& transport);
  void step_inline(Time now, Transport& transport, Bytes datagram);
  void established(Time now, Transport& transport, const dtls::SrtpKeys* keys);  // nullptr: none for SRTP
  void fail(Transport& transport, const std::string& why);
  void wind_up(Transport& transport);
  void send_dtls(const Transport& transport, const std::vector<std::vector<std::uint8_t>>& datagrams);

  // data.cpp
  void begin_data(Time now, Transport& transport);
  void receive_data(Transport& transport);
  bool send_data(Time now, Transport& transport);
  static std::size_t data_packets_allowed(Time now, Transport& transport);
  void advance_data(Time now);

  Limits limits_;
  std::shared_ptr<const crypto::Certificate> certificate_;
  Random& random_;
  EgressBatch& egress_;
  DropCounters& drops_;
  Log log_;
  ice::LiteAgent agent_;
  std::unique_ptr<srtp::Backend> srtp_;  // outlives the transports' sessions
  std::unordered_map<std::uint64_t, std::unique_ptr<Transport>> transports_;  // by owner
  std::unordered_map<std::string, Transport*, TextHash, std::equal_to<>> by_ufrag_;
  std::unordered_map<FiveTuple, Transport*, FiveTupleHash> by_path_;
  std::vector<HandshakeJob> jobs_;
  std::vector<Event> events_;
  Time next_due_ = kNever;
  std::size_t with_data_ = 0;  // transports with channels
  Time data_due_ = kNever;
  std::vector<Id> touched_;
  std::vector<Id> sending_;
  std::vector<DataSent> data_sent_;
  // Bucket of error responses to strangers, in millionths.
  std::uint64_t refusals_left_ = 0;
  Time refusals_counted_ = Time::min();
  std::uint64_t handshakes_completed_ = 0;
  std::uint64_t handshakes_failed_ = 0;
};

}  // namespace weir::transport
