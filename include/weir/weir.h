/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file weir.h
 * Everything. The conventions below hold for every header of the library.
 *
 *  1. Names are weir_noun_verb. One header per noun; each compiles alone as C11 and as C++20.
 *  2. A call that can fail returns weir_status: 0 is success, negatives are in status.h. On failure no out-parameter
 *     is written, except where its comment says so.
 *  3. A weir_node is an opaque handle. What is inside a node is named by a 64-bit id (weir_room, weir_participant,
 *     weir_track, weir_subscription). 0 names nothing; a stale id answers WEIR_ERR_NOT_FOUND and never dangles.
 *  4. Options and results are structs whose first field is struct_size. Fill one with its _init function, then set what
 *     differs from the default. An older, shorter struct means defaults for the fields it lacks. A longer one is taken
 *     while its unknown tail is zero, else WEIR_ERR_VERSION.
 *  5. Ownership, in four words. copied: the library copies an input before it returns. borrowed: valid until the stated
 *     moment. out: the caller's memory; when it is too small the call answers WEIR_ERR_BUFFER and tells the needed size.
 *     owned: a _new pairs with a _free, which accepts NULL.
 *  6. Threads. A node with threads may be called from any thread. A node driven by its host (threads = 0) may be called
 *     from one thread at a time. A hook may not call back into its node: such a call answers WEIR_ERR_REENTRANT.
 *  7. Events are pulled (weir_node_next_event). Hooks are for decisions and logs only.
 *  8. Time is in microseconds of a monotonic clock, rates in bit/s, sizes in bytes, text in UTF-8, unless a name says
 *     otherwise (timeout_ms).
 *  9. Enum values are fixed; new ones are appended. A caller must accept values that it does not know.
 */
#ifndef WEIR_H
#define WEIR_H

#include "weir/abr.h"
#include "weir/data.h"
#include "weir/layers.h"
#include "weir/media.h"
#include "weir/node.h"
#include "weir/room.h"
#include "weir/stats.h"
#include "weir/status.h"

#endif /* WEIR_H */
