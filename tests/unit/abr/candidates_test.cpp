#include "abr/candidates.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "material.h"

using namespace weir;
using namespace weir::abr;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

Candidate described(const Asked& asked, std::vector<Option>& options) {
  Candidate candidate;
  candidate.subscription = asked.subscription;
  candidate.count = static_cast<std::uint32_t>(asked.layers.size());
  options.assign(asked.layers.size(), {});
  describe(candidate, asked.layers, options, 5s);
  return candidate;
}

Candidate described(const Asked& asked) {
  std::vector<Option> options;
  return described(asked, options);
}

}  // namespace

TEST_CASE("base and top of layers in any order") {
  Asked asked = person(1);
  std::reverse(asked.layers.begin(), asked.layers.end());
  const Candidate c = described(asked);
  CHECK(c.base == 5);
  CHECK(c.top == 0);
  CHECK_FALSE(c.cut_by_size);
  CHECK(competes(c));
}

TEST_CASE("layers above the smallest that covers the useful size cannot be chosen") {
  Asked asked = person(1);
  std::vector<Option> options;
  for (const auto& [width, usable] :
       std::vector<std::pair<std::uint32_t, int>>{{320, 2}, {321, 4}, {640, 4}, {641, 6}, {9999, 6}}) {
    asked.subscription.max_width = width;
    asked.subscription.max_height = width * 9 / 16 + 1;
    const Candidate c = described(asked, options);
    INFO("useful width ", asked.subscription.max_width);
    CHECK(std::count_if(options.begin(), options.end(), [](auto& o) { return o.utility > 0; }) == usable);
    CHECK(c.cut_by_size == (usable < 6));
  }
}

TEST_CASE("the wait ends after the hold, its own or the allocator's") {
  Asked asked = person(1);
  asked.subscription.current_layer = 0;
  struct Case {
    Duration since;
    Duration hold;
    bool held;
  };
  for (const auto& [since, hold, held] : std::vector<Case>{{-1us, 0us, false},
                                                           {0us, 0us, true},
                                                           {4'999'999us, 0us, true},
                                                           {5'000'000us, 0us, false},
                                                           {5'000'000us, 5'000'001us, true},
                                                           {1us, 1us, false}}) {
    asked.subscription.since_change = since;
    asked.subscription.hold = hold;
    CHECK(described(asked).held == held);
    CHECK_FALSE(described(asked).resuming);
  }
}

TEST_CASE("a current layer that is gone, too large, or was never there") {
  Asked asked = person(1);
  asked.subscription.since_change = 0us;
  asked.subscription.current_layer = 6;
  CHECK(described(asked).current == kNoLayer);
  CHECK_FALSE(described(asked).held);
  CHECK_FALSE(described(asked).resuming);
  asked.subscription.current_layer = 5;
  CHECK(described(asked).current == 5);
  asked.layers[5].bitrate = 0;
  CHECK(described(asked).current == kNoLayer);
  CHECK_FALSE(described(asked).held);
  asked.subscription.current_layer = 4;
  asked.subscription.max_width = 320;
  CHECK(described(asked).current == kNoLayer);
  asked.subscription.current_layer = kNoLayer;
  CHECK(described(asked).held);
  CHECK(described(asked).resuming);
}

TEST_CASE("layout and publisher are asked first") {
  Asked asked = person(1);
  asked.subscription.visible = false;
  CHECK(described(asked).paused == Reason::paused_layout);
  asked.subscription.visible = true;
  for (Layer& layer : asked.layers) layer.bitrate = 0;
  CHECK(described(asked).paused == Reason::paused_publisher);
  asked.layers.clear();
  CHECK(described(asked).paused == Reason::paused_publisher);
}

TEST_CASE("the limit lets pinned, heavy and present ones pass first") {
  std::vector<Candidate> all;
  for (std::uint64_t id = 1; id <= 5; ++id) all.push_back(described(person(id)));
  all[4].subscription.pinned = true;
  all[3].subscription.weight = 2;
  all[2].current = 0;
  std::vector<std::uint32_t> order(5);
  const auto passing = [&](std::uint32_t limit) {
    std::vector<Candidate> copy = all;
    limit_shown(copy, order, limit);
    std::vector<std::uint64_t> ids;
    for (const Candidate& c : copy) {
      if (competes(c))
        ids.push_back(c.subscription.id);
      else
        CHECK(c.paused == Reason::paused_limit);
    }
    return ids;
  };
  CHECK(passing(0).size() == 5);
  CHECK(passing(1) == std::vector<std::uint64_t>{5});
  CHECK(passing(2) == std::vector<std::uint64_t>{4, 5});
  CHECK(passing(3) == std::vector<std::uint64_t>{3, 4, 5});
  CHECK(passing(4) == std::vector<std::uint64_t>{1, 3, 4, 5});
  CHECK(passing(5).size() == 5);
  CHECK(passing(6).size() == 5);
}
