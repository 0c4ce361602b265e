/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file room.h
 * Rooms, participants, tracks and subscriptions: who receives what.
 *
 * A participant is either remote (a WebRTC client: weir_participant_negotiate takes its offer) or local (the host itself:
 * weir_track_add, weir_track_write_frame, weir_subscription_add, weir_subscription_read). What it sends are tracks. The
 * lines on which it receives are subscriptions; each has a source, which may change at any time without negotiation.
 *
 * Unless a comment says otherwise every call here: may come from any thread (convention 6), answers WEIR_ERR_INVALID for a
 * NULL that is not optional, WEIR_ERR_NOT_FOUND for an id that names nothing of the right kind, WEIR_ERR_REENTRANT from a
 * hook. A call on a node with threads waits for the worker that owns the room, usually well below a millisecond.
 */
#ifndef WEIR_ROOM_H
#define WEIR_ROOM_H

#include "weir/node.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Options of a room. */
typedef struct weir_room_options {
  uint32_t struct_size;
  uint32_t max_participants; /**< Default 0: the node's max_room_participants. */
  uint64_t user;             /**< The host's own number. Default 0. */
  uint32_t dominant_speaker; /**< 1: say who speaks (WEIR_EVENT_DOMINANT_SPEAKER); 0: the order of speakers is that of joining.
                                  Default 1. */
  uint32_t dominant_hold_ms; /**< The dominant speaker stays at least so long, unless it leaves. Default 1000, 0 to 60000. */
} weir_room_options;

/** Fill with defaults. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_room_options_init(weir_room_options *options, size_t size);

/**
 * Open a room.
 * @param options  copied; NULL: defaults. @param room out: ends with weir_room_close.
 * @return WEIR_OK; WEIR_ERR_LIMIT (max_rooms); WEIR_ERR_INVALID (an option out of range); WEIR_ERR_CLOSED after
 *         weir_node_stop. Since 0.1.
 */
WEIR_API weir_status weir_room_open(weir_node *node, const weir_room_options *options, weir_room *room);

/** Close a room: everybody leaves. @return WEIR_OK; WEIR_ERR_NOT_FOUND. Since 0.1. */
WEIR_API weir_status weir_room_close(weir_node *node, weir_room room);

/**
 * Who is in the room, in the order of joining.
 * @param out       out, may be NULL when capacity is 0. @param capacity in ids.
 * @param count     out: how many there are, also on WEIR_ERR_BUFFER.
 * @return WEIR_OK; WEIR_ERR_BUFFER. Since 0.1.
 */
WEIR_API weir_status weir_room_participants(weir_node *node, weir_room room, weir_participant *out, size_t capacity,
                                            size_t *count);

/**
 * Participants by how recently they spoke, the dominant speaker first; who never spoke follows in the order of joining.
 * Parameters and results as weir_room_participants. Since 0.1.
 */
WEIR_API weir_status weir_room_speakers(weir_node *node, weir_room room, weir_participant *out, size_t capacity,
                                        size_t *count);

/** What a subscription carries. Rules pass over oneself, over whom one has excluded (weir_participant_set_excluded), and, all but
 *  MEMBER, over people who are not connected or have no live track of the kind: no camera, or one that is muted. */
enum {
  WEIR_SOURCE_NONE = 0,    /**< Nothing. */
  WEIR_SOURCE_TRACK = 1,   /**< `track`, whatever its participant does. */
  WEIR_SOURCE_SPEAKER = 2, /**< Camera (or microphone) of the rank-th most recent speaker other than oneself, 0 first. */
  WEIR_SOURCE_MEMBER = 3,  /**< Camera (or microphone) of the rank-th other participant in the order of joining. */
  WEIR_SOURCE_SCREEN = 4,  /**< The rank-th screen share by others, the newest first. Video only. */
  WEIR_SOURCE_VOICE = 5,   /**< One of the loudest voices of others. A participant's VOICE lines share the N loudest; a voice
                                keeps its line while it is among them. Audio only. The rank is ignored. */
  WEIR_SOURCE_RECENT = 6   /**< Camera (or microphone) of one of the most recent speakers. A participant's RECENT lines of a kind
                                share the N most recent; who is shown keeps the line while being among them, so that no
                                tile moves when the order changes. The rank is ignored. */
};

