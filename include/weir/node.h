/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file node.h
 * A node: the sockets, threads and event queue that make a process a media server. Rooms live inside it (room.h).
 */
#ifndef WEIR_NODE_H
#define WEIR_NODE_H

#include "weir/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A node. Made by weir_node_new, ended by weir_node_free. */
typedef struct weir_node weir_node;

typedef uint64_t weir_room;         /**< Names a room. 0 names nothing. */
typedef uint64_t weir_participant;  /**< Names a participant of a room. */
typedef uint64_t weir_track;        /**< Names what a participant sends: one microphone, camera or screen. */
typedef uint64_t weir_subscription; /**< Names a line on which a participant receives. */

/** Severity of a log line. */
enum { WEIR_LOG_ERROR = 0, WEIR_LOG_WARNING = 1, WEIR_LOG_INFO = 2, WEIR_LOG_DEBUG = 3 };

/**
 * Calls from the library into the host. Any pointer may be NULL. The table is copied.
 * A hook runs on a thread of the node (or on the host's own when the host drives), must return soon, may run on several
 * threads at once, and may not call the node (WEIR_ERR_REENTRANT).
 */
typedef struct weir_hooks {
  uint32_t struct_size; /**< sizeof(weir_hooks) as the caller knows it. */
  uint32_t reserved;    /**< 0. */
  void *user;           /**< Given to every hook. */
  /** One line of log without a line feed, zero-terminated, borrowed for the call. Holds no secret. */
  void (*log)(void *user, int32_t level, const char *line);
} weir_hooks;

/** Who encrypts and decrypts media. All give the same bits. weir_node_stats says which one does. */
enum {
  WEIR_SRTP_AUTO = 0,    /**< The fastest that was built in and that the processor can run. */
  WEIR_SRTP_LIBSRTP = 1, /**< libsrtp2, anywhere. */
  WEIR_SRTP_IPSEC_MB = 2 /**< intel-ipsec-mb: many packets at once. amd64 processors with AES instructions. */
};

/** Options of a node. Fill with weir_node_options_init. Strings and hooks are copied by weir_node_new. */
typedef struct weir_node_options {
  uint32_t struct_size;
  /** Worker threads that forward media, 0 to 64. 0: the host drives the node (weir_node_run_once). Default 1. */
  uint32_t threads;
  /** Threads for DTLS handshakes, 0 to 64. 0: handshakes run on the worker; only then is a host-driven node
   *  single-threaded. Default 1. */
  uint32_t handshake_threads;
  /** UDP port of the first worker; worker i uses port + i. 0: the system chooses. Default 0. */
  uint16_t port;
  /** 1: candidates for loopback addresses are offered, too. Default 0; when the machine has nothing else they are
   *  offered anyway. */
  uint8_t loopback_candidates;
  /** WEIR_LOG_*: lines above this level are not made. Default WEIR_LOG_WARNING. */
  uint8_t log_level;
  /** Local addresses to listen on. "0.0.0.0" and "::" mean all of the family. NULL or "": family off.
   *  Defaults "0.0.0.0" and "::". */
  const char *listen_ipv4;
  const char *listen_ipv6;
  /** Addresses that clients reach when the host is behind 1:1 NAT. They replace the local ones in candidates.
   *  Defaults NULL: the local ones. */
  const char *public_ipv4;
  const char *public_ipv6;
  /** Copied; NULL: no hooks. */
  const weir_hooks *hooks;
  /* Limits. A call that would pass one answers WEIR_ERR_LIMIT. */
  uint32_t max_rooms;                         /**< Default 1000. */
  uint32_t max_participants;                  /**< In the node. Default 2000. */
  uint32_t max_room_participants;             /**< In one room. Default 500. */
  uint32_t max_tracks_per_participant;        /**< Default 8. */
  uint32_t max_subscriptions_per_participant; /**< Default 64. */
  uint32_t max_sdp_bytes;                     /**< Of one offer. Default 262144. */
  uint32_t max_events;                        /**< Length of the event queue. Default 65536. See WEIR_EVENT_LOST. */
  uint32_t packet_buffers;                    /**< Datagrams of 1.5 KB held for repair, per worker. Default 32768. */
  /** A participant whose path passes no consent check for this long is disconnected (RFC 7675 section 5.1 asks 30 s).
   *  1000 to 300000. Default 30000. */
  uint32_t consent_timeout_ms;
  /** A DTLS handshake that takes longer fails. 1000 to 300000. Default 30000. */
  uint32_t handshake_timeout_ms;
  /** Rate that a publisher without transport-wide feedback is told by REMB, bit/s. Default 2500000. */
  uint32_t default_publish_bitrate;
  /** Voices that WEIR_SOURCE_VOICE lines of one participant share are as many as it has such lines; a person counts as
   *  speaking for this long after the last loud packet. Default 2000. */
  uint32_t voice_hold_ms;
  uint32_t max_data_channels; /**< Of a participant. 1 to 128. Default 64. */
  /** Bytes of data messages that wait to be sent to a participant, as many that wait to be completed or read.
   *  524288 to 67108864. Default 1048576. */
  uint32_t data_buffer_bytes;
  /** What a receiver is sent at most whose client tells nothing of its path (neither transport-wide feedback nor RFC 8888 nor
   *  REMB), or no longer, bit/s: sound and a small picture, and less than most paths of today carry. 30000 to 10^9.
   *  Default 1000000. */
  uint32_t default_receive_bitrate;
  uint32_t srtp_backend; /**< WEIR_SRTP_*. Default WEIR_SRTP_AUTO. */
} weir_node_options;

