/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file abr.h
 * Adaptive bitrate as pure objects, for a host with a media server of its own: no threads, no clock, no sockets.
 * Calls on one object from one thread at a time.
 */
#ifndef WEIR_ABR_H
#define WEIR_ABR_H

#include "weir/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Allocation ------------------------------------------------------------------------------------------------ */

/**
 * Shares a receiver's bandwidth among its subscriptions: which layer each one gets, exactly and with a proof.
 * docs/allocation.md states what is maximised, and in which order.
 */
typedef struct weir_allocator weir_allocator;

/** No layer: paused, or nothing shown yet. */
#define WEIR_NO_LAYER 0xffffffffU

/** Why a subscription gets what it gets. */
enum {
  WEIR_ALLOCATION_FULL = 0,               /**< The best layer that is sent. */
  WEIR_ALLOCATION_REDUCED_BANDWIDTH = 1,  /**< A better one does not fit the budget. */
  WEIR_ALLOCATION_REDUCED_SIZE = 2,       /**< The best layer of use; larger ones are sent. */
  WEIR_ALLOCATION_REDUCED_HYSTERESIS = 3, /**< A better one fits, but not with the margin, or not so soon after a change. */
  WEIR_ALLOCATION_PAUSED_BANDWIDTH = 4,   /**< Not even the cheapest layer fits, or it was paused too short a time ago. */
  WEIR_ALLOCATION_PAUSED_LAYOUT = 5,      /**< Not visible. */
  WEIR_ALLOCATION_PAUSED_PUBLISHER = 6,   /**< No layer is sent. */
  WEIR_ALLOCATION_PAUSED_LIMIT = 7        /**< max_shown others come before it. */
};

/** Options of an allocator. Fill with weir_allocator_options_init. */
typedef struct weir_allocator_options {
  uint32_t struct_size;
  uint32_t max_subscriptions;    /**< 1 to 4096. Default 64. */
  uint32_t max_layers;           /**< Of one subscription, 1 to 64. Default 16. */
  /** States that one search may look at, 100 to 1000000; a decision searches up to six times. 24 bytes of memory and about
   *  20 ns for each. A search that ends here answers the best it found, and the gap. Default 20000. */
  uint32_t max_nodes;
  /** Something rises, or comes back, only when this much more than it needs is there, in thousandths; 0 to 1000.
   *  More than the noise of the budget keeps layers from flapping. Default 150. */
  uint32_t margin_permille;
  /** Taking quality away from one subscription for the sake of others must gain at least this share of the full utility of
   *  that one, in thousandths; 0 to 1000. Default 50. */
  uint32_t switch_cost_permille;
  int64_t hold_us;               /**< A subscription that changed does not rise for so long. 0 to 60000000. Default 5000000. */
} weir_allocator_options;

/** One layer that a subscription could receive. An element of an array, therefore without struct_size; it does not grow. */
typedef struct weir_allocator_layer {
  uint64_t bitrate;   /**< Measured, with headers, bit/s. 0: not sent at present. */
  uint32_t width;     /**< Pixels. 0: not known. */
  uint32_t height;
  uint32_t milli_fps; /**< Pictures in 1000 seconds: 7500 is 7.5 a second. 0: not known. */
  uint32_t quality;   /**< Of each picture at its size, 1 to 1000 (more counts as 1000); 0: 1000. */
} weir_allocator_layer;

/** One subscription. Fill with weir_allocator_subscription_init. */
typedef struct weir_allocator_subscription {
  uint32_t struct_size;
  uint32_t weight;       /**< Priority, 1 to 10000; utilities are multiplied by it. Default 1. */
  uint64_t id;           /**< The host's; differs from those of others. Equal choices are decided by it. */
  uint32_t visible;      /**< 0 or 1. Default 1. */
  uint32_t pinned;       /**< 1: served before all that are not. Default 0. */
  uint32_t max_width;    /**< Useful size in pixels of the screen; 0: any. Default 0. */
  uint32_t max_height;
  uint32_t current_layer; /**< Index of the layer that is sent now, or WEIR_NO_LAYER. Default WEIR_NO_LAYER. */
  uint32_t layer_count;
  const weir_allocator_layer *layers; /**< In any order. Copied. */
  /** Since the last change of layer, pauses included. Negative: never, or something else changed since (source, size,
   *  visibility), and it need not wait. Default -1. */
  int64_t since_change_us;
  int64_t hold_us;       /**< 0: the allocator's. A host backs off by lengthening it. 0 to 600000000. */
} weir_allocator_subscription;

