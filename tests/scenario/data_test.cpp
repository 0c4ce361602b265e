#include "scenario/data_material.h"

using namespace weir;
using namespace weir::scenario;
using namespace weir::scenario::data;

TEST_CASE("data to the room: everybody else with a channel of that label, in both DTLS roles, text as text") {
  World world{201};
  const Id room = world.open_room();
  Person server = kTalker;
  server.dtls = dtls::Role::server;
  Client& ann = join(world, room);
  Client& bob = join(world, room, server);
  Client& cid = join(world, room);
  Client& dan = join(world, room);
  Client& elsewhere = join(world, world.open_room());
  open(world, {&ann, &bob, &cid, &elsewhere}, "room/notes");
  open(world, {&dan}, "room/other");
  CHECK(ann.say(world.now(), "room/notes", "hello") == Channels::Sent::done);
  CHECK(ann.say(world.now(), "room/notes", std::string_view{"\0\1", 2}, false) == Channels::Sent::done);
  CHECK(ann.say(world.now(), "room/notes", "") == Channels::Sent::done);
  world.run(500ms);
  for (Client* client : {&bob, &cid}) {
    CHECK(client->data_on("room/notes") == Texts{"hello", std::string{"\0\1", 2}, ""});
    CHECK(client->data()[0].text);
    CHECK_FALSE(client->data()[1].text);
    CHECK(client->data()[2].text);
  }
  CHECK(ann.data().empty());
  CHECK(dan.data().empty());
  CHECK(elsewhere.data().empty());
  CHECK(world.events(WEIR_EVENT_DATA_CONNECTED).size() == 5);
}

TEST_CASE(
    "data to one participant: the node opens the channel as the sender's is, and the answer goes back") {
  World world{202};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  Client& bob = join(world, room);
  Client& cid = join(world, room);
  open(world, {&ann}, to(bob, "/x"), kLossy);
  CHECK(ann.say(world.now(), to(bob, "/x"), "psst") == Channels::Sent::done);
  world.run(500ms);
  CHECK(bob.data_on(to(ann, "/x")) == Texts{"psst"});
  REQUIRE(bob.channel(to(ann, "/x")) != nullptr);
  CHECK(bob.channel(to(ann, "/x"))->reliability == kLossy);
  CHECK(bob.say(world.now(), to(ann, "/x"), "what?") == Channels::Sent::done);
  world.run(500ms);
  CHECK(ann.data_on(to(bob, "/x")) == Texts{"what?"});
  CHECK(cid.data().empty());
}

TEST_CASE("reliability towards a receiver is that of its own channel") {
  World world{203};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  Client& bob = join(world, room);
  Client& cid = join(world, room);
  open(world, {&ann, &bob}, "room");
  open(world, {&cid}, "room", kLossy);
  world.link(bob).dtls_loss = 0.3;
  world.link(cid).dtls_loss = 0.3;
  Texts sent;
  for (int i = 0; i < 100; ++i) {
    sent.push_back(std::to_string(i));
    ann.say(world.now(), "room", sent.back());
    world.run(50ms);
  }
  world.run(20s);
  CHECK(bob.data_on("room") == sent);
  CHECK(cid.data_on("room").size() > 30);
  CHECK(cid.data_on("room").size() < 95);
}

