/* Callers of other ages. An old one allocates a struct of exactly the size it knew: the library neither reads
 * nor writes one byte beyond it. Each struct ends where its page ends, and the next page cannot be touched. A
 * newer one is taken while what this library does not know is zero. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

enum { SMALLEST = 16 };

/* Memory of `size` bytes at the end of a page, or exactly as large from malloc, where AddressSanitizer
 * watches. */
static void* exactly(size_t size, int from_heap) {
  if (from_heap) return malloc(size);
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  unsigned char* memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory + page, page, PROT_NONE) != 0) exit(2);
  return memory + page - size;
}

static void release(void* memory, int from_heap) {
  if (from_heap) {
    free(memory);
    return;
  }
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  munmap((char*)memory - (uintptr_t)memory % page, 2 * page);
}

static weir_node* open_node(void) {
  weir_node_options options;
  weir_node_options_init(&options, sizeof options);
  options.listen_ipv4 = "127.0.0.1";
  options.listen_ipv6 = NULL;
  weir_node* node = NULL;
  CHECK_STATUS(weir_node_new(&options, &node, NULL), WEIR_OK);
  return node;
}

/* In options: what the caller lacks has its default. */
static void old_node_options(size_t size, int from_heap) {
  weir_node_options* options = exactly(size, from_heap);
  CHECK_STATUS(weir_node_options_init(options, size), WEIR_OK);
  CHECK(options->struct_size == size && options->threads == 1);
  options->threads = 0;
  weir_node* node = NULL;
  weir_error* error = exactly(SMALLEST, from_heap);
  CHECK_STATUS(weir_error_init(error, SMALLEST), WEIR_OK);
  CHECK_STATUS(weir_node_new(options, &node, error), WEIR_OK);
  CHECK_STATUS(weir_node_run_once(node, 0), WEIR_OK);
  weir_node_free(node);

  options->threads = 65;
  node = NULL;
  CHECK_STATUS(weir_node_new(options, &node, error), WEIR_ERR_INVALID);
  CHECK(node == NULL && error->status == WEIR_ERR_INVALID && error->struct_size == SMALLEST);
  release(error, from_heap);
  release(options, from_heap);
}

/* A reason that is cut ends with its zero inside the caller's struct. */
static void old_error(size_t size, int from_heap) {
  weir_error* error = exactly(size, from_heap);
  CHECK_STATUS(weir_error_init(error, size), WEIR_OK);
  weir_node_options options;
  weir_node_options_init(&options, sizeof options);
  options.log_level = 9;
  weir_node* node = NULL;
  CHECK_STATUS(weir_node_new(&options, &node, error), WEIR_ERR_INVALID);
  CHECK(strlen(error->reason) == size - SMALLEST - 1);
  release(error, from_heap);
}

/* Out-structs: as much as fits is written. */
static void old_results(weir_node* node, weir_room room, size_t size, int from_heap) {
  weir_participant_options* options = exactly(SMALLEST, from_heap);
  CHECK_STATUS(weir_participant_options_init(options, SMALLEST), WEIR_OK);
  options->kind = WEIR_PARTICIPANT_LOCAL;
  options->user = 77;
  weir_participant person = 0;
  CHECK_STATUS(weir_participant_join(node, room, options, &person), WEIR_OK);
  release(options, from_heap);

  weir_track_options track_options;
  weir_track_options_init(&track_options, sizeof track_options);
  track_options.kind = WEIR_KIND_AUDIO;
  track_options.codec = WEIR_CODEC_OPUS;
  weir_track track = 0;
  CHECK_STATUS(weir_track_add(node, person, &track_options, &track), WEIR_OK);

  weir_event* event = exactly(size, from_heap);
  CHECK_STATUS(weir_event_init(event, size), WEIR_OK);
  CHECK_STATUS(weir_node_next_event(node, event, 1000), WEIR_OK);
  CHECK(event->struct_size == size && event->type == WEIR_EVENT_TRACK_ADDED && event->room == room);
  release(event, from_heap);

  weir_track_info* info = exactly(size, from_heap);
  CHECK_STATUS(weir_track_info_init(info, size), WEIR_OK);
  CHECK_STATUS(weir_track_get_info(node, track, info), WEIR_OK);
  CHECK(info->kind == WEIR_KIND_AUDIO && info->participant == person);
  release(info, from_heap);

  weir_node_stats* stats = exactly(size, from_heap);
  CHECK_STATUS(weir_node_stats_init(stats, size), WEIR_OK);
  CHECK_STATUS(weir_node_get_stats(node, stats), WEIR_OK);
  CHECK(stats->struct_size == size && stats->workers == 1 && stats->rooms == 1);
  release(stats, from_heap);

  weir_participant_stats* person_stats = exactly(size, from_heap);
  CHECK_STATUS(weir_participant_stats_init(person_stats, size), WEIR_OK);
  (void)weir_participant_get_stats(node, person, person_stats);
  release(person_stats, from_heap);
  CHECK_STATUS(weir_participant_leave(node, person), WEIR_OK);
  weir_event left;
  weir_event_init(&left, sizeof left);
  while (weir_node_next_event(node, &left, 0) == WEIR_OK) {
  }
}

/* A caller of a newer library, whose structs are longer. */
static void newer_caller(weir_node* node) {
  struct {
    weir_room_options known;
    uint64_t unknown;
  } options;
  memset(&options, 0, sizeof options);
  weir_room_options_init(&options.known, sizeof options.known);
  options.known.struct_size = sizeof options;
  weir_room room = 0;
  CHECK_STATUS(weir_room_open(node, &options.known, &room), WEIR_OK);
  CHECK_STATUS(weir_room_close(node, room), WEIR_OK);
  options.unknown = 1;
  CHECK_STATUS(weir_room_open(node, &options.known, &room), WEIR_ERR_VERSION);

  struct {
    weir_event known;
    uint64_t unknown;
  } event;
  memset(&event, 0, sizeof event);
  weir_event_init(&event.known, sizeof event.known);
  event.known.struct_size = sizeof event;
  CHECK_STATUS(weir_node_next_event(node, &event.known, 1000), WEIR_OK); /* the room was closed */
  CHECK(event.known.struct_size == sizeof event && event.known.type == WEIR_EVENT_ROOM_CLOSED);
  event.unknown = 1;
  CHECK_STATUS(weir_node_next_event(node, &event.known, 0), WEIR_ERR_VERSION);
}

int main(void) {
  for (int from_heap = 0; from_heap <= 1; ++from_heap) {
    old_node_options(SMALLEST, from_heap);
    old_node_options(24, from_heap);
    old_node_options(sizeof(weir_node_options) - 8, from_heap);
    old_error(24, from_heap);
    old_error(40, from_heap);

    weir_node* node = open_node();
    weir_room room = 0;
    CHECK_STATUS(weir_room_open(node, NULL, &room), WEIR_OK);
    old_results(node, room, 24, from_heap);
    old_results(node, room, 48, from_heap);
    weir_node_free(node);
  }
  weir_node* node = open_node();
  newer_caller(node);
  weir_node_free(node);
  if (checks_failed > 0) fprintf(stderr, "%d checks failed\n", checks_failed);
  return checks_failed > 0;
}