/** What is shared. Fill with weir_allocator_budget_init. */
typedef struct weir_allocator_budget {
  uint32_t struct_size;
  uint32_t max_shown; /**< No more subscriptions than this at once; 0: no limit. Default 0. */
  uint64_t bitrate;   /**< For these subscriptions, bit/s: sound and repair already taken off. More than 10^12 counts as that. */
} weir_allocator_budget;

/** A decision as a whole. */
typedef struct weir_allocator_result {
  uint32_t struct_size;
  uint32_t shown;     /**< Subscriptions with a layer. */
  uint32_t changes;   /**< Subscriptions whose layer differs from current_layer. */
  uint32_t nodes;     /**< States that were looked at. */
  uint64_t bitrate;   /**< Of all chosen layers, never above the budget. */
  int64_t utility;    /**< Of all chosen layers. */
  int64_t gap;        /**< Proven: no other layers for those shown are worth more than this above the chosen. 0: the optimum. */
  int64_t shown_gap;  /**< Proven: no other choice of whom to show has a sum of weights larger by more than this; those
                           shown already count twice. 0: the optimum. */
} weir_allocator_result;

/** A decision for one subscription. */
typedef struct weir_allocator_decision {
  uint32_t struct_size;
  uint32_t layer;     /**< Index, or WEIR_NO_LAYER. */
  uint32_t reason;    /**< WEIR_ALLOCATION_*. */
  uint32_t changed;   /**< 1: differs from current_layer. */
  uint64_t bitrate;
  int64_t utility;
} weir_allocator_decision;

/** Fill with defaults. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_allocator_options_init(weir_allocator_options *options, size_t size);

/** Fill with defaults. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_allocator_subscription_init(weir_allocator_subscription *subscription, size_t size);

/** Fill with defaults. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_allocator_budget_init(weir_allocator_budget *budget, size_t size);

/** Prepare an out-parameter. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_allocator_result_init(weir_allocator_result *result, size_t size);

/** Prepare an out-parameter. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_allocator_decision_init(weir_allocator_decision *decision, size_t size);

/**
 * Make an allocator. All its memory is taken here; no later call allocates.
 * @param options  copied; NULL: defaults. @param allocator out: owned, free with weir_allocator_free.
 * @return WEIR_OK; WEIR_ERR_INVALID; WEIR_ERR_VERSION; WEIR_ERR_NO_MEMORY. Since 0.1.
 */
WEIR_API weir_status weir_allocator_new(const weir_allocator_options *options, weir_allocator **allocator);

/** Free an allocator. @param allocator owned, ends here; NULL is accepted. Since 0.1. */
WEIR_API void weir_allocator_free(weir_allocator *allocator);

/** Forget all subscriptions, to add the present ones. @return WEIR_OK; WEIR_ERR_INVALID. Since 0.1. */
WEIR_API weir_status weir_allocator_clear(weir_allocator *allocator);

/**
 * Add a subscription for the next decision. The n-th one added has index n - 1.
 * @param subscription  copied, its layers included.
 * @return WEIR_OK; WEIR_ERR_INVALID; WEIR_ERR_VERSION; WEIR_ERR_LIMIT (max_subscriptions, max_layers). Since 0.1.
 */
WEIR_API weir_status weir_allocator_add(weir_allocator *allocator, const weir_allocator_subscription *subscription);

/**
 * Decide. The same subscriptions and budget give the same decision, in whatever order they were added. The subscriptions
 * stay until weir_allocator_clear.
 * @param result  optional out.
 * @return WEIR_OK; WEIR_ERR_INVALID (also when two subscriptions have one id); WEIR_ERR_VERSION. Since 0.1.
 */
WEIR_API weir_status weir_allocator_decide(weir_allocator *allocator, const weir_allocator_budget *budget,
                                           weir_allocator_result *result);

/**
 * What was decided for a subscription.
 * @param index  in the order of adding. @param decision out.
 * @return WEIR_OK; WEIR_ERR_INVALID; WEIR_ERR_VERSION; WEIR_ERR_STATE (not decided since the last add or clear);
 *         WEIR_ERR_NOT_FOUND (no such index). Since 0.1.
 */
WEIR_API weir_status weir_allocator_decision_get(const weir_allocator *allocator, uint32_t index,
                                                 weir_allocator_decision *decision);