/** Source of a subscription. */
typedef struct weir_source {
  uint32_t struct_size;
  int32_t kind;     /**< WEIR_SOURCE_*. */
  weir_track track; /**< For WEIR_SOURCE_TRACK, else 0. */
  uint32_t rank;    /**< From 0. */
  uint32_t reserved;
} weir_source;

/** Fill with WEIR_SOURCE_NONE. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_source_init(weir_source *source, size_t size);

/** Kinds of participants. */
enum { WEIR_PARTICIPANT_REMOTE = 0, WEIR_PARTICIPANT_LOCAL = 1 };

/** Bits of weir_participant_options.may. */
enum {
  WEIR_MAY_SEND_AUDIO = 1,
  WEIR_MAY_SEND_VIDEO = 2,
  WEIR_MAY_RECEIVE_AUDIO = 4,
  WEIR_MAY_RECEIVE_VIDEO = 8,
  WEIR_MAY_SEND_DATA = 16, /**< Messages of data channels. */
  WEIR_MAY_RECEIVE_DATA = 32,
  WEIR_MAY_ALL = 63
};

/** Options of a participant. */
typedef struct weir_participant_options {
  uint32_t struct_size;
  int32_t kind;  /**< WEIR_PARTICIPANT_*. Default remote. */
  uint64_t user; /**< The host's own number, given back in events. Default 0. */
  uint32_t may;  /**< WEIR_MAY_*. Media lines that are not allowed are answered inactive. Default WEIR_MAY_ALL. */
  /** Sources of new receive lines: kind WEIR_SOURCE_*; the rank counts up line by line. Defaults: audio
   *  WEIR_SOURCE_VOICE, video WEIR_SOURCE_NONE. WEIR_SOURCE_TRACK is not allowed here. */
  int32_t default_audio_source;
  int32_t default_video_source;
  /** 1: the k-th audio and the k-th video line form one stream, which the client plays in sync (WHEP). 0: each line is a
   *  stream of its own. Default 0. */
  uint32_t pair_lines;
} weir_participant_options;

/** Fill with defaults. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_participant_options_init(weir_participant_options *options, size_t size);

/**
 * Join a room.
 * @param options  copied; NULL: defaults. @param participant out: ends with weir_participant_leave.
 * @return WEIR_OK; WEIR_ERR_LIMIT (max_participants, max_room_participants or the room's own); WEIR_ERR_CLOSED. Since 0.1.
 */
WEIR_API weir_status weir_participant_join(weir_node *node, weir_room room, const weir_participant_options *options,
                                           weir_participant *participant);

/** Leave: tracks, subscriptions and transport end. @return WEIR_OK; WEIR_ERR_NOT_FOUND. Since 0.1. */
WEIR_API weir_status weir_participant_leave(weir_node *node, weir_participant participant);

/** How many others a participant can exclude. */
#define WEIR_MAX_EXCLUDED 1024

/**
 * Say whom a participant neither hears nor sees, whatever its sources; the list replaces the one before. Rules go on to the next
 * person, a WEIR_SOURCE_TRACK of somebody excluded is idle (WEIR_IDLE_EXCLUDED). The others are not told.
 * @param excluded  copied; participants of the same room, may be NULL when count is 0. Who leaves is forgotten.
 * @return WEIR_OK; WEIR_ERR_LIMIT (count above WEIR_MAX_EXCLUDED); WEIR_ERR_INVALID (oneself); WEIR_ERR_NOT_FOUND (also when
 *         one of the excluded is not in the room: nothing changes). Since 0.1.
 */
WEIR_API weir_status weir_participant_set_excluded(weir_node *node, weir_participant participant,
                                                   const weir_participant *excluded, size_t count);

/**
 * Answer a client's offer (RFC 8829; the client makes every offer). Call again for each new offer: lines come, go and
 * change direction, and new ICE credentials restart ICE. The same offer again gives the same answer.
 * @param offer, offer_size    SDP, need not be zero-terminated. Copied.
 * @param answer, capacity     out: SDP with a zero at its end.
 * @param answer_size          out: length without the zero, also on WEIR_ERR_BUFFER (capacity must be one more).
 * @param error                optional out: the line at fault and why.
 * @return WEIR_OK; WEIR_ERR_SDP; WEIR_ERR_LIMIT (max_sdp_bytes, max_tracks_per_participant,
 *         max_subscriptions_per_participant); WEIR_ERR_BUFFER (nothing is lost: call again with the same offer);
 *         WEIR_ERR_STATE for a local participant. On failure the session goes on as it was. Since 0.1.
 */
