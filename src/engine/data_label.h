// The label of a data channel says where its messages go; nobody looks into them.
//
//   room                    everybody else in the room with a channel of the same label
//   room/NAME
//   participant/ID          that participant (the node's id, decimal), on its channel
//   participant/ID/NAME     participant/<sender's id>/NAME
//   host                    the host application
//   host/NAME
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/slots.h"

namespace weir::engine {

struct DataLabel {
  enum class Kind : std::uint8_t { none, room, participant, host };
  Kind kind = Kind::none;
  Id participant;         // of Kind::participant
  std::string_view name;  // with its '/', or empty; points into the label

  static DataLabel parse(std::string_view label);
};

/// What `sender`'s messages arrive under at a participant that they were sent to.
std::string label_from(Id sender, std::string_view name);

}  // namespace weir::engine
