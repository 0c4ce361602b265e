// LiveKit: protobuf in binary messages (livekit.proto) over a WebSocket at /rtc/v1, where a client has one
// peer connection and makes all offers. The URL carries an access token, made here from the API key, and what
// the client wants to join with.
//
// A publisher announces its tracks, then offers. A subscriber is told how many lines its offer needs whenever
// the server has more to send than lines, and has joined when all tracks have one. Candidates of the server
// come by themselves.
#include <nlohmann/json.hpp>

#include "io/clock.h"
#include "livekit.pb.h"
#include "load/access_token.h"
#include "load/adapter.h"
#include "load/error.h"

namespace weir::load {
namespace {

using nlohmann::json;

constexpr std::int32_t kProtocol = 16;
constexpr std::int64_t kTokenLife = 3600;      // seconds
constexpr std::int64_t kClockTolerance = 60;   // seconds
constexpr std::uint32_t kMostSpareLines = 32;  // beyond one for each track

class LiveKitSession final : public Session {
 public:
  LiveKitSession(const Task& task, SessionHost& host, const ApiKey& key)
      : task_(task), host_(host), key_(key), lines_(task.sends) {}

  std::string query() override;
  void on_open() override {}  // the server begins, with what it says to the request to join
  void on_message(std::string_view message) override;
  void keep_alive() override;
  void leave() override;

 private:
  std::string token() const;
  void send(const livekit::SignalRequest& request) { host_.send_binary(request.SerializeAsString()); }
  void publish();
  void offer();
  void answered(const livekit::SessionDescription& answer);
  void add_lines(const livekit::MediaSectionsRequirement& more);

