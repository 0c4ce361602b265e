#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "scenario/world.h"
#include "support/shared_data.h"

using namespace weir;
using namespace weir::scenario;

namespace {

Address stranger() {
  return *Address::parse("203.0.113.9", 40'000);
}

std::vector<std::uint8_t> random_bytes(Random& random, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  random.fill(bytes);
  return bytes;
}

}  // namespace

TEST_CASE(
    "datagrams of strangers: every one counted, none answered with more than it brought, media goes on") {
  World world{71};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.run(2s);
  SeededRandom random{99};
  const std::uint64_t drops_before = [&] {
    std::uint64_t sum = 0;
    for (const std::uint64_t d : world.node_stats().drops) sum += d;
    return sum;
  }();
  constexpr int kDatagrams = 5000;
  for (int i = 0; i < kDatagrams; ++i) {
    auto bytes = random_bytes(random, random.below(1500));
    if (!bytes.empty() && i % 3 == 0) bytes[0] = 0;     // STUN
    if (!bytes.empty() && i % 3 == 1) bytes[0] = 0x16;  // DTLS
    world.inject(stranger(), bytes);
  }
  std::uint64_t drops = 0;
  for (const std::uint64_t d : world.node_stats().drops) drops += d;
  CHECK(drops - drops_before == kDatagrams);
  for (const auto& [address, bytes] : world.strangers) CHECK(bytes.second <= bytes.first);
  const std::size_t seen = bob.video(0).sequences.size();
  world.run(1s);
  CHECK(bob.video(0).sequences.size() > seen + 30);
  CHECK(world.events(WEIR_EVENT_PARTICIPANT_DISCONNECTED).empty());
}

TEST_CASE("forged and damaged media in a participant's name is refused by name") {
  World world{72};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.run(2s);
  const Address anns = *Address::parse("198.51.100.2", 20'001);
  std::uint8_t packet[60] = {};
  rtp::HeaderWriter{{.payload_type = 96, .sequence = 1, .ssrc = 0xabcd}}.write(packet);
  for (int i = 0; i < 10; ++i) world.inject(anns, packet);
  CHECK(world.drops(DropReason::SRTP_AUTH) == 10);
  packet[0] = 0;  // an empty datagram and one byte
  world.inject(anns, {});
  CHECK(world.drops(DropReason::EMPTY) == 1);
  const std::uint8_t close_notify[] = {21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0};
  world.inject(anns, close_notify);  // not authenticated: ignored
  const std::size_t seen = bob.video(0).sequences.size();
  world.run(1s);
  CHECK(bob.video(0).sequences.size() > seen + 30);
}

TEST_CASE("an authenticated participant cannot do harm with what it sends") {
  World world{73};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  Client& eve = world.join(room);
  world.watch(bob, 0, ann);
  world.watch(bob, 1, eve);
  world.run(2s);
  SeededRandom random{5};
  for (int i = 0; i < 3000; ++i) {
    auto bytes = random_bytes(random, 12 + random.below(300));
    bytes[0] = static_cast<std::uint8_t>(0x80 | (bytes[0] & 0x3f));
    if (i % 2 == 0) {
      bytes[1] = static_cast<std::uint8_t>(200 + bytes[1] % 7);
      store_u16(&bytes[2], static_cast<std::uint16_t>(random.below(80)));
      eve.send_rtcp(bytes);
    } else {
      bytes[1] = static_cast<std::uint8_t>(96 + bytes[1] % 16);
      eve.send_rtp(bytes);
    }
    if (i % 100 == 0) world.run(10ms);
  }
  // SSRC after SSRC on one line.
  for (std::uint32_t i = 0; i < 300; ++i) {
    std::uint8_t packet[40] = {};
    rtp::HeaderWriter writer{
        {.payload_type = 96, .sequence = static_cast<std::uint16_t>(i), .ssrc = 0x7000'0000U + i}};
    writer.add_extension(4, as_bytes("cam"));
    const std::size_t size = writer.write(packet);
    eve.send_rtp(Bytes{packet}.first(size + 4));
  }
  world.run(500ms);
  CHECK(world.drops(DropReason::STREAM_LIMIT) > 0);
  CHECK(world.drops(DropReason::RTCP_MALFORMED) > 0);
  const std::size_t seen = bob.video(0).sequences.size();
  world.run(1s);
  CHECK(bob.video(0).sequences.size() > seen + 30);
  CHECK_FALSE(bob.video(0).has_gap());
}

TEST_CASE("replayed packets reach nobody twice") {
  World world{74};
  const Id room = world.open_room();
  Client& ann = world.join(room, {.sends_audio = false});
  Client& bob = world.join(room, {.repairs = false});
  world.watch(bob, 0, ann);
  world.run(2s);
  std::uint8_t packet[64] = {};
  rtp::HeaderWriter writer{{.payload_type = 96, .sequence = 40'000, .timestamp = 1, .ssrc = 0x10'0001}};
  writer.add_extension(4, as_bytes("cam"));
  const std::size_t size = writer.write(packet);
  packet[size] = 0x10;
  // The same plain packet protected again is a new SRTP packet for libsrtp only if its index is new: it is
  // refused as a replay by the sender's own context or by the node; either way nothing arrives twice.
  const std::size_t before = bob.video(0).sequences.size();
  for (int i = 0; i < 5; ++i) ann.send_rtp(Bytes{packet}.first(size + 6));
  ann.set_camera(false);
  world.run(300ms);
  std::vector<std::int64_t> sequences = bob.video(0).sequences;
  CHECK(sequences.size() >= before);
  std::sort(sequences.begin(), sequences.end());
  CHECK(std::adjacent_find(sequences.begin(), sequences.end()) == sequences.end());
}

TEST_CASE("datagrams of one read count as if each had come alone") {
  std::vector<std::vector<std::uint64_t>> outcomes;
  for (const std::size_t read : {1U, 32U}) {
    World world{74};
    world.read_at_once = read;
    const Id room = world.open_room();
    Client& ann = world.join(room);
    Client& bob = world.join(room);
    world.watch(bob, 0, ann);
    world.run(2s);
    world.link(ann).twice = true;  // each packet and, in the same read, the same again
    world.run(2s);
    world.link(ann).twice = false;
    world.run(1s);
    auto sequences = bob.video(0).sequences;
    CHECK(sequences.size() > 200);
    CHECK(std::is_sorted(sequences.begin(), sequences.end()));
    CHECK(std::adjacent_find(sequences.begin(), sequences.end()) == sequences.end());
    CHECK(world.drops(DropReason::SRTP_REPLAY) > 100);
    CHECK(world.drops(DropReason::SRTP_AUTH) == 0);
    const weir_node_stats stats = world.node_stats();
    outcomes.push_back({sequences.size(), stats.packets_forwarded, world.drops(DropReason::SRTP_REPLAY)});
  }
  CHECK(outcomes[0] == outcomes[1]);
}

TEST_CASE("the corpora, as datagrams of a stranger and in a participant's name") {
  WEIR_NEEDS_SHARED_DATA(corpora, "hostile_corpora");
  World world{75};
  const Id room = world.open_room();
  Client& ann = world.join(room);
  Client& bob = world.join(room);
  world.watch(bob, 0, ann);
  world.run(2s);
  int files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator{*corpora}) {
    if (!file.is_regular_file() || file.file_size() > 1500) continue;
    const auto bytes = test::read_file(file.path());
    world.inject(stranger(), bytes);
    if (bytes.size() >= 12) {
      bob.send_rtp(bytes);
      bob.send_rtcp(bytes);
    }
    if (++files % 20 == 0) world.run(5ms);
  }
  CHECK(files > 100);
  const std::size_t seen = bob.video(0).sequences.size();
  world.run(1s);
  CHECK(bob.video(0).sequences.size() > seen + 30);
  for (const auto& [address, bytes] : world.strangers) CHECK(bytes.second <= bytes.first);
}
