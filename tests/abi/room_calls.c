/* Rooms, participants, tracks and subscriptions from C11: each call once as it is meant, and once wrongly. */
#include <poll.h>
#include <string.h>

#include "check.h"

static const char offer[] =
    "v=0\r\n"
    "o=- 4611686018427387904 2 IN IP4 127.0.0.1\r\n"
    "s=-\r\n"
    "t=0 0\r\n"
    "a=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    "c=IN IP4 0.0.0.0\r\n"
    "a=ice-ufrag:abcd\r\n"
    "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
    "a=fingerprint:sha-256 "
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n"
    "a=setup:actpass\r\n"
    "a=mid:0\r\n"
    "a=sendrecv\r\n"
    "a=rtcp-mux\r\n"
    "a=rtpmap:111 opus/48000/2\r\n";

static void remote_participant(weir_node* node, weir_room room) {
  weir_participant_options options;
  weir_participant_options_init(&options, sizeof options);
  CHECK(options.may == WEIR_MAY_ALL && options.default_audio_source == WEIR_SOURCE_VOICE);
  weir_participant person = 0;
  options.default_audio_source = WEIR_SOURCE_TRACK;
  CHECK_STATUS(weir_participant_join(node, room, &options, &person), WEIR_ERR_INVALID);
  options.default_audio_source = WEIR_SOURCE_VOICE;
  options.may = WEIR_MAY_ALL + 1;
  CHECK_STATUS(weir_participant_join(node, room, &options, &person), WEIR_ERR_INVALID);
  options.may = WEIR_MAY_ALL;
  options.user = 42;
  CHECK_STATUS(weir_participant_join(node, 0, &options, &person), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_participant_join(node, room, &options, &person), WEIR_OK);

  weir_error error;
  weir_error_init(&error, sizeof error);
  char answer[8192];
  size_t size = 0;
  CHECK_STATUS(weir_participant_negotiate(node, person, "v=1\r\n", 5, answer, sizeof answer, &size, &error),
               WEIR_ERR_SDP);
  CHECK(error.line == 1 && error.reason[0] != 0);
  CHECK_STATUS(weir_participant_negotiate(node, person, offer, strlen(offer), NULL, 0, &size, &error),
               WEIR_ERR_BUFFER);
  CHECK(size > 0 && size < sizeof answer);
  const size_t needed = size;
  CHECK_STATUS(weir_participant_negotiate(node, person, offer, strlen(offer), answer, needed, &size, NULL),
               WEIR_ERR_BUFFER);
  CHECK_STATUS(
      weir_participant_negotiate(node, person, offer, strlen(offer), answer, needed + 1, &size, NULL),
      WEIR_OK);
  CHECK(size == needed && strlen(answer) == size && strncmp(answer, "v=0\r\n", 5) == 0);
  char fingerprint[96];
  CHECK_STATUS(weir_node_fingerprint(node, fingerprint, 95), WEIR_ERR_BUFFER);
  CHECK_STATUS(weir_node_fingerprint(node, fingerprint, 96), WEIR_OK);
  CHECK(strlen(fingerprint) == 95 && strstr(answer, fingerprint) != NULL);

  static const char candidate[] = "candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host";
  CHECK_STATUS(weir_participant_add_candidate(node, person, candidate, strlen(candidate)), WEIR_OK);
  CHECK_STATUS(weir_participant_add_candidate(node, person, "", 0), WEIR_OK);
  CHECK_STATUS(weir_participant_add_candidate(node, person, "candidate:nonsense", 18), WEIR_ERR_SDP);

  weir_track tracks[4];
  weir_subscription lines[4];
  size_t count = 0;
  CHECK_STATUS(weir_participant_tracks(node, person, NULL, 0, &count), WEIR_ERR_BUFFER);
  CHECK(count == 1);
  CHECK_STATUS(weir_participant_tracks(node, person, tracks, 4, &count), WEIR_OK);
  CHECK_STATUS(weir_participant_subscriptions(node, person, lines, 4, &count), WEIR_OK);
  CHECK(count == 1);
  CHECK_STATUS(weir_participant_subscriptions(node, person, NULL, 4, &count), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_track_remove(node, tracks[0]), WEIR_ERR_STATE);
  CHECK_STATUS(weir_subscription_remove(node, lines[0]), WEIR_ERR_STATE);

  weir_participant_stats stats;
  weir_participant_stats_init(&stats, sizeof stats);
  CHECK_STATUS(weir_participant_get_stats(node, person, &stats), WEIR_OK);
  CHECK(stats.connected == 0);
  CHECK_STATUS(weir_participant_get_stats(node, room, &stats), WEIR_ERR_NOT_FOUND);

  weir_track_options track;
  weir_track_options_init(&track, sizeof track);
  track.kind = WEIR_KIND_AUDIO;
  track.codec = WEIR_CODEC_OPUS;
  weir_track added;
  CHECK_STATUS(weir_track_add(node, person, &track, &added), WEIR_ERR_STATE);
  CHECK_STATUS(weir_participant_leave(node, person), WEIR_OK);
  CHECK_STATUS(weir_participant_leave(node, person), WEIR_ERR_NOT_FOUND);
}

