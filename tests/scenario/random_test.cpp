// Rooms in which everything happens in any order. After each step all that the node tells must agree with
// itself; at the end every stream must have been one stream.
#include <algorithm>
#include <map>
#include <set>

#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

namespace {

/// A VP8 key frame as far as the node looks, with the stamp that clients of this world read.
std::vector<std::uint8_t> key_frame(std::uint32_t sender, Time now) {
  std::vector<std::uint8_t> frame = {0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00};
  frame.resize(10 + 12);
  store_u32(&frame[10], sender);
  store_u64(&frame[14], static_cast<std::uint64_t>(to_us(now)));
  return frame;
}

class Story {
 public:
  explicit Story(std::uint64_t seed) : random_(seed), world_(seed ^ 0x5709, options()) {
    rooms_ = {world_.open_room(), world_.open_room()};
    for (int i = 0; i < 3; ++i) join();
  }

  void step() {
    act(random_.below(100));
    world_.run(Duration{static_cast<std::int64_t>(20'000 + random_.below(200'000))});
    check();
  }

  /// Everybody has a good network again and time to repair: no stream has a hole or has gone back.
  void finish() {
    for (Client* client : here_) world_.link(*client) = {};
    world_.run(3s);
    check();
    for (Client* client : here_) check_streams(*client);
    for (const Id room : rooms_) CHECK(world_.engine().close_room(world_.now(), room) == WEIR_OK);
    rooms_.clear();
    here_.clear();
    bots_.clear();
    world_.run(7s);  // the last that was due is consent
    check();
    const weir_node_stats stats = world_.node_stats();
    CHECK(stats.participants == 0);
    CHECK(stats.tracks == 0);
    CHECK(stats.subscriptions == 0);
    CHECK(world_.engine().deadline() == kNever);  // nothing is left that ticks
  }

 private:
  struct Bot {
    Id id;
    Id camera;
    Id ears;
  };

  static engine::Options options() {
    engine::Options options;
    options.consent_timeout = 6s;
    options.packet_buffers = 2048;
    return options;
  }
  template <typename T>
  T& any(std::vector<T>& from) {
    return from[random_.below(from.size())];
  }

  void act(std::uint64_t what) {
    if (what < 8) return join();
    if (what < 12) return bot();
    if (what < 16) return leave();
    if (what < 17) return close_room();
    if (what < 27 && !bots_.empty()) return use_bot(any(bots_));
    if (here_.empty()) return;
    Client& who = *any(here_);
    if (what < 60) return source(who);
    if (what < 70) return mute(who);
    if (what < 78) return negotiate(who);
    if (what < 84) return talk(who);
    if (what < 90) return weather(who);
    if (what < 93) return world_.move(who);
    if (what < 96) return who.renew_camera_ssrc();
    who.ask_for_key_frame(0);
  }

