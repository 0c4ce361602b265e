/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file stats.h
 * Statistics. A field that W3C webrtc-stats names has that name in snake case; the comment gives the dictionary.
 * All numbers count from the beginning of their object and never fall.
 */
#ifndef WEIR_STATS_H
#define WEIR_STATS_H

#include "weir/node.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Why a packet went no further: X(name, value, text). Values are fixed; new ones are appended.
 */
#define WEIR_DROP_LIST(X)                                                                      \
  X(EMPTY, 0, "datagram of no bytes")                                                          \
  X(UNKNOWN_PROTOCOL, 1, "first byte belongs to no protocol (RFC 7983)")                       \
  X(UNKNOWN_ADDRESS, 2, "media or DTLS from an address that passed no check")                  \
  X(STUN_MALFORMED, 3, "not a STUN message")                                                   \
  X(STUN_UNKNOWN_USER, 4, "STUN username names no session")                                    \
  X(STUN_UNAUTHENTIC, 5, "STUN message integrity or fingerprint is wrong")                     \
  X(STUN_UNEXPECTED, 6, "STUN class or method that an ICE-lite agent does not expect")         \
  X(STUN_RATE, 7, "too many unauthenticated STUN requests")                                    \
  X(DTLS_MALFORMED, 8, "not a DTLS record")                                                    \
  X(DTLS_QUEUE, 9, "too many DTLS datagrams wait for the handshake")                           \
  X(DTLS_LATE, 10, "DTLS after the session ended")                                             \
  X(SRTP_NO_KEYS, 11, "media before the handshake was done")                                   \
  X(SRTP_AUTH, 12, "SRTP authentication failed")                                               \
  X(SRTP_REPLAY, 13, "SRTP packet seen before or too old")                                     \
  X(SRTP_FAILED, 14, "SRTP refused for another reason")                                        \
  X(RTP_MALFORMED, 15, "not an RTP packet")                                                    \
  X(RTP_UNKNOWN_STREAM, 16, "SSRC, mid and payload type belong to no track")                   \
  X(RTP_UNKNOWN_PAYLOAD_TYPE, 17, "payload type was not negotiated")                           \
  X(RTP_DUPLICATE, 18, "sequence number seen before")                                          \
  X(RTP_PADDING_ONLY, 19, "padding without payload")                                           \
  X(RTP_PAYLOAD_MALFORMED, 20, "payload descriptor cannot be read")                            \
  X(RTCP_MALFORMED, 21, "not an RTCP packet")                                                  \
  X(RTX_MALFORMED, 22, "RTX packet without an original sequence number")                       \
  X(STREAM_LIMIT, 23, "more SSRCs than a participant may use")                                 \
  X(MUTED, 24, "track is muted")                                                               \
  X(NO_BUFFER, 25, "packet pool is empty")                                                     \
  X(AWAIT_KEYFRAME, 26, "subscription waits for a key frame")                                  \
  X(BEFORE_SWITCH, 27, "older than the switch of the subscription")                            \
  X(CODEC, 28, "receiver did not negotiate the codec")                                         \
  X(NOT_CONNECTED, 29, "receiver is not connected")                                            \
  X(NOT_CACHED, 30, "asked for again, but no longer held")                                     \
  X(REPAIR_LIMIT, 31, "asked for again too often")                                             \
  X(SRTP_PROTECT, 32, "SRTP refused to protect")                                               \
  X(TOO_LARGE, 33, "does not fit a datagram")                                                  \
  X(SEND_BUFFER, 34, "socket's send buffer is full")                                           \
  X(SEND_FAILED, 35, "operating system refused to send")                                       \
  X(QUEUE_FULL, 36, "queue of a local track or subscription is full")                          \
  X(TRUNCATED, 37, "datagram larger than a packet buffer")                                     \
  X(PAUSED, 38, "subscription is paused")                                                      \
  X(OTHER_ENCODING, 39, "subscription carries another encoding of the track")                  \
  X(OTHER_LAYER, 40, "layer above what the subscription is to carry")                          \
  X(DATA_UNEXPECTED, 41, "data without a negotiated data channel line")                        \
  X(DATA_MALFORMED, 42, "not a message or request of a data channel")                          \
  X(DATA_NO_CHANNEL, 43, "data message on a stream without a channel")                         \
  X(DATA_CHANNEL_LIMIT, 44, "more data channels than allowed, or too long a label")            \
  X(DATA_TOO_LARGE, 45, "data message larger than max-message-size")                           \
  X(DATA_LABEL, 46, "label of a data channel names no destination")                            \
  X(DATA_NOT_ALLOWED, 47, "participant may not send or receive data")                          \
  X(DATA_UNREACHABLE, 48, "destination of a data message has no data connection")              \
  X(DATA_SLOW, 49, "receiver's data buffer is full; the message was one that may be lost")     \
  X(DATA_OVERFLOW, 50, "receiver's data buffer is full; its channel was closed")               \
  X(DATA_OUTPUT, 51, "too many SCTP packets wait to be sent")                                   \
  X(PACER_QUEUE, 52, "too much waits for the receiver's pacer")                                \
  X(OBSOLETE, 53, "a key frame behind it, or a layer left, makes it needless")