/**
 * What a layer of a subscription is worth.
 * @param layer  an index of its layers. @param utility out: 0 for a layer that is not sent.
 * @return WEIR_OK; WEIR_ERR_INVALID; WEIR_ERR_VERSION; WEIR_ERR_NOT_FOUND (no such layer). Threads: any. Since 0.1.
 */
WEIR_API weir_status weir_allocator_utility(const weir_allocator_subscription *subscription, uint32_t layer,
                                            int64_t *utility);

/* ---- Estimation ------------------------------------------------------------------------------------------------ */

/**
 * Estimates what the path to one receiver carries, on the sender's side: told what left and what the receiver says of it,
 * it says how fast to send and when to probe. Times are the host's, in microseconds of a clock that does not go back; a time
 * before the latest one counts as the latest. After each call: take what weir_estimator_next_probe gives, and call
 * weir_estimator_advance no later than `deadline_us` of the state says. docs/bandwidth.md says what it reaches.
 */
typedef struct weir_estimator weir_estimator;

/** What a packet carries. */
enum {
  WEIR_PACKET_AUDIO = 0,
  WEIR_PACKET_RETRANSMISSION = 1,
  WEIR_PACKET_VIDEO = 2,
  WEIR_PACKET_PADDING = 3 /**< Sent for a probe alone, also when it repeats media. */
};

/** Options of an estimator, bit/s; each 1000 to 10^11. Fill with weir_estimator_options_init. */
typedef struct weir_estimator_options {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t start_bitrate; /**< Before anything is known. Default 300000. */
  uint64_t min_bitrate;   /**< The estimate does not fall below. Default 30000. */
  uint64_t max_bitrate;   /**< Nor rise above. Default 20000000. */
} weir_estimator_options;

/** A packet that has left. Fill with weir_estimator_packet_init. */
typedef struct weir_estimator_packet {
  uint32_t struct_size;
  uint32_t kind;               /**< WEIR_PACKET_*. Default WEIR_PACKET_VIDEO. */
  int64_t time_us;
  uint32_t size;               /**< Bytes as they count on the path, 1 to 65535. */
  uint32_t transport_sequence; /**< Transport-wide number, 0 to 65535; one more with each packet, also where only RFC 8888
                                    is in use and the number is not sent. */
  uint32_t ssrc;               /**< As RFC 8888 reports name it. 0: found by transport-wide number alone. Default 0. */
  uint32_t sequence;           /**< RTP sequence number, 0 to 65535. */
  uint32_t probe;              /**< Id of the probe it was sent for; 0: none. Default 0. */
  uint32_t reserved;
} weir_estimator_packet;

/** Packets to send at a rate above the present one: media that waits, repeated packets, padding. */
typedef struct weir_estimator_probe {
  uint32_t struct_size;
  uint32_t id;      /**< To put into weir_estimator_packet.probe. */
  uint64_t bitrate; /**< bit/s, from the first to the last packet. */
  uint32_t bytes;   /**< At least so many, */
  uint32_t packets; /**< in at least so many packets. */
} weir_estimator_probe;

/** What an estimator says. */
typedef struct weir_estimator_state {
  uint32_t struct_size;
  uint32_t app_limited;     /**< 1: less is sent than might be; only probes tell more. */
  uint64_t target_bitrate;  /**< For everything together: sound, video, repair. */
  uint64_t pacing_bitrate;  /**< No faster than this outside of probes. */
  uint64_t acked_bitrate;   /**< What arrives; 0: not known. */
  int64_t queue_delay_us;   /**< How long packets wait in the path. */
  int64_t round_trip_us;    /**< From sending to feedback. */
  double loss;              /**< Share of the packets sent in the last seconds, 0 to 1. */
  int64_t deadline_us;      /**< Time of the next weir_estimator_advance; INT64_MAX before the first packet. */
  uint32_t congested;       /**< 1: a queue that this sender made is drained. */
  uint32_t competing;       /**< 1: another flow keeps the queue full; loss decides instead of delay. */
} weir_estimator_state;

