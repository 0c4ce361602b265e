/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file layers.h
 * Layers of video: what a receiver wants to see, what a track offers, and which layer each subscription gets.
 *
 * A layer has three numbers. `encoding` counts the encodings of simulcast in the order of the offer (0 without simulcast),
 * `spatial` and `temporal` the layers within one encoding, each including all below it. What a subscription gets follows from
 * the bandwidth of its receiver, from what it wants, and from what the track sends (docs/allocation.md). The receiver is told
 * by WEIR_EVENT_SUBSCRIPTION_LAYER, the publisher by WEIR_EVENT_TRACK_DEMAND: more at once, less after two seconds, at most
 * twice a second for each track. Until it is told otherwise, all is wanted; with the highest spatial layer that was ever sent,
 * those above it are, too. What a publisher stopped because nobody wanted it stays on offer as it was measured last,
 * and after some minutes ever more at what such a layer usually takes.
 *
 * What room.h says of all its calls holds here, too.
 */
#ifndef WEIR_LAYERS_H
#define WEIR_LAYERS_H

#include "weir/node.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Why a subscription carries the layer that it does, or none. */
enum {
  WEIR_LAYER_UNDECIDED = 0,          /**< It has no source, is no video, or was not decided about yet. */
  WEIR_LAYER_FULL = 1,               /**< The best layer that the track sends. */
  WEIR_LAYER_REDUCED_BANDWIDTH = 2,  /**< A better one does not fit the bandwidth. */
  WEIR_LAYER_REDUCED_SIZE = 3,       /**< The best layer that is wanted; the track sends larger ones. */
  WEIR_LAYER_REDUCED_HYSTERESIS = 4, /**< A better one fits, but not with the margin, or not so soon after a change. */
  WEIR_LAYER_PAUSED_BANDWIDTH = 5,   /**< Not even the smallest layer that is wanted fits. */
  WEIR_LAYER_PAUSED_LAYOUT = 6,      /**< Not visible. */
  WEIR_LAYER_PAUSED_PUBLISHER = 7,   /**< The track sends nothing, or nothing that is wanted. */
  WEIR_LAYER_PAUSED_LIMIT = 8        /**< max_video others come before it. */
};

/** No limit to a layer's number. */
#define WEIR_LAYER_ANY 255

/** What a receiver wants of one video subscription. Fill with weir_wants_init. */
typedef struct weir_wants {
  uint32_t struct_size;
  uint32_t priority;      /**< Weight against other subscriptions of the receiver, 1 to 10000. Default 1. */
  uint32_t max_width;     /**< The largest useful size, in pixels of the screen, to 65535; 0: any. Default 0. */
  uint32_t max_height;
  uint32_t max_milli_fps; /**< The highest useful frame rate, in pictures in 1000 seconds; 0: any. Default 0. */
  uint32_t pinned;        /**< 1: served before all that are not. Default 0. */
  uint32_t visible;       /**< 0: nothing is sent. Default 1. */
  uint32_t min_spatial;   /**< Rather nothing than less: the encoding of a track with simulcast, else the spatial layer.
                               0 to 255. Default 0. */
  uint32_t max_spatial;   /**< The same, at most. Default WEIR_LAYER_ANY. */
  uint32_t max_temporal;  /**< Temporal layer, at most. Default WEIR_LAYER_ANY. */
} weir_wants;

/** Fill with defaults. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_wants_init(weir_wants *wants, size_t size);

/**
 * Say what is wanted of a video subscription. It holds whatever the source is or will be.
 * @param wants  copied.
 * @return WEIR_OK; WEIR_ERR_INVALID (a value outside its range, min_spatial above max_spatial, or audio);
 *         WEIR_ERR_VERSION. Since 0.1.
 */
WEIR_API weir_status weir_subscription_set_wants(weir_node *node, weir_subscription subscription, const weir_wants *wants);

/** Limits of what a participant receives. Fill with weir_receive_limits_init. */
typedef struct weir_receive_limits {
  uint32_t struct_size;
  uint32_t max_video;   /**< Video subscriptions shown at once, by pinned, priority, shown already; 0: no limit. Default 0. */
  uint64_t max_bitrate; /**< Of all its video, bit/s, whatever the link could carry; 0: no limit. Default 0. */
} weir_receive_limits;

/** Fill with defaults. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_receive_limits_init(weir_receive_limits *limits, size_t size);

/**
 * Limit what a participant receives. May change at any time.
 * @param limits  copied; NULL: none.
 * @return WEIR_OK; WEIR_ERR_VERSION. Since 0.1.
 */
WEIR_API weir_status weir_participant_set_receive_limits(weir_node *node, weir_participant participant,
                                                         const weir_receive_limits *limits);

/** One layer that a track has. An element of an array, therefore without struct_size; it does not grow. */
typedef struct weir_track_layer {
  uint32_t encoding;
  uint32_t spatial;
  uint32_t temporal;
  uint32_t active;    /**< 1: it is sent now. 0: nobody wants it, or its sender stopped it. */
  uint32_t wanted;    /**< 1: the publisher was last told that somebody wants this encoding and spatial layer. */
  uint32_t width;     /**< Pixels; 0: not known. */
  uint32_t height;
  uint32_t milli_fps; /**< Pictures in 1000 seconds; 0: not known. */
  uint64_t bitrate;   /**< bit/s with headers, all layers below that it needs included; the last known where it is not active. */
  char rid[32];       /**< RID of the encoding (RFC 8851), zero-terminated; "" without simulcast. */
} weir_track_layer;

/**
 * The layers of a video track: encoding by encoding, spatial by spatial, temporal by temporal.
 * @param out    out, may be NULL when capacity is 0. @param capacity in elements.
 * @param count  out: how many there are, also on WEIR_ERR_BUFFER.
 * @return WEIR_OK; WEIR_ERR_BUFFER. Since 0.1.
 */
WEIR_API weir_status weir_track_layers(weir_node *node, weir_track track, weir_track_layer *out, size_t capacity,
                                       size_t *count);

#ifdef __cplusplus
}
#endif
#endif /* WEIR_LAYERS_H */
