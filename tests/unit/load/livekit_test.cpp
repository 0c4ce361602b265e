#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "livekit.pb.h"
#include "load/adapter.h"
#include "load/error.h"

using namespace weir;
using load::SentStream;
using load::livekit::RequestResponse;
using load::livekit::SignalRequest;
using load::livekit::SignalResponse;
using Kinds = std::vector<SentStream::Kind>;

namespace {

constexpr auto kAudio = SentStream::Kind::audio;
constexpr auto kVideo = SentStream::Kind::video;

/// What a session does with its client.
struct Host final : load::SessionHost {
  std::vector<SignalRequest> sent;
  std::vector<Kinds> offers;
  std::vector<std::string> answers;
  std::vector<std::string> candidates;
  int signalled_count = 0;
  std::string failure;

  void send_text(std::string) override { FAIL("LiveKit is spoken to in binary messages"); }
  void send_binary(std::string bytes) override { REQUIRE(sent.emplace_back().ParseFromString(bytes)); }
  std::string offer(const Kinds& lines) override {
    offers.push_back(lines);
    return "offer " + std::to_string(offers.size());
  }
  void take_answer(const std::string& sdp) override { answers.push_back(sdp); }
  void take_candidate(std::string_view candidate) override { candidates.emplace_back(candidate); }
  std::string answer(const std::string&) override {
    FAIL("the client makes all offers");
    return {};
  }
  void signalled() override { ++signalled_count; }
  void fail(std::string_view reason) override { failure = reason; }
};

load::Task publisher() {
  load::Task task;
  task.role = load::Role::publisher;
  task.room = "a room";
  task.name = "publisher 0";
  task.sends = {kAudio, kVideo};
  task.track_ids = {"65536", "65537"};
  task.tracks = 2;
  return task;
}

load::Task subscriber() {
  load::Task task = publisher();
  task.role = load::Role::subscriber;
  task.name = "subscriber 0";
  task.sends.clear();
  task.track_ids.clear();
  return task;
}

struct Conversation {
  explicit Conversation(const load::Task& task)
      : adapter(load::make_livekit_adapter({"key", "a secret"})), session(adapter->make_session(task, host)) {
    session->on_open();
  }
  void hear(const SignalResponse& response) { session->on_message(response.SerializeAsString()); }
  void hear_join() {
    SignalResponse response;
    response.mutable_join();
    hear(response);
  }
  void hear_need(std::uint32_t audios, std::uint32_t videos) {
    SignalResponse response;
    response.mutable_media_sections()->set_audios(audios);
    response.mutable_media_sections()->set_videos(videos);
    hear(response);
  }
  void hear_answer(std::initializer_list<const char*> mids) {
    SignalResponse response;
    response.mutable_answer()->set_type("answer");
    response.mutable_answer()->set_sdp("answer");
    for (const char* const mid : mids) (*response.mutable_answer()->mutable_mid_to_track_id())[mid] = "TR";
    hear(response);
  }

  Host host;
  std::unique_ptr<load::Adapter> adapter;
  std::unique_ptr<load::Session> session;
};

std::string value_of(const std::string& query, const std::string& name) {
  const std::size_t at = query.find(name + "=");
  REQUIRE(at != std::string::npos);
  const std::size_t begin = at + name.size() + 1;
  return query.substr(begin, query.find('&', begin) - begin);
}

std::string from_base64url(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char each : text) {
    const std::size_t value = kAlphabet.find(each);
    if (value == std::string_view::npos) break;
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> static_cast<unsigned>(held));
  }
  return out;
}

nlohmann::json claims_of(const std::string& token) {
  const std::size_t dot = token.find('.');
  REQUIRE(std::count(token.begin(), token.end(), '.') == 2);
  return nlohmann::json::parse(from_base64url(std::string_view{token}.substr(dot + 1)));
}

}  // namespace

TEST_CASE("who connects brings a grant for the room and one direction") {
  for (const bool publishes : {true, false}) {
    Conversation talk{publishes ? publisher() : subscriber()};
    const std::string query = talk.session->query();
    CHECK(query.front() == '?');
    const nlohmann::json claims = claims_of(value_of(query, "access_token"));
    CHECK(claims.at("iss") == "key");
    CHECK(claims.at("sub") == (publishes ? "publisher 0" : "subscriber 0"));
    CHECK(claims.at("exp").get<std::int64_t>() > claims.at("nbf").get<std::int64_t>());
    CHECK(claims.at("video").at("room") == "a room");
    CHECK(claims.at("video").at("roomJoin") == true);
    CHECK(claims.at("video").at("canPublish") == publishes);
    CHECK(claims.at("video").at("canSubscribe") == !publishes);
    CHECK(query.find("secret") == std::string::npos);
  }
}

TEST_CASE("the request to join is in the URL, of which no character has to be escaped") {
  Conversation talk{subscriber()};
  const std::string query = talk.session->query();
  for (const char each : query.substr(1)) {
    CAPTURE(each);
    CHECK((std::isalnum(static_cast<unsigned char>(each)) != 0 ||
           std::string_view{"-_.=&%"}.find(each) != std::string_view::npos));
  }
  load::livekit::WrappedJoinRequest wrapped;
  REQUIRE(wrapped.ParseFromString(from_base64url(value_of(query, "join_request"))));
  load::livekit::JoinRequest join;
  REQUIRE(join.ParseFromString(wrapped.join_request()));
  CHECK(join.connection_settings().auto_subscribe());
  CHECK(join.client_info().protocol() >= 15);
}