/** Fill with defaults. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_estimator_options_init(weir_estimator_options *options, size_t size);

/** Fill with defaults. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_estimator_packet_init(weir_estimator_packet *packet, size_t size);

/** Prepare an out-parameter. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_estimator_probe_init(weir_estimator_probe *probe, size_t size);

/** Prepare an out-parameter. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_estimator_state_init(weir_estimator_state *state, size_t size);

/**
 * Make an estimator. It remembers the latest 8192 packets and no more than 60 s of them.
 * @param options  copied; NULL: defaults. @param estimator out: owned, free with weir_estimator_free.
 * @return WEIR_OK; WEIR_ERR_INVALID; WEIR_ERR_VERSION; WEIR_ERR_NO_MEMORY. Since 0.1.
 */
WEIR_API weir_status weir_estimator_new(const weir_estimator_options *options, weir_estimator **estimator);

/** Free an estimator. @param estimator owned, ends here; NULL is accepted. Since 0.1. */
WEIR_API void weir_estimator_free(weir_estimator *estimator);

/**
 * A packet has left: with every packet that carries a transport-wide number or that RFC 8888 reports name. The first one
 * that is not sound begins to probe; a packet of padding before the first picture does so in time for it.
 * @param packet  copied.
 * @return WEIR_OK; WEIR_ERR_INVALID; WEIR_ERR_VERSION; WEIR_ERR_NO_MEMORY. Since 0.1.
 */
WEIR_API weir_status weir_estimator_packet_sent(weir_estimator *estimator, const weir_estimator_packet *packet);

/**
 * RTCP from the receiver, plain: transport-wide feedback (RTPFB, FMT 15) and congestion control feedback (RTPFB, FMT 11,
 * RFC 8888) are taken, the rest is passed over. Receiver reports are: what they call lost may have been lost before it came
 * here. So is REMB, which some clients send without having offered it: a host that negotiated it gives it to
 * weir_estimator_set_receiver_limit.
 * @param rtcp  a compound packet or a single one, borrowed until the return.
 * @return WEIR_OK; WEIR_ERR_INVALID (also when it cannot be read to its end; what came before that counts);
 *         WEIR_ERR_NO_MEMORY. Since 0.1.
 */
WEIR_API weir_status weir_estimator_rtcp(weir_estimator *estimator, int64_t now_us, const uint8_t *rtcp, size_t size);

/**
 * The part of a transport-wide feedback packet behind its two SSRCs (FCI), for hosts that take RTCP apart themselves.
 * @param fci  borrowed until the return.
 * @return WEIR_OK; WEIR_ERR_INVALID (also when it is malformed; then nothing happened); WEIR_ERR_NO_MEMORY. Since 0.1.
 */
WEIR_API weir_status weir_estimator_transport_feedback(weir_estimator *estimator, int64_t now_us, const uint8_t *fci,
                                                       size_t size);

/** Time has come to deadline_us, or passed it. @return WEIR_OK; WEIR_ERR_INVALID; WEIR_ERR_NO_MEMORY. Since 0.1. */
WEIR_API weir_status weir_estimator_advance(weir_estimator *estimator, int64_t now_us);

/**
 * What the receiver could use if the path allowed it. Probes go no higher than twice this; 0: nothing, and no probes. Before
 * the first call they go up to max_bitrate.
 * @return WEIR_OK; WEIR_ERR_INVALID (more than 10^11); WEIR_ERR_NO_MEMORY. Since 0.1.
 */
WEIR_API weir_status weir_estimator_set_wanted(weir_estimator *estimator, int64_t now_us, uint64_t bitrate);

/** The receiver takes no more than this (REMB, TMMBR). @param bitrate  bit/s; 0: no limit.
 *  @return WEIR_OK; WEIR_ERR_INVALID. Since 0.1. */
WEIR_API weir_status weir_estimator_set_receiver_limit(weir_estimator *estimator, uint64_t bitrate);

/** Read the estimate. @param state out. @return WEIR_OK; WEIR_ERR_INVALID; WEIR_ERR_VERSION. Since 0.1. */
WEIR_API weir_status weir_estimator_get_state(const weir_estimator *estimator, weir_estimator_state *state);

/**
 * A probe to send now; each one is given once.
 * @param probe  out.
 * @return WEIR_OK; WEIR_ERR_AGAIN (none); WEIR_ERR_INVALID; WEIR_ERR_VERSION; WEIR_ERR_NO_MEMORY. Since 0.1.
 */
WEIR_API weir_status weir_estimator_next_probe(weir_estimator *estimator, weir_estimator_probe *probe);

#ifdef __cplusplus
}
#endif
#endif /* WEIR_ABR_H */