WEIR_API weir_status weir_participant_negotiate(weir_node *node, weir_participant participant, const char *offer,
                                                size_t offer_size, char *answer, size_t capacity, size_t *answer_size,
                                                weir_error *error);

/**
 * Take one remote ICE candidate that came later ("candidate:..." as in SDP; RFC 8840). An ICE-lite node needs none and only
 * checks its form; an empty text is the end of candidates.
 * @return WEIR_OK; WEIR_ERR_SDP; WEIR_ERR_STATE for a local participant. Since 0.1.
 */
WEIR_API weir_status weir_participant_add_candidate(weir_node *node, weir_participant participant, const char *candidate,
                                                    size_t size);

/** The tracks of a participant, oldest first. Parameters and results as weir_room_participants. Since 0.1. */
WEIR_API weir_status weir_participant_tracks(weir_node *node, weir_participant participant, weir_track *out,
                                             size_t capacity, size_t *count);

/** The subscriptions of a participant, in the order of its lines. Parameters and results as weir_room_participants. Since 0.1. */
WEIR_API weir_status weir_participant_subscriptions(weir_node *node, weir_participant participant,
                                                    weir_subscription *out, size_t capacity, size_t *count);

/** Kinds of media. */
enum { WEIR_KIND_AUDIO = 1, WEIR_KIND_VIDEO = 2 };
/** What a track shows (RFC 4796 calls a screen "slides"). */
enum { WEIR_CONTENT_MAIN = 0, WEIR_CONTENT_SCREEN = 1 };
/** Codecs. Frames of local participants (weir_frame) are of any of them but telephone events, which are forwarded. A frame of
 * H.264 or H.265 is an access unit as a byte stream (annex B of either), one of AV1 a temporal unit in the low-overhead
 * bitstream format (AV1 section 5.2), read with its temporal delimiter, whether it was written with one or without. */
enum {
  WEIR_CODEC_NONE = 0,
  WEIR_CODEC_OPUS = 1,
  WEIR_CODEC_VP8 = 2,
  WEIR_CODEC_H264 = 3,
  WEIR_CODEC_VP9 = 4,
  WEIR_CODEC_AV1 = 5,
  WEIR_CODEC_H265 = 6,
  WEIR_CODEC_PCMU = 7,           /**< G.711 mu-law. */
  WEIR_CODEC_PCMA = 8,           /**< G.711 A-law. */
  WEIR_CODEC_TELEPHONE_EVENT = 9 /**< Keys of a telephone, RFC 4733. */
};

/** Why a subscription carries nothing. */
enum {
  WEIR_IDLE_NOT = 0,        /**< It carries its source. */
  WEIR_IDLE_NO_SOURCE = 1,  /**< The source names nobody at present. */
  WEIR_IDLE_MUTED = 2,      /**< The source is muted. */
  WEIR_IDLE_CODEC = 3,      /**< The receiver did not negotiate the codec of the source. */
  WEIR_IDLE_KEYFRAME = 4,   /**< Waiting for a key frame of the source. */
  WEIR_IDLE_NOT_ALLOWED = 5, /**< The participant may not receive this kind. */
  WEIR_IDLE_EXCLUDED = 6     /**< The receiver has excluded whose track this is. */
};

/** Options of a track of a local participant. */
typedef struct weir_track_options {
  uint32_t struct_size;
  int32_t kind;    /**< WEIR_KIND_*. Must be set. */
  int32_t codec;   /**< WEIR_CODEC_* of that kind. Must be set. */
  int32_t content; /**< WEIR_CONTENT_*. Default main. */
  uint32_t min_bitrate; /**< Video whose encoder follows weir_participant_stats.target_bitrate of who receives it: how far
                             down it can go, bit/s with headers. While that fits it is not paused for what it sends at the
                             moment. 0: it sends what it sends. Default 0. */
} weir_track_options;

/** Fill with zeros. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_track_options_init(weir_track_options *options, size_t size);

/**
 * Local participants: begin to send.
 * @param track out: ends with weir_track_remove or with its participant.
 * @return WEIR_OK; WEIR_ERR_STATE for a remote participant; WEIR_ERR_LIMIT; WEIR_ERR_INVALID. Since 0.1.
 */
