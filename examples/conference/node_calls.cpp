#include "node_calls.h"

namespace conference {
namespace {

constexpr std::size_t first_answer_capacity = 64U * 1024U;
constexpr std::size_t max_answer = 4U << 20U;

/// Calls a listing function until its list fits; it may grow between two calls.
template <typename Id, typename List>
std::vector<Id> list_of(List list) {
  std::vector<Id> ids(16);
  for (int attempt = 0; attempt < 8; ++attempt) {
    std::size_t count = 0;
    const weir_status status = list(ids.data(), ids.size(), &count);
    if (status == WEIR_OK) {
      ids.resize(count);
      return ids;
    }
    if (status != WEIR_ERR_BUFFER) break;
    ids.resize(count + 16);
  }
  return {};
}

}  // namespace

std::vector<weir_participant> participants_of(weir_node* node, weir_room room) {
  return list_of<weir_participant>([&](auto* out, std::size_t capacity, std::size_t* count) {
    return weir_room_participants(node, room, out, capacity, count);
  });
}

std::vector<weir_track> tracks_of(weir_node* node, weir_participant participant) {
  return list_of<weir_track>([&](auto* out, std::size_t capacity, std::size_t* count) {
    return weir_participant_tracks(node, participant, out, capacity, count);
  });
}

std::vector<weir_subscription> subscriptions_of(weir_node* node, weir_participant participant) {
  return list_of<weir_subscription>([&](auto* out, std::size_t capacity, std::size_t* count) {
    return weir_participant_subscriptions(node, participant, out, capacity, count);
  });
}

std::vector<weir_track_layer> layers_of_track(weir_node* node, weir_track track) {
  return list_of<weir_track_layer>([&](auto* out, std::size_t capacity, std::size_t* count) {
    return weir_track_layers(node, track, out, capacity, count);
  });
}

std::optional<weir_track_info> info_of_track(weir_node* node, weir_track track) {
  weir_track_info info;
  weir_track_info_init(&info, sizeof info);
  if (weir_track_get_info(node, track, &info) != WEIR_OK) return std::nullopt;
  return info;
}

std::optional<weir_subscription_info> info_of_subscription(weir_node* node, weir_subscription subscription) {
  weir_subscription_info info;
  weir_subscription_info_init(&info, sizeof info);
  if (weir_subscription_get_info(node, subscription, &info) != WEIR_OK) return std::nullopt;
  return info;
}

std::variant<std::string, Refusal> negotiate(weir_node* node, weir_participant participant,
                                             const std::string& offer) {
  std::string answer(first_answer_capacity, '\0');
  weir_error error;
  weir_error_init(&error, sizeof error);
  std::size_t size = 0;
  weir_status status = WEIR_OK;
  for (int attempt = 0; attempt < 2; ++attempt) {
    status = weir_participant_negotiate(node, participant, offer.data(), offer.size(), answer.data(),
                                        answer.size(), &size, &error);
    if (status != WEIR_ERR_BUFFER || size >= max_answer) break;
    answer.resize(size + 1);
  }
  if (status != WEIR_OK) {
    Refusal refusal = refusal_of(status, error.reason);
    refusal.line = error.line;
    return refusal;
  }
  answer.resize(size);
  return answer;
}

Refusal refusal_of(weir_status status, std::string detail) {
  if (detail.empty()) detail = weir_status_text(status);
  switch (status) {
    case WEIR_ERR_SDP:
      return {"sdp", std::move(detail), 0};
    case WEIR_ERR_LIMIT:
      return {"limit", std::move(detail), 0};
    case WEIR_ERR_NOT_FOUND:
      return {"not_found", std::move(detail), 0};
    case WEIR_ERR_INVALID:
      return {"bad_message", std::move(detail), 0};
    case WEIR_ERR_CLOSED:
      return {"shutdown", std::move(detail), 0};
    case WEIR_ERR_STATE:
    case WEIR_ERR_UNSUPPORTED:
      return {"not_allowed", std::move(detail), 0};
    default:
      return {"internal", std::move(detail), 0};
  }
}

}  // namespace conference
