/* The estimator of abr.h from C11, as a host with a media server of its own would use it: a sender over a
 * link of 1 Mbit/s whose receiver reports, all in virtual time. And each call once wrongly. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { PACKET = 1200, PER_REPORT = 7, REPORT = 40, WAITING = 64, LINK = 1000000, DELAY_US = 30000 };

/* A sender and its path. */
typedef struct sender {
  weir_estimator* estimator;
  int64_t now_us;
  int64_t link_free_us;
  int64_t next_media_us;
  uint16_t sequence;
  uint32_t probe;      /* the one under way; 0: none */
  uint32_t probe_left; /* bytes */
  int64_t probe_gap_us;
  int64_t arrivals_us[PER_REPORT];
  uint32_t arrived;
  uint8_t report_count;
  struct {
    int64_t at_us;
    uint8_t rtcp[REPORT];
  } reports[WAITING]; /* on their way back, by number */
  uint8_t reports_taken;
} sender;

static void put16(uint8_t* at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

/* Transport-wide feedback on seven packets that all arrived: one vector of two-bit symbols, deltas of two
 * bytes in steps of 250 us (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1). With the RTCP
 * header and two SSRCs before it, it is a whole RTCP packet. */
static void write_report(sender* s, uint8_t* out) {
  memset(out, 0, REPORT);
  out[0] = 0x80 | 15;
  out[1] = 205;
  put16(out + 2, 9); /* 40 bytes */
  uint8_t* fci = out + 12;
  put16(fci, (uint16_t)(s->sequence - PER_REPORT));
  put16(fci + 2, PER_REPORT);
  const int64_t reference = s->arrivals_us[0] / 64000;
  fci[4] = (uint8_t)(reference >> 16);
  put16(fci + 5, (unsigned)(reference & 0xffff));
  fci[7] = s->report_count++;
  put16(fci + 8, 0xeaaa);
  int64_t last = reference * 64000;
  for (int i = 0; i < PER_REPORT; ++i) {
    const int64_t steps = (s->arrivals_us[i] - last) / 250;
    put16(fci + 10 + 2 * i, (unsigned)steps);
    last += steps * 250;
  }
}

static void send_packet(sender* s) {
  weir_estimator_packet packet;
  CHECK_STATUS(weir_estimator_packet_init(&packet, sizeof packet), WEIR_OK);
  packet.time_us = s->now_us;
  packet.size = PACKET;
  packet.transport_sequence = s->sequence++;
  packet.probe = s->probe;
  CHECK_STATUS(weir_estimator_packet_sent(s->estimator, &packet), WEIR_OK);
  if (s->link_free_us < s->now_us) s->link_free_us = s->now_us;
  s->link_free_us += (int64_t)PACKET * 8 * 1000000 / LINK;
  s->arrivals_us[s->arrived++] = s->link_free_us + DELAY_US;
  if (s->arrived < PER_REPORT) return;
  const unsigned slot = s->report_count % WAITING;
  s->reports[slot].at_us = s->arrivals_us[PER_REPORT - 1] + DELAY_US;
  write_report(s, s->reports[slot].rtcp);
  s->arrived = 0;
}

/* By turns as a whole packet and as its FCI. */
static void take_reports(sender* s) {
  for (; s->reports_taken != s->report_count; ++s->reports_taken) {
    const unsigned slot = s->reports_taken % WAITING;
    const uint8_t* rtcp = s->reports[slot].rtcp;
    if (s->reports[slot].at_us > s->now_us) return;
    if (slot % 2 == 0) {
      CHECK_STATUS(weir_estimator_rtcp(s->estimator, s->now_us, rtcp, REPORT), WEIR_OK);
    } else {
      CHECK_STATUS(weir_estimator_transport_feedback(s->estimator, s->now_us, rtcp + 12, REPORT - 12),
                   WEIR_OK);
    }
  }
}

static weir_estimator_state state_of(const weir_estimator* estimator) {
  weir_estimator_state state;
  CHECK_STATUS(weir_estimator_state_init(&state, sizeof state), WEIR_OK);
  CHECK_STATUS(weir_estimator_get_state(estimator, &state), WEIR_OK);
  return state;
}

static void step(sender* s) {
  take_reports(s);
  const weir_estimator_state state = state_of(s->estimator);
  if (s->now_us >= state.deadline_us) CHECK_STATUS(weir_estimator_advance(s->estimator, s->now_us), WEIR_OK);
  weir_estimator_probe probe;
  CHECK_STATUS(weir_estimator_probe_init(&probe, sizeof probe), WEIR_OK);
  if (s->probe_left == 0 && weir_estimator_next_probe(s->estimator, &probe) == WEIR_OK) {
    CHECK(probe.id != 0 && probe.packets >= 2 && probe.bitrate > state.target_bitrate);
    s->probe = probe.id;
    s->probe_left = probe.bytes;
    s->probe_gap_us = (int64_t)PACKET * 8 * 1000000 / (int64_t)probe.bitrate;
    s->next_media_us = s->now_us;
  }
  if (s->now_us < s->next_media_us) return;
  send_packet(s);
  if (s->probe_left > 0) {
    s->next_media_us += s->probe_gap_us;
    s->probe_left = s->probe_left > PACKET ? s->probe_left - PACKET : 0;
    if (s->probe_left == 0) s->probe = 0;
  } else {
    s->next_media_us = s->now_us + (int64_t)PACKET * 8 * 1000000 / (int64_t)state.target_bitrate;
  }
}

static void estimating(void) {
  sender s = {.now_us = 5000000};
  CHECK_STATUS(weir_estimator_new(NULL, &s.estimator), WEIR_OK);
  CHECK(state_of(s.estimator).target_bitrate == 300000 && state_of(s.estimator).deadline_us == INT64_MAX);
  CHECK_STATUS(weir_estimator_set_wanted(s.estimator, s.now_us, 2000000), WEIR_OK);
  const int64_t end = s.now_us + 15000000;
  for (; s.now_us < end; s.now_us += 200) step(&s);
  weir_estimator_state state = state_of(s.estimator);
  CHECK(state.target_bitrate > LINK * 3 / 4 && state.target_bitrate < LINK * 6 / 5);
  CHECK(state.pacing_bitrate > state.target_bitrate && state.acked_bitrate > LINK / 2);
  CHECK(state.round_trip_us >= 2 * DELAY_US && state.round_trip_us < 500000 && state.loss == 0);
  CHECK(state.deadline_us > s.now_us - 100000 && state.app_limited == 0 && state.competing == 0);
  CHECK_STATUS(weir_estimator_set_receiver_limit(s.estimator, 400000), WEIR_OK);
  CHECK(state_of(s.estimator).target_bitrate == 400000);
  CHECK_STATUS(weir_estimator_set_receiver_limit(s.estimator, 0), WEIR_OK);
  CHECK(state_of(s.estimator).target_bitrate == state.target_bitrate);
  weir_estimator_free(s.estimator);
  weir_estimator_free(NULL);
}

static void wrong_options(void) {
  weir_estimator* estimator = NULL;
  weir_estimator_options options;
  CHECK_STATUS(weir_estimator_options_init(&options, sizeof options), WEIR_OK);
  CHECK_STATUS(weir_estimator_new(&options, NULL), WEIR_ERR_INVALID);
  options.min_bitrate = options.max_bitrate + 1;
  CHECK_STATUS(weir_estimator_new(&options, &estimator), WEIR_ERR_INVALID);
  weir_estimator_options_init(&options, sizeof options);
  options.start_bitrate = 999;
  CHECK_STATUS(weir_estimator_new(&options, &estimator), WEIR_ERR_INVALID);
  options.start_bitrate = 100000000001;
  CHECK_STATUS(weir_estimator_new(&options, &estimator), WEIR_ERR_INVALID);
  options.start_bitrate = 1000;
  options.min_bitrate = 1000;
  options.max_bitrate = 1000;
  CHECK(estimator == NULL);
  CHECK_STATUS(weir_estimator_new(&options, &estimator), WEIR_OK);
  CHECK(state_of(estimator).target_bitrate >= 1000);
  weir_estimator_free(estimator);
}

static void wrong_calls(void) {
  weir_estimator* e = NULL;
  CHECK_STATUS(weir_estimator_new(NULL, &e), WEIR_OK);
  weir_estimator_packet packet;
  weir_estimator_packet_init(&packet, sizeof packet);
  CHECK_STATUS(weir_estimator_packet_sent(e, &packet), WEIR_ERR_INVALID); /* no size */
  packet.size = 65536;
  CHECK_STATUS(weir_estimator_packet_sent(e, &packet), WEIR_ERR_INVALID);
  packet.size = 65535;
  packet.transport_sequence = 65536;
  CHECK_STATUS(weir_estimator_packet_sent(e, &packet), WEIR_ERR_INVALID);
  packet.transport_sequence = 65535;
  packet.kind = 4;
  CHECK_STATUS(weir_estimator_packet_sent(e, &packet), WEIR_ERR_INVALID);
  packet.kind = WEIR_PACKET_AUDIO;
  CHECK_STATUS(weir_estimator_packet_sent(NULL, &packet), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_estimator_packet_sent(e, NULL), WEIR_ERR_INVALID);
  const int64_t times[] = {INT64_MIN, 0, INT64_MAX, 5, INT64_MAX};
  for (size_t i = 0; i < sizeof times / sizeof *times; ++i) { /* no clock, but no harm either */
    packet.time_us = times[i];
    packet.transport_sequence = (uint32_t)i;
    CHECK_STATUS(weir_estimator_packet_sent(e, &packet), WEIR_OK);
    CHECK_STATUS(weir_estimator_advance(e, times[i]), WEIR_OK);
  }
  const uint8_t broken[12] = {0x8f, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2};
  CHECK_STATUS(weir_estimator_rtcp(e, 0, broken, sizeof broken), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_estimator_rtcp(e, 0, broken, 0), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_estimator_rtcp(e, 0, NULL, 12), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_estimator_transport_feedback(e, 0, broken, 7), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_estimator_transport_feedback(e, 0, NULL, 12), WEIR_ERR_INVALID);
  const uint8_t report[8] = {0x80, 201, 0, 1, 0, 0, 0, 1};
  CHECK_STATUS(weir_estimator_rtcp(e, 0, report, sizeof report), WEIR_OK); /* passed over */
  CHECK_STATUS(weir_estimator_advance(NULL, 0), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_estimator_set_wanted(e, 0, 100000000001), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_estimator_set_wanted(NULL, 0, 1), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_estimator_set_receiver_limit(NULL, 1), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_estimator_get_state(e, NULL), WEIR_ERR_INVALID);
  CHECK_STATUS(weir_estimator_next_probe(e, NULL), WEIR_ERR_INVALID);
  weir_estimator_probe probe;
  weir_estimator_probe_init(&probe, sizeof probe);
  CHECK_STATUS(weir_estimator_next_probe(e, &probe), WEIR_ERR_AGAIN); /* sound alone needs none */
  weir_estimator_free(e);

  /* The first packet of video begins to probe. */
  e = NULL;
  CHECK_STATUS(weir_estimator_new(NULL, &e), WEIR_OK);
  packet.size = 1200;
  packet.time_us = 0;
  packet.kind = WEIR_PACKET_VIDEO;
  CHECK_STATUS(weir_estimator_packet_sent(e, &packet), WEIR_OK);
  int given = 0;
  for (; weir_estimator_next_probe(e, &probe) == WEIR_OK; ++given) CHECK(probe.bitrate > 0);
  CHECK(given > 0 && given <= 8);
  CHECK_STATUS(weir_estimator_next_probe(e, &probe), WEIR_ERR_AGAIN);
  weir_estimator_free(e);
}

int main(void) {
  estimating();
  wrong_options();
  wrong_calls();
  if (checks_failed > 0) fprintf(stderr, "%d checks failed\n", checks_failed);
  return checks_failed > 0;
}