#define WEIR_DROP_ENUM(name, value, text) WEIR_DROP_##name = (value),
enum { WEIR_DROP_LIST(WEIR_DROP_ENUM) WEIR_DROP_COUNT };
#undef WEIR_DROP_ENUM

/** Room for the drop counters of this and later versions. */
#define WEIR_DROP_MAX 64

/** Short name of a drop reason such as "srtp_auth"; "?" for a number that is none. Static text. Threads: any. Since 0.1. */
WEIR_API const char *weir_drop_name(uint32_t reason);
/** What a drop reason means. Static text. Threads: any. Since 0.1. */
WEIR_API const char *weir_drop_text(uint32_t reason);

/** The whole node. */
typedef struct weir_node_stats {
  uint32_t struct_size;
  uint32_t workers;
  uint64_t rooms;                    /**< Now. */
  uint64_t participants;             /**< Now. */
  uint64_t connected;                /**< Participants whose DTLS is up now. */
  uint64_t tracks;                   /**< Now. */
  uint64_t subscriptions;            /**< Now. */
  uint64_t datagrams_received;
  uint64_t datagrams_sent;
  uint64_t bytes_received;           /**< UDP payload. */
  uint64_t bytes_sent;
  uint64_t packets_forwarded;        /**< RTP packets sent to subscriptions, retransmissions not counted. */
  uint64_t retransmitted_packets_sent;
  uint64_t handshakes_completed;
  uint64_t handshakes_failed;
  uint64_t events_lost;
  uint64_t limit_refusals;           /**< Calls answered WEIR_ERR_LIMIT. */
  uint64_t packet_buffers_used;      /**< Now. */
  uint64_t packet_buffers;           /**< Limit. */
  uint64_t drops[WEIR_DROP_MAX];     /**< By WEIR_DROP_*. */
  uint32_t srtp_backend;             /**< WEIR_SRTP_*: the one that computes. */
  uint32_t reserved;
} weir_node_stats;

/** Prepare the out-parameter. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_node_stats_init(weir_node_stats *stats, size_t size);
/** Read the counters of the node. @param stats out. @return WEIR_OK; WEIR_ERR_VERSION. Threads: any. Since 0.1. */
WEIR_API weir_status weir_node_get_stats(weir_node *node, weir_node_stats *stats);

/** Connection of a participant. RTCTransportStats and RTCIceCandidatePairStats where names agree. */
typedef struct weir_participant_stats {
  uint32_t struct_size;
  uint32_t connected;                 /**< 0 or 1. */
  uint64_t bytes_sent;                /**< RTCTransportStats. */
  uint64_t bytes_received;
  uint64_t packets_sent;
  uint64_t packets_received;
  uint64_t stun_requests_received;    /**< requestsReceived. */
  uint64_t path_changes;              /**< selectedCandidatePairChanges. */
  double current_round_trip_time;     /**< Seconds, from RTCP reports; 0: not known. */
  uint64_t available_outgoing_bitrate; /**< bit/s, the node's estimate (path_feedback says of what); 0 for local ones. */
  int64_t connect_us;                 /**< From joining to DTLS up; 0: not yet. */
  char selected_address[64];          /**< Remote address and port of the selected five-tuple; "" before. */
  uint32_t dtls_client;               /**< 1: the node is the DTLS client. */
  uint32_t reserved;
  char dtls_cipher[64];               /**< RTCTransportStats. */
  char srtp_cipher[64];               /**< RTCTransportStats. */
  uint64_t data_channels;             /**< Open now. */
  uint64_t data_messages_sent;        /**< To the participant. RTCDataChannelStats, of all channels. */
  uint64_t data_bytes_sent;
  uint64_t data_messages_received;
  uint64_t data_bytes_received;
  uint64_t data_messages_dropped;     /**< To the participant, which was too slow. */
  uint64_t data_buffered;             /**< Bytes of messages to the participant that are not acknowledged yet. */
  uint32_t path_feedback;             /**< WEIR_PATH_FEEDBACK_*. */
  uint32_t reserved2;
  uint64_t target_bitrate;            /**< bit/s for its videos: the estimate less sound and room for repair. */
  uint64_t pacer_queue_bytes;         /**< Waiting to leave, now. */
  int64_t pacer_queue_us;             /**< How long that takes at the pacer's rate. */
  uint64_t probes_sent;
  uint64_t probe_bytes_sent;          /**< Of all packets sent in probes, media included. */
  double path_loss;                   /**< 0 to 1, of the last seconds, by transport-wide feedback: this path alone. */
  double path_queue_delay;            /**< Seconds that packets wait in the path, likewise. */
} weir_participant_stats;

