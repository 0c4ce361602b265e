/* The calls of status.h, node.h and media.h from C11: each once as it is meant, and once wrongly. */
#include <string.h>

#include "check.h"

static void status_h(void) {
  weir_error error;
  CHECK_STATUS(weir_error_init(&error, sizeof error), WEIR_OK);
  CHECK(error.struct_size == sizeof error && error.status == WEIR_OK && error.reason[0] == 0);
  CHECK_STATUS(weir_error_init(NULL, sizeof error), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_error_init(&error, 15), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_error_init(&error, sizeof error + 1), WEIR_ERR_VERSION);

  CHECK(strcmp(weir_status_name(WEIR_ERR_LIMIT), "WEIR_ERR_LIMIT") == 0);
  CHECK(strcmp(weir_status_name(1), "WEIR_ERR_?") == 0);
  CHECK(strcmp(weir_status_text(WEIR_OK), "success") == 0);
  CHECK(weir_status_text(-1000) != NULL);
  CHECK(weir_version() == WEIR_VERSION_MAJOR * 10000 + WEIR_VERSION_MINOR * 100 + WEIR_VERSION_PATCH);
}

/* What every _init function answers to what it should not be given. */
#define CHECK_INIT(type)                                                   \
  do {                                                                     \
    type value;                                                            \
    memset(&value, 0xee, sizeof value);                                    \
    CHECK_STATUS(type##_init(&value, sizeof value), WEIR_OK);              \
    CHECK(value.struct_size == sizeof value);                              \
    CHECK_STATUS(type##_init(NULL, sizeof value), WEIR_ERR_INVALID);       \
    CHECK_STATUS(type##_init(&value, 15), WEIR_ERR_INVALID);               \
    CHECK_STATUS(type##_init(&value, sizeof value + 1), WEIR_ERR_VERSION); \
  } while (0)

static void init_functions(void) {
  CHECK_INIT(weir_error);
  CHECK_INIT(weir_node_options);
  CHECK_INIT(weir_hooks);
  CHECK_INIT(weir_event);
  CHECK_INIT(weir_allocator_options);
  CHECK_INIT(weir_allocator_subscription);
  CHECK_INIT(weir_allocator_budget);
  CHECK_INIT(weir_allocator_result);
  CHECK_INIT(weir_allocator_decision);
  CHECK_INIT(weir_room_options);
  CHECK_INIT(weir_source);
  CHECK_INIT(weir_participant_options);
  CHECK_INIT(weir_track_options);
  CHECK_INIT(weir_track_info);
  CHECK_INIT(weir_frame);
  CHECK_INIT(weir_subscription_options);
  CHECK_INIT(weir_subscription_info);
  CHECK_INIT(weir_node_stats);
  CHECK_INIT(weir_participant_stats);
  CHECK_INIT(weir_track_stats);
  CHECK_INIT(weir_subscription_stats);
  CHECK_INIT(weir_test_card_options);
  CHECK_INIT(weir_voice_options);
}

static void node_options_are_checked(void) {
  weir_node_options options = local_options(1);
  weir_node* node = NULL;
  weir_error error;
  weir_error_init(&error, sizeof error);

  options.threads = 65;
  CHECK_STATUS(weir_node_new(&options, &node, &error), WEIR_ERR_INVALID);
  CHECK(error.status == WEIR_ERR_INVALID && strstr(error.reason, "threads") != NULL);
  options = local_options(1);
  options.consent_timeout_ms = 999;
  CHECK_STATUS(weir_node_new(&options, &node, &error), WEIR_ERR_INVALID);
  CHECK(strstr(error.reason, "consent_timeout_ms") != NULL);
  options = local_options(1);
  options.listen_ipv4 = "::1";
  CHECK_STATUS(weir_node_new(&options, &node, &error), WEIR_ERR_INVALID);
  CHECK(strstr(error.reason, "listen_ipv4") != NULL);
  options.listen_ipv4 = "";
  CHECK_STATUS(weir_node_new(&options, &node, &error), WEIR_ERR_INVALID);
  options = local_options(3);
  options.port = 65534;
  CHECK_STATUS(weir_node_new(&options, &node, &error), WEIR_ERR_INVALID);
  options = local_options(1);
  options.struct_size = 0;
  CHECK_STATUS(weir_node_new(&options, &node, &error), WEIR_ERR_INVALID);
  options = local_options(1);
  options.listen_ipv4 = "192.0.2.1"; /* RFC 5737: belongs to no machine */
  CHECK_STATUS(weir_node_new(&options, &node, &error), WEIR_ERR_IO);
  CHECK(strstr(error.reason, "192.0.2.1") != NULL);
  CHECK(node == NULL);
  options = local_options(1);
  CHECK_STATUS(weir_node_new(&options, NULL, &error), WEIR_ERR_INVALID);
}

/* Each that runs here is the one that computes; what does not run is refused, and nothing stays open. */
static void srtp_backend_is_chosen(void) {
  for (uint32_t wish = WEIR_SRTP_AUTO; wish <= WEIR_SRTP_IPSEC_MB; ++wish) {
    weir_node_options options = local_options(1);
    CHECK(options.srtp_backend == WEIR_SRTP_AUTO);
    options.srtp_backend = wish;
    weir_node* node = NULL;
    weir_error error;
    weir_error_init(&error, sizeof error);
    const weir_status status = weir_node_new(&options, &node, &error);
    if (status == WEIR_ERR_UNSUPPORTED) {
      CHECK(wish == WEIR_SRTP_IPSEC_MB && node == NULL && strstr(error.reason, "ipsec_mb") != NULL);
      continue;
    }
    CHECK_STATUS(status, WEIR_OK);
    weir_node_stats stats;
    weir_node_stats_init(&stats, sizeof stats);
    CHECK_STATUS(weir_node_get_stats(node, &stats), WEIR_OK);
    CHECK(wish == WEIR_SRTP_AUTO ? stats.srtp_backend != WEIR_SRTP_AUTO : stats.srtp_backend == wish);
    weir_node_free(node);
  }
  weir_node_options options = local_options(1);
  options.srtp_backend = WEIR_SRTP_IPSEC_MB + 1;
  weir_node* node = NULL;
  CHECK_STATUS(weir_node_new(&options, &node, NULL), WEIR_ERR_INVALID);
}

static void port_in_use(void) {
  weir_node_options options = local_options(1);
  weir_node* node = NULL;
  CHECK_STATUS(weir_node_new(&options, &node, NULL), WEIR_OK);
  uint16_t port = 0;
  CHECK_STATUS(weir_node_port(node, 0, &port), WEIR_OK);
  CHECK(port != 0);
  CHECK_STATUS(weir_node_port(node, 1, &port), WEIR_ERR_INVALID);

  options.port = port;
  weir_node* second = NULL;
  weir_error error;
  weir_error_init(&error, sizeof error);
  CHECK_STATUS(weir_node_new(&options, &second, &error), WEIR_ERR_ADDRESS_IN_USE);
  char expected[64];
  snprintf(expected, sizeof expected, "cannot listen on 127.0.0.1:%u/udp: address already in use", port);
  CHECK(strcmp(error.reason, expected) == 0);
  CHECK(second == NULL);
  weir_node_free(node);
  weir_node_free(NULL);
}

static void null_nodes(void) {
  uint16_t port;
  char text[96];
  int32_t timeout;
  uint64_t id;
  size_t count;
  weir_event event;
  weir_event_init(&event, sizeof event);
  CHECK_STATUS(weir_node_stop(NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_node_port(NULL, 0, &port), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_node_fingerprint(NULL, text, sizeof text), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_node_next_event(NULL, &event, 0), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_node_event_fd(NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_node_run_once(NULL, 0), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_node_poll_fd(NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_node_deadline(NULL, &timeout), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_room_open(NULL, NULL, &id), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_room_close(NULL, 1), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_room_participants(NULL, 1, NULL, 0, &count), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_participant_leave(NULL, 1), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_track_remove(NULL, 1), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_subscription_remove(NULL, 1), WEIR_ERR_INVALID);
}

static void media_h(void) {
  weir_test_card_options picture;
  weir_test_card_options_init(&picture, sizeof picture);
  weir_test_card* card = NULL;
  picture.width = 63;
  CHECK_STATUS(weir_test_card_new(&picture, &card), WEIR_ERR_INVALID);
  picture.width = 64;
  picture.height = 64;
  picture.name = "Ada";
  CHECK_STATUS(weir_test_card_new(&picture, &card), WEIR_OK);
  const uint8_t* data = NULL;
  size_t size = 0;
  uint32_t key = 0;
  CHECK_STATUS(weir_test_card_encode(card, 1234, 1, &data, &size, &key), WEIR_OK);
  CHECK(data != NULL && size > 0 && key == 1);
  CHECK_STATUS(weir_test_card_encode(NULL, 1234, 1, &data, &size, &key), WEIR_ERR_INVALID);
  static uint8_t planes[64 * 64 * 3 / 2];
  CHECK_STATUS(weir_test_card_draw(card, 1234, planes, sizeof planes - 1), WEIR_ERR_BUFFER);
  CHECK_STATUS(weir_test_card_draw(card, 1234, planes, sizeof planes), WEIR_OK);
  weir_test_card_free(card);
  weir_test_card_free(NULL);

  weir_voice_options sound;
  weir_voice_options_init(&sound, sizeof sound);
  weir_voice* voice = NULL;
  sound.pitch_hz = 59;
  CHECK_STATUS(weir_voice_new(&sound, &voice), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_voice_new(NULL, &voice), WEIR_OK);
  uint32_t level = 200;
  CHECK_STATUS(weir_voice_encode(voice, 1, &data, &size, &level), WEIR_OK);
  CHECK(size > 0 && level <= WEIR_LEVEL_NONE);
  CHECK_STATUS(weir_voice_encode(voice, 1, NULL, &size, &level), WEIR_ERR_INVALID);
  weir_voice_free(voice);
  weir_voice_free(NULL);
}

int main(void) {
  status_h();
  init_functions();
  node_options_are_checked();
  srtp_backend_is_chosen();
  port_in_use();
  null_nodes();
  media_h();
  if (checks_failed > 0) fprintf(stderr, "%d checks failed\n", checks_failed);
  return checks_failed > 0;
}
