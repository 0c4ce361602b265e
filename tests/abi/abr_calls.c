/* The calls of abr.h from C11: each once as it is meant, and once wrongly. */
#include "check.h"

static const weir_allocator_layer camera[] = {
    {100000, 320, 180, 15000, 0}, {400000, 640, 360, 30000, 0}, {1500000, 1280, 720, 30000, 0}};

static weir_allocator_subscription person(uint64_t id) {
  weir_allocator_subscription s;
  CHECK_STATUS(weir_allocator_subscription_init(&s, sizeof s), WEIR_OK);
  s.id = id;
  s.layers = camera;
  s.layer_count = 3;
  return s;
}

static void making(void) {
  weir_allocator* allocator = NULL;
  weir_allocator_options options;
  CHECK_STATUS(weir_allocator_options_init(&options, sizeof options), WEIR_OK);
  CHECK_STATUS(weir_allocator_new(&options, NULL), WEIR_ERR_INVALID);
  const uint32_t wrong[][2] = {{0, 16}, {4097, 16}, {64, 0}, {64, 65}};
  for (size_t i = 0; i < 4; ++i) {
    options.max_subscriptions = wrong[i][0];
    options.max_layers = wrong[i][1];
    CHECK_STATUS(weir_allocator_new(&options, &allocator), WEIR_ERR_INVALID);
  }
  weir_allocator_options_init(&options, sizeof options);
  options.max_nodes = 99;
  CHECK_STATUS(weir_allocator_new(&options, &allocator), WEIR_ERR_INVALID);
  options.max_nodes = 100;
  options.margin_permille = 1001;
  CHECK_STATUS(weir_allocator_new(&options, &allocator), WEIR_ERR_INVALID);
  options.margin_permille = 1000;
  options.hold_us = -1;
  CHECK_STATUS(weir_allocator_new(&options, &allocator), WEIR_ERR_INVALID);
  options.hold_us = 60000000;
  CHECK(allocator == NULL);
  CHECK_STATUS(weir_allocator_new(&options, &allocator), WEIR_OK);
  weir_allocator_free(allocator);
  weir_allocator_free(NULL);
}

static void adding(void) {
  weir_allocator* allocator = NULL;
  weir_allocator_options options;
  weir_allocator_options_init(&options, sizeof options);
  options.max_subscriptions = 1;
  options.max_layers = 3;
  CHECK_STATUS(weir_allocator_new(&options, &allocator), WEIR_OK);
  weir_allocator_subscription s = person(1);
  CHECK_STATUS(weir_allocator_add(allocator, NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_allocator_add(NULL, &s), WEIR_ERR_INVALID);
  s.weight = 0;
  CHECK_STATUS(weir_allocator_add(allocator, &s), WEIR_ERR_INVALID);
  s.weight = 10001;
  CHECK_STATUS(weir_allocator_add(allocator, &s), WEIR_ERR_INVALID);
  s.weight = 10000;
  s.visible = 2;
  CHECK_STATUS(weir_allocator_add(allocator, &s), WEIR_ERR_INVALID);
  s.visible = 1;
  s.layers = NULL;
  CHECK_STATUS(weir_allocator_add(allocator, &s), WEIR_ERR_INVALID);
  s.layers = camera;
  s.layer_count = 4;
  CHECK_STATUS(weir_allocator_add(allocator, &s), WEIR_ERR_LIMIT);
  s.layer_count = 3;
  CHECK_STATUS(weir_allocator_add(allocator, &s), WEIR_OK);
  CHECK_STATUS(weir_allocator_add(allocator, &s), WEIR_ERR_LIMIT);
  CHECK_STATUS(weir_allocator_clear(allocator), WEIR_OK);
  CHECK_STATUS(weir_allocator_clear(NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_allocator_add(allocator, &s), WEIR_OK);
  weir_allocator_free(allocator);
}

static void deciding(void) {
  weir_allocator* allocator = NULL;
  CHECK_STATUS(weir_allocator_new(NULL, &allocator), WEIR_OK);
  weir_allocator_subscription first = person(1);
  weir_allocator_subscription second = person(2);
  second.visible = 0;
  CHECK_STATUS(weir_allocator_add(allocator, &first), WEIR_OK);
  CHECK_STATUS(weir_allocator_add(allocator, &second), WEIR_OK);
  weir_allocator_budget budget;
  weir_allocator_result result;
  weir_allocator_decision decision;
  weir_allocator_budget_init(&budget, sizeof budget);
  weir_allocator_result_init(&result, sizeof result);
  weir_allocator_decision_init(&decision, sizeof decision);
  budget.bitrate = 500000;
  CHECK_STATUS(weir_allocator_decision_get(allocator, 0, &decision), WEIR_ERR_STATE);
  CHECK_STATUS(weir_allocator_decide(allocator, NULL, &result), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_allocator_decide(NULL, &budget, &result), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_allocator_decide(allocator, &budget, NULL), WEIR_OK);
  CHECK_STATUS(weir_allocator_decide(allocator, &budget, &result), WEIR_OK);
  CHECK(result.shown == 1 && result.bitrate == 400000 && result.gap == 0 && result.shown_gap == 0);
  CHECK_STATUS(weir_allocator_decision_get(allocator, 0, &decision), WEIR_OK);
  CHECK(decision.layer == 1 && decision.changed == 1 && decision.reason == WEIR_ALLOCATION_REDUCED_BANDWIDTH);
  int64_t utility = 0;
  CHECK_STATUS(weir_allocator_utility(&first, 1, &utility), WEIR_OK);
  CHECK(utility == decision.utility && utility == result.utility);
  CHECK_STATUS(weir_allocator_utility(&first, 3, &utility), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_allocator_utility(&first, 0, NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_allocator_decision_get(allocator, 1, &decision), WEIR_OK);
  CHECK(decision.layer == WEIR_NO_LAYER && decision.reason == WEIR_ALLOCATION_PAUSED_LAYOUT);
  CHECK_STATUS(weir_allocator_decision_get(allocator, 2, &decision), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_allocator_decision_get(allocator, 0, NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_allocator_add(allocator, &first), WEIR_OK); /* the id of another */
  CHECK_STATUS(weir_allocator_decide(allocator, &budget, &result), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_allocator_decision_get(allocator, 0, &decision), WEIR_ERR_STATE);
  weir_allocator_free(allocator);
}

int main(void) {
  making();
  adding();
  deciding();
  if (checks_failed > 0) fprintf(stderr, "%d checks failed\n", checks_failed);
  return checks_failed > 0;
}
