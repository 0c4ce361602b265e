// Data channels of transports: SCTP packets as DTLS application data, one a record and a datagram (RFC 8261).
#include <algorithm>

#include "transport/transport.h"

namespace weir::transport {
namespace {

constexpr std::size_t kPathMtu = 1150;  // with DTLS, UDP and IP below what any path carries
constexpr std::size_t kTakenAtOnce = 16;
constexpr Duration kCreditPause = std::chrono::milliseconds{5};
constexpr std::uint32_t kLeastStreams = 16;
constexpr std::uint32_t kMostStreams = 2048;

/// Each side opens channels on every other stream (RFC 8832 section 6), and one side may open them all. A
/// stream takes a hundred bytes, used or not.
std::uint16_t streams_for(std::uint32_t channels) {
  return static_cast<std::uint16_t>(
      std::clamp(2 * std::min(channels, kMostStreams), kLeastStreams, kMostStreams));
}

}  // namespace

void Mux::allow_data(Time now, Transport& transport, const DataTerms& terms) {
  if (transport.data_terms_) return;
  transport.data_terms_ = terms;
  begin_data(now, transport);
}

void Mux::end_data(Time now, Transport& transport) {
  transport.data_terms_.reset();
  if (transport.channels_ == nullptr) return;
  transport.channels_->abort();
  transport.data_rate_ = 0;
  send_data(now, transport);
  transport.channels_.reset();
  --with_data_;
}

/// Once both the signalling and DTLS are done with their parts.
void Mux::begin_data(Time now, Transport& transport) {
  if (!transport.data_terms_ || !transport.connected() || transport.channels_ != nullptr) return;
  sctp::Channels::Options options;
  options.dtls_client = transport.dtls_client();
  options.max_channels = limits_.max_data_channels;
  options.max_message_sent = transport.data_terms_->max_message_sent;
  options.association.remote_port = transport.data_terms_->remote_port;
  // SCTP wants a multiple of four (RFC 9260 section 3.2).
  options.association.path_mtu = std::min(kPathMtu, transport.dtls_->max_payload()) / 4 * 4;
  options.association.streams = streams_for(limits_.max_data_channels);
  options.association.send_buffer = limits_.data_buffer;
  options.association.receive_buffer = limits_.data_buffer;
  transport.channels_ = sctp::Channels::begin(options, drops_);
  if (transport.channels_ == nullptr) {
    log_(WEIR_LOG_WARNING, "transport: no data channels: the process has too many associations");
    transport.data_terms_.reset();
    return;
  }
  ++with_data_;
  data_due_ = std::min(data_due_, now + sctp::Stack::kTick);
  touch(transport);
}

/// What DTLS has given.
void Mux::receive_data(Transport& transport) {
  for (const std::vector<std::uint8_t>& packet : transport.dtls_->take_received()) {
    if (transport.channels_ == nullptr) {
      drops_.count(DropReason::DATA_UNEXPECTED);
      continue;
    }
    transport.channels_->receive(packet);
    touch(transport);
  }
}

void Mux::touch(Transport& transport) {
  if (std::exchange(transport.touched_, true)) return;
  touched_.push_back(transport.owner_);
}

std::vector<Id> Mux::take_touched() {
  for (const Id owner : touched_) {
    const auto it = transports_.find(owner.value);
    if (it == transports_.end()) continue;
    it->second->touched_ = false;
    if (!std::exchange(it->second->sending_, true)) sending_.push_back(owner);
  }
  return std::exchange(touched_, {});
}

void Mux::flush_data(Time now) {
  for (const Id owner : std::exchange(sending_, {})) {
    const auto it = transports_.find(owner.value);
    if (it == transports_.end()) continue;
    Transport& transport = *it->second;
    transport.sending_ = false;
    if (send_data(now, transport)) continue;
    transport.sending_ = true;
    sending_.push_back(owner);
    // Once the arena is drained, or there is credit again.
    data_due_ = transport.data_credit_ > 0 ? now : std::min(data_due_, now + kCreditPause);
  }
}

/// By a bucket of credit that fills at the transport's rate.
std::size_t Mux::data_packets_allowed(Time now, Transport& transport) {
  double& credit = transport.data_credit_;
  if (transport.data_rate_ == 0) {
    credit = static_cast<double>(kPathMtu);
    return kTakenAtOnce;
  }
  const double seconds = static_cast<double>((now - transport.credited_).count()) * 1e-6;
  const double most = std::max(transport.data_rate_ * 0.02, 2.0 * static_cast<double>(kPathMtu));
  credit = std::min(credit + transport.data_rate_ * seconds, most);
  transport.credited_ = now;
  if (credit <= 0) return 0;
  return std::min<std::size_t>(static_cast<std::size_t>(credit) / kPathMtu + 1, kTakenAtOnce);
}

/// Media has the other half of the arena. False: something may be left.
bool Mux::send_data(Time now, Transport& transport) {
  if (transport.channels_ == nullptr || !transport.connected()) return true;
  for (;;) {
    const std::size_t allowed = data_packets_allowed(now, transport);
    if (allowed == 0) return !transport.channels_->pending();
    if (egress_.free_bytes() < egress_.capacity() / 2) return false;
    const auto packets = transport.channels_->take_output(allowed);
    if (packets.empty()) return true;
    // Without a path they are lost, and sent again when there is one.
    if (!transport.selected_) continue;
    for (const std::vector<std::uint8_t>& packet : packets) transport.dtls_->send(now, packet);
    const auto datagrams = transport.dtls_->take_transmits();
    if (data_sent_.empty() || data_sent_.back().owner != transport.owner_) {
      data_sent_.push_back({transport.owner_, 0});
    }
    std::size_t bytes = 0;
    for (const std::vector<std::uint8_t>& datagram : datagrams) bytes += datagram.size();
    transport.data_credit_ -= static_cast<double>(bytes);
    data_sent_.back().bytes += bytes;
    send_dtls(transport, datagrams);
  }
}

/// Timers of SCTP, and what another engine's turn of them has caused here.
void Mux::advance_data(Time now) {
  if (now < data_due_) return;
  data_due_ = with_data_ > 0 ? now + sctp::Stack::kTick : kNever;
  if (with_data_ == 0) return;
  sctp::Stack::instance().advance(now);
  for (const auto& [owner, transport] : transports_) {
    if (transport->channels_ == nullptr) continue;
    transport->channels_->advance();
    if (transport->channels_->pending()) touch(*transport);
  }
}

}  // namespace weir::transport