TEST_CASE("data to the host and back: an event, then one message a call, whatever its size") {
  World world{204};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  open(world, {&ann}, "host/chat");
  const std::string large(262'144, 'x');
  ann.say(world.now(), "host/chat", "small");
  ann.say(world.now(), "host/chat", large, false);
  ann.say(world.now(), "host/chat", "");
  world.run(3s);
  REQUIRE(world.events(WEIR_EVENT_DATA).size() == 1);
  CHECK(world.events(WEIR_EVENT_DATA)[0].participant == ann.id.value);
  const Read first = read(world, ann.id);
  CHECK(first.body == "small");
  CHECK(std::string{first.data.label} == "host/chat");
  CHECK(first.data.from == ann.id.value);
  CHECK(first.data.flags == WEIR_DATA_TEXT);
  const Read tight = read(world, ann.id, large.size() - 1);
  CHECK(tight.status == WEIR_ERR_BUFFER);
  CHECK(tight.data.size == large.size());
  CHECK(read(world, ann.id).body == large);
  CHECK(read(world, ann.id).status == WEIR_OK);
  CHECK(read(world, ann.id).status == WEIR_ERR_AGAIN);
  CHECK(world.engine().send_data(world.now(), ann.id, message("host/chat", "answer")) == WEIR_OK);
  CHECK(world.engine().send_data(world.now(), ann.id, message("host/news", large)) == WEIR_OK);
  world.run(3s);
  CHECK(ann.data_on("host/chat") == Texts{"answer"});
  CHECK(ann.data_on("host/news") == Texts{large});
}

TEST_CASE("the host sends to a room: to whom has a channel, or to everybody by opening one") {
  World world{205};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  Client& bob = join(world, room);
  Client& deaf = world.join(room);  // no data channels at all
  open(world, {&ann}, "host/chat");
  weir_data existing = message("host/chat", "one", WEIR_DATA_TEXT | WEIR_DATA_EXISTING);
  CHECK(*world.engine().send_room_data(world.now(), room, existing) == 1);
  CHECK(world.engine().send_data(world.now(), bob.id, existing) == WEIR_ERR_STATE);
  CHECK(*world.engine().send_room_data(world.now(), room, message("host/chat", "two")) == 2);
  CHECK(world.engine().send_data(world.now(), deaf.id, existing) == WEIR_ERR_STATE);
  world.run(500ms);
  CHECK(ann.data_on("host/chat") == Texts{"one", "two"});
  CHECK(bob.data_on("host/chat") == Texts{"two"});
  const auto status = [&](const weir_data& data) {
    return world.engine().send_data(world.now(), ann.id, data);
  };
  CHECK(status(message("room", "not the host's")) == WEIR_ERR_INVALID);
  CHECK(status(message("host/", "no name")) == WEIR_ERR_INVALID);
  CHECK(status(message("host", std::string(262'145, 'x'))) == WEIR_ERR_INVALID);
  CHECK(status(message("host", "flag", 8)) == WEIR_ERR_INVALID);
  CHECK(world.engine().send_data(world.now(), Id{77}, message("host", "x")) == WEIR_ERR_NOT_FOUND);
  CHECK(world.engine().send_room_data(world.now(), Id{77}, message("host", "x")).error().status ==
        WEIR_ERR_NOT_FOUND);
}

TEST_CASE("local participants send and read as well") {
  World world{206};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  const Id bot = world.join_local(room);
  const Id other = world.join_local(room);
  open(world, {&ann}, "room");
  open(world, {&ann}, "participant/" + std::to_string(bot.value));
  ann.say(world.now(), "room", "all");
  ann.say(world.now(), "participant/" + std::to_string(bot.value), "you");
  world.run(500ms);
  CHECK(read(world, bot).body == "all");
  const Read second = read(world, bot);
  CHECK(second.body == "you");
  CHECK(std::string{second.data.label} == to(ann));
  CHECK(second.data.from == ann.id.value);
  CHECK(read(world, other).body == "all");
  CHECK(read(world, other).status == WEIR_ERR_AGAIN);
  CHECK(world.engine().send_data(world.now(), bot, message("room", "from bot")) == WEIR_OK);
  CHECK(world.engine().send_data(world.now(), bot, message(to(ann), "to ann")) == WEIR_OK);
  CHECK(world.engine().send_data(world.now(), bot, message("host", "to oneself")) == WEIR_ERR_INVALID);
  CHECK(world.engine().send_data(world.now(), bot, message("participant/1", "nobody")) == WEIR_ERR_NOT_FOUND);
  world.run(500ms);
  CHECK(ann.data_on("room") == Texts{"from bot"});
  CHECK(ann.data_on("participant/" + std::to_string(bot.value)) == Texts{"to ann"});
  CHECK(read(world, other).body == "from bot");
}

TEST_CASE("who may not send is not heard, who may not receive hears nothing, who may neither has no line") {
  World world{207};
  const Id room = world.open_room();
  weir_participant_options mute = World::default_participant();
  mute.may = WEIR_MAY_ALL & ~std::uint32_t{WEIR_MAY_SEND_DATA};
  weir_participant_options deaf = World::default_participant();
  deaf.may = WEIR_MAY_ALL & ~std::uint32_t{WEIR_MAY_RECEIVE_DATA};
  weir_participant_options none = World::default_participant();
  none.may = WEIR_MAY_SEND_AUDIO;
  Client& ann = join(world, room, kTalker, mute);
  Client& bob = join(world, room, kTalker, deaf);
  Client& cid = join(world, room);
  Client& dan = world.join(room, kTalker, none);
  world.run(1s);
  CHECK_FALSE(dan.data_up());
  CHECK(dan.answer().find("m=application 0 ") != std::string::npos);
  open(world, {&ann, &bob, &cid}, "room");
  ann.say(world.now(), "room", "from ann");
  bob.say(world.now(), "room", "from bob");
  world.run(500ms);
  CHECK(cid.data_on("room") == Texts{"from bob"});
  CHECK(ann.data_on("room") == Texts{"from bob"});
  CHECK(bob.data().empty());
  CHECK(world.drops(DropReason::DATA_NOT_ALLOWED) == 1);
  CHECK(world.engine().send_data(world.now(), bob.id, message("host", "x")) == WEIR_ERR_STATE);
}

TEST_CASE("a label that names no destination is closed; a destination that is not there costs the message") {
  World world{208};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  Client& elsewhere = join(world, world.open_room());
  for (const char* label :
       {"chat", "", "room/", "rooms", "participant/", "participant/x", "participant/1x"}) {
    CAPTURE(label);
    REQUIRE(ann.open(world.now(), label));
    CHECK(world.run_until([&] { return ann.channel(label) == nullptr; }, 2s));
  }
  CHECK(world.drops(DropReason::DATA_LABEL) == 7);
  open(world, {&ann}, "participant/1");
  open(world, {&ann}, to(elsewhere));
  open(world, {&ann}, to(ann));
  ann.say(world.now(), "participant/1", "nobody");
  ann.say(world.now(), to(elsewhere), "another room");
  ann.say(world.now(), to(ann), "oneself");
  world.run(500ms);
  CHECK(world.drops(DropReason::DATA_UNREACHABLE) == 3);
  CHECK(elsewhere.data().empty());
}

TEST_CASE(
    "somebody with data alone, whose DTLS offers no keys for media, takes part; media is refused then") {
  World world{204};
  const Id room = world.open_room();
  Client& ann = join(world, room);
  Client& bob = join(world, room,
                     {.sends_audio = false,
                      .sends_video = false,
                      .receives_audio = 0,
                      .receives_video = 0,
                      .data = true,
                      .srtp = dtls::Srtp::none});
  open(world, {&ann, &bob}, "room");
  CHECK(bob.say(world.now(), "room", "no camera here") == Channels::Sent::done);
  CHECK(ann.say(world.now(), "room", "never mind") == Channels::Sent::done);
  world.run(500ms);
  CHECK(ann.data_on("room") == Texts{"no camera here"});
  CHECK(bob.data_on("room") == Texts{"never mind"});

  bob.person().sends_video = true;
  bob.person().receives_audio = 2;
  CHECK(world.negotiate(bob) == WEIR_OK);
  CHECK(bob.answer().find("m=video 0 ") != std::string::npos);
  CHECK(bob.answer().find("m=audio 0 ") != std::string::npos);
  world.run(2s);
  CHECK(world.engine().participant_subscriptions(bob.id)->empty());
  CHECK(bob.say(world.now(), "room", "still here") == Channels::Sent::done);
  world.run(500ms);
  CHECK(ann.data_on("room").back() == "still here");
}

TEST_CASE("somebody who negotiates media but offers no keys for it does not connect") {
  World world{207};
  const Id room = world.open_room();
  Client& bob = world.join(room, {.data = true, .srtp = dtls::Srtp::none});
  world.run(3s);
  CHECK_FALSE(bob.data_up());
  CHECK(world.events(WEIR_EVENT_PARTICIPANT_CONNECTED).empty());
  CHECK(world.events(WEIR_EVENT_PARTICIPANT_DISCONNECTED).size() == 1);
}
