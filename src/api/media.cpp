// weir/media.h
#include "weir/media.h"

#include <cstring>
#include <memory>
#include <optional>

#include "api/boundary.h"
#include "media/test_card.h"
#include "media/voice.h"

using weir::Bytes;
using weir::media::TestCard;
using weir::media::TestCardOptions;
using weir::media::Voice;
using weir::media::VoiceOptions;
namespace api = weir::api;

struct weir_test_card {
  std::unique_ptr<TestCard> card;
};

struct weir_voice {
  std::unique_ptr<Voice> voice;
};

namespace {

weir_test_card_options default_card() {
  const TestCardOptions defaults;
  weir_test_card_options o{};
  o.struct_size = sizeof o;
  o.width = defaults.width;
  o.height = defaults.height;
  o.frame_rate = defaults.frame_rate;
  o.bitrate = defaults.bitrate;
  o.hue = defaults.hue;
  o.name = "";
  return o;
}

weir_voice_options default_voice() {
  const VoiceOptions defaults;
  weir_voice_options o{};
  o.struct_size = sizeof o;
  o.pitch_hz = defaults.pitch_hz;
  o.bitrate = defaults.bitrate;
  o.seed = defaults.seed;
  return o;
}

TestCardOptions read(const weir_test_card_options& o) {
  TestCardOptions options;
  options.width = o.width;
  options.height = o.height;
  options.frame_rate = o.frame_rate;
  options.bitrate = o.bitrate;
  options.hue = o.hue;
  // No more than can be shown, so that a name without an end does no harm beyond that.
  if (o.name != nullptr) options.name.assign(o.name, strnlen(o.name, TestCard::kMaxName));
  return options;
}

}  // namespace

weir_status weir_test_card_options_init(weir_test_card_options* options, size_t size) {
  return api::init_struct(options, size, default_card());
}

weir_status weir_test_card_new(const weir_test_card_options* options, weir_test_card** card) {
  if (card == nullptr) return WEIR_ERR_INVALID;
  weir_test_card_options complete = default_card();
  if (const weir_status status = api::take_struct(options, complete); status != WEIR_OK) return status;
  return api::guarded([&]() -> weir_status {
    auto handle = std::make_unique<weir_test_card>();
    auto made = TestCard::make(read(complete));
    if (!made) return made.error().status;
    handle->card = std::move(*made);
    *card = handle.release();
    return WEIR_OK;
  });
}

void weir_test_card_free(weir_test_card* card) {
  delete card;
}

weir_status weir_test_card_encode(weir_test_card* card, uint64_t clock_ms, uint32_t key, const uint8_t** data,
                                  size_t* size, uint32_t* is_key) {
  if (card == nullptr || key > 1 || data == nullptr || size == nullptr) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    const auto frame = card->card->encode(clock_ms, key != 0);
    if (!frame) return WEIR_ERR_INTERNAL;
    *data = frame->data.data();
    *size = frame->data.size();
    if (is_key != nullptr) *is_key = frame->key ? 1 : 0;
    return WEIR_OK;
  });
}

weir_status weir_test_card_draw(weir_test_card* card, uint64_t clock_ms, uint8_t* out, size_t capacity) {
  if (card == nullptr || out == nullptr) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    const Bytes picture = card->card->draw(clock_ms);
    if (capacity < picture.size()) return WEIR_ERR_BUFFER;
    std::memcpy(out, picture.data(), picture.size());
    return WEIR_OK;
  });
}

weir_status weir_voice_options_init(weir_voice_options* options, size_t size) {
  return api::init_struct(options, size, default_voice());
}

weir_status weir_voice_new(const weir_voice_options* options, weir_voice** voice) {
  if (voice == nullptr) return WEIR_ERR_INVALID;
  weir_voice_options complete = default_voice();
  if (const weir_status status = api::take_struct(options, complete); status != WEIR_OK) return status;
  if (complete.reserved != 0) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    auto handle = std::make_unique<weir_voice>();
    auto made = Voice::make({complete.pitch_hz, complete.bitrate, complete.seed});
    if (!made) return made.error().status;
    handle->voice = std::move(*made);
    *voice = handle.release();
    return WEIR_OK;
  });
}

void weir_voice_free(weir_voice* voice) {
  delete voice;
}

weir_status weir_voice_encode(weir_voice* voice, uint32_t talking, const uint8_t** data, size_t* size,
                              uint32_t* level) {
  if (voice == nullptr || talking > 1 || data == nullptr || size == nullptr) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    const auto packet = voice->voice->encode(talking != 0);
    if (!packet) return WEIR_ERR_INTERNAL;
    *data = packet->data.data();
    *size = packet->data.size();
    if (level != nullptr) *level = packet->level;
    return WEIR_OK;
  });
}
