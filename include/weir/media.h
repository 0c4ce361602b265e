/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file media.h
 * Synthetic people: a VP8 test card with a name and a running clock, and Opus sound that resembles a voice. For bots, demos
 * and tests. Pure objects: time is an argument, no threads, no clock. Calls on one object from one thread at a time.
 */
#ifndef WEIR_MEDIA_H
#define WEIR_MEDIA_H

#include "weir/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A test card: colour bars, a name, a clock for people and a clock for programs. */
typedef struct weir_test_card weir_test_card;

/**
 * The clock for programs: two rows of WEIR_CARD_CLOCK_BITS blocks along the lower edge of the picture, each
 * width / WEIR_CARD_CLOCK_BITS wide and height / 16 high, both rounded down; the first block begins at the left edge.
 * A white block (luma above 128 after decoding) is 1, a black one 0, the most significant bit left. The upper row
 * carries the clock in milliseconds modulo 2^32, the lower row its complement, so that a reader knows a damaged picture.
 */
#define WEIR_CARD_CLOCK_BITS 32

/** Options of a test card. */
typedef struct weir_test_card_options {
  uint32_t struct_size;
  uint32_t width;             /**< 64 to 3840, even. Default 320. */
  uint32_t height;            /**< 64 to 2160, even. Default 180. */
  uint32_t frame_rate;        /**< 1 to 60, for the encoder's rate control. Default 15. */
  uint32_t bitrate;           /**< bit/s, 10000 to 20000000. Default 150000. */
  uint32_t hue;               /**< 0 to 359: colour of the card. Default 200. */
  const char *name;           /**< Copied; printed on the card, ASCII, at most 24 shown. Default "". */
} weir_test_card_options;

/** Fill with defaults. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_test_card_options_init(weir_test_card_options *options, size_t size);

/**
 * Make a test card and its encoder.
 * @param options  copied; NULL: defaults. @param card out: owned, free with weir_test_card_free.
 * @return WEIR_OK; WEIR_ERR_INVALID; WEIR_ERR_NO_MEMORY; WEIR_ERR_UNSUPPORTED (built without media). Since 0.1.
 */
WEIR_API weir_status weir_test_card_new(const weir_test_card_options *options, weir_test_card **card);

/** Free a test card. @param card owned, ends here; NULL is accepted. Since 0.1. */
WEIR_API void weir_test_card_free(weir_test_card *card);

/**
 * Draw and encode the next picture as one VP8 frame.
 * @param clock_ms   what the clocks show, milliseconds (day time is clock_ms modulo 86,400,000).
 * @param key        1: make a key frame. @param is_key out, may be NULL: 1 if the frame is one.
 * @param data       out: borrowed until the next call on this card. @param size out: bytes; 0 when the encoder skipped it.
 * @return WEIR_OK; WEIR_ERR_INVALID; WEIR_ERR_INTERNAL (the encoder failed). Since 0.1.
 */
WEIR_API weir_status weir_test_card_encode(weir_test_card *card, uint64_t clock_ms, uint32_t key, const uint8_t **data,
                                           size_t *size, uint32_t *is_key);

/**
 * Draw the next picture without encoding it, as I420 (planes Y, U, V without gaps).
 * @param out  out, @param capacity its size: width * height * 3 / 2, else WEIR_ERR_BUFFER.
 * @return WEIR_OK; WEIR_ERR_BUFFER; WEIR_ERR_INVALID. Since 0.1.
 */
WEIR_API weir_status weir_test_card_draw(weir_test_card *card, uint64_t clock_ms, uint8_t *out, size_t capacity);

/** A synthetic voice: syllables of a pitched tone with formants, in phrases with pauses. */
typedef struct weir_voice weir_voice;

/** Options of a voice. */
typedef struct weir_voice_options {
  uint32_t struct_size;
  uint32_t pitch_hz;     /**< 60 to 400. Default 120. */
  uint32_t bitrate;      /**< bit/s, 6000 to 128000. Default 24000. */
  uint32_t reserved;     /**< 0. */
  uint64_t seed;         /**< The same seed gives the same phrases. Default 1. */
} weir_voice_options;

/** Fill with defaults. @return as weir_node_options_init. Threads: any. Since 0.1. */
WEIR_API weir_status weir_voice_options_init(weir_voice_options *options, size_t size);

/**
 * Make a voice and its encoder (48 kHz, mono).
 * @param options  copied; NULL: defaults. @param voice out: owned, free with weir_voice_free.
 * @return WEIR_OK; WEIR_ERR_INVALID; WEIR_ERR_NO_MEMORY; WEIR_ERR_UNSUPPORTED (built without media). Since 0.1.
 */
WEIR_API weir_status weir_voice_new(const weir_voice_options *options, weir_voice **voice);

/** Free a voice. @param voice owned, ends here; NULL is accepted. Since 0.1. */
WEIR_API void weir_voice_free(weir_voice *voice);

/**
 * Make the next 20 ms.
 * @param talking  1: speak; 0: be silent (comfort noise).
 * @param data     out: one Opus packet, borrowed until the next call on this voice. @param size out: bytes.
 * @param level    out, may be NULL: -dBov, 0 loudest to 127 silence (RFC 6464 section 3).
 * @return WEIR_OK; WEIR_ERR_INVALID; WEIR_ERR_INTERNAL. Since 0.1.
 */
WEIR_API weir_status weir_voice_encode(weir_voice *voice, uint32_t talking, const uint8_t **data, size_t *size,
                                       uint32_t *level);

#ifdef __cplusplus
}
#endif
#endif /* WEIR_MEDIA_H */
