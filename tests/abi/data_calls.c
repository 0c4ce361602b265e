/* data.h from C: every function, with local participants, who need no network. */
#include <string.h>

#include "check.h"

static weir_participant join(weir_node* node, weir_room room) {
  weir_participant_options options;
  weir_participant_options_init(&options, sizeof options);
  options.kind = WEIR_PARTICIPANT_LOCAL;
  weir_participant participant = 0;
  CHECK_STATUS(weir_participant_join(node, room, &options, &participant), WEIR_OK);
  return participant;
}

static weir_data text_to(const char* label, const char* text) {
  weir_data message;
  CHECK_STATUS(weir_data_init(&message, sizeof message), WEIR_OK);
  message.flags = WEIR_DATA_TEXT;
  message.data = (const uint8_t*)text;
  message.size = strlen(text);
  strncpy(message.label, label, sizeof message.label - 1);
  return message;
}

static void messages_pass(weir_node* node, weir_participant ann, weir_participant bob) {
  uint8_t buffer[64];
  weir_data read;
  weir_data_init(&read, sizeof read);
  CHECK_STATUS(weir_participant_read_data(node, bob, &read, buffer, sizeof buffer, 0), WEIR_ERR_AGAIN);
  weir_data sent = text_to("room/greetings", "hello");
  CHECK_STATUS(weir_participant_send_data(node, ann, &sent), WEIR_OK);
  CHECK_STATUS(weir_participant_read_data(node, bob, &read, buffer, 4, 0), WEIR_ERR_BUFFER);
  CHECK(read.size == 5);
  CHECK_STATUS(weir_participant_read_data(node, bob, &read, buffer, sizeof buffer, 1000), WEIR_OK);
  CHECK(read.size == 5 && memcmp(read.data, "hello", 5) == 0 && read.data == buffer);
  CHECK(read.flags == WEIR_DATA_TEXT && read.from == ann && strcmp(read.label, "room/greetings") == 0);
  CHECK_STATUS(weir_participant_read_data(node, ann, &read, buffer, sizeof buffer, 0), WEIR_ERR_AGAIN);
}

static void refusals(weir_node* node, weir_room room, weir_participant ann) {
  weir_data message = text_to("nowhere", "x");
  CHECK_STATUS(weir_participant_send_data(node, ann, &message), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_room_send_data(node, room, &message, NULL), WEIR_ERR_INVALID);
  message = text_to("host/news", "x");
  uint32_t reached = 7;
  CHECK_STATUS(weir_room_send_data(node, room, &message, &reached), WEIR_OK);
  CHECK(reached == 0);
  CHECK_STATUS(weir_room_send_data(node, ann, &message, NULL), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_participant_send_data(node, room, &message), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_participant_send_data(node, ann, NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_room_send_data(node, room, NULL, NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_participant_read_data(node, ann, NULL, NULL, 0, 0), WEIR_ERR_INVALID);
  message.struct_size = 0;
  CHECK_STATUS(weir_participant_send_data(node, ann, &message), WEIR_ERR_INVALID);
  uint8_t byte;
  weir_data read;
  weir_data_init(&read, sizeof read);
  CHECK_STATUS(weir_participant_read_data(node, ann, &read, NULL, 1, 0), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_participant_read_data(node, room, &read, &byte, 1, 0), WEIR_ERR_NOT_FOUND);
}

static void data_h(uint32_t threads) {
  weir_node_options options;
  weir_node_options_init(&options, sizeof options);
  CHECK(options.max_data_channels == 64 && options.data_buffer_bytes == 1048576);
  options.threads = threads;
  options.listen_ipv4 = "127.0.0.1";
  options.listen_ipv6 = NULL;
  weir_node* node = NULL;
  options.data_buffer_bytes = 524287;
  CHECK_STATUS(weir_node_new(&options, &node, NULL), WEIR_ERR_INVALID);
  options.data_buffer_bytes = 524288;
  options.max_data_channels = 129;
  CHECK_STATUS(weir_node_new(&options, &node, NULL), WEIR_ERR_INVALID);
  options.max_data_channels = 128;
  CHECK_STATUS(weir_node_new(&options, &node, NULL), WEIR_OK);
  weir_room room = 0;
  CHECK_STATUS(weir_room_open(node, NULL, &room), WEIR_OK);
  const weir_participant ann = join(node, room);
  const weir_participant bob = join(node, room);
  messages_pass(node, ann, bob);
  refusals(node, room, ann);
  weir_node_free(node);
}

int main(void) {
  data_h(1);
  data_h(0);
  if (checks_failed > 0) fprintf(stderr, "%d checks failed\n", checks_failed);
  return checks_failed > 0;
}
