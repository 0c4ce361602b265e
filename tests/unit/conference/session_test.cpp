#include "session.h"

#include "http_sessions.h"
#include "session_world.h"

using namespace conference;
using namespace conference::test;

TEST_CASE("people see one another come, talk and go") {
  World world;
  Guest ada{world};
  Guest bob{world};
  CHECK(ada.ask({{"type", "chat"}, {"text", "x"}})["code"] == "not_joined");
  CHECK(ada.join("lobby", "Ada")["participants"].size() == 1);
  const json joined = bob.join("lobby", "Bob");
  CHECK(joined["participants"][0]["name"] == "Ada");
  CHECK(joined["participants"][1]["id"] == joined["self"]);
  CHECK(ada.inbox.count("participant-joined") == 1);
  CHECK(bob.inbox.count("participant-joined") == 0);
  CHECK(bob.join("lobby", "Bob")["code"] == "already_joined");
  CHECK(ada.ask({{"type", "chat"}, {"text", "hi"}})["type"] == "ok");
  CHECK(bob.inbox.count("chat") == 1);
  CHECK(bob.ask({{"type", "leave"}})["type"] == "ok");
  CHECK(bob.inbox.closed == 1000);
  CHECK(ada.inbox.messages.back()["reason"] == "left");
  CHECK(world.store.count_open_visits() == 1);
}

TEST_CASE("a lost WebSocket leaves everything as it is for the grace time") {
  World world;
  Guest bob{world};
  bob.join("lobby", "Bob");
  std::string secret;
  {
    Guest ada{world};
    secret = ada.join("lobby", "Ada")["session"];
  }
  world.now_us += 30 * second - 1;
  world.hub->expire();
  CHECK(bob.inbox.count("participant-left") == 0);
  Guest again{world};
  const json resumed = again.ask({{"type", "resume"}, {"session", secret}});
  CHECK(resumed["resumed"] == true);
  CHECK(resumed["session"] == secret);
  world.now_us += 100 * second;
  world.hub->expire();
  CHECK(bob.inbox.count("participant-left") == 0);
  again.session.reset();
  world.now_us += 30 * second;
  world.hub->expire();
  CHECK(bob.inbox.messages.back()["reason"] == "timeout");
  Guest late{world};
  CHECK(late.ask({{"type", "resume"}, {"session", secret}})["code"] == "session_unknown");
}

TEST_CASE("a second resume replaces the first, whose end then changes nothing") {
  World world;
  Guest first{world};
  const std::string secret = first.join("lobby", "Ada")["session"];
  Guest second_guest{world};
  CHECK(second_guest.ask({{"type", "resume"}, {"session", secret}})["resumed"] == true);
  CHECK(first.inbox.messages.back()["reason"] == "replaced");
  CHECK(first.inbox.closed == 1000);
  CHECK(first.ask({{"type", "chat"}, {"text", "x"}})["code"] == "not_joined");
  first.session.reset();
  world.now_us += 100 * second;
  world.hub->expire();
  CHECK(second_guest.ask({{"type", "chat"}, {"text", "x"}})["type"] == "ok");
}

TEST_CASE("only the whole secret resumes") {
  World world;
  Guest ada{world};
  const std::string secret = ada.join("lobby", "Ada")["session"];
  std::string wrong = secret;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  Guest eve{world};
  for (const std::string& guess :
       {wrong, secret.substr(0, secret.find('.')), secret.substr(0, secret.find('.') + 1),
        secret.substr(secret.find('.')), std::string{"."}, std::string{}}) {
    CHECK(eve.ask({{"type", "resume"}, {"session", guess}})["code"] == "session_unknown");
  }
}

TEST_CASE("the newest fifty lines of chat wait for who comes later") {
  World world;
  Guest ada{world, 1000};
  ada.join("lobby", "Ada");
  for (int i = 1; i <= 60; ++i) ada.ask({{"type", "chat"}, {"text", std::to_string(i)}});
  Guest bob{world};
  const json history = bob.join("lobby", "Bob")["history"];
  REQUIRE(history.size() == 50);
  CHECK(history.front()["text"] == "11");
  CHECK(history.back()["number"] == 60);
}

TEST_CASE("full rooms, too many rooms, and rooms that end with their last member") {
  World world{std::nullopt, 1};
  Guest ada{world};
  Guest bob{world};
  Guest cat{world};
  ada.join("a", "Ada");
  CHECK(bob.join("a", "Bob")["code"] == "full");
  CHECK(bob.join("b", "Bob")["type"] == "joined");
  CHECK(cat.join("c", "Cat")["code"] == "limit");
  ada.ask({{"type", "leave"}});
  CHECK(cat.join("c", "Cat")["type"] == "joined");
  CHECK(world.hub->room_count() == 2);
}

TEST_CASE("too many messages and too many joins") {
  World world{std::nullopt, 500, {64, 2, 100}};
  Guest ada{world, 1};
  ada.join("lobby", "Ada");
  CHECK(ada.ask({{"type", "ping"}})["type"] == "ok");
  CHECK(ada.ask({{"type", "ping"}})["code"] == "rate");
  world.now_us += second;
  CHECK(ada.ask({{"type", "ping"}})["type"] == "ok");
  Guest bob{world};
  CHECK(bob.join("lobby", "Bob")["type"] == "joined");
  Guest cat{world};
  CHECK(cat.join("lobby", "Cat")["code"] == "rate");
}

