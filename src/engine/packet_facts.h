// What is read of an ingress packet, once for all its receivers.
#pragma once

#include <optional>

#include "base/packet_pool.h"
#include "rtp/dependency_descriptor.h"
#include "rtp/extensions.h"
#include "rtp/frame_marking.h"
#include "rtp/packet.h"
#include "rtp/payload.h"
#include "sfu/model.h"

namespace weir::engine {

/// Everything the data path needs to know of a packet.
struct PacketFacts {
  rtp::Packet packet;
  Codec codec = Codec::none;
  rtp::PayloadFacts payload;
  sfu::LayerFacts layer;       // of the dependency descriptor, of the frame marking, or else of the payload
  sfu::SourceNumbers numbers;  // sequence is filled by the owner of the unwrapper
  std::shared_ptr<const rtp::DependencyStructure> structure;  // that its descriptor was read with
  std::optional<std::uint32_t> active_targets;                // what it says of them
  bool unnumbered = false;    // nothing numbers temporal layers; what pictures refer to may show them
  bool unreferenced = false;  // then: no other picture refers to this one
  bool padding_only = false;  // it leaves as padding, whatever its payload
  Bytes media;                // what receivers get: the payload or, of RED, its primary block
  Bytes red;                  // the payload with its redundant blocks; empty: it came without
  std::uint8_t level = 127;
  std::optional<rtp::CaptureTime> capture_time;  // by the clock of its sender's reports
  Bytes audio_level;                             // extension data that goes through as it is; empty: absent
  Bytes video_orientation;
  Bytes playout_delay;
  Bytes color_space;
  Bytes layers_allocation;
  Bytes dependency_descriptor;  // as it came
  Bytes frame_marking;          // likewise
  PacketRef buffer;             // what all of it lies in
  Duration age{};               // of what did not come in just now
};

/// Nothing when neither the payload nor a dependency descriptor tells what it is. A packet of padding alone
/// has an empty payload and no facts about it.
std::optional<PacketFacts> read_facts(const sfu::Track& track, const sfu::Encoding& encoding, Codec codec,
                                      const rtp::Packet& packet);

/// Finds temporal layers in what pictures refer to, where nothing numbers them. True when with this packet
/// they begin to be told apart.
bool take_reference(sfu::Encoding& encoding, PacketFacts& facts);

}  // namespace weir::engine