  Task task_;
  SessionHost& host_;
  const ApiKey& key_;
  std::vector<SentStream::Kind> lines_;
  std::uint32_t offers_ = 0;
  bool offering_ = false;     // the latest offer is not answered
  bool offer_again_ = false;  // afterwards
  bool complete_ = false;
};

/// A grant for one room and one direction: who may not publish is sent no request to.
std::string LiveKitSession::token() const {
  const bool publishes = task_.role == Role::publisher;
  const std::int64_t now = io::unix_now_seconds();
  const json claims{{"iss", key_.name},
                    {"sub", task_.name},
                    {"nbf", now - kClockTolerance},
                    {"exp", now + kTokenLife},
                    {"video",
                     {{"room", task_.room},
                      {"roomJoin", true},
                      {"canPublish", publishes},
                      {"canPublishData", false},
                      {"canSubscribe", !publishes}}}};
  return signed_token(R"({"alg":"HS256","typ":"JWT"})", claims.dump(), key_.secret);
}

std::string LiveKitSession::query() {
  livekit::JoinRequest join;
  join.mutable_client_info()->set_sdk(livekit::ClientInfo::CPP);
  join.mutable_client_info()->set_version("weir-load");
  join.mutable_client_info()->set_protocol(kProtocol);
  join.mutable_connection_settings()->set_auto_subscribe(task_.role == Role::subscriber);
  livekit::WrappedJoinRequest wrapped;
  wrapped.set_join_request(join.SerializeAsString());
  std::string encoded = base64url(wrapped.SerializeAsString(), Padding::equals_signs);
  for (std::size_t at = encoded.find('='); at != std::string::npos; at = encoded.find('=')) {
    encoded.replace(at, 1, "%3D");  // RFC 3986 section 2.1
  }
  return "?join_request=" + encoded + "&access_token=" + token();
}

void LiveKitSession::on_message(std::string_view message) {
  livekit::SignalResponse response;
  if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    throw LoadError{"the server sent a message that is none of LiveKit's"};
  }
  switch (response.message_case()) {
    case livekit::SignalResponse::kJoin:
      return publish();
    case livekit::SignalResponse::kAnswer:
      return answered(response.answer());
    case livekit::SignalResponse::kTrickle:
      return host_.take_candidate(
          json::parse(response.trickle().candidate_init()).at("candidate").get<std::string>());
    case livekit::SignalResponse::kMediaSections:
      return add_lines(response.media_sections());
    case livekit::SignalResponse::kLeave:
      return host_.fail("the server ends the session, reason " + std::to_string(response.leave().reason()));
    case livekit::SignalResponse::kSubscription:
      if (response.subscription().error() == 0) return;
      return host_.fail("a subscription failed, error " + std::to_string(response.subscription().error()));
    case livekit::SignalResponse::kRequest:
      if (response.request().reason() == livekit::RequestResponse::OK ||
          response.request().reason() == livekit::RequestResponse::QUEUED) {
        return;
      }
      return host_.fail("a request failed: " + response.request().message());
    default:
      return;  // news of others
  }
}

void LiveKitSession::publish() {
  if (task_.role != Role::publisher) return;
  for (std::size_t i = 0; i < task_.sends.size(); ++i) {
    livekit::SignalRequest request;
    livekit::AddTrackRequest& track = *request.mutable_add_track();
    track.set_cid(task_.track_ids.at(i));
    if (task_.sends[i] == SentStream::Kind::video) {
      track.set_type(livekit::AddTrackRequest::VIDEO);
      track.set_source(livekit::AddTrackRequest::CAMERA);
      track.set_width(1280);
      track.set_height(720);
    } else {
      track.set_type(livekit::AddTrackRequest::AUDIO);
      track.set_source(livekit::AddTrackRequest::MICROPHONE);
    }
    send(request);
  }
  offer();
}

void LiveKitSession::offer() {
  livekit::SignalRequest request;
  request.mutable_offer()->set_type("offer");
  request.mutable_offer()->set_sdp(host_.offer(lines_));
  request.mutable_offer()->set_id(++offers_);
  send(request);
  offering_ = true;
  offer_again_ = false;
}

void LiveKitSession::answered(const livekit::SessionDescription& answer) {
  offering_ = false;
  host_.take_answer(answer.sdp());
  if (!complete_ && (task_.role == Role::publisher || answer.mid_to_track_id_size() >= int(task_.tracks))) {
    complete_ = true;
    host_.signalled();
  }
  if (offer_again_) offer();
}

/// Also with no more lines: then what is there is to be offered again, for tracks that found a free one.
void LiveKitSession::add_lines(const livekit::MediaSectionsRequirement& more) {
  const std::size_t most = std::size_t{task_.tracks} + kMostSpareLines;
  if (std::size_t{more.audios()} + more.videos() + lines_.size() > most) {
    return host_.fail("the server asks for more than " + std::to_string(most) + " lines of media");
  }
  lines_.insert(lines_.end(), more.audios(), SentStream::Kind::audio);
  lines_.insert(lines_.end(), more.videos(), SentStream::Kind::video);
  if (lines_.empty()) return;
  if (offering_) {
    offer_again_ = true;
  } else {
    offer();
  }
}

void LiveKitSession::keep_alive() {
  livekit::SignalRequest request;
  request.mutable_ping()->set_timestamp(io::unix_now_seconds() * 1000);
  send(request);
}

void LiveKitSession::leave() {
  livekit::SignalRequest request;
  request.mutable_leave()->set_reason(livekit::LeaveRequest::CLIENT_INITIATED);
  send(request);
}

class LiveKitAdapter final : public Adapter {
 public:
  explicit LiveKitAdapter(const ApiKey& key) : key_(key) {}
  std::string_view default_path() const override { return "/rtc/v1"; }
  std::string_view subprotocol() const override { return ""; }
  bool trickles() const override { return true; }
  std::unique_ptr<Session> make_session(const Task& task, SessionHost& host) override {
    return std::make_unique<LiveKitSession>(task, host, key_);
  }

 private:
  ApiKey key_;
};

}  // namespace

std::unique_ptr<Adapter> make_livekit_adapter(const ApiKey& key) {
  return std::make_unique<LiveKitAdapter>(key);
}

}  // namespace weir::load
