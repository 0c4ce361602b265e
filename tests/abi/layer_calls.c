/* Layers from C11: what a receiver wants, what it can be limited to, and what a track offers. */
#include <string.h>

#include "check.h"

static weir_participant join_local(weir_node* node, weir_room room) {
  weir_participant_options options;
  weir_participant_options_init(&options, sizeof options);
  options.kind = WEIR_PARTICIPANT_LOCAL;
  weir_participant person = 0;
  CHECK_STATUS(weir_participant_join(node, room, &options, &person), WEIR_OK);
  return person;
}

static weir_track add_camera(weir_node* node, weir_participant person) {
  weir_track_options options;
  weir_track_options_init(&options, sizeof options);
  options.kind = WEIR_KIND_VIDEO;
  options.codec = WEIR_CODEC_VP8;
  options.min_bitrate = 150000; /* its encoder follows what the receiver's path carries */
  weir_track track = 0;
  CHECK_STATUS(weir_track_add(node, person, &options, &track), WEIR_OK);
  return track;
}

static weir_subscription add_line(weir_node* node, weir_participant person, int32_t kind) {
  weir_subscription_options options;
  weir_subscription_options_init(&options, sizeof options);
  options.kind = kind;
  weir_subscription line = 0;
  CHECK_STATUS(weir_subscription_add(node, person, &options, &line), WEIR_OK);
  return line;
}

static void wants_are_checked(weir_node* node, weir_subscription video, weir_subscription audio) {
  weir_wants wants;
  CHECK_STATUS(weir_wants_init(NULL, sizeof wants), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_wants_init(&wants, sizeof wants), WEIR_OK);
  CHECK(wants.priority == 1 && wants.visible == 1 && wants.pinned == 0 && wants.max_width == 0);
  CHECK(wants.max_spatial == WEIR_LAYER_ANY && wants.max_temporal == WEIR_LAYER_ANY);
  CHECK_STATUS(weir_subscription_set_wants(node, video, &wants), WEIR_OK);
  CHECK_STATUS(weir_subscription_set_wants(node, audio, &wants), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_subscription_set_wants(node, 0, &wants), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_subscription_set_wants(node, video, NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_subscription_set_wants(NULL, video, &wants), WEIR_ERR_INVALID);

  struct {
    uint32_t* field;
    uint32_t most;
  } limits[] = {{&wants.priority, 10000},   {&wants.max_width, 65535},
                {&wants.max_height, 65535}, {&wants.pinned, 1},
                {&wants.visible, 1},        {&wants.max_spatial, WEIR_LAYER_ANY},
                {&wants.max_temporal, 255}, {&wants.max_milli_fps, 0xffffffffU}};
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; ++i) {
    const uint32_t was = *limits[i].field;
    *limits[i].field = limits[i].most;
    CHECK_STATUS(weir_subscription_set_wants(node, video, &wants), WEIR_OK);
    if (limits[i].most < 0xffffffffU) {
      *limits[i].field = limits[i].most + 1;
      CHECK_STATUS(weir_subscription_set_wants(node, video, &wants), WEIR_ERR_INVALID);
    }
    *limits[i].field = was;
  }
  wants.priority = 0;
  CHECK_STATUS(weir_subscription_set_wants(node, video, &wants), WEIR_ERR_INVALID);
  wants.priority = 1;
  wants.min_spatial = 2;
  wants.max_spatial = 1;
  CHECK_STATUS(weir_subscription_set_wants(node, video, &wants), WEIR_ERR_INVALID);
  wants.struct_size = 8;
  CHECK_STATUS(weir_subscription_set_wants(node, video, &wants), WEIR_ERR_INVALID);
}

static void limits_are_taken(weir_node* node, weir_participant person) {
  weir_receive_limits limits;
  CHECK_STATUS(weir_receive_limits_init(&limits, sizeof limits), WEIR_OK);
  CHECK(limits.max_video == 0 && limits.max_bitrate == 0);
  limits.max_video = 4;
  limits.max_bitrate = 3000000;
  CHECK_STATUS(weir_participant_set_receive_limits(node, person, &limits), WEIR_OK);
  CHECK_STATUS(weir_participant_set_receive_limits(node, person, NULL), WEIR_OK);
  CHECK_STATUS(weir_participant_set_receive_limits(node, 0, &limits), WEIR_ERR_NOT_FOUND);
  limits.struct_size = 4;
  CHECK_STATUS(weir_participant_set_receive_limits(node, person, &limits), WEIR_ERR_INVALID);
}

/* A camera that has sent one key frame of 16 by 16 pixels has one layer. */
static void layers_are_told(weir_node* node, weir_track track, weir_subscription line) {
  static const uint8_t picture[] = {0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00, 0x00, 0x00};
  weir_track_layer layers[16];
  size_t count = 99;
  CHECK_STATUS(weir_track_layers(node, track, layers, 16, &count), WEIR_OK);
  CHECK(count == 0);
  weir_frame frame;
  weir_frame_init(&frame, sizeof frame);
  frame.codec = WEIR_CODEC_VP8;
  frame.data = picture;
  frame.size = sizeof picture;
  frame.time_us = 1000000;
  frame.flags = WEIR_FRAME_KEY;
  CHECK_STATUS(weir_track_write_frame(node, track, &frame), WEIR_OK);
  CHECK_STATUS(weir_track_layers(node, track, NULL, 0, &count), WEIR_ERR_BUFFER);
  CHECK(count == 1);
  CHECK_STATUS(weir_track_layers(node, track, layers, 16, &count), WEIR_OK);
  CHECK(count == 1 && layers[0].encoding == 0 && layers[0].spatial == 0 && layers[0].temporal == 0);
  CHECK(layers[0].width == 16 && layers[0].height == 16 && strcmp(layers[0].rid, "") == 0);
  CHECK_STATUS(weir_track_layers(node, line, layers, 16, &count), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_track_layers(node, track, NULL, 16, &count), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_track_layers(node, track, layers, 16, NULL), WEIR_ERR_INVALID);

  weir_subscription_info info;
  weir_subscription_info_init(&info, sizeof info);
  CHECK_STATUS(weir_subscription_get_info(node, line, &info), WEIR_OK);
  CHECK(info.layer_reason == WEIR_LAYER_UNDECIDED && info.encoding == -1 && info.target_encoding == -1);
}

int main(void) {
  weir_node_options options = local_options(1);
  weir_node* node = NULL;
  CHECK_STATUS(weir_node_new(&options, &node, NULL), WEIR_OK);
  weir_room room = 0;
  CHECK_STATUS(weir_room_open(node, NULL, &room), WEIR_OK);
  const weir_participant presenter = join_local(node, room);
  const weir_participant viewer = join_local(node, room);
  const weir_track camera = add_camera(node, presenter);
  const weir_subscription video = add_line(node, viewer, WEIR_KIND_VIDEO);
  const weir_subscription audio = add_line(node, viewer, WEIR_KIND_AUDIO);
  wants_are_checked(node, video, audio);
  limits_are_taken(node, viewer);
  layers_are_told(node, camera, video);
  weir_node_free(node);
  if (checks_failed > 0) fprintf(stderr, "%d checks failed\n", checks_failed);
  return checks_failed > 0;
}
