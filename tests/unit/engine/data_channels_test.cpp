#include "engine/data_channels.h"

#include <doctest/doctest.h>

#include "crypto/certificate.h"

using namespace weir;
using engine::Engine;

namespace {

/// A room of local participants: all of routing, without a network.
struct Fixture {
  SeededRandom random{1};
  engine::Options options;
  Engine engine;
  Id room;
  Id ann;
  Id bob;
  Id cid;

  explicit Fixture(std::uint32_t buffer = 1U << 20)
      : options(with(buffer)),
        engine(options, *crypto::Certificate::make(random, 1'700'000'000), random, Log{}) {
    room = *engine.open_room({}, {.struct_size = 0,
                                  .max_participants = 0,
                                  .user = 0,
                                  .dominant_speaker = 1,
                                  .dominant_hold_ms = 1000});
    ann = join(WEIR_MAY_ALL);
    bob = join(WEIR_MAY_ALL);
    cid = join(WEIR_MAY_ALL);
    events();
  }
  static engine::Options with(std::uint32_t buffer) {
    engine::Options o;
    o.data_buffer_bytes = buffer;
    return o;
  }
  Id join(std::uint32_t may) {
    weir_participant_options o{};
    o.kind = WEIR_PARTICIPANT_LOCAL;
    o.may = may;
    return *engine.join({}, room, o);
  }
  weir_status send(Id from, std::string_view label, std::string_view body, std::int32_t reliability = 0) {
    weir_data data{};
    data.reliability = reliability;
    data.data = as_bytes(body).data();
    data.size = body.size();
    std::copy(label.begin(), label.end(), data.label);
    return engine.send_data({}, from, data);
  }
  std::string read(Id whose, weir_status expected = WEIR_OK) {
    std::vector<std::uint8_t> buffer(262'144);
    weir_data data{};
    CHECK(engine.read_data(whose, data, buffer) == expected);
    return std::string{as_text(Bytes{data.data, expected == WEIR_OK ? data.size : 0})};
  }
  std::vector<std::int32_t> events() {
    std::vector<std::int32_t> types;
    weir_event event;
    while (engine.next_event(event)) types.push_back(event.type);
    return types;
  }
  std::uint64_t drops(DropReason reason) {
    weir_node_stats stats{};
    engine.node_stats(stats);
    return stats.drops[static_cast<std::size_t>(reason)];
  }
};

}  // namespace

TEST_CASE("each gets what is for it, in order, and one event until all is read") {
  Fixture f;
  CHECK(f.send(f.ann, "room", "1") == WEIR_OK);
  CHECK(f.send(f.ann, "participant/" + std::to_string(f.bob.value), "2") == WEIR_OK);
  CHECK(f.events() == std::vector<std::int32_t>{WEIR_EVENT_DATA, WEIR_EVENT_DATA});
  CHECK(f.read(f.bob) == "1");
  CHECK(f.read(f.bob) == "2");
  f.read(f.bob, WEIR_ERR_AGAIN);
  CHECK(f.read(f.cid) == "1");
  f.read(f.cid, WEIR_ERR_AGAIN);
  f.read(f.ann, WEIR_ERR_AGAIN);
  CHECK(f.send(f.ann, "room", "3") == WEIR_OK);
  CHECK(f.events().size() == 2);
}

TEST_CASE("a queue holds as many bytes as it may, and says of the first loss only") {
  Fixture f{600'000};
  const std::string label = "participant/" + std::to_string(f.bob.value);
  // Longer than a message may be.
  CHECK(f.send(f.ann, label, std::string(262'145, 'x')) == WEIR_ERR_INVALID);
  const std::string third(200'000 - engine::DataInbox::kOverhead, 'x');
  for (int i = 0; i < 3; ++i) CHECK(f.send(f.ann, label, third) == WEIR_OK);
  f.events();
  CHECK(f.send(f.ann, label, "") == WEIR_OK);
  CHECK(f.send(f.ann, label, "", WEIR_DATA_MAX_RETRANSMITS) == WEIR_OK);
  CHECK(f.events() == std::vector<std::int32_t>{WEIR_EVENT_DATA_OVERFLOW});
  CHECK(f.drops(DropReason::DATA_OVERFLOW) == 1);
  CHECK(f.drops(DropReason::DATA_SLOW) == 1);
  CHECK(f.read(f.bob) == third);
  CHECK(f.send(f.ann, label, third) == WEIR_OK);
  CHECK(f.send(f.ann, label, "") == WEIR_OK);
  CHECK(f.events() == std::vector<std::int32_t>{WEIR_EVENT_DATA_OVERFLOW});
  weir_participant_stats stats{};
  CHECK(f.engine.participant_stats(f.bob, stats) == WEIR_OK);
  CHECK(stats.data_messages_sent == 4);
  CHECK(stats.data_messages_dropped == 3);
}

TEST_CASE("what a local participant may not, and what is no message, is refused") {
  Fixture f;
  const Id silent = f.join(WEIR_MAY_ALL & ~std::uint32_t{WEIR_MAY_SEND_DATA});
  const Id deaf = f.join(WEIR_MAY_ALL & ~std::uint32_t{WEIR_MAY_RECEIVE_DATA});
  CHECK(f.send(silent, "room", "x") == WEIR_ERR_STATE);
  CHECK(f.send(f.ann, "participant/" + std::to_string(deaf.value), "x") == WEIR_ERR_NOT_FOUND);
  CHECK(f.send(f.ann, "room", "x") == WEIR_OK);
  f.read(deaf, WEIR_ERR_AGAIN);
  CHECK(f.send(f.ann, "lobby", "x") == WEIR_ERR_INVALID);
  CHECK(f.send(f.ann, "host", "x") == WEIR_ERR_INVALID);
  CHECK(f.send(f.ann, "room", "x", 3) == WEIR_ERR_INVALID);
  CHECK(f.send(f.ann, "room", "x", -1) == WEIR_ERR_INVALID);
  CHECK(f.send(f.ann, std::string(256, 'r'), "x") == WEIR_ERR_INVALID);  // without its zero
  weir_data nothing{};
  nothing.size = 1;
  nothing.label[0] = 'r';
  CHECK(f.engine.send_data({}, f.ann, nothing) == WEIR_ERR_INVALID);
  CHECK(f.send(f.room, "room", "x") == WEIR_ERR_NOT_FOUND);
}

TEST_CASE("who left has no messages; a new participant of the same place has none of them") {
  Fixture f;
  CHECK(f.send(f.ann, "room", "x") == WEIR_OK);
  CHECK(f.engine.leave({}, f.bob) == WEIR_OK);
  f.read(f.bob, WEIR_ERR_NOT_FOUND);
  const Id next = f.join(WEIR_MAY_ALL);
  f.read(next, WEIR_ERR_AGAIN);
}
