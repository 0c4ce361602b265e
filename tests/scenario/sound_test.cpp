// RED, telephone events, G.711 and repair of sound, through the whole node.
#include <algorithm>

#include "scenario/client_numbers.h"
#include "scenario/world.h"

using namespace weir;
using namespace weir::scenario;

namespace {

Person listener() {
  return {.sends_audio = false, .sends_video = false, .receives_audio = 1, .receives_video = 0};
}

Person speaker() {
  return {.sends_video = false, .receives_audio = 0, .receives_video = 0};
}

bool all_of_type(const Received& line, int type) {
  return !line.payload_types.empty() && std::all_of(line.payload_types.begin(), line.payload_types.end(),
                                                    [&](std::uint8_t t) { return t == type; });
}

/// Frames of the 20 ms rhythm that are missing between the first and the last.
std::size_t missing_frames(const Received& line) {
  const auto span = *line.frames.rbegin() - *line.frames.begin();
  return static_cast<std::size_t>(span / 20'000 + 1) - line.frames.size();
}

}  // namespace

TEST_CASE("a publisher's RED: as it is to who negotiated it, the primary block to others") {
  World world{201};
  const Id room = world.open_room();
  Person with_red = listener();
  with_red.red = true;
  Person sender = speaker();
  sender.red = true;
  sender.red_frames = 2;
  Client& ann = world.join(room, sender);
  Client& bob = world.join(room, with_red);
  Client& cid = world.join(room, listener());
  Client& dan = world.join(room, with_red);
  world.link(dan).loss = 0.05;
  ann.set_talking(true);
  world.run(10s);
  CHECK(all_of_type(bob.audio(0), kRed));
  CHECK(all_of_type(cid.audio(0), kOpus));
  CHECK_FALSE(bob.audio(0).has_gap());
  CHECK_FALSE(cid.audio(0).has_gap());
  CHECK(bob.audio(0).senders.size() > 400);
  CHECK(bob.audio(0).last_sender() == ann.number());
  CHECK(cid.audio(0).last_sender() == ann.number());
  CHECK(cid.audio(0).frames.size() + 3 > bob.audio(0).frames.size());
  // The repeated frames arrive as frames: of the twentieth that is lost almost nothing is missing.
  CHECK(dan.audio(0).has_gap());
  CHECK(missing_frames(dan.audio(0)) <= 2);
}

TEST_CASE("who loses packets and negotiated RED gets it made by the node, until the path is quiet") {
  World world{202};
  const Id room = world.open_room();
  Person with_red = listener();
  with_red.red = true;
  Client& ann = world.join(room, speaker());  // sends plain Opus
  Client& bob = world.join(room, with_red);
  Client& cid = world.join(room, with_red);
  Client& dan = world.join(room, listener());
  for (const Client* lossy : {&bob, &dan}) world.link(*lossy).loss = 0.06;
  ann.set_talking(true);
  world.run(5s);
  const std::size_t before = bob.audio(0).payload_types.size();
  const std::size_t missing_before = missing_frames(bob.audio(0));
  world.run(20s);
  const Received& line = bob.audio(0);
  CHECK(std::all_of(line.payload_types.begin() + static_cast<std::ptrdiff_t>(before),
                    line.payload_types.end(), [](std::uint8_t type) { return type == kRed; }));
  const std::size_t lost = 1000 - (line.payload_types.size() - before);  // of 20 s
  CHECK(lost > 25);
  CHECK(missing_frames(line) - missing_before <= lost / 5);
  CHECK(missing_frames(dan.audio(0)) > 25);
  CHECK(all_of_type(dan.audio(0), kOpus));
  CHECK(all_of_type(cid.audio(0), kOpus));  // loses nothing
  CHECK_FALSE(cid.audio(0).has_gap());

  world.link(bob).loss = 0;
  world.run(9s);
  CHECK(line.payload_types.back() == kRed);
  world.run(5s);
  CHECK(line.payload_types.back() == kOpus);
}

TEST_CASE("telephone events go to who negotiated them in the track's clock, and leave no gap with others") {
  World world{203};
  const Id room = world.open_room();
  Person keys = speaker();
  keys.events = 48'000;
  Person with_events = listener();
  with_events.events = 48'000;
  Client& ann = world.join(room, keys);
  Client& bob = world.join(room, with_events);
  Client& cid = world.join(room, listener());
  ann.set_talking(true);
  world.run(2s);
  const int events = 5;
  for (int i = 0; i < events; ++i) {
    ann.send_event(world.now(), {.event = 5,
                                 .end = i + 1 == events,
                                 .volume = 10,
                                 .duration = static_cast<std::uint16_t>(960 * (i + 1))});
    world.run(20ms);
  }
  world.run(1s);
  REQUIRE(bob.audio(0).events.size() == 5);
  CHECK(bob.audio(0).events.back() == rtp::TelephoneEvent{5, true, 10, 4800});
  CHECK_FALSE(bob.audio(0).has_gap());
  CHECK(cid.audio(0).events.empty());
  CHECK(all_of_type(cid.audio(0), kOpus));
  CHECK_FALSE(cid.audio(0).has_gap());
  CHECK(cid.audio(0).frames.size() >= bob.audio(0).frames.size());
  CHECK(world.drops(DropReason::CODEC) == 5);
  // The track is Opus all along, and its keys are no voice.
  weir_track_info info{};
  REQUIRE(world.engine().track_info(world.track(ann, "mic"), info) == WEIR_OK);
  CHECK(info.codec == WEIR_CODEC_OPUS);
}

TEST_CASE("G.711 from one to another, in its own clock, also when the source changes") {
  for (const char* codec : {"PCMU", "PCMA"}) {
    CAPTURE(codec);
    World world{204};
    const Id room = world.open_room();
    Person sender = speaker();
    sender.audio_codec = codec;
    sender.sends_levels = false;  // as a gateway
    Person receiver = listener();
    receiver.audio_codec = codec;
    Client& ann = world.join(room, sender);
    Client& bob = world.join(room, sender);
    Client& cid = world.join(room, receiver);
    Client& dan = world.join(room, listener());
    world.run(2s);
    const auto hear = [&](const Client& whom) {
      weir_source source{};
      source.kind = WEIR_SOURCE_TRACK;
      source.track = world.track(whom, "mic").value;
      REQUIRE(world.engine().set_source(world.now(), world.subscription(cid, "ra0"), source) == WEIR_OK);
      world.run(1s);
      CHECK(cid.audio(0).last_sender() == whom.number());
    };
    hear(ann);
    hear(bob);
    hear(ann);
    const Received& line = cid.audio(0);
    CHECK(all_of_type(line, std::string_view{codec} == "PCMU" ? 0 : 8));
    CHECK_FALSE(line.has_gap());
    for (std::size_t i = 1; i < line.timestamps.size(); ++i) {
      const std::uint32_t step = line.timestamps[i] - line.timestamps[i - 1];
      CHECK(step > 0);
      CHECK(step <= 400);  // 20 ms are 160; a change of source may take some more
    }
    CHECK(dan.audio(0).sequences.empty());
    CHECK(world.info(world.subscription(dan, "ra0")).idle == WEIR_IDLE_CODEC);
  }
}

TEST_CASE("what is lost of sound is asked for again where NACK was negotiated, on both sides") {
  World world{205};
  const Id room = world.open_room();
  Person sender = speaker();
  sender.audio_nack = true;
  Person receiver = listener();
  receiver.audio_nack = true;
  Client& ann = world.join(room, sender);
  Client& bob = world.join(room, receiver);
  Client& cid = world.join(room, listener());
  world.run(1s);
  world.link(ann).loss = 0.05;
  world.link(bob).loss = 0.05;
  ann.set_talking(true);
  world.run(10s);
  world.link(ann).loss = 0;
  world.link(bob).loss = 0;
  world.run(1s);
  CHECK(ann.nacks_received() > 0);
  CHECK(missing_frames(cid.audio(0)) == 0);  // repaired at the node, for everybody
  CHECK(missing_frames(bob.audio(0)) == 0);
  CHECK(world.subscription_stats(world.subscription(bob, "ra0")).retransmitted_packets_sent > 0);
}

TEST_CASE("in-band FEC is agreed on in both directions") {
  World world{206};
  const Id room = world.open_room();
  const Client& ann = world.join(room, {.receives_audio = 1});
  std::size_t agreed = 0;
  for (std::size_t at = 0; (at = ann.answer().find("useinbandfec=1", at)) != std::string::npos; ++at)
    ++agreed;
  CHECK(agreed == 2);
}
