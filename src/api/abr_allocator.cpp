// weir/abr.h, section Allocation
#include <memory>
#include <span>
#include <vector>

#include "abr/allocator.h"
#include "abr/utility.h"
#include "api/boundary.h"
#include "weir/abr.h"

namespace abr = weir::abr;
namespace api = weir::api;

struct weir_allocator {
  explicit weir_allocator(const abr::AllocatorOptions& options)
      : limits(options), allocator(options), scratch(options.max_layers) {}

  abr::AllocatorOptions limits;
  abr::Allocator allocator;
  std::vector<abr::Layer> scratch;
  bool decided = false;
};

namespace {

constexpr std::int64_t kLongestHold = 600'000'000;

static_assert(WEIR_NO_LAYER == abr::kNoLayer);
static_assert(WEIR_ALLOCATION_PAUSED_LIMIT == static_cast<std::uint32_t>(abr::Reason::paused_limit));
static_assert(WEIR_ALLOCATION_REDUCED_HYSTERESIS ==
              static_cast<std::uint32_t>(abr::Reason::reduced_hysteresis));

weir_allocator_options default_options() {
  const abr::AllocatorOptions defaults;
  weir_allocator_options o{};
  o.struct_size = sizeof o;
  o.max_subscriptions = defaults.max_subscriptions;
  o.max_layers = defaults.max_layers;
  o.max_nodes = defaults.max_nodes;
  o.margin_permille = defaults.margin_permille;
  o.switch_cost_permille = defaults.switch_cost_permille;
  o.hold_us = weir::to_us(defaults.hold);
  return o;
}

weir_allocator_subscription default_subscription() {
  weir_allocator_subscription s{};
  s.struct_size = sizeof s;
  s.weight = 1;
  s.visible = 1;
  s.current_layer = WEIR_NO_LAYER;
  s.since_change_us = -1;
  return s;
}

weir_allocator_budget default_budget() {
  weir_allocator_budget b{};
  b.struct_size = sizeof b;
  return b;
}

bool valid(const weir_allocator_options& o) {
  return o.max_subscriptions >= 1 && o.max_subscriptions <= 4096 && o.max_layers >= 1 && o.max_layers <= 64 &&
         o.max_nodes >= 100 && o.max_nodes <= 1'000'000 && o.margin_permille <= 1000 &&
         o.switch_cost_permille <= 1000 && o.hold_us >= 0 && o.hold_us <= 60'000'000;
}

bool valid(const weir_allocator_subscription& s) {
  return s.weight >= 1 && s.weight <= abr::kMaxWeight && s.visible <= 1 && s.pinned <= 1 && s.hold_us >= 0 &&
         s.hold_us <= kLongestHold && (s.layers != nullptr || s.layer_count == 0);
}

abr::AllocatorOptions read(const weir_allocator_options& o) {
  abr::AllocatorOptions options;
  options.max_subscriptions = o.max_subscriptions;
  options.max_layers = o.max_layers;
  options.max_nodes = o.max_nodes;
  options.margin_permille = o.margin_permille;
  options.switch_cost_permille = o.switch_cost_permille;
  options.hold = weir::Duration{o.hold_us};
  return options;
}

abr::Subscription read(const weir_allocator_subscription& s) {
  abr::Subscription subscription;
  subscription.id = s.id;
  subscription.weight = s.weight;
  subscription.visible = s.visible != 0;
  subscription.pinned = s.pinned != 0;
  subscription.max_width = s.max_width;
  subscription.max_height = s.max_height;
  subscription.current_layer = s.current_layer;
  subscription.since_change = weir::Duration{s.since_change_us};
  subscription.hold = weir::Duration{s.hold_us};
  return subscription;
}

abr::Layer read(const weir_allocator_layer& l) {
  return {l.bitrate, l.width, l.height, l.milli_fps, l.quality};
}

}  // namespace

weir_status weir_allocator_options_init(weir_allocator_options* options, size_t size) {
  return api::init_struct(options, size, default_options());
}

weir_status weir_allocator_subscription_init(weir_allocator_subscription* subscription, size_t size) {
  return api::init_struct(subscription, size, default_subscription());
}

weir_status weir_allocator_budget_init(weir_allocator_budget* budget, size_t size) {
  return api::init_struct(budget, size, default_budget());
}

weir_status weir_allocator_result_init(weir_allocator_result* result, size_t size) {
  return api::init_struct(result, size, weir_allocator_result{});
}

weir_status weir_allocator_decision_init(weir_allocator_decision* decision, size_t size) {
  return api::init_struct(decision, size, weir_allocator_decision{});
}

