#include "engine/intake.h"

#include <array>
#include <utility>

#include "engine/data_path.h"
#include "engine/feedback.h"

namespace weir::engine {

namespace {

/// Media of one read, which is unprotected together: that costs a third of one by one (srtp/backend.h).
struct Gathered {
  static constexpr std::size_t kMost = 32;
  std::array<srtp::Incoming, kMost> packets{};
  std::array<PacketRef, kMost> buffers{};
  std::array<Id, kMost> owners{};
  std::size_t count = 0;
};

/// Each in its turn, as if it had come alone.
void take_gathered(Core& core, Time now, Gathered& gathered) {
  if (gathered.count == 0) return;
  core.mux.srtp().unprotect(std::span{gathered.packets}.first(gathered.count));
  for (std::size_t i = 0; i < gathered.count; ++i) {
    const srtp::Incoming& packet = gathered.packets[i];
    const PacketRef buffer = std::move(gathered.buffers[i]);
    Peer* peer = core.peer(gathered.owners[i]);
    if (packet.result.size == 0 || peer == nullptr) {
      core.drops.count(peer == nullptr ? DropReason::UNKNOWN_ADDRESS : packet.result.reason);
      continue;
    }
    buffer.resize(packet.result.size);
    if (packet.rtcp) {
      take_rtcp(core, now, *peer, buffer.data());
    } else {
      take_rtp(core, now, *peer, buffer);
    }
  }
  gathered.count = 0;
}

void gather(Core& core, Time now, const Datagram& datagram, Gathered& gathered) {
  ++core.counters.datagrams_received;
  core.counters.bytes_received += datagram.bytes.size();
  if (datagram.truncated) return core.drops.count(DropReason::TRUNCATED);
  const transport::Mux::Arrival arrival = core.mux.receive(now, datagram.path, datagram.bytes);
  if (arrival.transport == nullptr) return;
  Peer* peer = core.peer(arrival.transport->owner());
  if (peer == nullptr) return core.drops.count(DropReason::UNKNOWN_ADDRESS);
  ++peer->packets_received;
  peer->bytes_received += datagram.bytes.size();
  srtp::Session* srtp = arrival.transport->srtp();
  if (srtp == nullptr) return core.drops.count(DropReason::SRTP_NO_KEYS);
  PacketRef buffer = core.pool.copy(datagram.bytes);
  if (!buffer) return core.drops.count(DropReason::NO_BUFFER);

  gathered.packets[gathered.count] = {.session = srtp,
                                      .packet = buffer.data(),
                                      .rtcp = arrival.kind == transport::Mux::Kind::rtcp,
                                      .result = {}};
  gathered.owners[gathered.count] = peer->participant.id;
  gathered.buffers[gathered.count++] = std::move(buffer);
}

/// RFC 7983 section 7.
bool is_media(Bytes datagram) {
  return !datagram.empty() && datagram[0] >= 128 && datagram[0] <= 191;
}

}  // namespace

std::size_t receive_datagrams(Core& core, Time now, std::span<const Datagram> batch) {
  Gathered gathered;
  std::size_t taken = 0;
  while (taken < batch.size() && has_room(core)) {
    const Datagram& datagram = batch[taken++];
    // What is not media may end a session, or begin one.
    if (gathered.count == Gathered::kMost || !is_media(datagram.bytes)) take_gathered(core, now, gathered);
    gather(core, now, datagram, gathered);
  }
  take_gathered(core, now, gathered);
  return taken;
}

}  // namespace weir::engine
