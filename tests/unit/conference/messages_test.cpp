#include "messages.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "weir/layers.h"
#include "weir/room.h"

using namespace conference;
using nlohmann::json;

namespace {

template <typename T>
T parsed(const std::string& text) {
  const auto result = parse_request(text);
  REQUIRE(std::holds_alternative<Request>(result));
  const auto& request = std::get<Request>(result);
  REQUIRE(std::holds_alternative<T>(request));
  return std::get<T>(request);
}

/// The code of the refusal; "" when the request is fine, "close" when it is no object.
std::string refused(const std::string& text) {
  const auto result = parse_request(text);
  if (std::holds_alternative<NotAnObject>(result)) return "close";
  const auto* bad = std::get_if<BadRequest>(&result);
  return bad == nullptr ? "" : bad->refusal.code;
}

std::string join_as(const std::string& room, const std::string& name) {
  return json{{"type", "join"}, {"id", 1}, {"room", room}, {"name", name}}.dump();
}

}  // namespace

TEST_CASE("every request is read with its fields") {
  const auto join =
      parsed<Join>(R"({"type":"join","id":7,"room":"a.b_c-D9","name":"Zoë","token":"t","later":[1]})");
  CHECK(join.id == 7);
  CHECK(join.room == "a.b_c-D9");
  CHECK(join.name == "Zoë");
  CHECK(join.token == "t");
  CHECK(parsed<Join>(R"({"type":"join","id":0,"room":"r","name":"n","token":null})").token.empty());
  CHECK(parsed<Resume>(R"({"type":"resume","id":1,"session":"5.ab"})").session == "5.ab");
  const auto offer = parsed<Offer>(
      R"({"type":"offer","id":2,"sdp":"v=0\r\n","tracks":[{"mid":"0","source":"microphone"},{"mid":"2","source":"screen"}]})");
  CHECK(offer.sdp == "v=0\r\n");
  REQUIRE(offer.tracks.size() == 2);
  CHECK(offer.tracks[1].mid == "2");
  CHECK(offer.tracks[1].source == Source::screen);
  CHECK(parsed<Offer>(R"({"type":"offer","id":2,"sdp":""})").tracks.empty());
  CHECK(parsed<Candidate>(R"({"type":"candidate","id":3,"candidate":""})").candidate.empty());
  const auto track =
      parsed<Subscribe>(R"({"type":"subscribe","id":4,"mid":"3","track":"18446744073709551615"})");
  CHECK(track.wanted.kind == Wanted::Kind::track);
  CHECK(track.wanted.track == 18446744073709551615ULL);
  CHECK(parsed<Subscribe>(R"({"type":"subscribe","id":4,"mid":"3","track":null})").wanted.kind ==
        Wanted::Kind::nothing);
  const auto rule =
      parsed<Subscribe>(R"({"type":"subscribe","id":4,"mid":"3","rule":{"kind":"member","rank":65535}})");
  CHECK(rule.wanted.kind == Wanted::Kind::member);
  CHECK(rule.wanted.rank == 65535);
  const auto mute = parsed<Mute>(R"({"type":"mute","id":5,"track":"9","muted":true})");
  CHECK(mute.track == 9);
  CHECK(mute.muted);
  CHECK(parsed<Chat>(R"({"type":"chat","id":6,"text":"two\nlines"})").text == "two\nlines");
  CHECK(parsed<Leave>(R"({"type":"leave","id":8})").id == 8);
  CHECK(parsed<Ping>(R"({"type":"ping","id":9007199254740992})").id == 1ULL << 53U);
}

TEST_CASE("what is no JSON object closes the WebSocket") {
  for (const std::string text :
       {"", "x", "[]", "1", "null", "\"a\"", "{", "{}{}", R"({"type":"ping","id":1} x)"}) {
    CAPTURE(text);
    CHECK(refused(text) == "close");
  }
  CHECK(refused("{\"type\":\"ping\",\"id\":1,\"x\":\"\xff\"}") == "close");
  CHECK(refused("{\"type\":\"chat\",\"id\":1,\"text\":\"\xed\xa0\x80\"}") == "close");
}