TEST_CASE("what is no object ends the WebSocket") {
  World world;
  Guest ada{world};
  ada.session->receive("[]");
  CHECK(ada.inbox.closed == 1007);
}

TEST_CASE("a token decides about room, name and what is allowed") {
  const TokenKey key{std::string(32, 'k')};
  World world{key};
  const std::int64_t now_s = world.clock.wall_ms() / 1000;
  const std::string token = key.sign({"lobby", "Ada", WEIR_MAY_RECEIVE_AUDIO, now_s + 10});
  Guest ada{world};
  CHECK(ada.join("lobby", "Eve")["code"] == "token_missing");
  CHECK(ada.join("lobby", "Eve", "x.y.z")["code"] == "token_invalid");
  CHECK(ada.join("other", "Eve", token)["code"] == "token_room");
  CHECK(ada.join("lobby", "Eve", key.sign({"lobby", "", 0, now_s}))["code"] == "token_expired");
  const json joined = ada.join("lobby", "Eve", token);
  CHECK(joined["participants"][0]["name"] == "Ada");
  CHECK(joined["may"]["sendAudio"] == false);
  CHECK(joined["receive"] == json{{"audio", 3}, {"video", 0}});
}

TEST_CASE("an offer is answered, its tracks are told, and only its owner mutes them") {
  World world;
  Guest ada{world};
  Guest bob{world};
  ada.join("lobby", "Ada");
  bob.join("lobby", "Bob");
  const json answer =
      ada.ask({{"type", "offer"}, {"sdp", offer}, {"tracks", {{{"mid", "0"}, {"source", "microphone"}}}}});
  REQUIRE(answer["type"] == "answer");
  const std::string track = answer["tracks"][0]["track"];
  CHECK(bob.inbox.count("track-added") == 1);
  CHECK(bob.ask({{"type", "mute"}, {"track", track}, {"muted", true}})["code"] == "not_found");
  CHECK(ada.ask({{"type", "mute"}, {"track", track}, {"muted", true}})["type"] == "ok");
  CHECK(ada.ask({{"type", "mute"}, {"track", track}, {"muted", true}})["type"] == "ok");
  CHECK(bob.inbox.count("track-muted") == 1);
  const json bad = ada.ask({{"type", "offer"}, {"sdp", "v=0\r\nnonsense\r\n"}});
  CHECK(bad["code"] == "sdp");
  CHECK(bad["line"] == 2);
}

TEST_CASE("wants are of one's own video lines") {
  World world;
  Guest ada{world};
  ada.join("lobby", "Ada");
  CHECK(ada.ask({{"type", "wants"}, {"mid", "1"}})["code"] == "not_found");
  std::string watching = offer;
  watching.replace(watching.find("BUNDLE 0"), 8, "BUNDLE 0 1");
  watching +=
      "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=recvonly\r\na=rtcp-mux\r\n"
      "a=rtpmap:96 VP8/90000\r\n";
  REQUIRE(ada.ask({{"type", "offer"}, {"sdp", watching}})["type"] == "answer");
  CHECK(ada.ask({{"type", "wants"}, {"mid", "1"}, {"width", 640}, {"visible", false}})["type"] == "ok");
  CHECK(ada.ask({{"type", "wants"}, {"mid", "0"}})["code"] == "not_found");
  CHECK(ada.inbox.count("layer") == 0);  // nothing is decided about a line that shows nothing
}

TEST_CASE("a WHIP session lives between POST and DELETE, or until its patience ends") {
  World world;
  HttpSessions sessions{*world.hub, world.admission, {}};
  HttpRequest post;
  post.method = Method::post;
  post.path = "/whip/lobby";
  post.content_type = "application/sdp";
  post.body = offer;
  const auto location = [](const HttpResponse& response) {
    for (const auto& [name, value] : response.headers) {
      if (name == "Location") return value;
    }
    return std::string{};
  };
  const HttpResponse created = sessions.handle(post);
  CHECK(created.status == 201);
  HttpRequest end;
  end.method = Method::remove;
  end.path = location(created);
  CHECK(end.path.rfind("/whip/lobby/", 0) == 0);
  CHECK(sessions.handle(end).status == 200);
  CHECK(sessions.handle(end).status == 404);

  CHECK(sessions.handle(post).status == 201);
  world.now_us += 30 * second - 1;
  world.hub->expire();
  CHECK(sessions.count() == 1);
  world.now_us += 1;
  world.hub->expire();
  CHECK(sessions.count() == 0);
  CHECK(world.hub->room_count() == 0);

  post.body = "v=0\r\nnonsense\r\n";
  CHECK(sessions.handle(post).status == 400);
  CHECK(world.hub->room_count() == 0);
  post.content_type = "text/plain";
  CHECK(sessions.handle(post).status == 415);
  post.origin = "https://evil.example";
  CHECK(sessions.handle(post).status == 403);
}

TEST_CASE("a server that stops tells everybody and takes nobody") {
  World world;
  Guest ada{world};
  const std::string secret = ada.join("lobby", "Ada")["session"];
  world.hub->announce_shutdown(5);
  CHECK(ada.inbox.messages.back() == json{{"type", "closing"}, {"reason", "shutdown"}, {"retry", 5}});
  Guest bob{world};
  CHECK(bob.join("lobby", "Bob")["code"] == "shutdown");
  CHECK(bob.ask({{"type", "resume"}, {"session", secret}})["code"] == "shutdown");
  world.hub->close_rooms();
  CHECK(ada.inbox.closed == 1001);
  CHECK(world.store.count_open_visits() == 0);
}
