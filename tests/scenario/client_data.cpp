// The data channels of a scripted client.
#include "scenario/client.h"

namespace weir::scenario {

std::string Client::data_line() const {
  return "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 "
         "0.0.0.0\r\na=mid:data\r\na=ice-ufrag:" +
         peer_->credentials().ufrag + "\r\na=ice-pwd:" + peer_->credentials().password +
         "\r\na=fingerprint:sha-256 " + peer_->fingerprint_text() +
         (person_.dtls == dtls::Role::client ? "\r\na=setup:active" : "\r\na=setup:passive") +
         "\r\na=sctp-port:5000\r\na=max-message-size:" + std::to_string(person_.max_message_size) + "\r\n";
}

void Client::allow_data() {
  if (!person_.data) return;
  sctp::Channels::Options terms;
  terms.dtls_client = person_.dtls == dtls::Role::client;
  terms.max_message_sent = 262'144;
  peer_->allow_data(terms);
}

bool Client::open(Time now, std::string_view label, const sctp::Reliability& reliability) {
  if (!data_up()) return false;
  const bool opened = peer_->channels()->open(label, "", reliability).has_value();
  peer_->flush_data(now);
  return opened;
}

sctp::Channels::Sent Client::say(Time now, std::string_view label, std::string_view body, bool text) {
  const auto stream = data_up() ? peer_->channels()->find(label) : std::nullopt;
  if (!stream) return sctp::Channels::Sent::closed;
  const auto sent = peer_->channels()->send(*stream, text, as_bytes(body));
  peer_->flush_data(now);
  return sent;
}

void Client::close(Time now, std::string_view label) {
  const auto stream = data_up() ? peer_->channels()->find(label) : std::nullopt;
  if (stream) peer_->channels()->close(*stream);
  peer_->flush_data(now);
}

const sctp::Channel* Client::channel(std::string_view label) {
  const auto stream = data_up() ? peer_->channels()->find(label) : std::nullopt;
  return stream ? peer_->channels()->find(*stream) : nullptr;
}

std::vector<std::string> Client::data_on(std::string_view label) const {
  std::vector<std::string> bodies;
  for (const DataReceived& received : data_) {
    if (received.label == label) bodies.push_back(received.body);
  }
  return bodies;
}

void Client::take_data(Time now) {
  sctp::Channels* const channels = peer_->channels();
  if (channels == nullptr) return;
  for (const auto& event : channels->take_events()) {
    const sctp::Channel* const channel = channels->find(event.stream);
    if (event.kind != sctp::Channels::EventKind::message || channel == nullptr) continue;
    data_.push_back(
        {.label = channel->label, .body = std::string{as_text(event.bytes)}, .text = event.text, .at = now});
  }
  peer_->flush_data(now);
}

}  // namespace weir::scenario
