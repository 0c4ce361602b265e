// A WebRTC client's transport without sockets or clock: full ICE (controlling), DTLS in either role, SRTP,
// SCTP.
// What a browser does to a node, in the parts that the node can see; the node's own code is used for DTLS,
// SRTP and SCTP only, the checks are made here.
//
// Mutate, then drain: after every call take_transmits(), take_media() and deadline().
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/random.h"
#include "base/time.h"
#include "crypto/certificate.h"
#include "dtls/session.h"
#include "ice/lite.h"
#include "sctp/channels.h"
#include "srtp/backend.h"

namespace weir::test {

/// A datagram between two addresses, as the network sees it.
struct Datagram {
  Address from;
  Address to;
  std::vector<std::uint8_t> bytes;
};

class VirtualPeer {
 public:
  enum class Nomination {
    after_success,  // Chromium: USE-CANDIDATE once a check was answered
    at_once,        // Firefox: in the first check
    never,
  };
  struct Options {
    std::uint64_t seed = 1;
    Address local;   // the client's address as the node sees it
    Address remote;  // the node's
    // Of the certificate. Any of this century for a node of ours; some servers do look at the dates.
    std::int64_t unix_time = 1'700'000'000;
    dtls::Role role = dtls::Role::client;
    Nomination nomination = Nomination::after_success;
    bool claim_controlled = false;  // a role conflict
    std::size_t hello_fragment =
        0;  // cut an own ClientHello into fragments of so many bytes; 0: leave it whole
    dtls::Srtp srtp = dtls::Srtp::required;
    // Nothing: libsrtp, the reference, whatever the node computes with.
    std::shared_ptr<srtp::Backend> backend{};
    bool leave_keys = false;  // for who computes SRTP itself: take_keys(), and no media here
    Duration check_interval = std::chrono::milliseconds{50};  // until the first answer
    Duration keepalive_interval = std::chrono::seconds{2};    // afterwards
  };
  struct Media {
    bool rtcp = false;
    std::vector<std::uint8_t> bytes;  // plain
  };

  explicit VirtualPeer(const Options& options);
  ~VirtualPeer();

  // What its offer says.
  const ice::Credentials& credentials() const { return local_credentials_; }
  const crypto::Sha256& fingerprint() const { return certificate_->fingerprint(); }
  std::string fingerprint_text() const { return crypto::fingerprint_text(fingerprint()); }
  dtls::Role role() const { return options_.role; }

  /// What the answer says. Again after restart_ice(): DTLS goes on as it is.
  void set_remote(const ice::Credentials& remote, std::string_view fingerprint_algorithm, Bytes fingerprint);
  /// Only once known from the answer; before set_remote().
  void set_role(dtls::Role role) { options_.role = role; }
  /// Likewise, of a peer that answers (RFC 8445 section 6.1.1): the other side nominates.
  void set_controlled() {
    options_.claim_controlled = true;
    options_.nomination = Nomination::never;
  }
  /// Likewise, where the answer's candidates name it.
  void set_remote_address(const Address& remote) { options_.remote = remote; }

  void step(Time now);
  void receive(Time now, const Datagram& datagram);
  Time deadline() const;
  std::vector<Datagram> take_transmits();

  /// Protects and sends. False before connected().
  bool send_rtp(Bytes plain);
  bool send_rtcp(Bytes plain);
  /// Data channels: begin once connected. Use them, then flush_data().
  void allow_data(const sctp::Channels::Options& terms) { data_terms_ = terms; }
  sctp::Channels* channels() { return channels_.get(); }
  void flush_data(Time now);
  /// Any application data as it is, for hostile tests.
  void send_application_data(Time now, Bytes data);
  std::vector<std::vector<std::uint8_t>> take_application_data() {
    return std::exchange(application_data_, {});
  }
  std::vector<Media> take_media() { return std::exchange(media_, {}); }
  /// Sends any bytes as they are, for hostile tests.
  void send_raw(Bytes bytes) {
    transmits_.push_back({options_.local, options_.remote, {bytes.begin(), bytes.end()}});
  }

  /// New credentials; the checks wait for the answer (set_remote).
  void restart_ice();
  /// Another network: everything leaves from `local` from now on, beginning with a check.
  void move_to(Time now, const Address& local);
  /// No more checks, as of a peer whose browser is gone.
  void stop_checks() { checking_ = false; }
  /// One check now, whatever the timer says.
  void check(Time now, bool use_candidate);
  /// close_notify.
  void close(Time now);

  bool checked() const { return answered_; }
  bool connected() const { return dtls_ && dtls_->state() == dtls::State::connected; }
  bool closed() const { return dtls_ && dtls_->state() == dtls::State::closed; }
  bool failed() const { return dtls_ && dtls_->state() == dtls::State::failed; }
  const std::string& failure() const { return dtls_->failure(); }
  std::size_t checks_sent() const { return checks_sent_; }
  std::size_t checks_answered() const { return checks_answered_; }
  /// Code of the last error response, 0 before one.
  int last_error() const { return last_error_; }
  /// XOR-MAPPED-ADDRESS of the last answer.
  const std::optional<Address>& mapped() const { return mapped_; }
  std::size_t undecryptable() const { return undecryptable_; }
  /// For who sends and receives media past this class; nullptr before connected().
  srtp::Session* srtp() { return connected() ? srtp_.get() : nullptr; }
  /// For who goes on with the keys alone. Needs the backend of the options.
  std::unique_ptr<srtp::Session> take_srtp() { return std::move(srtp_); }
  /// Once, when connected.
  std::optional<dtls::SrtpKeys> take_keys() { return std::exchange(keys_, std::nullopt); }

 private:
  void receive_stun(Time now, const Datagram& datagram);
  void receive_dtls(Time now, Bytes bytes);
  void receive_media(Bytes bytes);
  void begin_dtls();
  void drain_dtls(Time now);
  void send(Bytes bytes) { send_raw(bytes); }

  struct Stun;
  Options options_;
  SeededRandom random_;
  std::shared_ptr<const crypto::Certificate> certificate_;
  std::unique_ptr<Stun> stun_;
  ice::Credentials local_credentials_;
  ice::Credentials remote_credentials_;
  std::string fingerprint_algorithm_;
  std::vector<std::uint8_t> remote_fingerprint_;
  bool remote_known_ = false;
  bool checking_ = true;
  bool answered_ = false;
  Time next_check_ = Time::min();
  std::unique_ptr<dtls::Session> dtls_;
  std::shared_ptr<srtp::Backend> backend_;
  std::unique_ptr<srtp::Session> srtp_;
  std::optional<dtls::SrtpKeys> keys_;
  std::optional<sctp::Channels::Options> data_terms_;
  DropCounters drops_;
  std::unique_ptr<sctp::Channels> channels_;
  Time next_tick_ = kNever;
  std::vector<std::vector<std::uint8_t>> application_data_;  // without data channels
  std::vector<Datagram> transmits_;
  std::vector<Media> media_;
  std::size_t checks_sent_ = 0;
  std::size_t checks_answered_ = 0;
  std::size_t undecryptable_ = 0;
  int last_error_ = 0;
  std::optional<Address> mapped_;
};

/// Cuts a datagram that holds one unfragmented ClientHello record into datagrams with at most `size` bytes of
/// its body each. Other datagrams come back as they are.
std::vector<std::vector<std::uint8_t>> fragment_hello(Bytes datagram, std::size_t size);

}  // namespace weir::test
