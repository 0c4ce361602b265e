#include "engine/data_channels.h"

#include <algorithm>
#include <cstring>

#include "engine/data_label.h"

namespace weir::engine {
namespace {

using sctp::Channels;
using sctp::Reliability;

/// A message on its way from whoever sends it.
struct Outgoing {
  std::string_view label;  // of the receiver's channel
  Id from;                 // nobody: the host
  bool text = false;
  Bytes bytes;
  Reliability reliability;  // of a channel that the node opens for it
  bool opens = false;       // a channel that is missing
};

bool may(const sfu::Participant& participant, std::uint32_t bit) {
  return (participant.options.may & bit) != 0;
}

Channels* channels_of(const Core& core, const sfu::Participant& participant) {
  const Peer* const peer = core.peer(participant.id);
  if (peer == nullptr || peer->transport == nullptr) return nullptr;
  Channels* const channels = peer->transport->channels();
  return channels != nullptr && channels->up() ? channels : nullptr;
}

DataState& state_of(Core& core, const sfu::Participant& participant) {
  return core.data.try_emplace(participant.id.value, core.options.data_buffer_bytes).first->second;
}

/// A receiver has lost a message for which there was no room. Of a reliable channel that is the end.
void count_loss(Core& core, DataState& state, bool reliable) {
  ++state.counters.messages_dropped;
  core.drops.count(reliable ? DropReason::DATA_OVERFLOW : DropReason::DATA_SLOW);
}

/// Into the queue of what the host reads.
bool keep(Core& core, Time now, const sfu::Participant& whose, const Outgoing& message) {
  DataState& state = state_of(core, whose);
  const bool was_empty = state.inbox.empty();
  if (!state.inbox.push({.from = message.from,
                         .label = std::string{message.label},
                         .text = message.text,
                         .bytes = {message.bytes.begin(), message.bytes.end()}})) {
    count_loss(core, state, message.reliability.kind == Reliability::Kind::reliable);
    if (state.inbox.first_loss()) core.sfu.emit(now, WEIR_EVENT_DATA_OVERFLOW, whose);
    return false;
  }
  if (was_empty) core.sfu.emit(now, WEIR_EVENT_DATA, whose);
  return true;
}

/// The channel for a message, opened where it may be; nothing when there is none.
std::optional<std::uint16_t> channel_for(Channels& channels, const Outgoing& message) {
  if (const auto known = channels.find(message.label)) return known;
  return message.opens ? channels.open(message.label, {}, message.reliability) : std::nullopt;
}

/// To a remote participant whose channels are up.
Channels::Sent send(Core& core, const sfu::Participant& to, Channels& channels, std::uint16_t stream,
                    const Outgoing& message) {
  const Channels::Sent sent = channels.send(stream, message.text, message.bytes);
  core.mux.touch(*core.peer(to.id)->transport);
  if (sent == Channels::Sent::done) {
    DataCounters& counters = state_of(core, to).counters;
    ++counters.messages_sent;
    counters.bytes_sent += message.bytes.size();
  }
  return sent;
}

/// A receiver that cannot keep up loses what may be lost, and of the rest the channel: it would have a gap.
void fall_behind(Core& core, Time now, const sfu::Participant& to, Channels& channels, std::uint16_t stream) {
  const bool reliable = channels.find(stream)->reliability.kind == Reliability::Kind::reliable;
  count_loss(core, state_of(core, to), reliable);
  if (!reliable) return;
  channels.close(stream);
  core.sfu.emit(now, WEIR_EVENT_DATA_OVERFLOW, to);
}

/// To a participant of any kind. False: there is no channel for it.
bool deliver(Core& core, Time now, const sfu::Participant& to, const Outgoing& message) {
  if (!may(to, WEIR_MAY_RECEIVE_DATA)) return false;
  if (to.local()) {
    if (keep(core, now, to, message)) ++state_of(core, to).counters.messages_sent;
    return true;
  }
  Channels* const channels = channels_of(core, to);
  const auto stream = channels != nullptr ? channel_for(*channels, message) : std::nullopt;
  if (!stream) return false;
  switch (send(core, to, *channels, *stream, message)) {
    case Channels::Sent::done:
      break;
    case Channels::Sent::full:
      fall_behind(core, now, to, *channels, *stream);
      break;
    case Channels::Sent::too_large:
      core.drops.count(DropReason::DATA_TOO_LARGE);
      break;
    case Channels::Sent::closed:
      core.drops.count(DropReason::DATA_UNREACHABLE);
      break;
  }
  return true;
}

/// From a participant to where the label says.
weir_status route(Core& core, Time now, const sfu::Participant& from, Outgoing message) {
  const DataLabel label = DataLabel::parse(message.label);
  message.from = from.id;
  switch (label.kind) {
    case DataLabel::Kind::none:
      core.drops.count(DropReason::DATA_LABEL);
      return WEIR_ERR_INVALID;
    case DataLabel::Kind::room:
      message.opens = false;
      for (const sfu::Participant* member : from.room.members) {
        if (member != &from) deliver(core, now, *member, message);
      }
      return WEIR_OK;
    case DataLabel::Kind::participant: {
      const sfu::Participant* const to = core.sfu.participants().find(label.participant);
      const std::string arrives_as = label_from(from.id, label.name);
      message.label = arrives_as;
      message.opens = true;
      // Another room's people are nobody's business.
      if (to != nullptr && &to->room == &from.room && to != &from && deliver(core, now, *to, message)) {
        return WEIR_OK;
      }
      core.drops.count(DropReason::DATA_UNREACHABLE);
      return WEIR_ERR_NOT_FOUND;
    }
    case DataLabel::Kind::host:
      if (from.local()) return WEIR_ERR_INVALID;  // it is the host's own
      keep(core, now, from, message);
      return WEIR_OK;
  }
  return WEIR_ERR_INTERNAL;
}

void take_message(Core& core, Time now, Peer& peer, Channels& channels, const Channels::Event& event) {
  const sfu::Participant& from = peer.participant;
  const sctp::Channel* const channel = channels.find(event.stream);
  if (channel == nullptr) return core.drops.count(DropReason::DATA_NO_CHANNEL);  // closed meanwhile
  if (!may(from, WEIR_MAY_SEND_DATA)) return core.drops.count(DropReason::DATA_NOT_ALLOWED);
  DataCounters& counters = state_of(core, from).counters;
  ++counters.messages_received;
  counters.bytes_received += event.bytes.size();
  // A copy: routing may open and close channels.
  const std::string label = channel->label;
  route(core, now, from,
        {.label = label,
         .from = from.id,
         .text = event.text,
         .bytes = event.bytes,
         .reliability = channel->reliability,
         .opens = false});
}

void take_opened(Core& core, Channels& channels, std::uint16_t stream) {
  const sctp::Channel* const channel = channels.find(stream);
  if (channel == nullptr || DataLabel::parse(channel->label).kind != DataLabel::Kind::none) return;
  core.drops.count(DropReason::DATA_LABEL);
  channels.close(stream);
}

bool valid(const weir_data& message) {
  constexpr std::uint32_t kFlags = WEIR_DATA_TEXT | WEIR_DATA_UNORDERED | WEIR_DATA_EXISTING;
  const bool reliability =
      message.reliability >= WEIR_DATA_RELIABLE && message.reliability <= WEIR_DATA_MAX_LIFETIME;
  return (message.flags & ~kFlags) == 0 && reliability && (message.data != nullptr || message.size == 0) &&
         message.size <= kMaxDataMessage && std::memchr(message.label, 0, sizeof message.label) != nullptr;
}

Outgoing outgoing(const weir_data& message) {
  return {.label = message.label,
          .from = {},
          .text = (message.flags & WEIR_DATA_TEXT) != 0,
          .bytes = {message.data, message.size},
          .reliability = {.kind = static_cast<Reliability::Kind>(message.reliability),
                          .value = message.reliability_value,
                          .ordered = (message.flags & WEIR_DATA_UNORDERED) == 0},
          .opens = (message.flags & WEIR_DATA_EXISTING) == 0};
}

/// From the host to a remote participant. It is told of what does not go, so nothing is closed for that.
weir_status send_from_host(Core& core, const sfu::Participant& to, const Outgoing& message) {
  if (!may(to, WEIR_MAY_RECEIVE_DATA)) return WEIR_ERR_STATE;
  Channels* const channels = channels_of(core, to);
  if (channels == nullptr) return WEIR_ERR_STATE;
  const auto stream = channel_for(*channels, message);
  if (!stream) return message.opens ? WEIR_ERR_LIMIT : WEIR_ERR_STATE;
  switch (send(core, to, *channels, *stream, message)) {
    case Channels::Sent::done:
      return WEIR_OK;
    case Channels::Sent::full:
      ++state_of(core, to).counters.messages_dropped;
      core.drops.count(DropReason::DATA_SLOW);
      return WEIR_ERR_LIMIT;
    case Channels::Sent::too_large:
      return WEIR_ERR_UNSUPPORTED;
    case Channels::Sent::closed:
      break;
  }
  return WEIR_ERR_STATE;
}

}  // namespace

void take_data(Core& core, Time now, Peer& peer) {
  if (peer.transport == nullptr || peer.transport->channels() == nullptr) return;
  Channels& channels = *peer.transport->channels();
  for (const Channels::Event& event : channels.take_events()) {
    switch (event.kind) {
      case Channels::EventKind::up:
      case Channels::EventKind::down:
        core.sfu.emit(now, WEIR_EVENT_DATA_CONNECTED, peer.participant).value =
            event.kind == Channels::EventKind::up ? 1 : 0;
        break;
      case Channels::EventKind::opened:
        take_opened(core, channels, event.stream);
        break;
      case Channels::EventKind::message:
        take_message(core, now, peer, channels, event);
        break;
      case Channels::EventKind::closed:
        break;
    }
  }
}

weir_status send_data(Core& core, Time now, sfu::Participant& to, const weir_data& message) {
  if (!valid(message)) return WEIR_ERR_INVALID;
  const DataLabel::Kind kind = DataLabel::parse(message.label).kind;
  if (to.local()) {
    if (kind == DataLabel::Kind::none) return WEIR_ERR_INVALID;
    if (!may(to, WEIR_MAY_SEND_DATA)) return WEIR_ERR_STATE;
    return route(core, now, to, outgoing(message));
  }
  if (kind != DataLabel::Kind::host) return WEIR_ERR_INVALID;
  return send_from_host(core, to, outgoing(message));
}

Result<std::uint32_t> send_data(Core& core, Time now, const sfu::Room& to, const weir_data& message) {
  if (!valid(message) || DataLabel::parse(message.label).kind != DataLabel::Kind::host) {
    return Error{WEIR_ERR_INVALID, "not a message of the host", 0};
  }
  std::uint32_t reached = 0;
  for (const sfu::Participant* member : to.members) {
    if (!member->local() && deliver(core, now, *member, outgoing(message))) ++reached;
  }
  return reached;
}

weir_status read_data(Core& core, const sfu::Participant& whose, weir_data& message, MutableBytes buffer) {
  const auto it = core.data.find(whose.id.value);
  if (it == core.data.end() || it->second.inbox.empty()) return WEIR_ERR_AGAIN;
  const DataInbox::Message& oldest = it->second.inbox.front();
  message.size = oldest.bytes.size();
  if (oldest.bytes.size() > buffer.size()) return WEIR_ERR_BUFFER;
  if (!oldest.bytes.empty()) std::memcpy(buffer.data(), oldest.bytes.data(), oldest.bytes.size());
  message.data = buffer.data();
  message.flags = oldest.text ? std::uint32_t{WEIR_DATA_TEXT} : 0U;
  message.from = oldest.from.value;
  const std::size_t length = std::min(oldest.label.size(), sizeof message.label - 1);
  std::copy_n(oldest.label.data(), length, message.label);
  message.label[length] = 0;
  it->second.inbox.pop();
  return WEIR_OK;
}

}  // namespace weir::engine
