#include "http_message.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace conference;

TEST_CASE("our own pages and the listed ones may come, programs too") {
  CHECK(origin_allowed("", "meet.example", {}));
  CHECK(origin_allowed("https://meet.example", "meet.example", {}));
  CHECK(origin_allowed("http://localhost:8080", "localhost:8080", {}));
  CHECK(origin_allowed("https://MEET.example", "meet.EXAMPLE", {}));
  CHECK_FALSE(origin_allowed("http://localhost:8081", "localhost:8080", {}));
  CHECK_FALSE(origin_allowed("https://evil.example", "meet.example", {}));
  CHECK_FALSE(origin_allowed("https://meet.example.evil.example", "meet.example", {}));
  CHECK_FALSE(origin_allowed("null", "meet.example", {}));
  CHECK_FALSE(origin_allowed("https://", "", {}));
  CHECK(origin_allowed("https://portal.example", "meet.example", {"https://portal.example"}));
  CHECK_FALSE(origin_allowed("http://portal.example", "meet.example", {"https://portal.example"}));
  CHECK(origin_allowed("null", "meet.example", {"*"}));
}

TEST_CASE("media types lose parameters and case") {
  CHECK(media_type("Application/SDP; charset=utf-8") == "application/sdp");
  CHECK(media_type(" application/sdp ") == "application/sdp");
  CHECK(media_type("").empty());
}

TEST_CASE("bearer tokens") {
  CHECK(bearer_token("Bearer abc.def") == "abc.def");
  CHECK(bearer_token("bearer  abc") == "abc");
  CHECK(bearer_token("Basic abc").empty());
  CHECK(bearer_token("Bearer").empty());
  CHECK(bearer_token("").empty());
}

TEST_CASE("entity tags") {
  CHECK(names_etag("\"1\"", "\"1\""));
  CHECK(names_etag("\"2\", W/\"1\"", "\"1\""));
  CHECK(names_etag("*", "\"1\""));
  CHECK_FALSE(names_etag("\"11\"", "\"1\""));
  CHECK_FALSE(names_etag("", "\"1\""));
}

TEST_CASE("a problem is JSON whatever its detail holds") {
  const HttpResponse response = problem(400, "sdp", "line 3: \"\xff\"");
  CHECK(response.status == 400);
  CHECK(nlohmann::json::parse(response.body)["status"] == 400);
}
