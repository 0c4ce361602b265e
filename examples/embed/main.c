/* SPDX-License-Identifier: Apache-2.0
 *
 * The smallest useful host: one node, one room, one client. Reads the client's SDP offer from a file or from
 * standard input, prints the answer on standard output, then tells on standard error what happens until
 * Ctrl-C or for --seconds N.
 *
 *   weir-embed [--port N] [--seconds N] [offer.sdp] */
#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <weir/weir.h>

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
  (void)number;
  interrupted = 1;
}

static int fail(const char* what, weir_status status, const weir_error* error) {
  fprintf(stderr, "weir-embed: %s: %s", what,
          error->reason[0] != 0 ? error->reason : weir_status_text(status));
  if (error->line > 0) fprintf(stderr, " (line %u)", (unsigned)error->line);
  fprintf(stderr, "\n");
  return 1;
}

/* Answers the offer and prints the answer. The first call asks how long the answer is. */
static int answer_offer(weir_node* node, weir_participant client, const char* offer, size_t offer_size) {
  weir_error error;
  weir_error_init(&error, sizeof error);
  size_t size = 0;
  weir_status status = weir_participant_negotiate(node, client, offer, offer_size, NULL, 0, &size, &error);
  char* answer = NULL;
  if (status == WEIR_ERR_BUFFER && (answer = malloc(size + 1)) != NULL) {
    status = weir_participant_negotiate(node, client, offer, offer_size, answer, size + 1, &size, &error);
    if (status == WEIR_OK) {
      fputs(answer, stdout);
      fflush(stdout);
    }
  }
  free(answer);
  return status == WEIR_OK ? 0 : fail("cannot answer the offer", status, &error);
}

static void tell(const weir_event* event) {
  static const char* const names[] = {
      "none",           "connected",          "disconnected",     "left",
      "track added",    "track removed",      "track muted",      "line added",
      "line removed",   "line changed",       "dominant speaker", "key frame wanted",
      "frame readable", "network path moved", "room closed",      "events lost"};
  const size_t known = sizeof names / sizeof names[0];
  const int named = event->type >= 0 && (size_t)event->type < known;
  fprintf(stderr, "%9.3f %s", (double)event->time_us / 1e6, named ? names[event->type] : "something new");
  if (event->status != WEIR_OK) fprintf(stderr, " (%s)", weir_status_text(event->status));
  fputc('\n', stderr);
}

static int serve(weir_node* node, const char* offer, size_t offer_size, long seconds) {
  weir_error none;
  weir_error_init(&none, sizeof none);
  weir_room room;
  weir_status status = weir_room_open(node, NULL, &room);
  if (status != WEIR_OK) return fail("cannot open a room", status, &none);
  weir_participant client;
  status = weir_participant_join(node, room, NULL, &client);
  if (status != WEIR_OK) return fail("cannot let the client in", status, &none);
  if (answer_offer(node, client, offer, offer_size) != 0) return 1;

  weir_event event;
  weir_event_init(&event, sizeof event);
  const time_t end = time(NULL) + seconds;
  while (!interrupted && (seconds == 0 || time(NULL) < end)) {
    if (weir_node_next_event(node, &event, 200) == WEIR_OK) tell(&event);
  }
  return 0;
}

/* A whole number from 0 to `most`, or -1. */
static long number(const char* text, long most) {
  char* rest = NULL;
  const long value = text == NULL ? -1 : strtol(text, &rest, 10);
  return text == NULL || rest == text || *rest != 0 || value < 0 || value > most ? -1 : value;
}

int main(int argc, char** argv) {
  weir_node_options options;
  weir_node_options_init(&options, sizeof options);
  const char* path = NULL;
  long port = 0, seconds = 0;
  for (int i = 1; i < argc && port >= 0 && seconds >= 0; ++i) {
    if (strcmp(argv[i], "--port") == 0)
      port = number(argv[++i], 65535);
    else if (strcmp(argv[i], "--seconds") == 0)
      seconds = number(argv[++i], 86400);
    else if (argv[i][0] != '-' && path == NULL)
      path = argv[i];
    else
      port = -1;
  }
  if (port < 0 || seconds < 0)
    return fprintf(stderr, "usage: weir-embed [--port N] [--seconds N] [offer.sdp]\n"), 2;
  options.port = (uint16_t)port;

  FILE* in = path == NULL ? stdin : fopen(path, "rb");
  if (in == NULL) return perror(path), 1;
  static char offer[65536];
  const size_t offer_size = fread(offer, 1, sizeof offer, in);
  if (in != stdin) fclose(in);

  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);

  weir_error error;
  weir_error_init(&error, sizeof error);
  weir_node* node = NULL;
  const weir_status status = weir_node_new(&options, &node, &error);
  if (status != WEIR_OK) return fail("cannot start", status, &error);
  const int result = serve(node, offer, offer_size, seconds);
  weir_node_free(node);
  return result;
}