TEST_CASE("a publisher announces its tracks, offers, and is done with the answer") {
  Conversation talk{publisher()};
  CHECK(talk.host.sent.empty());
  talk.hear_join();
  REQUIRE(talk.host.sent.size() == 3);
  CHECK(talk.host.sent[0].add_track().cid() == "65536");
  CHECK(talk.host.sent[0].add_track().type() == load::livekit::AddTrackRequest::AUDIO);
  CHECK(talk.host.sent[1].add_track().cid() == "65537");
  CHECK(talk.host.sent[1].add_track().type() == load::livekit::AddTrackRequest::VIDEO);
  CHECK(talk.host.sent[2].offer().sdp() == "offer 1");
  CHECK(talk.host.sent[2].offer().type() == "offer");
  CHECK(talk.host.offers == std::vector<Kinds>{{kAudio, kVideo}});
  CHECK(talk.host.signalled_count == 0);
  talk.hear_answer({});
  CHECK(talk.host.answers == std::vector<std::string>{"answer"});
  CHECK(talk.host.signalled_count == 1);
}

TEST_CASE("a subscriber offers the lines that the server needs and is done when every track has one") {
  Conversation talk{subscriber()};
  talk.hear_join();
  talk.hear_need(0, 0);  // nothing to offer yet
  CHECK(talk.host.sent.empty());
  talk.hear_need(1, 0);
  talk.hear_answer({"0"});
  CHECK(talk.host.signalled_count == 0);
  talk.hear_need(0, 1);
  talk.hear_answer({"0", "1"});
  CHECK(talk.host.offers == std::vector<Kinds>{{kAudio}, {kAudio, kVideo}});
  CHECK(talk.host.signalled_count == 1);
  talk.hear_need(0, 0);  // another track found a free line
  talk.hear_answer({"0", "1"});
  CHECK(talk.host.offers.size() == 3);
  CHECK(talk.host.sent.back().offer().id() == 3);
  CHECK(talk.host.signalled_count == 1);
}

TEST_CASE("lines that are needed while an offer is under way are offered after its answer, all at once") {
  Conversation talk{subscriber()};
  talk.hear_need(1, 0);
  talk.hear_need(0, 1);
  talk.hear_need(1, 0);
  CHECK(talk.host.offers.size() == 1);
  talk.hear_answer({"0"});
  CHECK(talk.host.offers == std::vector<Kinds>{{kAudio}, {kAudio, kVideo, kAudio}});
}

TEST_CASE("a server that asks for lines without end is refused") {
  Conversation talk{subscriber()};
  talk.hear_need(34, 0);
  CHECK(talk.host.failure.empty());
  talk.hear_need(0, 1);
  CHECK(talk.host.failure == "the server asks for more than 34 lines of media");
  Conversation other{subscriber()};
  other.hear_need(0xffffffff, 0xffffffff);
  CHECK(other.host.failure == "the server asks for more than 34 lines of media");
  CHECK(other.host.offers.empty());
}

TEST_CASE("a candidate is taken out of its JSON; what is none is an error of the server's") {
  Conversation talk{subscriber()};
  SignalResponse response;
  response.mutable_trickle()->set_candidate_init(
      R"({"candidate":"candidate:1 1 udp 1 127.0.0.1 7 typ host"})");
  talk.hear(response);
  CHECK(talk.host.candidates == std::vector<std::string>{"candidate:1 1 udp 1 127.0.0.1 7 typ host"});
  for (const char* const text : {"", "{", "[]", "{}", R"({"candidate":1})"}) {
    CAPTURE(text);
    response.mutable_trickle()->set_candidate_init(text);
    CHECK_THROWS(talk.hear(response));
  }
}

TEST_CASE("what the server refuses ends the run with its reason, what it grants does not") {
  const auto failure_after = [](const auto& fill) {
    Conversation talk{subscriber()};
    SignalResponse response;
    fill(response);
    talk.hear(response);
    return talk.host.failure;
  };
  CHECK(
      failure_after([](SignalResponse& r) { r.mutable_request()->set_reason(RequestResponse::OK); }).empty());
  CHECK(failure_after([](SignalResponse& r) {
          r.mutable_request()->set_reason(RequestResponse::QUEUED);
        }).empty());
  CHECK(failure_after([](SignalResponse& r) {
          r.mutable_request()->set_reason(static_cast<RequestResponse::Reason>(2));
          r.mutable_request()->set_message("not allowed");
        }) == "a request failed: not allowed");
  CHECK(failure_after([](SignalResponse& r) { r.mutable_subscription(); }).empty());
  CHECK(failure_after([](SignalResponse& r) { r.mutable_subscription()->set_error(3); }) ==
        "a subscription failed, error 3");
  CHECK(failure_after([](SignalResponse& r) {
          r.mutable_leave()->set_reason(static_cast<load::livekit::LeaveRequest::Reason>(2));
        }) == "the server ends the session, reason 2");
}

TEST_CASE("news of others is passed over, bytes that are no message are an error and nothing worse") {
  Conversation talk{subscriber()};
  talk.session->on_message({"\x2a\x02\x0a\x00", 4});  // field 5: who else is there
  CHECK(talk.host.sent.empty());
  SeededRandom random{5};
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random.below(64), '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    try {
      talk.session->on_message(bytes);
    } catch (const std::exception&) {
      ++refused;
    }
  }
  CHECK(refused > 1000);
}

TEST_CASE("a client says goodbye and that it is alive") {
  Conversation talk{publisher()};
  talk.session->keep_alive();
  CHECK(talk.host.sent.back().ping().timestamp() > 0);
  talk.session->leave();
  CHECK(talk.host.sent.back().leave().reason() == load::livekit::LeaveRequest::CLIENT_INITIATED);
}
