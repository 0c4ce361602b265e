/* A test in C needs no more: CHECK goes on after a failure, and main answers how many there were. */
#ifndef WEIR_TESTS_ABI_CHECK_H
#define WEIR_TESTS_ABI_CHECK_H

#include <stdio.h>

#include "weir/weir.h"

static int checks_failed;

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) {                                                      \
      fprintf(stderr, "%s:%d: CHECK(%s)\n", __FILE__, __LINE__, #condition); \
      ++checks_failed;                                                       \
    }                                                                        \
  } while (0)

/* Compares statuses and prints their names. */
#define CHECK_STATUS(call, expected)                                                                      \
  do {                                                                                                    \
    const weir_status got_ = (call);                                                                      \
    if (got_ != (expected)) {                                                                             \
      fprintf(stderr, "%s:%d: %s: %s instead of %s\n", __FILE__, __LINE__, #call, weir_status_name(got_), \
              weir_status_name(expected));                                                                \
      ++checks_failed;                                                                                    \
    }                                                                                                     \
  } while (0)

/* The options of all nodes here: loopback only, so that the test needs no network. */
static inline weir_node_options local_options(uint32_t threads) {
  weir_node_options options;
  CHECK_STATUS(weir_node_options_init(&options, sizeof options), WEIR_OK);
  options.threads = threads;
  options.listen_ipv4 = "127.0.0.1";
  options.listen_ipv6 = NULL;
  options.packet_buffers = 256;
  return options;
}

#endif
