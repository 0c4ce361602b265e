// The protocol without a socket: sessions, hub and a real node that the test drives itself.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "session.h"
#include "tokens.h"

namespace conference::test {

using nlohmann::json;

struct Inbox : Client {
  std::vector<json> messages;
  unsigned closed = 0;

  void send(std::shared_ptr<const std::string> message) override {
    messages.push_back(json::parse(*message));
  }
  void close(unsigned code, std::string_view) override { closed = code; }
  std::size_t count(const std::string& type) const {
    std::size_t n = 0;
    for (const json& each : messages) n += each["type"] == type ? 1 : 0;
    return n;
  }
};

struct World {
  std::int64_t now_us = 1'000'000'000;
  Clock clock{[this] { return now_us; }, [this] { return 1'800'000'000'000 + now_us / 1000; }};
  weir_node* node = nullptr;
  Store store{":memory:", nullptr};
  AddressLimits limits;
  Admission admission;
  std::unique_ptr<Hub> hub;

  explicit World(std::optional<TokenKey> key = std::nullopt, std::uint32_t max_room = 500,
                 const AddressLimitOptions& limit_options = {})
      : limits{limit_options}, admission{std::move(key), limits, clock} {
    weir_node_options options;
    weir_node_options_init(&options, sizeof options);
    options.threads = 0;
    options.handshake_threads = 0;
    options.listen_ipv4 = "127.0.0.1";
    options.listen_ipv6 = "";
    options.loopback_candidates = 1;
    options.max_room_participants = max_room;
    options.max_rooms = 2;
    REQUIRE(weir_node_new(&options, &node, nullptr) == WEIR_OK);
    hub = std::make_unique<Hub>(node, store, clock, HubOptions{});
  }
  ~World() {
    hub.reset();
    weir_node_free(node);
  }
};

/// A client and its session.
struct Guest {
  Inbox inbox;
  std::unique_ptr<Session> session;

  explicit Guest(World& world, std::uint32_t rate = 50)
      : session{
            std::make_unique<Session>(*world.hub, world.admission, world.clock, inbox, "192.0.2.1", rate)} {}

  json ask(json request) {
    request["id"] = 77;
    session->receive(request.dump());
    for (auto each = inbox.messages.rbegin(); each != inbox.messages.rend(); ++each) {
      if (each->contains("id") && (*each)["id"] == 77) return *each;
    }
    return {};
  }
  json join(const std::string& room, const std::string& name, const std::string& token = "") {
    return ask({{"type", "join"}, {"room", room}, {"name", name}, {"token", token}});
  }
};

inline constexpr std::int64_t second = 1'000'000;

inline const char* const offer =
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 "
    "0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
    "a=fingerprint:sha-256 "
    "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB"
    "\r\na=setup:actpass\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=msid:- "
    "a\r\n";

}  // namespace conference::test
