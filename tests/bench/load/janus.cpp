// Janus with its videoroom plugin (its documentation: "WebSockets interface", "VideoRoom plugin"): JSON over
// a WebSocket of the subprotocol janus-protocol. Requests carry a transaction that replies repeat; plugin
// requests are acknowledged at once and answered by an event later.
//
// A publisher makes the room where it is missing and publishes with joinandconfigure. A subscriber joins with
// the feeds of its room, which publishers of this run have told the adapter, and answers the server's offer.
#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>

#include "load/adapter.h"

namespace weir::load {
namespace {

using nlohmann::json;

constexpr int kRoomExists = 427;  // JANUS_VIDEOROOM_ERROR_ROOM_EXISTS
constexpr std::uint64_t kRoomsOfProcess = 1000;

/// Publishers' ids by room number.
using Feeds = std::map<std::uint32_t, std::vector<std::uint64_t>>;

class JanusSession final : public Session {
 public:
  JanusSession(const Task& task, SessionHost& host, Feeds& feeds) : task_(task), host_(host), feeds_(feeds) {}

  void on_open() override { request({{"janus", "create"}}); }
  void on_message(std::string_view text) override;
  void keep_alive() override {
    if (session_ != 0) request({{"janus", "keepalive"}});
  }
  void leave() override {
    if (session_ != 0) request({{"janus", "destroy"}});
  }

 private:
  void request(json message);
  void plugin_request(json body, const json& jsep = {});
  void on_success(const json& message);
  void on_event(const json& message);
  void create_room();
  void publish();
  void subscribe();
  std::uint64_t room() const {
    return static_cast<std::uint64_t>(::getpid()) * kRoomsOfProcess + task_.room_number;
  }

  Task task_;
  SessionHost& host_;
  Feeds& feeds_;
  std::uint64_t next_transaction_ = 0;
  std::uint64_t session_ = 0;
  std::uint64_t handle_ = 0;
};

void JanusSession::request(json message) {
  message["transaction"] = std::to_string(++next_transaction_);
  if (session_ != 0) message["session_id"] = session_;
  host_.send_text(message.dump());
}

void JanusSession::plugin_request(json body, const json& jsep) {
  json message{{"janus", "message"}, {"handle_id", handle_}, {"body", std::move(body)}};
  if (!jsep.is_null()) message["jsep"] = jsep;
  request(std::move(message));
}

void JanusSession::on_message(std::string_view text) {
  const json message = json::parse(text);
  const std::string kind = message.at("janus");
  if (kind == "success") return on_success(message);
  if (kind == "event") return on_event(message);
  if (kind == "error") return host_.fail(message.at("error").at("reason").get<std::string>());
  if (kind == "hangup") return host_.fail("Janus hung up: " + message.value("reason", "no reason given"));
  if (kind == "timeout") return host_.fail("Janus ended the session for its silence");
}

void JanusSession::on_success(const json& message) {
  if (session_ == 0) {
    session_ = message.at("data").at("id");
    return request({{"janus", "attach"}, {"plugin", "janus.plugin.videoroom"}});
  }
  if (handle_ == 0) {
    handle_ = message.at("data").at("id");
    return task_.role == Role::publisher ? create_room() : subscribe();
  }
  // Of the plugin's requests only that for a room is answered at once.
  if (!message.contains("plugindata")) return;
  const json& data = message.at("plugindata").at("data");
  if (data.contains("error") && data.at("error_code") != kRoomExists) {
    return host_.fail(data.at("error").get<std::string>());
  }
  publish();
}

void JanusSession::create_room() {
  plugin_request({{"request", "create"},
                  {"room", room()},
                  {"description", task_.room},
                  {"publishers", task_.publishers},
                  {"bitrate", 0},
                  {"audiocodec", "opus"},
                  {"videocodec", "vp8"},
                  {"transport_wide_cc_ext", true},
                  {"permanent", false}});
}

void JanusSession::publish() {
  plugin_request(
      {{"request", "joinandconfigure"}, {"ptype", "publisher"}, {"room", room()}, {"display", task_.name}},
      {{"type", "offer"}, {"sdp", host_.offer(task_.sends)}});
}

void JanusSession::subscribe() {
  json streams = json::array();
  for (const std::uint64_t feed : feeds_[task_.room_number]) streams.push_back({{"feed", feed}});
  plugin_request(
      {{"request", "join"}, {"ptype", "subscriber"}, {"room", room()}, {"streams", std::move(streams)}});
}

void JanusSession::on_event(const json& message) {
  const json& data = message.at("plugindata").at("data");
  if (data.contains("error")) return host_.fail(data.at("error").get<std::string>());
  const std::string kind = data.value("videoroom", "");
  if (task_.role == Role::publisher) {
    if (kind == "joined") feeds_[task_.room_number].push_back(data.at("id"));
    if (!message.contains("jsep")) return;
    host_.take_answer(message.at("jsep").at("sdp"));
    return host_.signalled();
  }
  if (kind == "attached") {
    const json answer{{"type", "answer"}, {"sdp", host_.answer(message.at("jsep").at("sdp"))}};
    return plugin_request({{"request", "start"}}, answer);
  }
  if (data.value("started", "") == "ok") host_.signalled();
}

class JanusAdapter final : public Adapter {
 public:
  std::string_view default_path() const override { return "/"; }
  std::string_view subprotocol() const override { return "janus-protocol"; }
  std::unique_ptr<Session> make_session(const Task& task, SessionHost& host) override {
    return std::make_unique<JanusSession>(task, host, feeds_);
  }

 private:
  Feeds feeds_;
};

}  // namespace

std::unique_ptr<Adapter> make_janus_adapter() {
  return std::make_unique<JanusAdapter>();
}

}  // namespace weir::load
