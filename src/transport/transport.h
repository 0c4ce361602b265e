// A secured path to one remote endpoint: ICE-lite, DTLS and SRTP as one machine, and the demultiplexer of all such paths
// of an engine (RFC 7983). The mux answers STUN and drives DTLS; media it only classifies, the data path unprotects it.
//
// Mutate, then drain: after every call the owner drains the egress batch it gave, events(), take_jobs() and deadline().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
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
#include "srtp/session.h"

namespace weir::transport {

/// A piece of DTLS work that may run on any thread. The owner runs it and hands it back to Mux::finish. At most one job of
/// a session is out at a time.
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

enum class EventKind : std::uint8_t { connected, closed, failed, consent_expired, consent_regained, path_changed };
struct Event {
  EventKind kind;
  Id owner;
};

struct Limits {
  Duration consent_timeout = std::chrono::seconds{30};
  Duration handshake_timeout = std::chrono::seconds{30};
  std::size_t max_paths_per_transport = 8;      // five-tuples with a valid check; the oldest unused goes first
  std::size_t max_queued_handshake_datagrams = 16;
  std::uint32_t max_unauthenticated_stun_per_second = 1000;
};

/// One participant's connection. Made and ended by the Mux.
class Transport {
 public:
  Id owner() const { return owner_; }
  const ice::Credentials& local_credentials() const { return local_; }
  bool connected() const { return srtp_ != nullptr && !closed_; }
  /// Where to send; nothing before the first valid check or after consent expired.
  const std::optional<FiveTuple>& selected() const { return selected_; }
  /// Nothing before the handshake is done.
  srtp::Session* srtp() const { return srtp_.get(); }
  bool dtls_client() const { return role_ == dtls::Role::client; }
  std::string dtls_cipher() const { return cipher_; }
  dtls::SrtpProfile srtp_profile() const { return profile_; }
  std::uint64_t stun_requests() const { return stun_requests_; }
  std::uint64_t path_changes() const { return path_changes_; }

 private:
  friend class Mux;
  struct Path {
    FiveTuple tuple;
    Time last_check;
  };
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
  Time last_consent_ = kNever;
  bool consent_lost_ = false;
  std::shared_ptr<dtls::Session> dtls_;
  bool job_out_ = false;
  bool closed_ = false;
  std::vector<std::vector<std::uint8_t>> waiting_;  // DTLS datagrams for the next job
  Time dtls_deadline_ = kNever;
  std::unique_ptr<srtp::Session> srtp_;
  dtls::SrtpProfile profile_ = dtls::SrtpProfile::none;
  std::string cipher_;
  std::uint64_t stun_requests_ = 0;
  std::uint64_t path_changes_ = 0;
};

class Mux {
 public:
  Mux(Limits limits, std::shared_ptr<const crypto::Certificate> certificate, Random& random, EgressBatch& egress,
      DropCounters& drops, Log log);
  ~Mux();

  /// A new transport with fresh local credentials (ufrag 8, password 24 characters).
  Transport& open(Id owner);
  void close(Time now, Transport& transport);  // sends close_notify, forgets it

  /// What the offer says. New remote ufrag on a known transport is an ICE restart: fresh local credentials (RFC 8445 section 9),
  /// paths and DTLS stay until new checks pass. A new fingerprint on a running association is refused (WEIR_ERR_SDP).
  weir_status set_remote(Time now, Transport& transport, const ice::Credentials& remote, dtls::Role role,
                         std::string_view fingerprint_algorithm, Bytes fingerprint);

  enum class Kind : std::uint8_t { handled, dropped, rtp, rtcp };
  struct Arrival {
    Kind kind = Kind::dropped;
    Transport* transport = nullptr;  // for rtp and rtcp
  };
  /// Takes one datagram. STUN and DTLS are dealt with inside; drops are counted inside.
  Arrival receive(Time now, const FiveTuple& path, Bytes datagram);

  void advance(Time now);
  Time deadline() const;
  /// A job comes back.
  void finish(Time now, HandshakeJob job);
  std::vector<HandshakeJob> take_jobs() { return std::exchange(jobs_, {}); }
  std::vector<Event> take_events() { return std::exchange(events_, {}); }

  std::uint64_t handshakes_completed() const { return handshakes_completed_; }
  std::uint64_t handshakes_failed() const { return handshakes_failed_; }

 private:
  Limits limits_;
  std::shared_ptr<const crypto::Certificate> certificate_;
  Random& random_;
  EgressBatch& egress_;
  DropCounters& drops_;
  Log log_;
  ice::LiteAgent agent_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Transport>> transports_;  // by owner
  std::unordered_map<std::string, Transport*> by_ufrag_;
  std::unordered_map<FiveTuple, Transport*, FiveTupleHash> by_path_;
  std::vector<HandshakeJob> jobs_;
  std::vector<Event> events_;
  std::uint64_t handshakes_completed_ = 0;
  std::uint64_t handshakes_failed_ = 0;
};

}  // namespace weir::transport
