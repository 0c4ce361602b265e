// Data messages of a running node: readers that wait, and workers that share the SCTP stack. Also built for
// ThreadSanitizer.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "io/node.h"
#include "node_fixture.h"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::io;
using namespace weir::io::test;
using weir::test::LivePeer;

namespace {

weir_status send(Node& node, Id to, std::string_view label, std::string_view text) {
  weir_data data{};
  data.flags = WEIR_DATA_TEXT;
  data.data = as_bytes(text).data();
  data.size = text.size();
  std::copy(label.begin(), label.end(), data.label);
  return node.call(to, [&](engine::Engine& engine, Time now) { return engine.send_data(now, to, data); });
}

struct Read {
  weir_status status;
  std::string text;
};
Read read(Node& node, Id whose, std::int32_t timeout_ms) {
  std::vector<std::uint8_t> buffer(262'144);
  weir_data data{};
  const weir_status status = node.read_data(whose, data, buffer, timeout_ms);
  return {status, status == WEIR_OK ? std::string{as_text(Bytes{data.data, data.size})} : std::string{}};
}

}  // namespace

TEST_CASE("a reader waits until there is a message, its time is over, or whom it reads for is gone") {
  const auto node = open_node(local_options(1));
  const Id room = open_room(*node);
  const Id ann = join(*node, room, WEIR_PARTICIPANT_LOCAL);
  const Id bob = join(*node, room, WEIR_PARTICIPANT_LOCAL);
  CHECK(read(*node, bob, 0).status == WEIR_ERR_AGAIN);
  CHECK(read(*node, bob, 5).status == WEIR_ERR_AGAIN);
  std::vector<Read> got;
  std::thread reader{[&] {
    got.push_back(read(*node, bob, -1));
    got.push_back(read(*node, bob, -1));
    got.push_back(read(*node, ann, -1));
  }};
  CHECK(send(*node, ann, "room", "first") == WEIR_OK);
  CHECK(node->leave(bob) == WEIR_OK);
  node->stop();
  reader.join();
  REQUIRE(got.size() == 3);
  // What came before the end is read or gone with it.
  CHECK((got[0].text == "first" || got[0].status == WEIR_ERR_NOT_FOUND));
  CHECK(got[1].status == WEIR_ERR_NOT_FOUND);
  CHECK(got[2].status == WEIR_ERR_CLOSED);
}

TEST_CASE("people on several workers talk to the host at once, and hear it") {
  const auto node = open_node(local_options(3));
  std::atomic<int> heard{0};
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  constexpr int kMessages = 20;
  for (std::uint64_t t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      const Id room = open_room(*node);
      LivePeer peer{t + 1, address_of(*node, room.worker()), LivePeer::Lines::data};
      const Id person = negotiate(*node, room, peer);
      int said = 0;
      const auto talk = [&] {
        while (said < kMessages && peer.say("host/talk", std::to_string(said))) ++said;
        return said == kMessages;
      };
      CHECK(peer.run(30s, talk));
      int read_here = 0;
      CHECK(peer.run(30s, [&] {
        for (Read message = read(*node, person, 0); message.status == WEIR_OK;
             message = read(*node, person, 0)) {
          CHECK(message.text == std::to_string(read_here++));
          CHECK(send(*node, person, "host/talk", message.text) == WEIR_OK);
        }
        return read_here == kMessages;
      }));
      heard += read_here;
      CHECK(peer.run(30s, [&] { return peer.heard().size() == kMessages; }));
      answered += static_cast<int>(peer.heard().size());
      CHECK(node->leave(person) == WEIR_OK);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(heard == 6 * kMessages);
  CHECK(answered == 6 * kMessages);
}
