// Minutes of virtual time: a steady link with noisy estimates, and a recorded one.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "abr/allocator.h"
#include "material.h"
#include "support/shared_data.h"

using namespace weir;
using namespace weir::abr;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

/// A receiver that does what it is told, and notes how often that changes.
class Receiver {
 public:
  explicit Receiver(std::vector<Asked> people) : people_(std::move(people)) {
    changed_at_.resize(people_.size(), Time::min());
  }

  std::vector<Asked>& people() { return people_; }

  Allocation step(Time now, std::uint64_t budget) {
    for (std::size_t i = 0; i < people_.size(); ++i) {
      people_[i].subscription.since_change =
          changed_at_[i] == Time::min() ? Duration{-1} : Duration{now - changed_at_[i]};
    }
    const Allocation allocation = decide(allocator_, people_, budget);
    CHECK(static_cast<std::uint64_t>(allocation.bitrate) <= budget);
    CHECK(allocation.gap == 0);
    for (std::size_t i = 0; i < people_.size(); ++i) {
      const Decision& decision = allocator_.decision(i);
      if (!decision.changed) continue;
      if (changed_at_[i] != Time::min() && now - changed_at_[i] < 5s) ++hasty;
      ++changes;
      changed_at_[i] = now;
      people_[i].subscription.current_layer = decision.layer;
    }
    return allocation;
  }

  int changes = 0;
  int hasty = 0;  ///< Changes within 5 s of the one before.

 private:
  std::vector<Asked> people_;
  std::vector<Time> changed_at_;
  Allocator allocator_{AllocatorOptions{}};
};

/// A number with noise of so many percent up and down.
std::uint64_t noisy(SeededRandom& random, std::uint64_t value, double percent) {
  return static_cast<std::uint64_t>(static_cast<double>(value) *
                                    (1 + percent / 100 * (2 * random.unit() - 1)));
}

}  // namespace

TEST_CASE("a steady link with noisy estimates: never two changes in 5 s, and soon none at all") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    SeededRandom random{seed};
    std::vector<Asked> people;
    for (std::uint64_t id = 0; id < 9; ++id) people.push_back(person(id, id == 0 ? 4 : 1));
    Receiver receiver{people};
    const std::uint64_t link = 300'000 + random.below(8'000'000);
    int late = 0;
    for (Time now = time_from_us(0); now < time_from_us(600'000'000); now += 200ms) {
      for (Asked& a : receiver.people()) {
        const auto measured = camera();
        for (std::size_t i = 0; i < measured.size(); ++i) {
          a.layers[i].bitrate = noisy(random, measured[i].bitrate, 3);
        }
      }
      const int before = receiver.changes;
      receiver.step(now, noisy(random, link, 5));
      if (now > time_from_us(120'000'000)) late += receiver.changes - before;
    }
    CHECK(receiver.hasty == 0);
    CHECK(receiver.changes <= 40);
    CHECK(late <= 10);
  }
}

TEST_CASE("a square wave: down at once each time, up once each time") {
  std::vector<Asked> people;
  for (std::uint64_t id = 0; id < 4; ++id) people.push_back(person(id));
  Receiver receiver{people};
  for (int second = 0; second < 120; ++second) {
    const bool wide = second % 40 < 20;
    const std::uint64_t budget = wide ? 8'000'000 : 1'000'000;
    const Allocation allocation = receiver.step(time_from_us(second * 1'000'000), budget);
    if (second % 40 >= 1 && wide && second > 40) CHECK(allocation.shown == 4);
    if (second % 40 > 10 && wide) CHECK(allocation.bitrate == 6'000'000);
  }
  // Three times up and three times down, each with at most one more step for those who fit better afterwards.
  CHECK(receiver.changes <= 4 * 2 * 6);
  CHECK(receiver.changes >= 4 * 5);
}

TEST_CASE("an outage: all paused at once, back one by one or all as the link allows, with the wait") {
  std::vector<Asked> people;
  for (std::uint64_t id = 0; id < 3; ++id) people.push_back(person(id));
  Receiver receiver{people};
  CHECK(receiver.step(time_from_us(0), 2'000'000).shown == 3);
  CHECK(receiver.step(time_from_us(1'000'000), 0).shown == 0);
  CHECK(receiver.step(time_from_us(5'999'999), 2'000'000).shown == 0);
  CHECK(receiver.step(time_from_us(6'000'000), 2'000'000).shown == 3);
}

TEST_CASE("Jitsi's recorded ramp of six senders: fewer than 20 changes") {
  WEIR_NEEDS_SHARED_DATA(folder, "network_traces/jitsi_bwe");
  std::ifstream file{*folder / "bwe-events.csv"};
  std::string line;
  std::getline(file, line);
  std::vector<Asked> people;
  for (std::uint64_t id = 0; id < 6; ++id) {
    Asked a;
    a.subscription.id = id;
    a.layers = {{0, 320, 180, 7'500, 0}, {0, 320, 180, 30'000, 0}};
    people.push_back(a);
  }
  Receiver receiver{people};
  int rows = 0;
  Allocation last;
  while (std::getline(file, line)) {
    std::istringstream row{line};
    std::string cell;
    std::getline(row, cell, ',');
    const int hours = std::stoi(cell.substr(0, 2));
    const int minutes = std::stoi(cell.substr(3, 2));
    const double seconds = std::stod(cell.substr(6));
    const auto us = static_cast<std::int64_t>((hours * 3600 + minutes * 60 + seconds) * 1e6);
    std::getline(row, cell, ',');
    const std::uint64_t budget = std::stoull(cell);
    for (Asked& a : receiver.people()) {
      for (Layer& layer : a.layers) {
        std::getline(row, cell, ',');
        layer.bitrate = std::stoull(cell);
      }
    }
    last = receiver.step(time_from_us(us), budget);
    ++rows;
  }
  CHECK(rows == 427);
  CHECK(last.shown == 6);
  MESSAGE("changes of six senders in the recorded ramp: ", receiver.changes);
  CHECK(receiver.changes < 20);
  CHECK(receiver.hasty == 0);
}