/**
 * Fill options with the defaults.
 * @param options  out; @param size sizeof *options.
 * @return WEIR_OK; WEIR_ERR_INVALID when options is NULL or size below 16; WEIR_ERR_VERSION when size is larger than this
 *         library knows.
 * Threads: any. Since 0.1.
 */
WEIR_API weir_status weir_node_options_init(weir_node_options *options, size_t size);

/**
 * Fill a hook table with NULLs.
 * @return as weir_node_options_init. Threads: any. Since 0.1.
 */
WEIR_API weir_status weir_hooks_init(weir_hooks *hooks, size_t size);

/**
 * Open the sockets and start the threads.
 * @param options  copied; NULL means all defaults.
 * @param node     out: owned, free with weir_node_free. Unchanged on failure, when nothing stays open.
 * @param error    optional out: which option or address is at fault.
 * @return WEIR_OK; WEIR_ERR_INVALID, WEIR_ERR_VERSION for options; WEIR_ERR_ADDRESS_IN_USE, WEIR_ERR_IO for sockets;
 *         WEIR_ERR_UNSUPPORTED when srtp_backend cannot run here; WEIR_ERR_CRYPTO; WEIR_ERR_NO_MEMORY.
 * Threads: any. Since 0.1.
 */
WEIR_API weir_status weir_node_new(const weir_node_options *options, weir_node **node, weir_error *error);

/**
 * Close everything inside, join the threads, free the node. Clients are told by a DTLS close_notify.
 * @param node  owned, ends here; NULL is accepted. No other thread may be inside a call on it, except in
 *              weir_node_next_event or weir_subscription_read, which answer WEIR_ERR_CLOSED after weir_node_stop.
 * Threads: any but a hook's. Since 0.1.
 */
WEIR_API void weir_node_free(weir_node *node);

/**
 * Stop: no more joins or rooms (WEIR_ERR_CLOSED); waiting readers wake with WEIR_ERR_CLOSED once their queue is empty.
 * Media flows on until weir_node_free.
 * @return WEIR_OK, also when stopped before. Threads: any. Since 0.1.
 */
WEIR_API weir_status weir_node_stop(weir_node *node);

/**
 * The UDP port of a worker.
 * @param worker  0 to threads - 1 (0 when the host drives). @param port out.
 * @return WEIR_OK; WEIR_ERR_INVALID. Threads: any. Since 0.1.
 */
WEIR_API weir_status weir_node_port(weir_node *node, uint32_t worker, uint16_t *port);

/**
 * SHA-256 fingerprint of the node's certificate, as in SDP: "AB:CD:...", 95 characters and a zero (RFC 8122 section 5).
 * @param out  out, @param capacity its size, at least 96.
 * @return WEIR_OK; WEIR_ERR_BUFFER. Threads: any. Since 0.1.
 */
WEIR_API weir_status weir_node_fingerprint(weir_node *node, char *out, size_t capacity);