static weir_participant join_local(weir_node* node, weir_room room, uint64_t user) {
  weir_participant_options options;
  weir_participant_options_init(&options, sizeof options);
  options.kind = WEIR_PARTICIPANT_LOCAL;
  options.user = user;
  weir_participant person = 0;
  CHECK_STATUS(weir_participant_join(node, room, &options, &person), WEIR_OK);
  return person;
}

static weir_track add_voice(weir_node* node, weir_participant person) {
  weir_track_options options;
  weir_track_options_init(&options, sizeof options);
  weir_track track = 0;
  CHECK_STATUS(weir_track_add(node, person, &options, &track), WEIR_ERR_INVALID);
  options.kind = WEIR_KIND_AUDIO;
  options.codec = WEIR_CODEC_VP8;
  CHECK_STATUS(weir_track_add(node, person, &options, &track), WEIR_ERR_INVALID);
  options.codec = WEIR_CODEC_OPUS;
  options.min_bitrate = 20000;
  CHECK_STATUS(weir_track_add(node, person, &options, &track), WEIR_ERR_INVALID);
  options.min_bitrate = 0;
  CHECK_STATUS(weir_track_add(node, person, &options, &track), WEIR_OK);
  return track;
}

static void track_calls(weir_node* node, weir_participant person, weir_track track) {
  weir_track_info info;
  weir_track_info_init(&info, sizeof info);
  CHECK_STATUS(weir_track_get_info(node, track, &info), WEIR_OK);
  CHECK(info.kind == WEIR_KIND_AUDIO && info.codec == WEIR_CODEC_OPUS && info.participant == person &&
        info.muted == 0);
  CHECK_STATUS(weir_track_get_info(node, person, &info), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_track_get_info(node, track, NULL), WEIR_ERR_INVALID);

  CHECK_STATUS(weir_track_set_muted(node, track, 2), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_track_set_muted(node, track, 1), WEIR_OK);
  CHECK_STATUS(weir_track_get_info(node, track, &info), WEIR_OK);
  CHECK(info.muted == 1);
  CHECK_STATUS(weir_track_set_muted(node, track, 0), WEIR_OK);
  CHECK_STATUS(weir_track_set_content(node, track, WEIR_CONTENT_SCREEN), WEIR_ERR_INVALID); /* audio */
  CHECK_STATUS(weir_track_set_content(node, track, 7), WEIR_ERR_INVALID);
}