WEIR_API weir_status weir_track_add(weir_node *node, weir_participant participant, const weir_track_options *options,
                                    weir_track *track);

/** Local participants: end a track. @return WEIR_OK; WEIR_ERR_STATE for a remote one's track. Since 0.1. */
WEIR_API weir_status weir_track_remove(weir_node *node, weir_track track);

/** What is known of a track. */
typedef struct weir_track_info {
  uint32_t struct_size;
  int32_t kind;                 /**< WEIR_KIND_*. */
  weir_participant participant;
  weir_room room;
  int32_t codec;                /**< WEIR_CODEC_*; NONE until a remote track's first packet. */
  int32_t content;              /**< WEIR_CONTENT_*. */
  uint32_t muted;               /**< 0 or 1. */
  uint32_t reserved;
  char mid[32];                 /**< SDP mid of a remote track, zero-terminated. */
} weir_track_info;

/** Prepare the out-parameter. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_track_info_init(weir_track_info *info, size_t size);
/** Tell what a track is. @param info out. @return WEIR_OK; WEIR_ERR_NOT_FOUND; WEIR_ERR_VERSION. Since 0.1. */
WEIR_API weir_status weir_track_get_info(weir_node *node, weir_track track, weir_track_info *info);

/** Say whether a track shows a screen (WEIR_CONTENT_*). Remote tracks begin as main unless the offer says a=content:slides.
 *  @return WEIR_OK; WEIR_ERR_INVALID (also for audio). Since 0.1. */
WEIR_API weir_status weir_track_set_content(weir_node *node, weir_track track, int32_t content);

/** Mute (1) or unmute (0): packets of a muted track are dropped at the node, whatever its sender does. An unmuted video track
 *  begins with a key frame. @return WEIR_OK; WEIR_ERR_INVALID. Since 0.1. */
WEIR_API weir_status weir_track_set_muted(weir_node *node, weir_track track, uint32_t muted);

/** Bits of weir_frame.flags. */
enum { WEIR_FRAME_KEY = 1 };

/** No audio level given. */
#define WEIR_LEVEL_NONE 127

/** One encoded frame: a picture, or a run of audio. */
typedef struct weir_frame {
  uint32_t struct_size;
  int32_t codec;         /**< WEIR_CODEC_*. */
  const uint8_t *data;   /**< H.264: Annex B (start codes). VP8, VP9, Opus, PCMU, PCMA: as the codec gives it. */
  size_t size;           /**< Bytes. */
  int64_t time_us;       /**< When the frame was captured, on any clock that the participant's tracks share. */
  uint32_t flags;        /**< WEIR_FRAME_*. */
  uint32_t level;        /**< Audio level, 0 (loudest) to 126, -dBov as RFC 6464 section 3; WEIR_LEVEL_NONE: not known, or silence. */
  weir_track track;      /**< On reading: where it comes from. Ignored on writing. */
} weir_frame;

/** Fill with zeros and WEIR_LEVEL_NONE. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_frame_init(weir_frame *frame, size_t size);

/**
 * Local tracks: send one encoded frame (at most 4 MiB). The library makes RTP of it.
 * @param frame  copied.
 * @return WEIR_OK; WEIR_ERR_INVALID (empty, too large, another codec, not a frame of its codec, a time_us beyond 2^60 either
 *         way); WEIR_ERR_STATE for a remote track; WEIR_ERR_LIMIT when the worker's queue is full (the frame is dropped and
 *         counted). Since 0.1.
 */
WEIR_API weir_status weir_track_write_frame(weir_node *node, weir_track track, const weir_frame *frame);

/**
 * Local tracks: send one RTP packet (12 to 1400 bytes). SSRC and payload type are replaced. A track takes frames or RTP, not both.
 * @param level  audio level as in weir_frame, WEIR_LEVEL_NONE for video.
 * @return as weir_track_write_frame. Since 0.1.
 */
WEIR_API weir_status weir_track_write_rtp(weir_node *node, weir_track track, const uint8_t *data, size_t size,
                                          uint32_t level);

/** What weir_subscription_read gives. */
enum { WEIR_FORMAT_FRAME = 0, WEIR_FORMAT_RTP = 1 };

