// What the tests of a node share: options for loopback, short calls, a room with people in it.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/node.h"
#include "support/live_peer.h"

namespace weir::io::test {

inline NodeOptions local_options(std::uint32_t threads) {
  NodeOptions options;
  options.threads = threads;
  options.listen_ipv4 = "127.0.0.1";
  options.listen_ipv6 = "";
  options.limits.packet_buffers = 1024;
  return options;
}

inline std::unique_ptr<Node> open_node(const NodeOptions& options) {
  Result<std::unique_ptr<Node>> made = Node::make(options);
  REQUIRE_MESSAGE(made.ok(), made.error().reason);
  return std::move(*made);
}

inline weir_participant_options person_options(std::int32_t kind) {
  weir_participant_options options{};
  options.struct_size = sizeof options;
  options.kind = kind;
  options.may = WEIR_MAY_ALL;
  options.default_audio_source = WEIR_SOURCE_VOICE;
  return options;
}

inline Id open_room(Node& node) {
  const Result<Id> room = node.open_room({});
  REQUIRE(room.ok());
  return *room;
}

inline Id join(Node& node, Id room, std::int32_t kind) {
  const Result<Id> person = node.join(room, person_options(kind));
  REQUIRE_MESSAGE(person.ok(), person.error().reason);
  return *person;
}

inline Id add_voice_track(Node& node, Id person) {
  weir_track_options options{};
  options.struct_size = sizeof options;
  options.kind = WEIR_KIND_AUDIO;
  options.codec = WEIR_CODEC_OPUS;
  const Result<Id> track = node.ask<Id>(
      person, [&](engine::Engine& engine, Time now) { return engine.add_track(now, person, options); });
  REQUIRE(track.ok());
  return *track;
}

inline Id add_line(Node& node, Id person, Id track) {
  weir_subscription_options options{};
  options.struct_size = sizeof options;
  options.kind = WEIR_KIND_AUDIO;
  options.max_queue = 16;
  const Result<Id> line = node.ask<Id>(person, [&](engine::Engine& engine, Time now) {
    return engine.add_subscription(now, person, options);
  });
  REQUIRE(line.ok());
  weir_source source{};
  source.struct_size = sizeof source;
  source.kind = WEIR_SOURCE_TRACK;
  source.track = track.value;
  REQUIRE(node.call(*line, [&](engine::Engine& engine, Time now) {
    return engine.set_source(now, *line, source);
  }) == WEIR_OK);
  return *line;
}

inline weir_status write_frame(Node& node, Id track, Bytes bytes) {
  weir_frame frame{};
  frame.struct_size = sizeof frame;
  frame.codec = WEIR_CODEC_OPUS;
  frame.data = bytes.data();
  frame.size = bytes.size();
  frame.level = 20;
  return node.call(track,
                   [&](engine::Engine& engine, Time now) { return engine.write_frame(now, track, frame); });
}

inline Id negotiate(Node& node, Id room, weir::test::LivePeer& peer) {
  const Id person = join(node, room, WEIR_PARTICIPANT_REMOTE);
  const std::string offer = peer.offer();
  const Result<std::string> answer = node.ask<std::string>(
      person, [&](engine::Engine& engine, Time now) { return engine.negotiate(now, person, offer); });
  REQUIRE_MESSAGE(answer.ok(), answer.error().reason);
  peer.take_answer(*answer);
  return person;
}

inline std::vector<std::uint64_t> ids(Node& node, Id person, bool tracks) {
  const auto list = node.ask<std::vector<std::uint64_t>>(person, [&](engine::Engine& engine, Time) {
    return tracks ? engine.participant_tracks(person) : engine.participant_subscriptions(person);
  });
  REQUIRE(list.ok());
  return *list;
}

/// The next event of a kind, skipping others; false when none came in 5 s.
inline bool wait_event(Node& node, std::int32_t type, weir_event& event) {
  while (node.next_event(event, 5000) == WEIR_OK) {
    if (event.type == type) return true;
  }
  return false;
}

inline Address address_of(Node& node, std::uint32_t worker) {
  return Address::parse("127.0.0.1", node.port(worker).value()).value();
}

}  // namespace weir::io::test
