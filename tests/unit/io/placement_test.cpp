#include "io/placement.h"

#include <doctest/doctest.h>

#include <vector>

using namespace weir;
using namespace std::chrono_literals;
using io::BusyMeter;
using io::least_loaded;
using io::WorkerLoad;

namespace {

std::size_t place(std::vector<WorkerLoad> loads) {
  return least_loaded(loads);
}

}  // namespace

TEST_CASE("a room goes where the least is to do, whoever has more people") {
  CHECK(place({{.busy = 0.8, .people = 5, .rooms = 1}, {.busy = 0.2, .people = 100, .rooms = 9}}) == 1);
  CHECK(place({{.busy = 0.2, .people = 100, .rooms = 9}, {.busy = 0.8, .people = 5, .rooms = 1}}) == 0);
}

TEST_CASE("who has cost nothing yet counts, too") {
  // Two hundred who have just come, as against a fifth of a core.
  CHECK(place({{.people = 201}, {.busy = 0.2}}) == 1);
  CHECK(place({{.people = 199}, {.busy = 0.2}}) == 0);
  CHECK(place({{.people = 3}, {.people = 2}, {.people = 4}}) == 1);
}

TEST_CASE("empty rooms are spread, and of equals the first is taken") {
  CHECK(place({{}, {}, {}}) == 0);
  CHECK(place({{.rooms = 1}, {}, {}}) == 1);
  CHECK(place({{.rooms = 1}, {.rooms = 1}, {}}) == 2);
  CHECK(place({{.busy = 1, .people = 7, .rooms = 1}}) == 0);
}

TEST_CASE("rooms of equal meetings are spread evenly, one by one") {
  std::vector<WorkerLoad> loads(4);
  for (int room = 0; room < 40; ++room) {
    WorkerLoad& load = loads[least_loaded(loads)];
    load.people += 5;
    ++load.rooms;
  }
  for (const WorkerLoad& load : loads) CHECK(load.rooms == 10);
}

TEST_CASE("the share of a core follows what a thread takes") {
  BusyMeter meter;
  Time now = time_from_us(1'000'000);
  Duration taken{};
  const auto pass = [&](Duration processor) {
    now += BusyMeter::kInterval;
    taken += processor;
    return meter.note(now, taken);
  };
  CHECK(meter.note(now, taken) == 0);
  double busy = 0;
  for (int i = 0; i < 20; ++i) busy = pass(250ms);
  CHECK(busy == doctest::Approx(0.5).epsilon(0.02));
  for (int i = 0; i < 4; ++i) busy = pass(0ms);
  CHECK(busy < 0.25);
  for (int i = 0; i < 40; ++i) busy = pass(0ms);
  CHECK(busy == 0);
  // Clocks that disagree do not make more than all of a core of it, nor less than nothing.
  for (int i = 0; i < 40; ++i) busy = pass(900ms);
  CHECK(busy <= 1);
  CHECK(busy > 0.99);
  CHECK(pass(-900ms) >= 0);
  CHECK(meter.note(now, taken) >= 0);  // no time has passed
}
