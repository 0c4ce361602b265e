#include "bots.h"

#include <algorithm>
#include <array>
#include <limits>

namespace conference {
namespace {

constexpr std::int64_t audio_us = 20'000;
constexpr std::int64_t video_fps = 15;
constexpr std::int64_t video_us = 1'000'000 / video_fps;
constexpr std::int64_t look_us = 1'000'000;
// A loop that was busy for longer goes on from now: a burst of old media helps nobody.
constexpr std::int64_t longest_delay_us = 200'000;

constexpr std::array<const char*, 24> people = {
    "Ada",  "Alan",   "Grace",     "Edsger", "Barbara", "Donald", "Radia",  "Vint",
    "Hedy", "Claude", "Katherine", "Dennis", "Frances", "Niels",  "Sophie", "Ken",
    "Lynn", "John",   "Adele",     "Linus",  "Emmy",    "Harry",  "Annie",  "Leslie"};

std::string name_of(std::uint64_t number) {
  std::string name = people[number % people.size()];
  if (number >= people.size()) name += " " + std::to_string(number / people.size() + 1);
  return name + " (bot)";
}

// The golden angle: neighbours in the gallery differ, however many there are.
std::uint32_t hue_of(std::uint64_t number) {
  return static_cast<std::uint32_t>((200 + number * 137) % 360);
}

std::uint32_t pitch_of(std::uint64_t number) {
  return static_cast<std::uint32_t>(95 + number * 47 % 150);
}

weir_status add_track(weir_node* node, weir_participant participant, std::int32_t kind, std::int32_t codec,
                      weir_track* track) {
  weir_track_options options;
  weir_track_options_init(&options, sizeof options);
  options.kind = kind;
  options.codec = codec;
  return weir_track_add(node, participant, &options, track);
}

// The next time on a beat; after a long sleep the beat begins anew.
std::int64_t following(std::int64_t due_us, std::int64_t interval_us, std::int64_t now_us) {
  const std::int64_t next = due_us + interval_us;
  return now_us - next > longest_delay_us ? now_us + interval_us : next;
}

}  // namespace

Bots::Bots(weir_node* node, weir_room room, std::size_t count, std::uint64_t first_seed)
    : node_{node}, room_{room}, first_seed_{first_seed}, conversation_{first_seed} {
  bots_.reserve(count);
  while (bots_.size() < count && add()) {
  }
}

Bots::~Bots() {
  while (remove()) {
  }
}

weir_status Bots::join(Bot& bot) {
  weir_participant_options options;
  weir_participant_options_init(&options, sizeof options);
  options.kind = WEIR_PARTICIPANT_LOCAL;
  options.may = WEIR_MAY_SEND_AUDIO | WEIR_MAY_SEND_VIDEO;
  weir_status status = weir_participant_join(node_, room_, &options, &bot.id);
  if (status == WEIR_OK) status = add_track(node_, bot.id, WEIR_KIND_AUDIO, WEIR_CODEC_OPUS, &bot.microphone);
  if (status == WEIR_OK) status = add_track(node_, bot.id, WEIR_KIND_VIDEO, WEIR_CODEC_VP8, &bot.camera);
  return status;
}

weir_status Bots::make_media(Bot& bot, std::uint64_t number) {
  weir_test_card_options picture;
  weir_test_card_options_init(&picture, sizeof picture);
  picture.frame_rate = static_cast<std::uint32_t>(video_fps);
  picture.hue = hue_of(number);
  picture.name = bot.name.c_str();
  const weir_status status = weir_test_card_new(&picture, &bot.card);
  if (status != WEIR_OK) return status;
  weir_voice_options sound;
  weir_voice_options_init(&sound, sizeof sound);
  sound.pitch_hz = pitch_of(number);
  sound.seed = first_seed_ + number;
  return weir_voice_new(&sound, &bot.voice);
}

bool Bots::add() {
  Bot bot;
  bot.name = name_of(joined_);
  weir_status status = make_media(bot, joined_);
  if (status == WEIR_OK) status = join(bot);
  if (status != WEIR_OK) {
    status_ = status;
    leave(bot);
    return false;
  }
  ++joined_;
  bots_.push_back(std::move(bot));
  return true;
}

void Bots::leave(Bot& bot) {
  if (bot.id != 0) weir_participant_leave(node_, bot.id);
  weir_test_card_free(bot.card);
  weir_voice_free(bot.voice);
}

bool Bots::remove() {
  if (bots_.empty()) return false;
  leave(bots_.back());
  bots_.pop_back();
  return true;
}

std::vector<Bots::Participant> Bots::participants() const {
  std::vector<Participant> list;
  for (const Bot& bot : bots_) list.push_back({bot.id, bot.name});
  return list;
}

std::vector<std::string> Bots::names() const {
  std::vector<std::string> list;
  for (const Bot& bot : bots_) list.push_back(bot.name);
  return list;
}

bool Bots::owns(weir_participant participant) const {
  return std::any_of(bots_.begin(), bots_.end(), [&](const Bot& bot) { return bot.id == participant; });
}

// Bots take turns within a picture's time, so that their encoders do not all work at the same moment.
void Bots::start(Bot& bot, std::size_t place, std::int64_t now_us) {
  bot.started = true;
  bot.next_audio_us = now_us;
  bot.next_video_us = now_us + video_us * static_cast<std::int64_t>(place % 8) / 8;
  bot.next_look_us = now_us;
}

// Nobody watches most cameras of a large room; pictures that go nowhere are not encoded.
void Bots::look_for_watchers(Bot& bot, std::int64_t now_us) {
  bot.next_look_us = now_us + look_us;
  // Who asked for a key frame gets one first: a subscription need not count before it carries something.
  if (bot.watched && bot.key_wanted) return;
  weir_track_stats stats;
  weir_track_stats_init(&stats, sizeof stats);
  if (weir_track_get_stats(node_, bot.camera, &stats) != WEIR_OK) return;
  const bool watched = stats.subscriptions > 0;
  if (watched && !bot.watched) bot.key_wanted = true;
  bot.watched = watched;
}

void Bots::write(weir_track track, weir_frame& frame) {
  const weir_status status = weir_track_write_frame(node_, track, &frame);
  if (status != WEIR_OK) status_ = status;
}

void Bots::send_audio(Bot& bot, bool talking) {
  weir_frame frame;
  weir_frame_init(&frame, sizeof frame);
  const weir_status status =
      weir_voice_encode(bot.voice, talking ? 1 : 0, &frame.data, &frame.size, &frame.level);
  if (status != WEIR_OK) {
    status_ = status;
    return;
  }
  frame.codec = WEIR_CODEC_OPUS;
  frame.time_us = bot.next_audio_us;
  write(bot.microphone, frame);
}

void Bots::send_video(Bot& bot, std::int64_t now_us, std::int64_t wallclock_ms) {
  if (now_us >= bot.next_look_us) look_for_watchers(bot, now_us);
  if (!bot.watched) return;
  weir_frame frame;
  weir_frame_init(&frame, sizeof frame);
  std::uint32_t is_key = 0;
  const weir_status status = weir_test_card_encode(bot.card, static_cast<std::uint64_t>(wallclock_ms),
                                                   bot.key_wanted ? 1 : 0, &frame.data, &frame.size, &is_key);
  if (status != WEIR_OK) {
    status_ = status;
    return;
  }
  if (frame.size == 0) return;
  if (is_key == 1) bot.key_wanted = false;
  frame.codec = WEIR_CODEC_VP8;
  frame.flags = is_key == 1 ? WEIR_FRAME_KEY : 0;
  frame.time_us = bot.next_video_us;
  write(bot.camera, frame);
}

std::int64_t Bots::tick(std::int64_t now_us, std::int64_t wallclock_ms) {
  conversation_.advance(now_us, bots_.size());
  std::int64_t next_us = std::numeric_limits<std::int64_t>::max();
  for (std::size_t place = 0; place < bots_.size(); ++place) {
    Bot& bot = bots_[place];
    if (!bot.started) start(bot, place, now_us);
    while (bot.next_audio_us <= now_us) {
      send_audio(bot, conversation_.talks(place, now_us));
      bot.next_audio_us = following(bot.next_audio_us, audio_us, now_us);
    }
    if (bot.next_video_us <= now_us) {
      send_video(bot, now_us, wallclock_ms);
      bot.next_video_us = following(bot.next_video_us, video_us, now_us);
      // Pictures that are late are left out, on the beat; sound is not.
      while (bot.next_video_us <= now_us) bot.next_video_us += video_us;
    }
    next_us = std::min({next_us, bot.next_audio_us, bot.next_video_us});
  }
  return next_us;
}

void Bots::on_event(const weir_event& event) {
  if (event.type == WEIR_EVENT_KEYFRAME_WANTED) {
    for (Bot& bot : bots_) {
      if (bot.camera != event.track) continue;
      bot.key_wanted = true;
      bot.watched = true;  // who asks for a key frame is about to watch
    }
  } else if (event.type == WEIR_EVENT_PARTICIPANT_LEFT) {
    // The room was closed, or the host sent a bot away.
    const auto gone =
        std::find_if(bots_.begin(), bots_.end(), [&](const Bot& bot) { return bot.id == event.participant; });
    if (gone == bots_.end()) return;
    leave(*gone);
    bots_.erase(gone);
  }
}

}  // namespace conference
