#include "load/received_stream.h"

#include <doctest/doctest.h>

using namespace weir;
using load::Received;
using load::ReceivedStream;
using std::chrono::milliseconds;

namespace {

Time at(int ms) {
  return Time{milliseconds{ms}};
}

}  // namespace

TEST_CASE("loss is the share that did not come, and never negative") {
  CHECK(load::loss_of(0, 0) == 0);
  CHECK(load::loss_of(100, 100) == 0);
  CHECK(load::loss_of(100, 101) == 0);
  CHECK(load::loss_of(200, 199) == doctest::Approx(0.005));
  CHECK(load::loss_of(10, 0) == 1);
}

TEST_CASE("every packet counts once, over the end of the numbers, too") {
  ReceivedStream stream{1, 96, 90'000};
  Received counts;
  for (unsigned i = 0; i < 100; ++i) {
    stream.on_packet(at(static_cast<int>(i)), static_cast<std::uint16_t>(65'500 + i), 0, 1000, false, counts);
  }
  stream.on_packet(at(101), 65'520, 0, 1000, false, counts);
  CHECK(counts.packets == 100);
  CHECK(counts.duplicates == 1);
  CHECK(counts.repaired == 0);
  CHECK(stream.packets() == 100);
  CHECK(stream.missing().missing() == 0);
}

TEST_CASE("a packet that was asked for and comes as repair counts as received") {
  ReceivedStream stream{1, 96, 90'000};
  Received counts;
  for (const std::uint16_t sequence : {std::uint16_t{10}, std::uint16_t{12}, std::uint16_t{13}}) {
    stream.on_packet(at(0), sequence, 0, 1000, false, counts);
  }
  CHECK(counts.packets == 3);
  CHECK(stream.missing().missing() == 1);
  REQUIRE(stream.missing().due(at(20), milliseconds{50}).size() == 1);
  stream.on_packet(at(30), 11, 0, 1000, true, counts);
  CHECK(counts.packets == 4);
  CHECK(counts.repaired == 1);
  stream.on_packet(at(31), 11, 0, 1000, true, counts);
  CHECK(counts.packets == 4);
  CHECK(counts.duplicates == 1);
}

TEST_CASE("counts of clients add up") {
  Received sum{1, 2, 3};
  sum += Received{10, 20, 30};
  CHECK(sum.packets == 11);
  CHECK(sum.repaired == 22);
  CHECK(sum.duplicates == 33);
}
