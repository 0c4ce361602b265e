#include "sctp/channels.h"

#include <algorithm>
#include <utility>

namespace weir::sctp {

std::unique_ptr<Channels> Channels::begin(const Options& options, DropCounters& drops) {
  std::unique_ptr<Channels> channels{new Channels{options, drops}};
  channels->association_ = Association::open(options.association);
  if (channels->association_ == nullptr) return nullptr;
  return channels;
}

void Channels::receive(Bytes packet) {
  association_->receive(packet);
  collect();
}

void Channels::advance() {
  if (association_->pending()) collect();
  retry_resets();
}

std::vector<Channels::Event> Channels::take_events() {
  return std::exchange(events_, {});
}

std::vector<std::vector<std::uint8_t>> Channels::take_output(std::size_t most) {
  drops_.count(DropReason::DATA_OUTPUT, association_->take_output_lost());
  return association_->take_output(most);
}

// ---- opening, sending, closing ----

const Channel* Channels::find(std::uint16_t stream) const {
  const auto it = channels_.find(stream);
  return it == channels_.end() || !it->second.usable() ? nullptr : &it->second;
}

std::optional<std::uint16_t> Channels::find(std::string_view label) const {
  for (const auto& [stream, channel] : channels_) {
    if (channel.usable() && channel.label == label) return stream;
  }
  return std::nullopt;
}

std::size_t Channels::count() const {
  return static_cast<std::size_t>(std::count_if(channels_.begin(), channels_.end(),
                                                [](const auto& entry) { return entry.second.usable(); }));
}

std::optional<std::uint16_t> Channels::free_stream() const {
  for (std::uint16_t stream = options_.dtls_client ? 0 : 1; stream < association_->streams();
       stream = static_cast<std::uint16_t>(stream + 2)) {
    if (!channels_.contains(stream)) return stream;
  }
  return std::nullopt;
}

std::optional<std::uint16_t> Channels::open(std::string_view label, std::string_view protocol,
                                            const Reliability& reliability) {
  if (!up() || label.size() > kMaxLabel || protocol.size() > kMaxLabel) return std::nullopt;
  const auto stream = count() < options_.max_channels ? free_stream() : std::nullopt;
  if (!stream) {
    drops_.count(DropReason::DATA_CHANNEL_LIMIT);
    return std::nullopt;
  }
  const Open request{
      .reliability = reliability, .label = std::string{label}, .protocol = std::string{protocol}};
  if (association_->send(*stream, ppid::kDcep, Reliability{}, write_open(request)) !=
      Association::Sent::done) {
    return std::nullopt;
  }
  channels_.emplace(*stream, Channel{.state = Channel::State::opening,
                                     .label = request.label,
                                     .protocol = request.protocol,
                                     .reliability = reliability});
  return stream;
}

Channels::Sent Channels::send(std::uint16_t stream, bool text, Bytes message) {
  const Channel* const channel = find(stream);
  if (channel == nullptr || !up()) return Sent::closed;
  if (options_.max_message_sent != 0 && message.size() > options_.max_message_sent) return Sent::too_large;
  std::uint32_t kind = text ? ppid::kString : ppid::kBinary;
  constexpr std::uint8_t kNothing[1] = {0};
  if (message.empty()) {
    kind = text ? ppid::kStringEmpty : ppid::kBinaryEmpty;
    message = kNothing;
  }
  Reliability reliability = channel->reliability;
  // Nothing may overtake the request to open (RFC 8832 section 6).
  if (channel->state == Channel::State::opening) reliability.ordered = true;
  switch (association_->send(stream, kind, reliability, message)) {
    case Association::Sent::done:
      return Sent::done;
    case Association::Sent::full:
      return Sent::full;
    case Association::Sent::refused:
      break;
  }
  return Sent::closed;
}

void Channels::close(std::uint16_t stream) {
  const auto it = channels_.find(stream);
  if (it == channels_.end() || !it->second.usable()) return;
  it->second.state = Channel::State::closing;
  it->second.reset_asked_for = association_->reset(stream);
}

/// One request to reset is under way at a time; the others wait for their turn.
void Channels::retry_resets() {
  for (auto& [stream, channel] : channels_) {
    if (channel.state == Channel::State::closing && !channel.reset_asked_for) {
      channel.reset_asked_for = association_->reset(stream);
    }
  }
}

// ---- what arrives ----

void Channels::collect() {
  for (const Association::Event& event : association_->take_events()) take(event);
  retry_resets();
}

void Channels::take(const Association::Event& event) {
  switch (event.kind) {
    case Association::EventKind::restarted:
      channels_.clear();
      events_.push_back({.kind = EventKind::down, .bytes = {}});
      events_.push_back({.kind = EventKind::up, .bytes = {}});
      break;
    case Association::EventKind::up:
      events_.push_back({.kind = EventKind::up, .bytes = {}});
      break;
    case Association::EventKind::down:
      channels_.clear();
      events_.push_back({.kind = EventKind::down, .bytes = {}});
      break;
    case Association::EventKind::message:
      take_message(event);
      break;
    case Association::EventKind::oversized:
      break_off(DropReason::DATA_TOO_LARGE);
      break;
    case Association::EventKind::incoming_reset:
      take_reset(event.stream, true);
      break;
    case Association::EventKind::outgoing_reset:
      take_reset(event.stream, false);
      break;
  }
}

/// Half of a message was delivered: where it ends, and what else came with it, is nobody's guess.
void Channels::break_off(DropReason reason) {
  drops_.count(reason);
  association_->abort();
  channels_.clear();
  events_.push_back({.kind = EventKind::down, .bytes = {}});
}

void Channels::take_message(const Association::Event& event) {
  if (event.ppid == ppid::kDcep) return take_dcep(event.stream, event.bytes);
  if (find(event.stream) == nullptr) return drops_.count(DropReason::DATA_NO_CHANNEL);
  const bool empty = event.ppid == ppid::kStringEmpty || event.ppid == ppid::kBinaryEmpty;
  const bool text = event.ppid == ppid::kString || event.ppid == ppid::kStringEmpty;
  if (!empty && !text && event.ppid != ppid::kBinary) return drops_.count(DropReason::DATA_MALFORMED);
  if (event.bytes.size() > options_.max_message_received) {
    close(event.stream);
    events_.push_back({.kind = EventKind::closed, .stream = event.stream, .bytes = {}});
    return drops_.count(DropReason::DATA_TOO_LARGE);
  }
  Event message{.kind = EventKind::message, .stream = event.stream, .text = text, .bytes = {}};
  if (!empty) message.bytes = event.bytes;
  events_.push_back(std::move(message));
}

void Channels::take_dcep(std::uint16_t stream, Bytes message) {
  if (!is_ack(message)) return take_open(stream, message);
  const auto it = channels_.find(stream);
  if (it == channels_.end()) return drops_.count(DropReason::DATA_MALFORMED);
  if (it->second.state == Channel::State::opening) it->second.state = Channel::State::open;
}

void Channels::take_open(std::uint16_t stream, Bytes message) {
  const std::optional<Open> request = parse_open(message);
  const bool theirs = (stream % 2 == 0) != options_.dtls_client;
  const auto known = channels_.find(stream);
  // The other side has seen both resets when it uses the stream again, also when its word of that was lost.
  const bool over = known != channels_.end() && !known->second.usable() && known->second.incoming_reset;
  if (over) {
    channels_.erase(known);
  } else if (known != channels_.end()) {
    // A stream in use stays what it is; that one channel is closed (RFC 8832 section 6).
    if (find(stream) != nullptr) {
      close(stream);
      events_.push_back({.kind = EventKind::closed, .stream = stream, .bytes = {}});
    }
    return drops_.count(DropReason::DATA_MALFORMED);
  }
  if (!request || !theirs || stream >= association_->streams()) {
    return refuse(stream, DropReason::DATA_MALFORMED);
  }
  if (request->label.size() > kMaxLabel || request->protocol.size() > kMaxLabel ||
      count() >= options_.max_channels) {
    return refuse(stream, DropReason::DATA_CHANNEL_LIMIT);
  }
  channels_.emplace(
      stream,
      Channel{.label = request->label, .protocol = request->protocol, .reliability = request->reliability});
  // An answer that finds no room is an answer that the peer does without: it may send all the same.
  association_->send(stream, ppid::kDcep, Reliability{}, write_ack());
  events_.push_back({.kind = EventKind::opened, .stream = stream, .bytes = {}});
}

/// Closes a channel that never was.
void Channels::refuse(std::uint16_t stream, DropReason reason) {
  drops_.count(reason);
  if (stream >= association_->streams()) return;
  Channel& channel = channels_[stream];
  channel.state = Channel::State::closing;
  channel.reset_asked_for = association_->reset(stream);
}

void Channels::take_reset(std::uint16_t stream, bool incoming) {
  const auto it = channels_.find(stream);
  if (it == channels_.end()) return;
  Channel& channel = it->second;
  if (!incoming && channel.usable()) return;  // of the channel before
  (incoming ? channel.incoming_reset : channel.outgoing_reset) = true;
  // The other direction follows (RFC 8831 section 6.7).
  if (incoming && channel.usable()) {
    close(stream);
    events_.push_back({.kind = EventKind::closed, .stream = stream, .bytes = {}});
  }
  if (channel.incoming_reset && channel.outgoing_reset) channels_.erase(it);
}

}  // namespace weir::sctp
