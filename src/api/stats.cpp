// weir/stats.h
#include "weir/stats.h"

#include <array>
#include <cstddef>

#include "api/boundary.h"
#include "api/handle.h"

using weir::Id;
using weir::Time;
using weir::engine::Engine;
namespace api = weir::api;

namespace {

struct DropName {
  std::array<char, 32> text{};
};

// "SRTP_AUTH" to "srtp_auth", while compiling.
template <std::size_t N>
constexpr DropName lower(const char (&name)[N]) {
  static_assert(N <= 32);
  DropName out;
  for (std::size_t i = 0; i < N; ++i) {
    const char c = name[i];
    out.text[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

#define WEIR_DROP_NAME(name, value, text) lower(#name),
constexpr std::array kDropNames{WEIR_DROP_LIST(WEIR_DROP_NAME)};
#undef WEIR_DROP_NAME

#define WEIR_DROP_TEXT(name, value, text) text,
constexpr std::array kDropTexts{WEIR_DROP_LIST(WEIR_DROP_TEXT)};
#undef WEIR_DROP_TEXT

// The tables are indexed by value, so the list must count up from 0 without gaps.
#define WEIR_DROP_VALUE(name, value, text) (value),
constexpr std::array kDropValues{WEIR_DROP_LIST(WEIR_DROP_VALUE)};
#undef WEIR_DROP_VALUE
constexpr bool values_count_up() {
  for (std::size_t i = 0; i < kDropValues.size(); ++i) {
    if (kDropValues[i] != static_cast<int>(i)) return false;
  }
  return true;
}
static_assert(values_count_up());
static_assert(WEIR_DROP_COUNT <= WEIR_DROP_MAX);

template <typename T, typename Read>
weir_status read_stats(weir_node* node, Id id, T* out, Read&& read) {
  if (node == nullptr) return WEIR_ERR_INVALID;
  if (const weir_status status = api::check_out(out); status != WEIR_OK) return status;
  return api::guarded([&]() -> weir_status {
    T stats{};
    const weir_status status =
        node->io->call(id, [&](Engine& engine, Time now) { return read(engine, now, stats); });
    if (status == WEIR_OK) api::give_struct(stats, out);
    return status;
  });
}

}  // namespace

const char* weir_drop_name(uint32_t reason) {
  return reason < kDropNames.size() ? kDropNames[reason].text.data() : "?";
}

const char* weir_drop_text(uint32_t reason) {
  return reason < kDropTexts.size() ? kDropTexts[reason] : "a reason that this library does not know";
}

weir_status weir_node_stats_init(weir_node_stats* stats, size_t size) {
  return api::init_struct(stats, size, weir_node_stats{});
}

weir_status weir_node_get_stats(weir_node* node, weir_node_stats* stats) {
  if (node == nullptr) return WEIR_ERR_INVALID;
  if (const weir_status status = api::check_out(stats); status != WEIR_OK) return status;
  return api::guarded([&]() -> weir_status {
    weir_node_stats sum{};
    const weir_status status = node->io->stats(sum);
    if (status == WEIR_OK) api::give_struct(sum, stats);
    return status;
  });
}

weir_status weir_participant_stats_init(weir_participant_stats* stats, size_t size) {
  return api::init_struct(stats, size, weir_participant_stats{});
}

weir_status weir_participant_get_stats(weir_node* node, weir_participant participant,
                                       weir_participant_stats* stats) {
  return read_stats(node, Id{participant}, stats, [&](Engine& engine, Time, weir_participant_stats& out) {
    return engine.participant_stats(Id{participant}, out);
  });
}

weir_status weir_track_stats_init(weir_track_stats* stats, size_t size) {
  return api::init_struct(stats, size, weir_track_stats{});
}

weir_status weir_track_get_stats(weir_node* node, weir_track track, weir_track_stats* stats) {
  return read_stats(node, Id{track}, stats, [&](Engine& engine, Time now, weir_track_stats& out) {
    return engine.track_stats(now, Id{track}, out);
  });
}

weir_status weir_subscription_stats_init(weir_subscription_stats* stats, size_t size) {
  return api::init_struct(stats, size, weir_subscription_stats{});
}

weir_status weir_subscription_get_stats(weir_node* node, weir_subscription subscription,
                                        weir_subscription_stats* stats) {
  return read_stats(node, Id{subscription}, stats, [&](Engine& engine, Time, weir_subscription_stats& out) {
    return engine.subscription_stats(Id{subscription}, out);
  });
}