  void join() {
    if (here_.size() >= 5) return;
    Person person;
    person.receives_audio = static_cast<int>(1 + random_.below(2));
    person.receives_video = static_cast<int>(1 + random_.below(3));
    person.sends_screen = random_.below(3) == 0;
    person.offers_transport_cc = random_.below(2) == 0;
    weir_participant_options options = World::default_participant();
    static constexpr std::int32_t kRules[] = {WEIR_SOURCE_NONE, WEIR_SOURCE_SPEAKER, WEIR_SOURCE_MEMBER,
                                              WEIR_SOURCE_SCREEN};
    options.default_video_source = kRules[random_.below(4)];
    here_.push_back(&world_.join(any(rooms_), person, options));
  }
  void bot() {
    if (bots_.size() >= 3) return;
    Bot bot;
    bot.id = world_.join_local(any(rooms_));
    bot.camera = *world_.engine().add_track(world_.now(), bot.id,
                                            {.struct_size = sizeof(weir_track_options),
                                             .kind = WEIR_KIND_VIDEO,
                                             .codec = WEIR_CODEC_VP8,
                                             .content = WEIR_CONTENT_MAIN,
                                             .min_bitrate = 0});
    bot.ears = *world_.engine().add_subscription(
        world_.now(), bot.id,
        {.struct_size = sizeof(weir_subscription_options),
         .kind = random_.below(2) == 0 ? WEIR_KIND_AUDIO : WEIR_KIND_VIDEO,
         .format = random_.below(2) == 0 ? WEIR_FORMAT_FRAME : WEIR_FORMAT_RTP,
         .max_queue = 8});
    bots_.push_back(bot);
  }
  void use_bot(Bot& bot) {
    weir_frame frame{};
    std::vector<std::uint8_t> buffer(2000);
    while (world_.engine().read(bot.ears, frame, buffer) == WEIR_OK) continue;
    if (random_.below(6) == 0) {
      CHECK(world_.engine().leave(world_.now(), bot.id) == WEIR_OK);
      CHECK(world_.engine().read(bot.ears, frame, buffer) == WEIR_ERR_NOT_FOUND);
      std::erase_if(bots_, [&](const Bot& b) { return b.id == bot.id; });
      return;
    }
    const auto data = key_frame(900, world_.now());
    frame = {};
    frame.codec = WEIR_CODEC_VP8;
    frame.data = data.data();
    frame.size = data.size();
    frame.time_us = to_us(world_.now());
    CHECK(world_.engine().write_frame(world_.now(), bot.camera, frame) == WEIR_OK);
  }
  void leave() {
    if (here_.size() < 2) return;
    Client* gone = any(here_);
    world_.leave(*gone);
    std::erase(here_, gone);
  }
  void close_room() {
    Id& room = any(rooms_);
    const auto inside = world_.engine().room_participants(room);
    const auto was_inside = [&](Id id) {
      return std::find(inside->begin(), inside->end(), id.value) != inside->end();
    };
    CHECK(world_.engine().close_room(world_.now(), room) == WEIR_OK);
    std::erase_if(here_, [&](const Client* client) { return was_inside(client->id); });
    std::erase_if(bots_, [&](const Bot& b) { return was_inside(b.id); });
    room = world_.open_room();
  }
  void source(Client& who) {
    const auto lines = world_.engine().participant_subscriptions(who.id);
    if (lines->empty()) return;
    const Id line{(*lines)[random_.below(lines->size())]};
    weir_source source{};
    source.kind = static_cast<std::int32_t>(random_.below(7));  // one that there is not, too
    source.rank = static_cast<std::uint32_t>(random_.below(3));
    if (source.kind == WEIR_SOURCE_TRACK) {
      const Client& whom = *any(here_);
      const auto tracks = world_.engine().participant_tracks(whom.id);
      if (tracks->empty()) return;
      source.track = (*tracks)[random_.below(tracks->size())];
    }
    const weir_status status = world_.engine().set_source(world_.now(), line, source);
    CHECK((status == WEIR_OK || status == WEIR_ERR_INVALID));
  }
  void mute(Client& who) {
    const auto tracks = world_.engine().participant_tracks(who.id);
    if (tracks->empty()) return;
    const Id track{(*tracks)[random_.below(tracks->size())]};
    CHECK(world_.engine().set_muted(world_.now(), track, random_.below(2) == 0) == WEIR_OK);
    if (random_.below(4) == 0) {
      world_.engine().set_content(world_.now(), track, static_cast<std::int32_t>(random_.below(2)));
    }
  }
  /// Other lines, the same again, or an ICE restart.
  void negotiate(Client& who) {
    switch (random_.below(4)) {
      case 0:
        who.restart_ice();
        break;
      case 1:
        who.person().receives_video = static_cast<int>(1 + random_.below(4));
        break;
      case 2:
        who.person().sends_screen = !who.person().sends_screen;
        break;
      default:
        break;
    }
    REQUIRE(world_.negotiate(who) == WEIR_OK);
  }
  void talk(Client& who) {
    who.set_talking(random_.below(2) == 0);
    if (random_.below(3) == 0) who.set_camera(random_.below(3) != 0);
  }
  void weather(Client& who) {
    Link& link = world_.link(who);
    link = {};
    const std::uint64_t kind = random_.below(5);
    if (kind == 0) link.loss = 0.1;
    if (kind == 1) link.jitter = 30ms;
    if (kind == 2) link.delay = 120ms;
    if (kind == 3) {  // long enough for consent to go, and a little more
      link.cut = true;
      world_.run(random_.below(2) == 0 ? 9s : 1s);
      link.cut = false;
    }
  }

  bool is_bot(std::uint64_t id) const {
    return std::any_of(bots_.begin(), bots_.end(), [&](const Bot& b) { return b.id.value == id; });
  }
  void check();
  void check_events();
  void check_line(std::uint64_t id, std::map<std::uint64_t, std::uint64_t>& carried);
  void check_streams(Client& client);

  SeededRandom random_;
  World world_;
  std::vector<Id> rooms_;
  std::vector<Client*> here_;
  std::vector<Bot> bots_;
  std::map<std::uint64_t, std::uint64_t> source_told_;  // by subscription: track, from events alone
  std::set<std::uint64_t> tracks_told_;
  std::set<std::uint64_t> connected_told_;
  std::size_t events_seen_ = 0;
};

/// What a host knows that only listens to events.
void Story::check_events() {
  const std::vector<weir_event>& events = world_.all_events();
  for (; events_seen_ < events.size(); ++events_seen_) {
    const weir_event& event = events[events_seen_];
    switch (event.type) {
      case WEIR_EVENT_SUBSCRIPTION_ADDED:
        source_told_[event.subscription] = 0;
        break;
      case WEIR_EVENT_SUBSCRIPTION_REMOVED:
        REQUIRE(source_told_.erase(event.subscription) == 1);
        break;
      case WEIR_EVENT_SUBSCRIPTION_SOURCE:
        REQUIRE(source_told_.contains(event.subscription));
        source_told_[event.subscription] = event.track;
        break;
      case WEIR_EVENT_TRACK_ADDED:
        REQUIRE(tracks_told_.insert(event.track).second);
        break;
      case WEIR_EVENT_TRACK_REMOVED:
        REQUIRE(tracks_told_.erase(event.track) == 1);
        break;
      case WEIR_EVENT_PARTICIPANT_CONNECTED:
        REQUIRE(connected_told_.insert(event.participant).second);
        break;
      case WEIR_EVENT_PARTICIPANT_DISCONNECTED:
      case WEIR_EVENT_PARTICIPANT_LEFT:
        connected_told_.erase(event.participant);
        break;
      default:
        break;
    }
  }
}