TEST_CASE("nesting is limited however deep it goes") {
  CHECK(refused(R"({"type":"ping","id":1,"x":[[[]]]})").empty());
  CHECK(refused(R"({"type":"ping","id":1,"x":[[[[[]]]]]})") == "close");
  const std::string deep =
      "{\"type\":\"ping\",\"id\":1,\"x\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  CHECK(refused(deep) == "close");
  CHECK(refused(std::string(200'000, '[')) == "close");
}

TEST_CASE("a field of the wrong type or size is refused by name") {
  CHECK(refused(R"({"type":"ping"})") == "bad_message");
  CHECK(refused(R"({"type":"ping","id":-1})") == "bad_message");
  CHECK(refused(R"({"type":"ping","id":1.5})") == "bad_message");
  CHECK(refused(R"({"type":"ping","id":9007199254740993})") == "bad_message");
  CHECK(refused(R"({"id":1})") == "bad_message");
  CHECK(refused(R"({"type":7,"id":1})") == "bad_message");
  CHECK(refused(R"({"type":"dance","id":1})") == "bad_message");
  CHECK(refused(R"({"type":"offer","id":1,"sdp":7})") == "bad_message");
  CHECK(refused(R"({"type":"offer","id":1,"sdp":"","tracks":{}})") == "bad_message");
  CHECK(refused(R"({"type":"offer","id":1,"sdp":"","tracks":[7]})") == "bad_message");
  CHECK(refused(R"({"type":"offer","id":1,"sdp":"","tracks":[{"mid":"0","source":"window"}]})") ==
        "bad_message");
  CHECK(refused(R"({"type":"subscribe","id":1,"mid":"0"})") == "bad_message");
  CHECK(refused(R"({"type":"subscribe","id":1,"mid":"","track":null})") == "bad_message");
  CHECK(refused(R"({"type":"subscribe","id":1,"mid":"0","track":null,"rule":{"kind":"voice"}})") ==
        "bad_message");
  CHECK(refused(R"({"type":"subscribe","id":1,"mid":"0","track":"0"})") == "bad_message");
  CHECK(refused(R"({"type":"subscribe","id":1,"mid":"0","track":"12x"})") == "bad_message");
  CHECK(refused(R"({"type":"subscribe","id":1,"mid":"0","track":"18446744073709551616"})") == "bad_message");
  CHECK(refused(R"({"type":"subscribe","id":1,"mid":"0","rule":{"kind":"speaker","rank":65536}})") ==
        "bad_message");
  CHECK(refused(R"({"type":"subscribe","id":1,"mid":"0","rule":{"kind":"speaker","rank":-1}})") ==
        "bad_message");
  CHECK(refused(R"({"type":"mute","id":1,"track":"1","muted":1})") == "bad_message");
}

TEST_CASE("limits of lists and texts") {
  const auto offer_with = [](std::size_t tracks) {
    json offer{{"type", "offer"}, {"id", 1}, {"sdp", ""}, {"tracks", json::array()}};
    for (std::size_t i = 0; i < tracks; ++i) offer["tracks"].push_back({{"mid", "0"}, {"source", "camera"}});
    return offer.dump();
  };
  CHECK(refused(offer_with(64)).empty());
  CHECK(refused(offer_with(65)) == "bad_message");
  const auto mid_of = [](std::size_t size) {
    return json{{"type", "subscribe"}, {"id", 1}, {"mid", std::string(size, 'm')}, {"track", nullptr}}.dump();
  };
  CHECK(refused(mid_of(31)).empty());
  CHECK(refused(mid_of(32)) == "bad_message");
  const auto chat_of = [](const std::string& text) {
    return json{{"type", "chat"}, {"id", 1}, {"text", text}}.dump();
  };
  std::string umlauts;
  for (int i = 0; i < 2000; ++i) umlauts += "ü";
  CHECK(refused(chat_of(umlauts)).empty());
  CHECK(refused(chat_of(umlauts + "ü")) == "bad_message");
  CHECK(refused(chat_of("")) == "bad_message");
  CHECK(refused(chat_of("bell \x07")) == "bad_message");
}

TEST_CASE("names of rooms and members have codes of their own") {
  CHECK(refused(join_as(std::string(64, 'r'), std::string(64, 'n'))).empty());
  CHECK(refused(join_as(std::string(65, 'r'), "n")) == "room_name");
  CHECK(refused(join_as("", "n")) == "room_name");
  CHECK(refused(join_as("a/b", "n")) == "room_name");
  CHECK(refused(join_as("r", std::string(65, 'n'))) == "name");
  CHECK(refused(join_as("r", "")) == "name");
  CHECK(refused(join_as("r", " \t")) == "name");
  CHECK(refused(join_as("r", "a\u202egnp")) == "name");
}

TEST_CASE("a bad request is answered with its id where it has one") {
  const auto with = parse_request(R"({"type":"dance","id":12})");
  CHECK(std::get<BadRequest>(with).id == 12);
  const auto without = parse_request(R"({"type":"ping","id":"12"})");
  CHECK_FALSE(std::get<BadRequest>(without).id.has_value());
}

TEST_CASE("joined carries the whole room") {
  JoinedView view;
  view.self = 18446744073709551615ULL;
  view.session = "s";
  view.may = WEIR_MAY_SEND_AUDIO | WEIR_MAY_RECEIVE_VIDEO;
  view.receive_video = 9;
  view.participants = {{5, "Ada", true, false, {{6, true, Source::screen, true}}}};
  view.history = {{5, "Ada", "hi", 1000, 3}};
  const json message = json::parse(joined_message(4, view));
  CHECK(message["type"] == "joined");
  CHECK(message["id"] == 4);
  CHECK(message["self"] == "18446744073709551615");
  CHECK(message["may"]["sendAudio"] == true);
  CHECK(message["may"]["sendVideo"] == false);
  CHECK(message["may"]["receiveVideo"] == true);
  CHECK(message["receive"]["video"] == 9);
  CHECK(message["speaker"].is_null());
  CHECK(message["participants"][0]["tracks"][0] ==
        json{{"id", "6"}, {"kind", "video"}, {"source", "screen"}, {"muted", true}});
  CHECK(message["history"][0]["number"] == 3);
}

TEST_CASE("whom somebody excludes") {
  const auto exclude = parsed<Exclude>(R"({"type":"exclude","id":6,"participants":["12","3"]})");
  CHECK(exclude.participants == std::vector<std::uint64_t>{12, 3});
  CHECK(parsed<Exclude>(R"({"type":"exclude","id":6,"participants":[]})").participants.empty());
  for (const char* list : {R"(12)", R"({})", R"([12])", R"(["x"])", R"(["0"])", R"([null])", R"([["1"]])"}) {
    CAPTURE(list);
    const auto text = std::string{R"({"type":"exclude","id":6,"participants":)"} + list + "}";
    CHECK(std::holds_alternative<BadRequest>(parse_request(text)));
  }
  std::string many = R"({"type":"exclude","id":6,"participants":["1")";
  for (int i = 0; i < 63; ++i) many += R"(,"1")";
  CHECK(parsed<Exclude>(many + "]}").participants.size() == 64);
  CHECK(std::holds_alternative<BadRequest>(parse_request(many + R"(,"1"]})")));
}

TEST_CASE("what a line is shown at") {
  const auto wants = parsed<Wants>(
      R"({"type":"wants","id":5,"mid":"7","width":1280,"height":720,"priority":10000,"pinned":true,"visible":false})");
  CHECK(wants.mid == "7");
  CHECK(wants.width == 1280);
  CHECK(wants.height == 720);
  CHECK(wants.priority == 10'000);
  CHECK(wants.pinned);
  CHECK_FALSE(wants.visible);
  const auto any = parsed<Wants>(R"({"type":"wants","id":5,"mid":"7"})");
  CHECK(any.width == 0);
  CHECK(any.priority == 1);
  CHECK_FALSE(any.pinned);
  CHECK(any.visible);
  CHECK(parsed<Wants>(R"({"type":"wants","id":5,"mid":"7","width":65535})").width == 65'535);
  for (const char* bad :
       {R"("width":65536)", R"("height":-1)", R"("height":1.5)", R"("width":"9")", R"("priority":0)",
        R"("priority":10001)", R"("priority":null)", R"("pinned":1)", R"("visible":null)"}) {
    CAPTURE(bad);
    CHECK(refused(std::string{R"({"type":"wants","id":5,"mid":"7",)"} + bad + "}") == "bad_message");
  }
  CHECK(refused(R"({"type":"wants","id":5})") == "bad_message");
}

TEST_CASE("layers and demands") {
  CHECK(json::parse(layer_message({"7", WEIR_LAYER_REDUCED_SIZE, 1, 0, 2, 640, 360})) ==
        json{{"type", "layer"},
             {"mid", "7"},
             {"width", 640},
             {"height", 360},
             {"layer", {{"encoding", 1}, {"spatial", 0}, {"temporal", 2}}},
             {"reason", "reduced_size"}});
  const json paused = json::parse(layer_message({"7", WEIR_LAYER_PAUSED_BANDWIDTH}));
  CHECK(paused["layer"].is_null());
  CHECK(paused["reason"] == "paused_bandwidth");
  CHECK(json::parse(layer_message({"7", 99}))["reason"] == "undecided");
  const auto demand = [](std::uint64_t layers) {
    return json::parse(demand_message({"1", 9, layers}))["encodings"];
  };
  CHECK(demand(0) == json::array());
  CHECK(demand(0x0001) == json{1});
  CHECK(demand(0x010001) == json{1, 0, 1});
  CHECK(demand(0x07) == json{3});
  CHECK(demand(~0ULL) == json{8, 8, 8, 8, 8, 8, 8, 8});
}

TEST_CASE("errors, sources and farewells") {
  CHECK(json::parse(error_message(std::nullopt, {"rate", "slow down", 0})) ==
        json{{"type", "error"}, {"id", nullptr}, {"code", "rate"}, {"message", "slow down"}});
  CHECK(json::parse(error_message(3, {"sdp", "bad", 12}))["line"] == 12);
  const json idle = json::parse(source_message({"4", 0, 0, WEIR_IDLE_MUTED}));
  CHECK(
      idle ==
      json{
          {"type", "source"}, {"mid", "4"}, {"track", nullptr}, {"participant", nullptr}, {"idle", "muted"}});
  CHECK(json::parse(source_message({"4", 9, 8, WEIR_IDLE_NOT}))["idle"].is_null());
  CHECK(json::parse(source_message({"4", 9, 8, 99}))["idle"] == "no_source");
  CHECK(json::parse(closing_message("shutdown", 5))["retry"] == 5);
  CHECK(json::parse(closing_message("replaced", std::nullopt))["retry"].is_null());
  CHECK(json::parse(quality_message({{7, 0.12345, 0.0456, 3}}))["participants"]["7"] ==
        json{{"uplinkLoss", 0.123}, {"roundTripTime", 0.046}, {"score", 3}, {"available", nullptr}});
  CHECK(json::parse(quality_message({{7, 0, 0, 5, 2'000'000}}))["participants"]["7"]["available"] ==
        2'000'000);
}

TEST_CASE("text that is not UTF-8 cannot make a message fail") {
  CHECK(json::accept(participant_left_message(1, "\xff\xfe")));
  CHECK(json::accept(error_message(1, {"sdp", "line \xc3", 1})));
}