weir_status weir_allocator_new(const weir_allocator_options* options, weir_allocator** allocator) {
  if (allocator == nullptr) return WEIR_ERR_INVALID;
  weir_allocator_options complete = default_options();
  if (const weir_status status = api::take_struct(options, complete); status != WEIR_OK) return status;
  if (!valid(complete)) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    *allocator = std::make_unique<weir_allocator>(read(complete)).release();
    return WEIR_OK;
  });
}

void weir_allocator_free(weir_allocator* allocator) {
  delete allocator;
}

weir_status weir_allocator_clear(weir_allocator* allocator) {
  if (allocator == nullptr) return WEIR_ERR_INVALID;
  allocator->allocator.clear();
  allocator->decided = false;
  return WEIR_OK;
}

weir_status weir_allocator_add(weir_allocator* allocator, const weir_allocator_subscription* subscription) {
  if (allocator == nullptr || subscription == nullptr) return WEIR_ERR_INVALID;
  weir_allocator_subscription complete = default_subscription();
  if (const weir_status status = api::take_struct(subscription, complete); status != WEIR_OK) return status;
  if (!valid(complete)) return WEIR_ERR_INVALID;
  if (complete.layer_count > allocator->limits.max_layers) return WEIR_ERR_LIMIT;
  return api::guarded([&]() -> weir_status {
    for (std::uint32_t i = 0; i < complete.layer_count; ++i) allocator->scratch[i] = read(complete.layers[i]);
    const std::span<const abr::Layer> layers{allocator->scratch.data(), complete.layer_count};
    if (!allocator->allocator.add(read(complete), layers)) return WEIR_ERR_LIMIT;
    allocator->decided = false;
    return WEIR_OK;
  });
}

weir_status weir_allocator_decide(weir_allocator* allocator, const weir_allocator_budget* budget,
                                  weir_allocator_result* result) {
  if (allocator == nullptr || budget == nullptr) return WEIR_ERR_INVALID;
  weir_allocator_budget complete = default_budget();
  if (const weir_status status = api::take_struct(budget, complete); status != WEIR_OK) return status;
  if (result != nullptr) {
    if (const weir_status status = api::check_out(result); status != WEIR_OK) return status;
  }
  return api::guarded([&]() -> weir_status {
    abr::Allocation allocation;
    allocator->decided = allocator->allocator.decide(complete.bitrate, complete.max_shown, allocation);
    if (!allocator->decided) return WEIR_ERR_INVALID;
    if (result == nullptr) return WEIR_OK;
    weir_allocator_result r{};
    r.shown = allocation.shown;
    r.changes = allocation.changes;
    r.nodes = allocation.nodes;
    r.bitrate = static_cast<std::uint64_t>(allocation.bitrate);
    r.utility = allocation.utility;
    r.gap = allocation.gap;
    r.shown_gap = allocation.shown_gap;
    api::give_struct(r, result);
    return WEIR_OK;
  });
}

weir_status weir_allocator_decision_get(const weir_allocator* allocator, uint32_t index,
                                        weir_allocator_decision* decision) {
  if (allocator == nullptr) return WEIR_ERR_INVALID;
  if (const weir_status status = api::check_out(decision); status != WEIR_OK) return status;
  if (!allocator->decided) return WEIR_ERR_STATE;
  if (index >= allocator->allocator.size()) return WEIR_ERR_NOT_FOUND;
  const abr::Decision& made = allocator->allocator.decision(index);
  weir_allocator_decision d{};
  d.layer = made.layer;
  d.reason = static_cast<std::uint32_t>(made.reason);
  d.changed = made.changed ? 1 : 0;
  d.bitrate = static_cast<std::uint64_t>(made.bitrate);
  d.utility = made.utility;
  api::give_struct(d, decision);
  return WEIR_OK;
}

weir_status weir_allocator_utility(const weir_allocator_subscription* subscription, uint32_t layer,
                                   int64_t* utility) {
  if (subscription == nullptr || utility == nullptr) return WEIR_ERR_INVALID;
  weir_allocator_subscription complete = default_subscription();
  if (const weir_status status = api::take_struct(subscription, complete); status != WEIR_OK) return status;
  if (!valid(complete) || complete.layer_count > 64) return WEIR_ERR_INVALID;
  if (layer >= complete.layer_count) return WEIR_ERR_NOT_FOUND;
  abr::Layer layers[64];
  for (std::uint32_t i = 0; i < complete.layer_count; ++i) layers[i] = read(complete.layers[i]);
  const abr::Subscription viewer = read(complete);
  const abr::Reference reference = abr::reference_of(viewer, {layers, complete.layer_count});
  *utility = abr::utility_of(viewer, reference, layers[layer]);
  return WEIR_OK;
}