/** Options of a subscription of a local participant. */
typedef struct weir_subscription_options {
  uint32_t struct_size;
  int32_t kind;       /**< WEIR_KIND_*. Must be set. */
  int32_t format;     /**< WEIR_FORMAT_*. Default frames. */
  uint32_t max_queue; /**< Frames or packets that wait for the reader; the oldest go first. Default 256, 1 to 65536. */
} weir_subscription_options;

/** Fill with defaults. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_subscription_options_init(weir_subscription_options *options, size_t size);

/**
 * Local participants: begin to receive. The source is the participant's default for the kind.
 * @param subscription out: ends with weir_subscription_remove or with its participant.
 * @return WEIR_OK; WEIR_ERR_STATE for a remote participant; WEIR_ERR_LIMIT; WEIR_ERR_INVALID. Since 0.1.
 */
WEIR_API weir_status weir_subscription_add(weir_node *node, weir_participant participant,
                                           const weir_subscription_options *options, weir_subscription *subscription);

/** Local participants: end a subscription. @return WEIR_OK; WEIR_ERR_STATE for a remote one's. Since 0.1. */
WEIR_API weir_status weir_subscription_remove(weir_node *node, weir_subscription subscription);

/** What is known of a subscription. */
typedef struct weir_subscription_info {
  uint32_t struct_size;
  int32_t kind;                 /**< WEIR_KIND_*. */
  weir_participant participant; /**< Who receives. */
  weir_room room;
  weir_track track;             /**< What it carries now, 0 nothing. */
  int32_t idle;                 /**< WEIR_IDLE_*. */
  int32_t source_kind;          /**< WEIR_SOURCE_*. */
  uint32_t source_rank;
  uint32_t reserved;
  char mid[32];                 /**< SDP mid of a remote line, zero-terminated. */
  /* Video; layers.h says what a layer is. */
  int32_t layer_reason;         /**< WEIR_LAYER_*. */
  int32_t encoding;             /**< Of the layer that is forwarded now; -1: none. */
  int32_t spatial;
  int32_t temporal;
  uint32_t width;               /**< Of it; 0: not known. */
  uint32_t height;
  int32_t target_encoding;      /**< Of the layer that was decided for, and is changed to where it can be decoded; -1: none. */
  int32_t target_spatial;
  int32_t target_temporal;
  uint32_t reserved2;
  uint64_t target_bitrate;      /**< What that layer needs, bit/s. */
} weir_subscription_info;

/** Prepare the out-parameter. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_subscription_info_init(weir_subscription_info *info, size_t size);
/** Tell what a subscription carries. @param info out. @return WEIR_OK; WEIR_ERR_NOT_FOUND; WEIR_ERR_VERSION. Since 0.1. */
WEIR_API weir_status weir_subscription_get_info(weir_node *node, weir_subscription subscription,
                                                weir_subscription_info *info);

/**
 * Change what a subscription carries. Takes effect with the next packet (audio) or key frame (video), which is asked for at
 * once. No negotiation.
 * @param source  copied. A track must belong to the same room and be of the same kind.
 * @return WEIR_OK; WEIR_ERR_INVALID (kind, rank above 65535, another room's track); WEIR_ERR_NOT_FOUND. Since 0.1.
 */
WEIR_API weir_status weir_subscription_set_source(weir_node *node, weir_subscription subscription,
                                                  const weir_source *source);

/**
 * Local subscriptions: take the oldest frame (or RTP packet).
 * @param frame       out: data points into `buffer`. For WEIR_FORMAT_RTP one whole packet.
 * @param buffer, capacity  out. On WEIR_ERR_BUFFER frame->size tells the needed size and the frame stays in the queue.
 * @param timeout_ms  as weir_node_next_event.
 * @return WEIR_OK; WEIR_ERR_AGAIN; WEIR_ERR_BUFFER; WEIR_ERR_NOT_FOUND (also when it ends while waiting); WEIR_ERR_STATE for a
 *         remote one's; WEIR_ERR_CLOSED. Since 0.1.
 */
WEIR_API weir_status weir_subscription_read(weir_node *node, weir_subscription subscription, weir_frame *frame,
                                            uint8_t *buffer, size_t capacity, int32_t timeout_ms);

#ifdef __cplusplus
}
#endif
#endif /* WEIR_ROOM_H */