/** What the node learns the bitrate of a path to a receiver from. */
enum {
  WEIR_PATH_FEEDBACK_NONE = 0,         /**< Nothing: default_receive_bitrate of the node's options. */
  WEIR_PATH_FEEDBACK_REMB = 1,         /**< The receiver's own estimate. */
  WEIR_PATH_FEEDBACK_TRANSPORT_CC = 2, /**< Transport-wide feedback: estimated here. */
  WEIR_PATH_FEEDBACK_RTP = 3           /**< RFC 8888: estimated here. */
};

/** Prepare the out-parameter. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_participant_stats_init(weir_participant_stats *stats, size_t size);
/** Read the counters of a participant. @return WEIR_OK; WEIR_ERR_NOT_FOUND; WEIR_ERR_VERSION. Threads: any. Since 0.1. */
WEIR_API weir_status weir_participant_get_stats(weir_node *node, weir_participant participant,
                                                weir_participant_stats *stats);

/** What arrives of a track. RTCInboundRtpStreamStats. */
typedef struct weir_track_stats {
  uint32_t struct_size;
  uint32_t ssrc;
  uint64_t packets_received;
  uint64_t bytes_received;            /**< Payload. */
  int64_t packets_lost;
  double jitter;                      /**< Seconds. */
  uint64_t packets_repaired;          /**< Came by RTX or late, after a NACK. */
  uint64_t nack_count;                /**< NACK packets sent. */
  uint64_t pli_count;                 /**< PLIs sent. */
  uint64_t frames_received;
  uint64_t key_frames_received;
  uint64_t bitrate;                   /**< bit/s over the last second, payload. */
  uint32_t frame_width;               /**< From the last key frame; 0: not known. */
  uint32_t frame_height;
  double audio_level;                 /**< 0 to 1 linear, of the last packet. */
  uint64_t subscriptions;             /**< Subscriptions that carry it now. */
} weir_track_stats;

/** Prepare the out-parameter. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_track_stats_init(weir_track_stats *stats, size_t size);
/** Read the counters of a track. @return WEIR_OK; WEIR_ERR_NOT_FOUND; WEIR_ERR_VERSION. Threads: any. Since 0.1. */
WEIR_API weir_status weir_track_get_stats(weir_node *node, weir_track track, weir_track_stats *stats);

/** What leaves on a subscription. RTCOutboundRtpStreamStats and RTCRemoteInboundRtpStreamStats. */
typedef struct weir_subscription_stats {
  uint32_t struct_size;
  uint32_t ssrc;
  uint64_t packets_sent;
  uint64_t bytes_sent;                /**< Payload. */
  uint64_t retransmitted_packets_sent;
  uint64_t nack_count;                /**< NACK packets received. */
  uint64_t pli_count;                 /**< PLIs and FIRs received. */
  uint64_t key_frames_sent;
  int64_t packets_lost;               /**< As the receiver reports. */
  double fraction_lost;               /**< 0 to 1, of the last report. */
  double jitter;                      /**< Seconds, as the receiver reports. */
  double round_trip_time;             /**< Seconds; 0: not known. */
  uint64_t source_changes;
  int64_t last_switch_us;             /**< From asking for the present source to its first packet; 0: not yet. */
  uint64_t queue_drops;               /**< Local: frames or packets that the reader was too slow for. */
} weir_subscription_stats;

/** Prepare the out-parameter. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_subscription_stats_init(weir_subscription_stats *stats, size_t size);
/** Read the counters of a subscription. @return WEIR_OK; WEIR_ERR_NOT_FOUND; WEIR_ERR_VERSION. Threads: any. Since 0.1. */
WEIR_API weir_status weir_subscription_get_stats(weir_node *node, weir_subscription subscription,
                                                 weir_subscription_stats *stats);

#ifdef __cplusplus
}
#endif
#endif /* WEIR_STATS_H */