static void subscription_calls(weir_node* node, weir_subscription line, weir_track track) {
  weir_source source;
  weir_source_init(&source, sizeof source);
  source.kind = WEIR_SOURCE_TRACK;
  source.track = track;
  source.rank = 65536;
  CHECK_STATUS(weir_subscription_set_source(node, line, &source), WEIR_ERR_INVALID);
  source.rank = 0;
  CHECK_STATUS(weir_subscription_set_source(node, 0, &source), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_subscription_set_source(node, line, NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_subscription_set_source(node, line, &source), WEIR_OK);

  weir_subscription_info info;
  weir_subscription_info_init(&info, sizeof info);
  CHECK_STATUS(weir_subscription_get_info(node, line, &info), WEIR_OK);
  CHECK(info.source_kind == WEIR_SOURCE_TRACK && info.kind == WEIR_KIND_AUDIO);
  CHECK_STATUS(weir_subscription_get_info(node, track, &info), WEIR_ERR_NOT_FOUND);
}

/* Two packets of silence from one local participant to the other: one as a frame, read as a frame. */
static void frames_pass(weir_node* node, weir_track track, weir_subscription line) {
  static const uint8_t opus[] = {0xf8, 0xff, 0xfe};
  weir_frame frame;
  weir_frame_init(&frame, sizeof frame);
  CHECK(frame.level == WEIR_LEVEL_NONE);
  CHECK_STATUS(weir_track_write_frame(node, track, &frame), WEIR_ERR_INVALID);
  frame.codec = WEIR_CODEC_OPUS;
  frame.data = opus;
  frame.size = sizeof opus;
  frame.time_us = 1000000;
  frame.level = 20;
  CHECK_STATUS(weir_track_write_frame(node, 0, &frame), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_track_write_frame(node, track, NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_track_write_frame(node, track, &frame), WEIR_OK);

  uint8_t buffer[1500];
  weir_frame taken;
  weir_frame_init(&taken, sizeof taken);
  CHECK_STATUS(weir_subscription_read(node, line, &taken, buffer, 1, 0), WEIR_ERR_BUFFER);
  CHECK(taken.size == sizeof opus);
  CHECK_STATUS(weir_subscription_read(node, line, &taken, buffer, sizeof buffer, 1000), WEIR_OK);
  CHECK(taken.size == sizeof opus && taken.data == buffer && memcmp(buffer, opus, sizeof opus) == 0);
  CHECK(taken.codec == WEIR_CODEC_OPUS && taken.track == track);
  CHECK_STATUS(weir_subscription_read(node, line, &taken, buffer, sizeof buffer, 0), WEIR_ERR_AGAIN);
  CHECK_STATUS(weir_subscription_read(node, line, &taken, buffer, sizeof buffer, 1), WEIR_ERR_AGAIN);
  CHECK_STATUS(weir_subscription_read(node, 0, &taken, buffer, sizeof buffer, 0), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_subscription_read(node, line, NULL, buffer, sizeof buffer, 0), WEIR_ERR_INVALID);

  uint8_t packet[15] = {0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xf8, 0xff, 0xfe};
  CHECK_STATUS(weir_track_write_rtp(node, track, packet, 11, 20), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_track_write_rtp(node, track, packet, sizeof packet, 128), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_track_write_rtp(node, 0, packet, sizeof packet, 20), WEIR_ERR_NOT_FOUND);
}

static void statistics(weir_node* node, weir_track track, weir_subscription line) {
  weir_node_stats all;
  weir_node_stats_init(&all, sizeof all);
  CHECK_STATUS(weir_node_get_stats(node, &all), WEIR_OK);
  CHECK(all.workers == 1 && all.rooms == 1 && all.participants == 2 && all.tracks == 1 &&
        all.subscriptions == 1);
  CHECK_STATUS(weir_node_get_stats(NULL, &all), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_node_get_stats(node, NULL), WEIR_ERR_INVALID);
  weir_track_stats sent;
  weir_track_stats_init(&sent, sizeof sent);
  CHECK_STATUS(weir_track_get_stats(node, track, &sent), WEIR_OK);
  CHECK(sent.subscriptions == 1);
  CHECK_STATUS(weir_track_get_stats(node, line, &sent), WEIR_ERR_NOT_FOUND);
  weir_subscription_stats received;
  weir_subscription_stats_init(&received, sizeof received);
  CHECK_STATUS(weir_subscription_get_stats(node, line, &received), WEIR_OK);
  CHECK_STATUS(weir_subscription_get_stats(node, track, &received), WEIR_ERR_NOT_FOUND);

  CHECK(strcmp(weir_drop_name(WEIR_DROP_SRTP_AUTH), "srtp_auth") == 0);
  CHECK(strcmp(weir_drop_name(WEIR_DROP_COUNT), "?") == 0);
  CHECK(strcmp(weir_drop_text(WEIR_DROP_MUTED), "track is muted") == 0);
  CHECK(weir_drop_text(1000) != NULL);
}

static void local_participants(weir_node* node, weir_room room) {
  const weir_participant speaker = join_local(node, room, 1);
  const weir_participant listener = join_local(node, room, 2);
  const weir_track track = add_voice(node, speaker);
  track_calls(node, speaker, track);

  weir_subscription_options options;
  weir_subscription_options_init(&options, sizeof options);
  CHECK(options.max_queue == 256 && options.format == WEIR_FORMAT_FRAME);
  weir_subscription line = 0;
  CHECK_STATUS(weir_subscription_add(node, listener, &options, &line), WEIR_ERR_INVALID);
  options.kind = WEIR_KIND_AUDIO;
  CHECK_STATUS(weir_subscription_add(node, listener, &options, &line), WEIR_OK);
  subscription_calls(node, line, track);
  frames_pass(node, track, line);
  statistics(node, track, line);

  weir_participant people[3];
  size_t count = 0;
  CHECK_STATUS(weir_room_participants(node, room, people, 1, &count), WEIR_ERR_BUFFER);
  CHECK(count == 2);
  CHECK_STATUS(weir_room_participants(node, room, people, 3, &count), WEIR_OK);
  CHECK(people[0] == speaker && people[1] == listener);
  CHECK_STATUS(weir_room_speakers(node, room, people, 3, &count), WEIR_OK);
  CHECK(count == 2);
  CHECK_STATUS(weir_room_speakers(node, track, people, 3, &count), WEIR_ERR_NOT_FOUND);

  CHECK_STATUS(weir_participant_set_excluded(node, listener, &speaker, 1), WEIR_OK);
  weir_subscription_info info;
  weir_subscription_info_init(&info, sizeof info);
  CHECK_STATUS(weir_subscription_get_info(node, line, &info), WEIR_OK);
  CHECK(info.idle == WEIR_IDLE_EXCLUDED && info.track == 0);
  CHECK_STATUS(weir_participant_set_excluded(node, listener, &listener, 1), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_participant_set_excluded(node, listener, &room, 1), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_participant_set_excluded(node, track, &speaker, 1), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_participant_set_excluded(node, listener, NULL, 1), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_participant_set_excluded(node, listener, &speaker, WEIR_MAX_EXCLUDED + 1),
               WEIR_ERR_LIMIT);
  CHECK_STATUS(weir_participant_set_excluded(node, listener, NULL, 0), WEIR_OK);
  CHECK_STATUS(weir_subscription_get_info(node, line, &info), WEIR_OK);
  CHECK(info.idle == WEIR_IDLE_KEYFRAME && info.track == 0); /* again from its next packet on */

  char answer[64];
  size_t size = 0;
  CHECK_STATUS(
      weir_participant_negotiate(node, speaker, offer, strlen(offer), answer, sizeof answer, &size, NULL),
      WEIR_ERR_STATE);
  CHECK_STATUS(weir_subscription_remove(node, line), WEIR_OK);
  CHECK_STATUS(weir_subscription_remove(node, line), WEIR_ERR_NOT_FOUND);
  CHECK_STATUS(weir_track_remove(node, track), WEIR_OK);
  CHECK_STATUS(weir_track_remove(node, track), WEIR_ERR_NOT_FOUND);
}

static void events(weir_node* node) {
  weir_event event;
  weir_event_init(&event, sizeof event);
  const int32_t fd = weir_node_event_fd(node);
  CHECK(fd >= 0);
  struct pollfd readable = {fd, POLLIN, 0};
  CHECK(poll(&readable, 1, 1000) == 1);
  int added = 0;
  weir_status status;
  while ((status = weir_node_next_event(node, &event, 0)) == WEIR_OK) {
    CHECK(event.struct_size == sizeof event && event.type != WEIR_EVENT_NONE);
    added += event.type == WEIR_EVENT_TRACK_ADDED;
  }
  CHECK_STATUS(status, WEIR_ERR_AGAIN);
  CHECK(added == 2);
  CHECK(poll(&readable, 1, 0) == 0);
  CHECK_STATUS(weir_node_next_event(node, NULL, 0), WEIR_ERR_INVALID);
}

static void room_h(uint32_t threads) {
  weir_node_options options = local_options(threads);
  weir_node* node = NULL;
  weir_error error;
  weir_error_init(&error, sizeof error);
  CHECK_STATUS(weir_node_new(&options, &node, &error), WEIR_OK);
  if (node == NULL) {
    fprintf(stderr, "%s\n", error.reason);
    return;
  }
  weir_room_options room_options;
  weir_room_options_init(&room_options, sizeof room_options);
  weir_room room = 0;
  CHECK(room_options.dominant_speaker == 1 && room_options.dominant_hold_ms == 1000);
  CHECK_STATUS(weir_room_open(node, &room_options, NULL), WEIR_ERR_INVALID);
  room_options.dominant_hold_ms = 60001;
  CHECK_STATUS(weir_room_open(node, &room_options, &room), WEIR_ERR_INVALID);
  room_options.dominant_hold_ms = 60000;
  room_options.dominant_speaker = 2;
  CHECK_STATUS(weir_room_open(node, &room_options, &room), WEIR_ERR_INVALID);
  room_options.dominant_speaker = 1;
  CHECK_STATUS(weir_room_open(node, &room_options, &room), WEIR_OK);
  CHECK(room != 0);
  remote_participant(node, room);
  local_participants(node, room);
  events(node);

  int32_t timeout = -2;
  const weir_status host_driven = threads == 0 ? WEIR_OK : WEIR_ERR_STATE;
  CHECK_STATUS(weir_node_run_once(node, 0), host_driven);
  CHECK_STATUS(weir_node_deadline(node, &timeout), host_driven);
  CHECK(threads != 0 || timeout >= -1);
  CHECK((weir_node_poll_fd(node) >= 0) == (threads == 0));
  CHECK_STATUS(weir_node_deadline(node, NULL), WEIR_ERR_INVALID);

  CHECK_STATUS(weir_node_stop(node), WEIR_OK);
  CHECK_STATUS(weir_node_stop(node), WEIR_OK);
  weir_room late;
  CHECK_STATUS(weir_room_open(node, NULL, &late), WEIR_ERR_CLOSED);
  weir_participant person;
  CHECK_STATUS(weir_participant_join(node, room, NULL, &person), WEIR_ERR_CLOSED);
  CHECK_STATUS(weir_room_close(node, room), WEIR_OK);
  CHECK_STATUS(weir_room_close(node, room), WEIR_ERR_NOT_FOUND);
  weir_event event;
  weir_event_init(&event, sizeof event);
  while (weir_node_next_event(node, &event, -1) == WEIR_OK) {
  }
  CHECK_STATUS(weir_node_next_event(node, &event, -1), WEIR_ERR_CLOSED);
  weir_node_free(node);
}

int main(void) {
  room_h(1);
  room_h(0);
  if (checks_failed > 0) fprintf(stderr, "%d checks failed\n", checks_failed);
  return checks_failed > 0;
}
