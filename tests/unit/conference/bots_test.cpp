#include "bots.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <vector>

using conference::Bots;

namespace {

constexpr std::int64_t start_us = 1'000'000;
constexpr std::int64_t start_ms = 1'700'000'000'000;

// A node that this thread drives, with one room. The bots' time is the test's own.
class Meeting {
 public:
  explicit Meeting(std::uint32_t max_participants = 0) {
    weir_node_options options;
    weir_node_options_init(&options, sizeof options);
    options.threads = 0;
    options.handshake_threads = 0;
    options.listen_ipv4 = "127.0.0.1";
    options.listen_ipv6 = nullptr;
    REQUIRE(weir_node_new(&options, &node, nullptr) == WEIR_OK);
    weir_room_options room_options;
    weir_room_options_init(&room_options, sizeof room_options);
    room_options.max_participants = max_participants;
    REQUIRE(weir_room_open(node, &room_options, &room) == WEIR_OK);
  }
  ~Meeting() { weir_node_free(node); }
  Meeting(const Meeting&) = delete;
  Meeting& operator=(const Meeting&) = delete;

  std::size_t people() const {
    std::size_t count = 0;
    weir_room_participants(node, room, nullptr, 0, &count);
    return count;
  }

  std::vector<weir_track> tracks_of(weir_participant participant) const {
    std::vector<weir_track> tracks(8);
    std::size_t count = 0;
    REQUIRE(weir_participant_tracks(node, participant, tracks.data(), tracks.size(), &count) == WEIR_OK);
    tracks.resize(count);
    return tracks;
  }

  weir_track track_of(weir_participant participant, std::int32_t kind) const {
    for (const weir_track track : tracks_of(participant)) {
      weir_track_info info;
      weir_track_info_init(&info, sizeof info);
      REQUIRE(weir_track_get_info(node, track, &info) == WEIR_OK);
      if (info.kind == kind) return track;
    }
    return 0;
  }

  std::uint64_t frames_of(weir_track track) const {
    weir_track_stats stats;
    weir_track_stats_init(&stats, sizeof stats);
    REQUIRE(weir_track_get_stats(node, track, &stats) == WEIR_OK);
    return stats.packets_received;
  }

  weir_participant join_local() const {
    weir_participant_options options;
    weir_participant_options_init(&options, sizeof options);
    options.kind = WEIR_PARTICIPANT_LOCAL;
    weir_participant participant = 0;
    REQUIRE(weir_participant_join(node, room, &options, &participant) == WEIR_OK);
    return participant;
  }

  weir_subscription watch(weir_participant reader, std::int32_t kind, weir_track track) const {
    weir_subscription_options options;
    weir_subscription_options_init(&options, sizeof options);
    options.kind = kind;
    weir_subscription subscription = 0;
    REQUIRE(weir_subscription_add(node, reader, &options, &subscription) == WEIR_OK);
    weir_source source;
    weir_source_init(&source, sizeof source);
    source.kind = WEIR_SOURCE_TRACK;
    source.track = track;
    REQUIRE(weir_subscription_set_source(node, subscription, &source) == WEIR_OK);
    return subscription;
  }

  bool read(weir_subscription subscription, weir_frame& frame) {
    weir_frame_init(&frame, sizeof frame);
    return weir_subscription_read(node, subscription, &frame, buffer.data(), buffer.size(), 0) == WEIR_OK;
  }

  /// Lets the node and the bots do what is due until a moment; what happens reaches the bots.
  template <typename Seen>
  void run(Bots& bots, std::int64_t until_us, Seen&& seen) {
    while (now_us < until_us) {
      weir_node_run_once(node, 0);
      weir_event event;
      weir_event_init(&event, sizeof event);
      while (weir_node_next_event(node, &event, 0) == WEIR_OK) bots.on_event(event);
      const std::int64_t next_us = bots.tick(now_us, start_ms + (now_us - start_us) / 1000);
      REQUIRE(next_us > now_us);
      seen();
      now_us = std::min(next_us, until_us);
    }
  }
  void run(Bots& bots, std::int64_t until_us) {
    run(bots, until_us, [] {});
  }

  weir_node* node = nullptr;
  weir_room room = 0;
  std::int64_t now_us = start_us;
  std::vector<std::uint8_t> buffer = std::vector<std::uint8_t>(1 << 20);
};

}  // namespace

TEST_CASE("bots join with a name, a camera and a microphone, and leave") {
  Meeting meeting;
  {
    Bots bots{meeting.node, meeting.room, 30, 1};
    CHECK(bots.status() == WEIR_OK);
    CHECK(bots.size() == 30);
    CHECK(meeting.people() == 30);
    std::set<std::string> names;
    for (const auto& bot : bots.participants()) {
      names.insert(bot.name);
      CHECK(bots.owns(bot.id));
      CHECK(meeting.tracks_of(bot.id).size() == 2);
      CHECK(meeting.track_of(bot.id, WEIR_KIND_AUDIO) != 0);
      CHECK(meeting.track_of(bot.id, WEIR_KIND_VIDEO) != 0);
    }
    CHECK(names.size() == 30);
    CHECK(bots.names().front() == "Ada (bot)");
    CHECK_FALSE(bots.owns(0));
  }
  CHECK(meeting.people() == 0);
}

