/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file data.h
 * Messages of data channels (RFC 8831): between participants, and between them and the host.
 *
 * A client opens a data channel, and the channel's label says where its messages go; the node never looks into one:
 *
 *   room, room/NAME                          everybody else in the room who has a channel of the same label
 *   participant/ID, participant/ID/NAME      that participant of the room (ID: weir_participant in decimal). It gets them on its
 *                                            channel participant/SENDER, participant/SENDER/NAME, which the node opens when
 *                                            it is missing, and answers on the same.
 *   host, host/NAME                          the host: WEIR_EVENT_DATA, then weir_participant_read_data. The host answers with
 *                                            weir_participant_send_data or weir_room_send_data.
 *
 * A channel with another label is closed. Order and reliability towards a receiver are those of the receiver's channel; a
 * channel that the node opens is as the sender's. Local participants send and read with the same two calls.
 *
 * A receiver that is too slow costs nobody else: when its data_buffer_bytes are full it loses messages of channels that may
 * lose some, and a reliable channel that would get a gap is closed (WEIR_EVENT_DATA_OVERFLOW).
 *
 * What room.h says of all its calls holds here, too.
 */
#ifndef WEIR_DATA_H
#define WEIR_DATA_H

#include "weir/node.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bits of weir_data.flags. */
enum {
  WEIR_DATA_TEXT = 1,      /**< UTF-8 text, else bytes. The receiver is told which. */
  WEIR_DATA_UNORDERED = 2, /**< Sending: of a channel that is opened for the message. */
  WEIR_DATA_EXISTING = 4   /**< Sending from the host: only on a channel that is there already. */
};

/** Reliability of a channel that the node opens (RFC 8832 section 5.1). */
enum {
  WEIR_DATA_RELIABLE = 0,
  WEIR_DATA_MAX_RETRANSMITS = 1, /**< Lost after reliability_value repeats. */
  WEIR_DATA_MAX_LIFETIME = 2     /**< Lost after reliability_value milliseconds. */
};

/** One message. */
typedef struct weir_data {
  uint32_t struct_size;
  uint32_t flags;             /**< WEIR_DATA_*. Default 0. */
  int32_t reliability;        /**< Sending: WEIR_DATA_RELIABLE and its like. Default reliable. */
  uint32_t reliability_value; /**< Default 0. */
  const uint8_t *data;        /**< May be NULL when size is 0. */
  size_t size;                /**< Bytes, 0 to 262144. */
  weir_participant from;      /**< Reading: who sent it; 0: the host. Ignored on sending. */
  char label[256];            /**< Zero-terminated. Sending: where it goes. Reading: the channel it came on. */
} weir_data;

/** Fill with zeros. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_data_init(weir_data *message, size_t size);

/**
 * Send a message. To a remote participant: from the host, label host or host/NAME. As a local participant: to where the label
 * says.
 * @param message  copied.
 * @return WEIR_OK: on its way (a reliable message arrives unless the connection ends). WEIR_ERR_INVALID (a label that is none or
 *         not the host's, too large, flags); WEIR_ERR_STATE: no data connection (WEIR_EVENT_DATA_CONNECTED tells when there is
 *         one), no such channel with WEIR_DATA_EXISTING, or not allowed; WEIR_ERR_LIMIT: the receiver's buffer is full or it
 *         has max_data_channels, and the message is dropped; WEIR_ERR_UNSUPPORTED: larger than the receiver takes;
 *         WEIR_ERR_NOT_FOUND: also when the participant of the label is not in the room or has no data connection. Since 0.1.
 */
WEIR_API weir_status weir_participant_send_data(weir_node *node, weir_participant participant, const weir_data *message);

/**
 * Send a message from the host to every remote participant of a room that has a data connection. Label host or host/NAME.
 * @param message  copied.
 * @param reached  optional out: how many there are with a channel for it, opened now unless WEIR_DATA_EXISTING is set.
 * @return WEIR_OK, also when nobody is reached; WEIR_ERR_INVALID. Who is too slow loses what the head of this file says.
 *         Since 0.1.
 */
WEIR_API weir_status weir_room_send_data(weir_node *node, weir_room room, const weir_data *message, uint32_t *reached);

/**
 * Take the oldest message: of a remote participant to the host, or to a local participant.
 * @param message           out: data points into `buffer`.
 * @param buffer, capacity  out. On WEIR_ERR_BUFFER message->size tells the needed size and the message stays in the queue.
 *                          No message is longer than 262144 bytes.
 * @param timeout_ms        as weir_node_next_event.
 * @return WEIR_OK; WEIR_ERR_AGAIN; WEIR_ERR_BUFFER; WEIR_ERR_NOT_FOUND (also when the participant leaves while waiting);
 *         WEIR_ERR_CLOSED. Since 0.1.
 */
WEIR_API weir_status weir_participant_read_data(weir_node *node, weir_participant participant, weir_data *message,
                                                uint8_t *buffer, size_t capacity, int32_t timeout_ms);

#ifdef __cplusplus
}
#endif
#endif /* WEIR_DATA_H */
