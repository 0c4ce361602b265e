#include "sctp/association.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "ends.h"
#include "support/shared_data.h"

using namespace weir;
using namespace weir::sctp;
using test::Ends;

namespace {

/// CRC32c (RFC 9260 appendix A), so that a packet is wrong only where the test wants it.
void seal(std::vector<std::uint8_t>& packet) {
  std::uint32_t crc = 0xffffffffU;
  std::fill_n(packet.begin() + 8, 4, std::uint8_t{0});
  for (const std::uint8_t byte : packet) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0);
  }
  crc = ~crc;
  for (std::size_t i = 0; i < 4; ++i) packet[8 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
}

}  // namespace

TEST_CASE("packets that were changed on the way, and sealed again, break nothing") {
  SeededRandom random{9};
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    Ends ends;
    const bool early = round % 4 == 0;  // from the first packet on
    if (!early) REQUIRE(ends.connect());
    ends.lose = [&](int to, Bytes packet) {
      if (to == 0 || random.unit() < 0.3 || packet.size() <= 12) return false;
      std::vector<std::uint8_t> changed(packet.begin(), packet.end());
      for (std::uint64_t i = 0; i <= random.below(6); ++i) {
        changed[12 + random.below(changed.size() - 12)] = static_cast<std::uint8_t>(random.u32());
      }
      if (random.unit() < 0.2) changed.resize(12 + random.below(changed.size() - 12));
      seal(changed);
      ends.end[1]->receive(changed);
      return random.unit() < 0.5;
    };
    constexpr std::uint16_t kNone = 0xffff;
    const std::uint16_t stream = early ? kNone : ends.end[0]->open("room", "", {}).value_or(kNone);
    for (int i = 0; i < 200; ++i) {
      if (stream != kNone) ends.end[0]->send(stream, false, std::vector<std::uint8_t>(random.below(3000)));
      if (i == 100 && stream != kNone) ends.end[0]->close(stream);
      ends.step();
    }
    CHECK(ends.end[1]->buffered() < 100'000);
    // Whatever became of this one, the next is well.
  }
  Ends after;
  CHECK(after.connect());
}

TEST_CASE("noise, with and without a sum that is right, is dropped") {
  Ends ends;
  REQUIRE(ends.connect());
  SeededRandom random{10};
  for (int i = 0; i < 3000; ++i) {
    std::vector<std::uint8_t> packet(random.below(200));
    random.fill(packet);
    if (packet.size() >= 12 && i % 2 == 0) {
      store_u16(packet.data(), 5000);
      store_u16(&packet[2], 5000);
      seal(packet);
    }
    ends.end[1]->receive(packet);
    ends.flush();
  }
  const auto stream = ends.end[0]->open("room", "", {});
  REQUIRE(stream);
  CHECK(ends.end[0]->send(*stream, true, as_bytes("well")) == Channels::Sent::done);
  CHECK(ends.run_until([&] { return ends.messages(1).size() == 1; }));
}

TEST_CASE("recorded hostile packets are dropped, and the association goes on") {
  WEIR_NEEDS_SHARED_DATA(folder, "hostile_corpora/aiortc_packets");
  Ends ends;
  REQUIRE(ends.connect());
  int fed = 0;
  for (const auto& entry : std::filesystem::directory_iterator{*folder}) {
    if (entry.path().filename().string().rfind("sctp_", 0) != 0) continue;
    ++fed;
    auto packet = test::read_file(entry.path());
    ends.end[1]->receive(packet);
    if (packet.size() >= 12) {
      store_u16(packet.data(), 5000);
      store_u16(&packet[2], 5000);
      seal(packet);
      ends.end[1]->receive(packet);
    }
    ends.flush();
  }
  CHECK(fed >= 10);
  const auto stream = ends.end[0]->open("room", "", {});
  REQUIRE(stream);
  CHECK(ends.end[0]->send(*stream, true, as_bytes("well")) == Channels::Sent::done);
  CHECK(ends.run_until([&] { return ends.messages(1).size() == 1; }));
}

TEST_CASE("output that nobody takes has an end, and what is lost is counted") {
  Ends ends;
  std::vector<std::uint8_t> heartbeat;
  ends.lose = [&](int to, Bytes packet) {
    if (to == 1) heartbeat.assign(packet.begin(), packet.begin() + 12);  // ports and tag
    return false;
  };
  REQUIRE(ends.connect());
  ends.run(std::chrono::seconds{1});
  // HEARTBEAT (RFC 9260 section 3.3.6) with eight bytes of information; each is answered.
  for (const int byte : {4, 0, 0, 16, 0, 1, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8}) {
    heartbeat.push_back(static_cast<std::uint8_t>(byte));
  }
  seal(heartbeat);
  for (std::size_t i = 0; i < Association::kMaxOutput + 100; ++i) ends.end[1]->receive(heartbeat);
  CHECK(ends.end[1]->take_output(100'000).size() == Association::kMaxOutput);
  CHECK(ends.drops[1].of(DropReason::DATA_OUTPUT) == 100);
  CHECK(ends.end[1]->take_output(100'000).empty());
}
