// DTLS of transports: handshakes as jobs that any thread may run, what comes after them inline.
#include "transport/transport.h"
#include "weir/node.h"

namespace weir::transport {
namespace {

constexpr std::size_t kRecordHeader = 13;  // RFC 6347 section 4.1

bool looks_like_record(Bytes datagram) {
  return datagram.size() >= kRecordHeader && datagram[1] == 0xfe;  // version 1.0 and 1.2 are fe ff and fe fd
}

}  // namespace

void HandshakeJob::run() {
  if (datagrams.empty()) session->step(now, {});
  for (const std::vector<std::uint8_t>& datagram : datagrams) session->step(now, datagram);
  state = session->state();
  transmits = session->take_transmits();
  deadline = session->deadline();
  keys = session->take_keys();
}

Mux::Arrival Mux::receive_dtls(Time now, const FiveTuple& path, Bytes datagram) {
  Transport* transport = find(path);
  if (transport == nullptr) return drop(DropReason::UNKNOWN_ADDRESS);
  if (!looks_like_record(datagram)) return drop(DropReason::DTLS_MALFORMED);
  if (transport->closed_) return drop(DropReason::DTLS_LATE);
  if (transport->connected()) {
    step_inline(now, *transport, datagram);
    return {Kind::handled, nullptr};
  }
  if (transport->waiting_.size() >= limits_.max_queued_handshake_datagrams)
    return drop(DropReason::DTLS_QUEUE);
  transport->waiting_.emplace_back(datagram.begin(), datagram.end());
  pump(now, *transport);
  return {Kind::handled, nullptr};
}

/// Gives the association what it waits for: a job while it is handshaking, an inline step afterwards (only
/// its timer).
void Mux::pump(Time now, Transport& transport) {
  if (transport.closed_ || transport.job_out_ || !transport.remote_known_) return;
  if (transport.connected()) {
    if (now >= transport.dtls_deadline_) step_inline(now, transport, {});
    return;
  }
  // The client begins on the first valid check, nominated or not: browsers answer before they nominate.
  const bool begin = !transport.dtls_ && transport.role_ == dtls::Role::client && transport.selected_;
  if (transport.waiting_.empty() && !begin && now < transport.dtls_deadline_) return;
  if (!transport.dtls_) begin_association(transport);
  HandshakeJob job;
  job.owner = transport.owner_;
  job.session = transport.dtls_;
  job.now = now;
  job.datagrams = std::exchange(transport.waiting_, {});
  transport.job_out_ = true;
  transport.dtls_deadline_ = kNever;
  jobs_.push_back(std::move(job));
}

void Mux::begin_association(Transport& transport) {
  dtls::SessionOptions options;
  options.role = transport.role_;
  options.certificate = certificate_;
  options.remote_fingerprint_algorithm = transport.fingerprint_algorithm_;
  options.remote_fingerprint = transport.fingerprint_;
  random_.fill(options.seed);
  options.timeout = limits_.handshake_timeout;
  options.srtp = dtls::Srtp::optional;  // whether it is needed may change before the handshake is done
  transport.dtls_ = std::make_shared<dtls::Session>(std::move(options));
}

void Mux::finish(Time now, HandshakeJob job) {
  const auto it = transports_.find(job.owner.value);
  // Closed or failed meanwhile, perhaps with a namesake in its place: the session ends with the job.
  if (it == transports_.end() || it->second->dtls_ != job.session) return;
  Transport& transport = *it->second;
  transport.job_out_ = false;
  transport.dtls_deadline_ = job.deadline;
  due(job.deadline);
  send_dtls(transport, job.transmits);
  if (job.keys || job.state == dtls::State::connected)
    established(now, transport, job.keys ? &*job.keys : nullptr);
  if (transport.closed_) return;
  if (job.state == dtls::State::failed) return fail(transport, job.session->failure());
  if (job.state == dtls::State::closed) {
    if (!transport.established_) return fail(transport, "the peer closed during the handshake");
    transport.closed_ = true;
    transport.dtls_deadline_ = kNever;
    wind_up(transport);
    emit(EventKind::closed, transport);
    return;
  }
  if (!transport.connected()) return pump(now, transport);
  receive_data(transport);
  // What came in while the last job ran: a retransmission, data, or already close_notify.
  for (const std::vector<std::uint8_t>& datagram : std::exchange(transport.waiting_, {})) {
    if (transport.connected()) step_inline(now, transport, datagram);
  }
}

void Mux::established(Time now, Transport& transport, const dtls::SrtpKeys* keys) {
  if (keys != nullptr) {
    Result<std::unique_ptr<srtp::Session>> session = srtp_->open(*keys);
    if (!session) return fail(transport, session.error().reason);
    transport.srtp_ = std::move(*session);
    transport.profile_ = keys->profile;
  } else if (transport.media_) {
    transport.dtls_->close(now);
    send_dtls(transport, transport.dtls_->take_transmits());
    return fail(transport, "no SRTP profile in common");
  }
  transport.established_ = true;
  transport.cipher_ = transport.dtls_->cipher();
  ++handshakes_completed_;
  emit(EventKind::connected, transport);
  begin_data(now, transport);
}

/// Symmetric cryptography only, some microseconds: data, retransmitted final flights, close_notify.
void Mux::step_inline(Time now, Transport& transport, Bytes datagram) {
  transport.dtls_->step(now, datagram);
  send_dtls(transport, transport.dtls_->take_transmits());
  transport.dtls_deadline_ = transport.dtls_->deadline();
  due(transport.dtls_deadline_);
  receive_data(transport);
  const dtls::State state = transport.dtls_->state();
  if (state != dtls::State::closed && state != dtls::State::failed) return;
  transport.closed_ = true;
  transport.dtls_deadline_ = kNever;
  wind_up(transport);
  if (state == dtls::State::failed) {
    log_(WEIR_LOG_WARNING, "transport: DTLS ended: %s", transport.dtls_->failure().c_str());
  }
  emit(EventKind::closed, transport);
}

void Mux::fail(Transport& transport, const std::string& why) {
  log_(WEIR_LOG_WARNING, "transport: no connection: %s", why.c_str());
  transport.closed_ = true;
  transport.dtls_deadline_ = kNever;
  transport.dtls_.reset();  // a job that is out keeps its own reference
  transport.job_out_ = false;
  transport.waiting_.clear();
  ++handshakes_failed_;
  emit(EventKind::failed, transport);
}

/// The association ends with what carried it.
void Mux::wind_up(Transport& transport) {
  if (transport.channels_ != nullptr) --with_data_;
  transport.channels_.reset();
}

void Mux::send_dtls(const Transport& transport, const std::vector<std::vector<std::uint8_t>>& datagrams) {
  if (!transport.selected_) return;
  for (const std::vector<std::uint8_t>& datagram : datagrams) transmit(*transport.selected_, datagram);
}

}  // namespace weir::transport
