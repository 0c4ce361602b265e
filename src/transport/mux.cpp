// Demultiplexing, and the life of transports. Paths and checks are in paths.cpp, DTLS in handshake.cpp.
//
// The first byte tells the protocol (RFC 7983 section 7):
//    0..3 STUN    16..19 ZRTP    20..63 DTLS    64..79 TURN channel    128..191 RTP and RTCP
// and the second, RTCP from RTP (RFC 5761 section 4): packet types 192 to 223 are RTCP.
#include "transport/transport.h"

#include <array>

#include "weir/node.h"

namespace weir::transport {
namespace {

constexpr std::size_t kUfragSize = 8;
constexpr std::size_t kPasswordSize = 24;

/// ice-char of RFC 8839 section 5.4: 64 of them, so that 6 random bits make one.
std::string ice_chars(Random& random, std::size_t size) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text(size, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  for (char& c : text) c = kAlphabet[static_cast<std::uint8_t>(c) & 63];
  return text;
}

bool is_rtcp(std::uint8_t second_byte) {
  return second_byte >= 192 && second_byte <= 223;
}

}  // namespace

Mux::Mux(Limits limits, std::shared_ptr<const crypto::Certificate> certificate, Random& random,
         EgressBatch& egress, DropCounters& drops, Log log, std::optional<srtp::BackendKind> srtp)
    : limits_(limits),
      certificate_(std::move(certificate)),
      random_(random),
      egress_(egress),
      drops_(drops),
      log_(log),
      srtp_(srtp::make_backend(srtp)) {}

Mux::~Mux() = default;

ice::Credentials Mux::fresh_credentials() {
  ice::Credentials credentials;
  do {
    credentials.ufrag = ice_chars(random_, kUfragSize);
  } while (by_ufrag_.contains(credentials.ufrag));
  credentials.password = ice_chars(random_, kPasswordSize);
  return credentials;
}

Transport& Mux::open(Id owner) {
  std::unique_ptr<Transport>& slot = transports_[owner.value];
  if (slot) return *slot;
  slot = std::make_unique<Transport>();
  slot->owner_ = owner;
  slot->local_ = fresh_credentials();
  by_ufrag_[slot->local_.ufrag] = slot.get();
  return *slot;
}

void Mux::close(Time now, Transport& transport) {
  // While a job is out, its session is another thread's; the peer then notices by consent or by its own
  // signalling.
  if (transport.connected() && transport.dtls_ && !transport.job_out_) {
    end_data(now, transport);
    transport.dtls_->close(now);
    send_dtls(transport, transport.dtls_->take_transmits());
  }
  wind_up(transport);
  for (const Transport::Path& path : transport.paths_) by_path_.erase(path.tuple);
  by_ufrag_.erase(transport.local_.ufrag);
  if (!transport.old_local_.ufrag.empty()) by_ufrag_.erase(transport.old_local_.ufrag);
  std::erase_if(jobs_, [&](const HandshakeJob& job) { return job.owner == transport.owner_; });
  std::erase_if(events_, [&](const Event& event) { return event.owner == transport.owner_; });
  transports_.erase(transport.owner_.value);
}

weir_status Mux::set_remote(Time now, Transport& transport, const ice::Credentials& remote, dtls::Role role,
                            std::string_view fingerprint_algorithm, Bytes fingerprint) {
  if (transport.closed_) return WEIR_ERR_CLOSED;
  const std::size_t expected = crypto::digest(fingerprint_algorithm, {}).size();
  if (expected == 0 || fingerprint.size() != expected || remote.ufrag.empty()) return WEIR_ERR_SDP;
  const bool running = transport.dtls_ != nullptr || transport.established_;
  if (running) {
    const bool same = transport.fingerprint_algorithm_ == fingerprint_algorithm &&
                      std::equal(fingerprint.begin(), fingerprint.end(), transport.fingerprint_.begin(),
                                 transport.fingerprint_.end());
    if (!same) return WEIR_ERR_SDP;
  } else {
    transport.role_ = role;
    transport.fingerprint_algorithm_ = fingerprint_algorithm;
    transport.fingerprint_.assign(fingerprint.begin(), fingerprint.end());
  }

  if (transport.remote_known_ && transport.remote_ufrag_ != remote.ufrag) {
    // A restart before the last one finished: only the newest two pairs of credentials count.
    if (!transport.old_local_.ufrag.empty()) by_ufrag_.erase(transport.old_local_.ufrag);
    transport.old_local_ = std::exchange(transport.local_, fresh_credentials());
    by_ufrag_[transport.local_.ufrag] = &transport;
  }
  transport.remote_ufrag_ = remote.ufrag;
  if (!transport.remote_known_) {
    transport.remote_known_ = true;
    transport.give_up_ = now + limits_.handshake_timeout;
    due(transport.give_up_);
  }
  pump(now, transport);
  return WEIR_OK;
}

Transport* Mux::find(const FiveTuple& path) const {
  const auto it = by_path_.find(path);
  return it == by_path_.end() ? nullptr : it->second;
}

Mux::Arrival Mux::drop(DropReason reason) {
  drops_.count(reason);
  return {};
}

/// Of a transport that ended, only the end is told.
void Mux::emit(EventKind kind, const Transport& transport) {
  if (transport.closed_ && kind != EventKind::closed && kind != EventKind::failed) return;
  events_.push_back({kind, transport.owner_});
}

void Mux::transmit(const FiveTuple& path, Bytes datagram) {
  if (!egress_.push(path, datagram)) drops_.count(DropReason::SEND_BUFFER);
}

Mux::Arrival Mux::receive(Time now, const FiveTuple& path, Bytes datagram) {
  if (datagram.empty()) return drop(DropReason::EMPTY);
  const std::uint8_t first = datagram[0];
  if (first >= 128 && first <= 191) return receive_media(path, datagram);
  if (first <= 3) return receive_stun(now, path, datagram);
  if (first >= 20 && first <= 63) return receive_dtls(now, path, datagram);
  return drop(DropReason::UNKNOWN_PROTOCOL);
}

Mux::Arrival Mux::receive_media(const FiveTuple& path, Bytes datagram) {
  Transport* transport = find(path);
  if (transport == nullptr) return drop(DropReason::UNKNOWN_ADDRESS);
  if (!transport->connected() || transport->srtp_ == nullptr) return drop(DropReason::SRTP_NO_KEYS);
  if (datagram.size() < 2) return drop(DropReason::RTP_MALFORMED);
  return {is_rtcp(datagram[1]) ? Kind::rtcp : Kind::rtp, transport};
}

Time Mux::next_due_of(const Transport& transport) const {
  Time when = kNever;
  if (!transport.job_out_) when = std::min(when, transport.dtls_deadline_);
  if (transport.pending()) when = std::min(when, transport.give_up_);
  for (const Transport::Path& path : transport.paths_) {
    when = std::min(when, path.last_check + limits_.consent_timeout);
  }
  return when;
}

void Mux::advance(Time now) {
  advance_data(now);
  if (now < next_due_) return;
  next_due_ = kNever;
  for (const auto& [owner, transport] : transports_) {
    expire_paths(now, *transport);
    if (transport->pending() && now >= transport->give_up_) fail(*transport, "no connection in time");
    if (now >= transport->dtls_deadline_) pump(now, *transport);
    due(next_due_of(*transport));
  }
}

}  // namespace weir::transport
