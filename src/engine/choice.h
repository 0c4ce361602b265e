// Which packets of a track a subscription takes.
#pragma once

#include <optional>

#include "engine/core.h"
#include "engine/packet_facts.h"

namespace weir::engine {

/// What becomes of a packet for one subscription.
struct Choice {
  std::optional<DropReason> drop;
  bool close = false;          // dropped out of the encoding that is carried: its number closes
  bool close_picture = false;  // and its picture's
  bool marker = false;
};

/// Decides; a source, or an encoding, that the subscription waits for begins here.
Choice decide(Core& core, Time now, sfu::Subscription& subscription, const sfu::Track& track,
              const sfu::Encoding& encoding, const PacketFacts& facts);

/// What the packet, once its layer was chosen, is to tell the receiver of the decode targets that it gets.
std::optional<std::uint32_t> targets_told(sfu::Subscription& subscription, const sfu::Encoding& encoding,
                                          const PacketFacts& facts);

}  // namespace weir::engine
