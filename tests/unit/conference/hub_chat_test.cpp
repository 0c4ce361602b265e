// The chat by data channel, as far as it needs no browser.
#include "session_world.h"

using namespace conference;
using namespace conference::test;

TEST_CASE("the chat of a data channel: the same requests, and lines by WebSocket for who is not on one") {
  World world;
  Guest ada{world};
  Guest bob{world};
  const json joined = ada.join("room", "Ada");
  bob.join("room", "Bob");
  Member& self = *world.hub->find(std::stoull(joined["self"].get<std::string>()));
  const auto ask = [&](const json& request) {
    return json::parse(world.hub->data_request(self, request.dump()));
  };
  CHECK(ask({{"type", "ping"}, {"id", 1}}) == json{{"type", "ok"}, {"id", 1}});
  CHECK(self.chats_by_data);
  CHECK(ask({{"type", "chat"}, {"id", 2}, {"text", "hi"}})["type"] == "ok");
  CHECK(bob.inbox.count("chat") == 1);
  CHECK(ada.inbox.count("chat") == 0);  // it went to her channel
  CHECK(ask({{"type", "chat"}, {"id", 3}, {"text", ""}})["code"] == "bad_message");
  CHECK(ask({{"type", "leave"}, {"id", 4}})["code"] == "bad_message");
  CHECK(ask({{"type", "future"}, {"id", 5}})["id"] == 5);
  CHECK(json::parse(world.hub->data_request(self, "no JSON"))["code"] == "bad_message");
  CHECK(json::parse(world.hub->data_request(self, "[]"))["id"].is_null());
  CHECK(world.hub->find(self.id) == &self);

  // By WebSocket again: what her channel was told last comes once more.
  CHECK(ada.ask({{"type", "chat"}, {"text", "again"}})["type"] == "ok");
  CHECK_FALSE(self.chats_by_data);
  CHECK(ada.inbox.count("chat") == 2);
}

TEST_CASE("a channel or connection that ends brings the chat back to the WebSocket, without a gap") {
  World world;
  Guest ada{world};
  Guest bob{world};
  const json joined = ada.join("room", "Ada");
  bob.join("room", "Bob");
  Member& self = *world.hub->find(std::stoull(joined["self"].get<std::string>()));
  const auto last_line = [&] {
    std::string text;
    for (const json& each : ada.inbox.messages) {
      if (each["type"] == "chat") text = each["text"];
    }
    return text;
  };
  for (const std::int32_t type :
       {WEIR_EVENT_DATA_OVERFLOW, WEIR_EVENT_DATA_CONNECTED, WEIR_EVENT_PARTICIPANT_DISCONNECTED}) {
    CAPTURE(type);
    world.hub->data_request(self, R"({"type":"ping","id":1})");
    self.connected = true;
    const std::size_t before = ada.inbox.count("chat");
    bob.ask({{"type", "chat"}, {"text", "on its way"}});
    CHECK(ada.inbox.count("chat") == before);
    weir_event event{};
    event.type = type;
    event.participant = self.id;
    world.hub->on_event(event);
    CHECK_FALSE(self.chats_by_data);
    CHECK(last_line() == "on its way");
    bob.ask({{"type", "chat"}, {"text", "next"}});
    CHECK(last_line() == "next");
  }
}

TEST_CASE("a data channel is heard fifty times a second, and a hundred times at once") {
  World world;
  Guest ada{world};
  const json joined = ada.join("room", "Ada");
  Member& self = *world.hub->find(std::stoull(joined["self"].get<std::string>()));
  const auto ping = [&] { return json::parse(world.hub->data_request(self, R"({"type":"ping","id":1})")); };
  for (int i = 0; i < 100; ++i) CHECK(ping()["type"] == "ok");
  CHECK(ping()["code"] == "rate");
  world.now_us += second;
  for (int i = 0; i < 50; ++i) CHECK(ping()["type"] == "ok");
  CHECK(ping()["code"] == "rate");
}
