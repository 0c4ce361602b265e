#include "load/options.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <vector>

#include "load/error.h"

using namespace weir;
using load::LoadError;

namespace {

load::Options parse(std::initializer_list<const char*> arguments) {
  std::vector<const char*> argv{"weir-load", "--target", "weir", "--url", "ws://127.0.0.1:8080"};
  argv.insert(argv.end(), arguments);
  return load::parse_options(static_cast<int>(argv.size()), argv.data()).value();
}

}  // namespace

TEST_CASE("a URL gives host, port, path and whether TLS is wanted") {
  const load::Url url = load::parse_url("ws://127.0.0.1:8080/ws?x=1");
  CHECK(url.host == "127.0.0.1");
  CHECK(url.port == 8080);
  CHECK(url.path == "/ws?x=1");
  CHECK_FALSE(url.tls);
  CHECK(load::parse_url("http://meet.example").port == 80);
  CHECK(load::parse_url("wss://meet.example").port == 443);
  CHECK(load::parse_url("https://meet.example:1/").tls);
  CHECK(load::parse_url("ws://[::1]:9000/").host == "::1");
  CHECK(load::parse_url("ws://[::1]:9000/").port == 9000);
  CHECK(load::parse_url("ws://[::1]").port == 80);
}

TEST_CASE("what is no URL of signalling is refused") {
  for (const char* const text : {"", "127.0.0.1:8080", "ftp://a", "ws://", "ws://:80", "ws://a:", "ws://a:0",
                                 "ws://a:65536", "ws://a:8x", "ws://[::1]x", "ws:///path"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(load::parse_url(text), LoadError);
  }
}

TEST_CASE("the shape of video is size, packets and frames a second, within limits") {
  CHECK(load::parse_video("1200x14x30") == load::VideoShape{1200, 14, 30});
  CHECK(load::parse_video("40x1x1") == load::VideoShape{40, 1, 1});
  CHECK(load::parse_video("1350x128x240") == load::VideoShape{1350, 128, 240});
  CHECK_FALSE(load::parse_video("none"));
  for (const char* const text :
       {"", "x", "1200", "1200x14", "1200x14x", "1200x14x30x1", "39x1x1", "1351x1x1", "1200x0x30",
        "1200x129x30", "1200x14x0", "1200x14x241", "-1x1x1", " 1200x14x30"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(load::parse_video(text), LoadError);
  }
}

TEST_CASE("options without values are those of the documentation") {
  const load::Options options = parse({});
  CHECK(options.target == "weir");
  CHECK(options.video == load::VideoShape{});
  CHECK(options.audio);
  CHECK(options.clients() == 2);
  CHECK(options.tracks() == 2);
  CHECK(options.seconds == 20);
  CHECK_FALSE(options.json);
}

TEST_CASE("rooms, publishers and subscribers make the clients, video and audio the tracks of a room") {
  const load::Options options =
      parse({"--rooms", "3", "--publishers", "2", "--subscribers", "5", "--audio", "off", "--json"});
  CHECK(options.clients() == 21);
  CHECK(options.tracks() == 2);
  CHECK(options.json);
}

TEST_CASE("options that make no sense are refused in one line") {
  CHECK_THROWS_AS(parse({"--video", "none", "--audio", "off"}), LoadError);
  CHECK_THROWS_AS(parse({"--rooms", "0"}), LoadError);
  CHECK_THROWS_AS(parse({"--rooms", "1000", "--subscribers", "20"}), LoadError);  // 21,000 clients
  CHECK_THROWS_AS(parse({"--audio", "loud"}), LoadError);
  CHECK_THROWS_AS(parse({"--seconds", "3601"}), LoadError);
  CHECK_THROWS_AS(parse({"--no-such"}), LoadError);
  const std::vector<const char*> unknown{"weir-load", "--target", "nobody", "--url", "ws://a"};
  CHECK_THROWS_AS(load::parse_options(static_cast<int>(unknown.size()), unknown.data()), LoadError);
  try {
    parse({"--seconds", "many"});
    FAIL("accepted");
  } catch (const LoadError& fault) {
    CHECK(std::string{fault.what()}.find('\n') == std::string::npos);
  }
}

TEST_CASE("a key of LiveKit is that of its --dev unless another is given") {
  CHECK(parse({}).api_key.name == "devkey");
  CHECK(parse({}).api_key.secret == "secret");
  const load::Options options = parse({"--api-key", "k", "--api-secret", "s"});
  CHECK(options.api_key.name == "k");
  CHECK(options.api_key.secret == "s");
}