TEST_CASE("bots come and go one by one") {
  Meeting meeting;
  Bots bots{meeting.node, meeting.room, 0, 1};
  CHECK_FALSE(bots.remove());
  CHECK(bots.tick(start_us, start_ms) > start_us + 1'000'000'000);
  CHECK(bots.add());
  CHECK(bots.add());
  CHECK(meeting.people() == 2);
  meeting.run(bots, start_us + 100'000);
  CHECK(bots.remove());
  CHECK(meeting.people() == 1);
  meeting.run(bots, start_us + 200'000);
  CHECK(bots.add());
  CHECK(bots.names() == std::vector<std::string>{"Ada (bot)", "Grace (bot)"});
  CHECK(bots.status() == WEIR_OK);
}

TEST_CASE("a full room takes as many bots as it has places") {
  Meeting meeting{2};
  Bots bots{meeting.node, meeting.room, 5, 1};
  CHECK(bots.size() == 2);
  CHECK(bots.status() == WEIR_ERR_LIMIT);
  CHECK(meeting.people() == 2);
}

TEST_CASE("microphones send 50 packets a second, and one or two bots talk") {
  Meeting meeting;
  Bots bots{meeting.node, meeting.room, 3, 1};
  const weir_participant reader = meeting.join_local();
  std::vector<weir_subscription> lines;
  for (const auto& bot : bots.participants()) {
    lines.push_back(meeting.watch(reader, WEIR_KIND_AUDIO, meeting.track_of(bot.id, WEIR_KIND_AUDIO)));
  }
  std::vector<int> packets(lines.size());
  std::vector<int> loud(lines.size());
  weir_frame frame;
  meeting.run(bots, start_us + 30'000'000, [&] {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      while (meeting.read(lines[i], frame)) {
        ++packets[i];
        loud[i] += frame.level < 40 ? 1 : 0;
      }
    }
  });
  int all_loud = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CHECK(packets[i] >= 1498);
    CHECK(packets[i] <= 1500);
    all_loud += loud[i];
  }
  CHECK(all_loud > 600);
  CHECK(all_loud < 2000);
  CHECK(bots.status() == WEIR_OK);
}

TEST_CASE("a camera sends pictures only while somebody watches, a key frame first") {
  Meeting meeting;
  Bots bots{meeting.node, meeting.room, 2, 1};
  const weir_track camera = meeting.track_of(bots.participants()[1].id, WEIR_KIND_VIDEO);
  meeting.run(bots, start_us + 3'000'000);
  CHECK(meeting.frames_of(camera) == 0);

  const weir_participant reader = meeting.join_local();
  const weir_subscription line = meeting.watch(reader, WEIR_KIND_VIDEO, camera);
  std::vector<weir_frame> frames;
  std::int64_t first_us = 0;
  weir_frame frame;
  meeting.run(bots, start_us + 13'000'000, [&] {
    while (meeting.read(line, frame)) {
      if (frames.empty()) first_us = meeting.now_us;
      frames.push_back(frame);
    }
  });
  REQUIRE(frames.size() > 2);
  CHECK(first_us - (start_us + 3'000'000) <= 150'000);
  CHECK((frames.front().flags & WEIR_FRAME_KEY) != 0);
  CHECK(std::count_if(frames.begin(), frames.end(),
                      [](const weir_frame& f) { return (f.flags & WEIR_FRAME_KEY) != 0; }) <= 3);
  CHECK(frames.size() >= 147);
  CHECK(frames.size() <= 151);
  CHECK(meeting.frames_of(meeting.track_of(bots.participants()[0].id, WEIR_KIND_VIDEO)) == 0);

  REQUIRE(weir_subscription_remove(meeting.node, line) == WEIR_OK);
  meeting.run(bots, start_us + 14'100'000);
  const std::uint64_t sent = meeting.frames_of(camera);
  meeting.run(bots, start_us + 17'000'000);
  CHECK(meeting.frames_of(camera) == sent);
}

TEST_CASE("after the loop was stuck the bots go on from now") {
  Meeting meeting;
  Bots bots{meeting.node, meeting.room, 1, 1};
  const weir_track microphone = meeting.track_of(bots.participants()[0].id, WEIR_KIND_AUDIO);
  meeting.run(bots, start_us + 1'000'000);
  const std::uint64_t before = meeting.frames_of(microphone);
  meeting.now_us += 3'600'000'000;
  bots.tick(meeting.now_us, start_ms + 3'601'000);
  weir_node_run_once(meeting.node, 0);
  CHECK(meeting.frames_of(microphone) - before <= 11);
}

TEST_CASE("bots of a closed room are forgotten") {
  Meeting meeting;
  Bots bots{meeting.node, meeting.room, 3, 1};
  REQUIRE(weir_room_close(meeting.node, meeting.room) == WEIR_OK);
  meeting.run(bots, start_us + 1);
  CHECK(bots.size() == 0);
}
