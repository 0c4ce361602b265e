// weir-conference: JSON over a WebSocket (docs/signalling.md). A subscriber joins after the publishers,
// offers a line for each of their tracks and aims each line at one of them.
#include <nlohmann/json.hpp>

#include "load/adapter.h"

namespace weir::load {
namespace {

using nlohmann::json;

class WeirSession final : public Session {
 public:
  WeirSession(const Task& task, SessionHost& host) : task_(task), host_(host) {}

  void on_open() override { request({{"type", "join"}, {"room", task_.room}, {"name", task_.name}}); }
  void on_message(std::string_view text) override;
  void keep_alive() override { request({{"type", "ping"}}); }
  void leave() override { request({{"type", "leave"}}); }

 private:
  struct Wanted {
    std::string track;
    SentStream::Kind kind;
  };

  void request(json message);
  void joined(const json& message);
  void answered(const json& message);
  void complete() {
    complete_ = true;
    host_.signalled();
  }

  Task task_;
  SessionHost& host_;
  std::uint64_t next_id_ = 0;
  std::vector<Wanted> wanted_;
  bool complete_ = false;
  std::uint64_t last_subscribe_ = 0;  // the id whose reply ends signalling
};

void WeirSession::request(json message) {
  message["id"] = ++next_id_;
  host_.send_text(message.dump());
}

void WeirSession::on_message(std::string_view text) {
  // A big room's news of who comes, each to everybody, is not worth reading.
  if (complete_ && text.find(R"("type":"closing")") == std::string_view::npos &&
      text.find(R"("type":"error")") == std::string_view::npos) {
    return;
  }
  const json message = json::parse(text);
  const std::string type = message.at("type");
  if (type == "joined") return joined(message);
  if (type == "answer") return answered(message);
  if (type == "error") {
    return host_.fail(message.at("code").get<std::string>() + ": " +
                      message.at("message").get<std::string>());
  }
  if (type == "closing") return host_.fail("the server closes: " + message.at("reason").get<std::string>());
  if (type == "ok" && last_subscribe_ != 0 && message.at("id") == last_subscribe_) complete();
}

void WeirSession::joined(const json& message) {
  json offer{{"type", "offer"}, {"tracks", json::array()}};
  if (task_.role == Role::publisher) {
    for (std::size_t i = 0; i < task_.sends.size(); ++i) {
      const bool video = task_.sends[i] == SentStream::Kind::video;
      offer["tracks"].push_back({{"mid", std::to_string(i)}, {"source", video ? "camera" : "microphone"}});
    }
    offer["sdp"] = host_.offer(task_.sends);
    return request(std::move(offer));
  }
  std::vector<SentStream::Kind> lines;
  for (const json& participant : message.at("participants")) {
    for (const json& track : participant.at("tracks")) {
      const auto kind = track.at("kind") == "video" ? SentStream::Kind::video : SentStream::Kind::audio;
      wanted_.push_back({track.at("id"), kind});
      lines.push_back(kind);
    }
  }
  if (lines.size() != task_.tracks) {
    return host_.fail("the room has " + std::to_string(lines.size()) + " tracks, not " +
                      std::to_string(task_.tracks));
  }
  offer["sdp"] = host_.offer(lines);
  request(std::move(offer));
}

void WeirSession::answered(const json& message) {
  host_.take_answer(message.at("sdp"));
  if (task_.role == Role::publisher) return complete();
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    request({{"type", "subscribe"}, {"mid", std::to_string(i)}, {"track", wanted_[i].track}});
  }
  last_subscribe_ = next_id_;
}

class WeirAdapter final : public Adapter {
 public:
  std::string_view default_path() const override { return "/ws"; }
  std::string_view subprotocol() const override { return ""; }
  std::unique_ptr<Session> make_session(const Task& task, SessionHost& host) override {
    return std::make_unique<WeirSession>(task, host);
  }
};

}  // namespace

std::unique_ptr<Adapter> make_weir_adapter() {
  return std::make_unique<WeirAdapter>();
}

}  // namespace weir::load
