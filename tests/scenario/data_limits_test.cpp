#include "scenario/data_material.h"
#include "scenario/wishes.h"

using namespace weir;
using namespace weir::scenario;
using namespace weir::scenario::data;

TEST_CASE("a slow reader loses only itself: messages that may be lost, or its reliable channel") {
  World world{209};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  Client& bob = join(world, room);
  Client& slow = join(world, room);
  open(world, {&ann, &bob, &slow}, "room/firm");
  open(world, {&ann, &bob}, "room/loose");
  open(world, {&slow}, "room/loose", kLossy);
  world.link(slow).dtls_loss = 1;  // it hears nothing, and lives
  const std::string block(60'000, 'x');
  for (int i = 0; i < 12; ++i) {
    ann.say(world.now(), "room/loose", block);
    world.run(1s);
  }
  CHECK(bob.data_on("room/loose").size() == 12);
  CHECK(world.drops(DropReason::DATA_SLOW) == 12 - 8);  // half of a buffer of 1 MiB is for such
  CHECK(world.drops(DropReason::DATA_OVERFLOW) == 0);
  for (int i = 0; i < 12; ++i) {
    ann.say(world.now(), "room/firm", block);
    world.run(1s);
  }
  CHECK(bob.data_on("room/firm").size() == 12);
  CHECK(world.drops(DropReason::DATA_OVERFLOW) == 1);
  const auto overflows = world.events(WEIR_EVENT_DATA_OVERFLOW);
  REQUIRE(overflows.size() == 1);
  CHECK(overflows[0].participant == slow.id.value);
  CHECK(world.participant_stats(slow).data_messages_dropped == 5);
  CHECK(world.participant_stats(slow).data_buffered > 900'000);
  CHECK(world.participant_stats(bob).data_messages_sent == 24);
  CHECK(world.participant_stats(ann).data_messages_received == 24);
  CHECK(ann.channel("room/firm") != nullptr);
  // What it was sent before still comes, then its channel ends.
  world.link(slow).dtls_loss = 0;
  CHECK(world.run_until([&] { return slow.channel("room/firm") == nullptr; }, 60s));
  CHECK(slow.data_on("room/firm").size() == 9);
  CHECK(world.participant_stats(slow).data_buffered == 0);
}

TEST_CASE("a host that does not read loses what it was sent, the senders nothing") {
  World world{210};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  Client& bob = join(world, room);
  open(world, {&ann, &bob}, "host");
  open(world, {&ann}, "host/loose", kLossy);
  const std::string block(100'000, 'x');
  for (int i = 0; i < 12; ++i) {
    ann.say(world.now(), "host", block);
    world.run(1s);
  }
  ann.say(world.now(), "host/loose", block);
  bob.say(world.now(), "host", "mine");
  world.run(1s);
  CHECK(world.drops(DropReason::DATA_OVERFLOW) == 2);
  CHECK(world.drops(DropReason::DATA_SLOW) == 1);
  CHECK(world.events(WEIR_EVENT_DATA_OVERFLOW).size() == 1);  // told once
  CHECK(read(world, bob.id).body == "mine");
  for (int i = 0; i < 10; ++i) CHECK(read(world, ann.id).body == block);
  CHECK(read(world, ann.id).status == WEIR_ERR_AGAIN);
  CHECK(ann.say(world.now(), "host", "again") == Channels::Sent::done);
  world.run(500ms);
  CHECK(read(world, ann.id).body == "again");
  CHECK(world.events(WEIR_EVENT_DATA).size() == 3);
}

TEST_CASE("pictures do not wait for data: a quarter of a megabyte for each of ten people") {
  World world{211};
  const Id room = world.open_room();
  Client& ann = join(world, room, {.data = true});
  std::vector<Client*> others;
  for (int i = 0; i < 10; ++i) {
    others.push_back(&join(world, room, {.data = true}));
    world.watch(*others.back(), 0, ann);
  }
  open(world, {&ann}, "room");
  for (Client* other : others) open(world, {other}, "room");
  world.run(1s);
  const std::size_t before = others.front()->video(0).ages_us.size();
  const std::string large(262'144, 'x');
  ann.say(world.now(), "room", large);
  world.run(5s);
  for (Client* other : others) {
    CHECK(other->data_on("room") == Texts{large});
    CHECK_FALSE(other->video(0).has_gap());
    const auto& ages = other->video(0).ages_us;
    REQUIRE(ages.size() > before);
    CHECK(*std::max_element(ages.begin() + static_cast<std::ptrdiff_t>(before), ages.end()) == 20'000);
  }
  CHECK(world.drops(DropReason::SEND_BUFFER) == 0);
  CHECK(world.drops(DropReason::DATA_OUTPUT) == 0);
}

TEST_CASE("an arena that is small empties as often as is needed") {
  engine::Options options;
  options.egress_bytes = 40'000;
  World world{212, options};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  Client& bob = join(world, room);
  Client& cid = join(world, room);
  open(world, {&ann, &bob, &cid}, "room");
  const std::string large(262'144, 'x');
  ann.say(world.now(), "room", large);
  world.run(5s);
  CHECK(bob.data_on("room") == Texts{large});
  CHECK(cid.data_on("room") == Texts{large});
  CHECK(world.drops(DropReason::SEND_BUFFER) == 0);
}

TEST_CASE("an ICE restart and another address keep the channels; a new connection begins new ones") {
  World world{213};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  Client& bob = join(world, room);
  open(world, {&ann, &bob}, "room");
  ann.restart_ice();
  CHECK(world.negotiate(ann) == WEIR_OK);
  world.run(1s);
  world.move(bob);
  world.run(1s);
  ann.say(world.now(), "room", "still here");
  world.run(1s);
  CHECK(bob.data_on("room") == Texts{"still here"});
  bob.peer().close(world.now());
  world.run(1s);
  ann.say(world.now(), "room", "anybody?");
  world.run(1s);
  bob.reconnect();
  CHECK(world.negotiate(bob) == WEIR_OK);
  REQUIRE(world.run_until([&] { return bob.data_up(); }, 3s));
  open(world, {&bob}, "room");
  ann.say(world.now(), "room", "back");
  world.run(1s);
  CHECK(bob.data_on("room") == Texts{"still here", "back"});
}

TEST_CASE("an offer that ends the line ends the channels, and nothing else") {
  World world{214};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  Client& bob = join(world, room);
  open(world, {&ann, &bob}, "room");
  bob.person().data = false;
  CHECK(world.negotiate(bob) == WEIR_OK);
  CHECK(world.run_until([&] { return !bob.data_up(); }, 2s));
  CHECK(bob.peer().connected());
  ann.say(world.now(), "room", "x");
  world.run(500ms);
  CHECK(bob.data().empty());
  CHECK(world.participant_stats(bob).data_channels == 0);
  CHECK(world.participant_stats(ann).data_channels == 1);
}

TEST_CASE("somebody leaves in the middle of it: the others go on, nothing is left") {
  World world{215};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  Client& bob = join(world, room);
  Client& cid = join(world, room);
  open(world, {&ann, &bob, &cid}, "room");
  open(world, {&ann}, "host");
  ann.say(world.now(), "host", "unread");
  ann.say(world.now(), "room", std::string(200'000, 'x'));
  world.run(30ms);
  world.leave(bob);
  world.run(2s);
  CHECK(cid.data_on("room").size() == 1);
  world.leave(ann);
  world.leave(cid);
  world.run(1s);
  CHECK_FALSE(ann.data_up());
  CHECK(read(world, ann.id).status == WEIR_ERR_NOT_FOUND);
}

TEST_CASE("a receiver is not sent more at once than it says it takes") {
  World world{216};
  const Id room = world.open_room();
  Person small = kTalker;
  small.max_message_size = 1000;
  Client& ann = join(world, room);
  Client& bob = join(world, room, small);
  open(world, {&ann, &bob}, "room");
  ann.say(world.now(), "room", std::string(1001, 'x'));
  ann.say(world.now(), "room", std::string(1000, 'y'));
  world.run(500ms);
  CHECK(bob.data_on("room") == Texts{std::string(1000, 'y')});
  CHECK(world.drops(DropReason::DATA_TOO_LARGE) == 1);
  CHECK(world.engine().send_data(world.now(), bob.id, message("host", std::string(1001, 'x'))) ==
        WEIR_ERR_UNSUPPORTED);
}

TEST_CASE("application data without a line of data channels, and what is no SCTP, is dropped and counted") {
  World world{217};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = join(world, room);
  world.run(1s);
  ann.peer().send_application_data(world.now(), as_bytes("anything"));
  bob.peer().send_application_data(world.now(), as_bytes("anything"));
  bob.peer().send_application_data(world.now(), std::vector<std::uint8_t>(1100, 0xff));
  world.run(1s);
  CHECK(world.drops(DropReason::DATA_UNEXPECTED) == 1);
  CHECK(bob.data_up());
  CHECK(ann.peer().connected());
  open(world, {&bob}, "host");
  bob.say(world.now(), "host", "well");
  world.run(500ms);
  CHECK(read(world, bob.id).body == "well");
}

TEST_CASE("without data channels no timer turns, with them one every ten milliseconds") {
  World world{218};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  CHECK(to_us(world.engine().deadline() - world.now()) <= 10'000);
  world.leave(ann);
  world.run(1s);
  CHECK(to_us(world.engine().deadline() - world.now()) > 10'000);
}

TEST_CASE("a large transfer on a narrow link: pictures go on, and it is not starved") {
  World world{216};
  const Id room = world.open_room();
  Person sender = publisher();
  sender.data = true;
  Person receiver = viewer(1);
  receiver.data = true;
  receiver.sends_audio = false;
  Client& ann = join(world, room, sender);
  Client& bob = join(world, room, receiver);
  world.link(bob).kbps = 1500;
  world.watch(bob, 0, ann);
  open(world, {&ann, &bob}, "room");
  world.run(12s);
  CHECK(bob.video(0).encodings.back() == 2);  // 760 kbit/s of 1500
  const std::size_t first = bob.video(0).ages_us.size();
  const Time began = world.now();
  const std::string block(100'000, 'x');
  std::size_t said = 0;
  while (world.now() - began < 20s) {
    if (said * block.size() < bob.data_on("room").size() * block.size() + 300'000) {
      CHECK(ann.say(world.now(), "room", block) == Channels::Sent::done);
      ++said;
    }
    world.run(50ms);
  }
  const auto& line = bob.video(0);
  std::vector<std::int64_t> ages{line.ages_us.begin() + static_cast<std::ptrdiff_t>(first),
                                 line.ages_us.end()};
  std::sort(ages.begin(), ages.end());
  const auto data_kbps = static_cast<double>(bob.data_on("room").size() * block.size()) * 8 / 20'000;
  MESSAGE("data ", data_kbps, " kbit/s, age of pictures at 95 % ", ages[ages.size() * 95 / 100] / 1000,
          " ms, longest wait ", to_us(longest_wait(line, began)) / 1000, " ms");
  CHECK(data_kbps > 300);
  CHECK(longest_wait(line, began) < 500ms);
  CHECK(ages[ages.size() * 95 / 100] < 250'000);
  CHECK(line.encodings.back() >= 1);
  // And after it the best layer is back.
  CHECK(world.run_until([&] { return line.encodings.back() == 2; }, 15s));
}
