/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file status.h
 * Status codes, error details, and the version of the library.
 */
#ifndef WEIR_STATUS_H
#define WEIR_STATUS_H

#include <stddef.h>
#include <stdint.h>

#if defined(WEIR_STATIC)
#define WEIR_API
#else
#define WEIR_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Version of this header. Equal to weir_version() when header and library belong together. */
#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0

/**
 * Every status of the library: X(name, value, text). Values are fixed; new ones are appended.
 * The enum, weir_status_name and weir_status_text are all made from this list.
 */
#define WEIR_STATUS_LIST(X)                                                                    \
  X(OK, 0, "success")                                                                          \
  X(ERR_INVALID, -1, "an argument is outside its range or missing")                            \
  X(ERR_NOT_FOUND, -2, "the id names nothing, or nothing any more")                            \
  X(ERR_LIMIT, -3, "a configured limit is reached")                                            \
  X(ERR_BUFFER, -4, "the caller's buffer is too small; the needed size was reported")          \
  X(ERR_STATE, -5, "the call does not fit the present state")                                  \
  X(ERR_AGAIN, -6, "nothing to give yet")                                                      \
  X(ERR_REENTRANT, -7, "called from inside a hook or from the wrong thread")                   \
  X(ERR_VERSION, -8, "the caller was built for a newer library")                               \
  X(ERR_SDP, -9, "the session description cannot be used")                                     \
  X(ERR_UNSUPPORTED, -10, "not supported by this build or by the other side")                  \
  X(ERR_NO_MEMORY, -11, "out of memory")                                                       \
  X(ERR_IO, -12, "the operating system refused")                                               \
  X(ERR_ADDRESS_IN_USE, -13, "another program uses this address and port")                     \
  X(ERR_CRYPTO, -14, "a cryptographic library refused")                                        \
  X(ERR_CLOSED, -15, "the object is closing or closed")                                        \
  X(ERR_INTERNAL, -16, "a fault of the library; please report it")

/** Result of every call that can fail: 0 on success, negative on failure. */
typedef int32_t weir_status;

#define WEIR_STATUS_ENUM(name, value, text) WEIR_##name = (value),
enum { WEIR_STATUS_LIST(WEIR_STATUS_ENUM) };
#undef WEIR_STATUS_ENUM

/**
 * The reason behind a failure, for people. An optional out-parameter of calls that have something to tell.
 * Set `struct_size` with weir_error_init. The library fills the rest on failure and leaves it alone on success.
 */
typedef struct weir_error {
  uint32_t struct_size; /**< sizeof(weir_error) as the caller knows it. */
  weir_status status;   /**< The same value that the call returned. */
  uint32_t line;        /**< Line of the text that is at fault, from 1; 0 when the fault has no line. */
  uint32_t reserved;    /**< 0. */
  char reason[240];     /**< What is wrong, one sentence in UTF-8, zero-terminated. */
} weir_error;

/**
 * Prepare an error out-parameter.
 * @param error  the caller's memory; @param size sizeof *error.
 * @return WEIR_OK; WEIR_ERR_INVALID when error is NULL or size is below 16; WEIR_ERR_VERSION when size is larger than
 *         this library knows.
 * Threads: any. Since 0.1.
 */
WEIR_API weir_status weir_error_init(weir_error *error, size_t size);

/**
 * The name of a status, such as "WEIR_ERR_LIMIT"; "WEIR_ERR_?" for a number that is none.
 * @return static text, never NULL. Threads: any. Since 0.1.
 */
WEIR_API const char *weir_status_name(weir_status status);

/**
 * What a status means, one clause in English.
 * @return static text, never NULL. Threads: any. Since 0.1.
 */
WEIR_API const char *weir_status_text(weir_status status);

/**
 * Version of the library at run time: major * 10000 + minor * 100 + patch.
 * Threads: any. Since 0.1.
 */
WEIR_API uint32_t weir_version(void);

#ifdef __cplusplus
}
#endif
#endif /* WEIR_STATUS_H */