void Story::check_line(std::uint64_t id, std::map<std::uint64_t, std::uint64_t>& carried) {
  const weir_subscription_info info = world_.info(Id{id});
  REQUIRE((info.track != 0) == (info.idle == WEIR_IDLE_NOT));
  REQUIRE(source_told_.at(id) == info.track);
  if (info.source_kind == WEIR_SOURCE_NONE) REQUIRE(info.idle != WEIR_IDLE_KEYFRAME);
  if (info.track == 0) return;
  ++carried[info.track];
  weir_track_info track{};
  REQUIRE(world_.engine().track_info(Id{info.track}, track) == WEIR_OK);
  REQUIRE(track.kind == info.kind);
  REQUIRE(track.room == info.room);
  REQUIRE(track.muted == 0);
}

void Story::check() {
  check_events();
  const weir_node_stats stats = world_.node_stats();
  std::uint64_t people = 0;
  std::uint64_t connected = 0;
  std::vector<std::uint64_t> tracks;
  std::map<std::uint64_t, std::uint64_t> carried;
  std::size_t lines = 0;
  for (const Id room : rooms_) {
    auto members = world_.engine().room_participants(room);
    auto speakers = world_.engine().room_speakers(room);
    people += members->size();
    for (const std::uint64_t member : *members) {
      weir_participant_stats who{};
      REQUIRE(world_.engine().participant_stats(Id{member}, who) == WEIR_OK);
      REQUIRE(connected_told_.contains(member) == (who.connected != 0 && !is_bot(member)));
      connected += connected_told_.count(member);
      const auto own = world_.engine().participant_tracks(Id{member});
      tracks.insert(tracks.end(), own->begin(), own->end());
      const auto subscriptions = world_.engine().participant_subscriptions(Id{member});
      lines += subscriptions->size();
      for (const std::uint64_t id : *subscriptions) check_line(id, carried);
    }
    std::sort(members->begin(), members->end());
    std::sort(speakers->begin(), speakers->end());
    REQUIRE(*members == *speakers);
  }
  REQUIRE(stats.rooms == rooms_.size());
  REQUIRE(stats.participants == people);
  REQUIRE(stats.connected == connected);
  REQUIRE(stats.tracks == tracks.size());
  REQUIRE(tracks_told_.size() == tracks.size());
  REQUIRE(stats.subscriptions == lines);
  REQUIRE(source_told_.size() == lines);
  REQUIRE(stats.packet_buffers_used <= stats.packet_buffers);
  REQUIRE(stats.events_lost == 0);
  for (const std::uint64_t track : tracks) {
    REQUIRE(world_.track_stats(Id{track}).subscriptions == carried[track]);
  }
  for (const DropReason never : {DropReason::SRTP_PROTECT, DropReason::SRTP_AUTH, DropReason::SEND_BUFFER,
                                 DropReason::NO_BUFFER, DropReason::TOO_LARGE}) {
    CAPTURE(static_cast<int>(never));
    REQUIRE(world_.drops(never) == 0);
  }
}

void Story::check_streams(Client& client) {
  const auto lines = world_.engine().participant_subscriptions(client.id);
  for (const std::uint64_t id : *lines) {
    const weir_subscription_info info = world_.info(Id{id});
    const std::string mid = info.mid;
    const Received& line = client.line(mid);
    CAPTURE(client.number());
    CAPTURE(mid);
    // In order of their numbers, timestamps never go back and pictures step by one.
    std::map<std::int64_t, std::size_t> order;
    for (std::size_t i = 0; i < line.sequences.size(); ++i) order.emplace(line.sequences[i], i);
    std::optional<std::size_t> before;
    for (const auto& [sequence, i] : order) {
      if (before && sequence == line.sequences[*before] + 1) {
        REQUIRE(static_cast<std::int32_t>(line.timestamps[i] - line.timestamps[*before]) >= 0);
      }
      before = i;
    }
    // What carries a live camera still carries it.
    if (info.track != 0 && info.kind == WEIR_KIND_AUDIO) {
      REQUIRE_FALSE(line.times.empty());
      CHECK(to_us(world_.now() - line.times.back()) < 1'000'000);
    }
  }
}

}  // namespace

TEST_CASE("whatever happens in whatever order, the node agrees with itself") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Story story{seed};
    for (int step = 0; step < 60; ++step) {
      CAPTURE(step);
      story.step();
    }
    story.finish();
  }
}