/** What happened. */
enum {
  WEIR_EVENT_NONE = 0,
  WEIR_EVENT_PARTICIPANT_CONNECTED = 1,    /**< DTLS is up; media can flow. */
  WEIR_EVENT_PARTICIPANT_DISCONNECTED = 2, /**< status: WEIR_ERR_CLOSED close_notify, WEIR_ERR_AGAIN consent expired (an
                                                ICE restart revives it), WEIR_ERR_CRYPTO handshake failed. The
                                                participant stays until weir_participant_leave. */
  WEIR_EVENT_PARTICIPANT_LEFT = 3,
  WEIR_EVENT_TRACK_ADDED = 4,
  WEIR_EVENT_TRACK_REMOVED = 5,
  WEIR_EVENT_TRACK_MUTED = 6,          /**< value: 1 muted, 0 unmuted. */
  WEIR_EVENT_SUBSCRIPTION_ADDED = 7,
  WEIR_EVENT_SUBSCRIPTION_REMOVED = 8,
  WEIR_EVENT_SUBSCRIPTION_SOURCE = 9,  /**< What a subscription carries changed: track (0: nothing), value: WEIR_IDLE_*. */
  WEIR_EVENT_DOMINANT_SPEAKER = 10,    /**< room, participant (0: nobody has spoken or the speaker left). */
  WEIR_EVENT_KEYFRAME_WANTED = 11,     /**< A local track should give a key frame. */
  WEIR_EVENT_SUBSCRIPTION_READABLE = 12, /**< A local subscription that was empty has something to read. */
  WEIR_EVENT_PATH_CHANGED = 13,        /**< The five-tuple of a participant changed. */
  WEIR_EVENT_ROOM_CLOSED = 14,
  WEIR_EVENT_LOST = 15,                /**< The queue was full; value: how many events were lost here. Ask for the state
                                            again (weir_room_participants, weir_track_info). */
  WEIR_EVENT_SUBSCRIPTION_LAYER = 16,  /**< The layer that a subscription carries, or why it is that one, changed: track, and
                                            value: bits 0-7 WEIR_LAYER_*, 8-15 encoding + 1 (0: none), 16-23 spatial, 24-31
                                            temporal, 32-47 width, 48-63 height (0: not known). See layers.h. */
  WEIR_EVENT_TRACK_DEMAND = 17,        /**< Which layers of a track anybody wants changed: value: bit 8 * encoding + spatial,
                                            0 to 3. What nobody wants need not be encoded. See layers.h. */
  WEIR_EVENT_DATA_CONNECTED = 18,      /**< value: 1 the data channels of a participant can be used, 0 no more. See data.h. */
  WEIR_EVENT_DATA = 19,                /**< weir_participant_read_data has something of a participant that it had not. */
  WEIR_EVENT_DATA_OVERFLOW = 20        /**< A participant was too slow for a reliable message: its channel was closed. Of a local
                                            one, or of messages to the host: the host was, and messages were dropped until the
                                            next is read. */
};

/** One event. Ids that do not apply are 0. */
typedef struct weir_event {
  uint32_t struct_size;
  int32_t type;       /**< WEIR_EVENT_*. */
  weir_room room;
  weir_participant participant;
  weir_track track;
  weir_subscription subscription;
  uint64_t user;      /**< The participant's `user` from its options; 0 where there is no participant. */
  int64_t time_us;    /**< Monotonic. */
  uint64_t value;
  weir_status status;
  uint32_t reserved;  /**< 0. */
} weir_event;

/**
 * Prepare an event out-parameter.
 * @return as weir_node_options_init. Threads: any. Since 0.1.
 */
WEIR_API weir_status weir_event_init(weir_event *event, size_t size);

/**
 * Take the oldest event.
 * @param event       out; written on WEIR_OK only.
 * @param timeout_ms  0: do not wait. Negative: wait until there is one. A node driven by its host never waits.
 * @return WEIR_OK; WEIR_ERR_AGAIN when there was none in time; WEIR_ERR_CLOSED after weir_node_stop and the last event;
 *         WEIR_ERR_VERSION.
 * Threads: any; several may wait, each event goes to one. Since 0.1.
 */
WEIR_API weir_status weir_node_next_event(weir_node *node, weir_event *event, int32_t timeout_ms);

/**
 * A file descriptor that polls readable while events wait. Borrowed until weir_node_free; do not read or close it.
 * @return the descriptor, or a negative weir_status. Threads: any. Since 0.1.
 */
WEIR_API int32_t weir_node_event_fd(weir_node *node);

/**
 * Host-driven: do what is due, wait at most timeout_ms for datagrams or the next deadline, handle them, return.
 * @param timeout_ms  0: do not wait. Negative: until something happened.
 * @return WEIR_OK; WEIR_ERR_STATE for a node with threads; WEIR_ERR_REENTRANT.
 * Threads: one at a time. Since 0.1.
 */
WEIR_API weir_status weir_node_run_once(weir_node *node, int32_t timeout_ms);

/**
 * Host-driven: a file descriptor that polls readable when weir_node_run_once has datagrams to handle. Borrowed until
 * weir_node_free.
 * @return the descriptor, WEIR_ERR_STATE for a node with threads. Threads: any. Since 0.1.
 */
WEIR_API int32_t weir_node_poll_fd(weir_node *node);

/**
 * Host-driven: milliseconds until weir_node_run_once must be called even without a readable descriptor; 0 when it is due,
 * -1 when there is no deadline.
 * @param timeout_ms out.
 * @return WEIR_OK; WEIR_ERR_STATE for a node with threads. Threads: as weir_node_run_once. Since 0.1.
 */
WEIR_API weir_status weir_node_deadline(weir_node *node, int32_t *timeout_ms);

#ifdef __cplusplus
}
#endif
#endif /* WEIR_NODE_H */
