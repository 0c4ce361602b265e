// Messages of data channels between participants and the host. A message goes where the label of its channel
// says (data_label.h), and costs a receiver that cannot keep up its own messages or channel, nobody else's.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "engine/core.h"
#include "weir/data.h"

namespace weir::engine {

/// What the channels of a participant have to tell.
void take_data(Core& core, Time now, Peer& peer);

/// As weir_participant_send_data and weir_room_send_data.
weir_status send_data(Core& core, Time now, sfu::Participant& to, const weir_data& message);
Result<std::uint32_t> send_data(Core& core, Time now, const sfu::Room& to, const weir_data& message);

/// As weir_participant_read_data; never waits.
weir_status read_data(Core& core, const sfu::Participant& whose, weir_data& message, MutableBytes buffer);

}  // namespace weir::engine
