// The library's C calls in C++ words: lists as vectors, statuses as refusals that a client understands.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "messages.h"
#include "weir/weir.h"

namespace conference {

std::vector<weir_participant> participants_of(weir_node* node, weir_room room);
std::vector<weir_track> tracks_of(weir_node* node, weir_participant participant);
std::vector<weir_subscription> subscriptions_of(weir_node* node, weir_participant participant);

std::vector<weir_track_layer> layers_of_track(weir_node* node, weir_track track);

std::optional<weir_track_info> info_of_track(weir_node* node, weir_track track);
std::optional<weir_subscription_info> info_of_subscription(weir_node* node, weir_subscription subscription);

/// An answer, or why there is none.
std::variant<std::string, Refusal> negotiate(weir_node* node, weir_participant participant,
                                             const std::string& offer);

/// What a status means for a client; `detail` where the library said more.
Refusal refusal_of(weir_status status, std::string detail = {});

}  // namespace conference
