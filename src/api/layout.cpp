// No struct of the ABI has implicit padding: a field that a later version put there would be lost silently.
#include <type_traits>

#include "weir/weir.h"

namespace {

// Structs of integers and pointers without padding are those in which equal values have equal bytes.
template <typename T>
constexpr bool kWithoutPadding = std::has_unique_object_representations_v<T>;

static_assert(kWithoutPadding<weir_error>);
static_assert(kWithoutPadding<weir_hooks>);
static_assert(kWithoutPadding<weir_node_options>);
static_assert(kWithoutPadding<weir_event>);
static_assert(kWithoutPadding<weir_room_options>);
static_assert(kWithoutPadding<weir_source>);
static_assert(kWithoutPadding<weir_participant_options>);
static_assert(kWithoutPadding<weir_track_options>);
static_assert(kWithoutPadding<weir_track_info>);
static_assert(kWithoutPadding<weir_frame>);
static_assert(kWithoutPadding<weir_data>);
static_assert(kWithoutPadding<weir_subscription_options>);
static_assert(kWithoutPadding<weir_subscription_info>);
static_assert(kWithoutPadding<weir_wants>);
static_assert(kWithoutPadding<weir_receive_limits>);
static_assert(kWithoutPadding<weir_track_layer>);
static_assert(kWithoutPadding<weir_node_stats>);
static_assert(kWithoutPadding<weir_allocator_options>);
static_assert(kWithoutPadding<weir_allocator_layer>);
static_assert(kWithoutPadding<weir_allocator_subscription>);
static_assert(kWithoutPadding<weir_allocator_budget>);
static_assert(kWithoutPadding<weir_allocator_result>);
static_assert(kWithoutPadding<weir_allocator_decision>);
static_assert(kWithoutPadding<weir_test_card_options>);
static_assert(kWithoutPadding<weir_voice_options>);

// Floating point defeats that test, so these are counted.
constexpr std::size_t kWord = 8;
static_assert(sizeof(weir_participant_stats) == 10 * kWord + 64 + kWord + 64 + 64 + 15 * kWord);
static_assert(sizeof(weir_track_stats) == 14 * kWord);
static_assert(sizeof(weir_subscription_stats) == 14 * kWord);

}  // namespace
