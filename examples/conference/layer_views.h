// What the node says of a line's layer, as the messages have it.
#pragma once

#include <cstdint>
#include <vector>

#include "messages.h"
#include "weir/weir.h"

namespace conference {

LayerView layer_of(const weir_subscription_info& info);
/// Of WEIR_EVENT_SUBSCRIPTION_LAYER. Fills all but the mid.
LayerView layer_of_event(std::uint64_t value);
/// The layers that the publisher was last told to send, as WEIR_EVENT_TRACK_DEMAND has them; those that are
/// not known yet among them.
std::uint64_t wanted_layers(const std::vector<weir_track_layer>& layers);

}  // namespace conference
