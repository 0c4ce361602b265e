#include "bwe/estimator.h"

#include <doctest/doctest.h>

#include "unit/bwe/path.h"

namespace weir::bwe {
namespace {

using test::Path;
using test::PathOptions;

constexpr double kLink = 3e6;

}  // namespace

TEST_CASE("a clean link is found in seconds and not overrun") {
  Path path;
  path.run(10);
  CHECK(path.estimator.target() > 0.85 * kLink);
  path.peak = 0;
  path.longest_queue_ms = 0;
  path.run(30);
  CHECK(path.peak < 1.15 * kLink);
  CHECK(path.longest_queue_ms < 120);
  CHECK(path.lost == 0);
}

TEST_CASE("reports by RFC 8888, a quarter as fine, do as well") {
  Path path{{.by_rtp = true}};
  path.run(10);
  CHECK(path.estimator.target() > 0.85 * kLink);
  path.options.capacity = kLink / 4;
  path.run(1.5);
  CHECK(path.estimator.target() <= kLink / 4);
  path.options.capacity = kLink;
  path.run(20);
  CHECK(path.estimator.target() > 0.8 * kLink);
}

TEST_CASE("a receiver that lives but never reports gets the safe rate, one that stops no more than that") {
  Estimator silent{{.start = 300'000, .unreported = 1'000'000}};
  Estimator dead{{.start = 300'000, .unreported = 1'000'000}};
  Time now = time_from_us(1'000'000);
  for (int i = 0; i < 6000; ++i, now += test::kMs) {
    if (i % 20 == 0)
      silent.on_packet_sent({static_cast<std::uint16_t>(i / 20), now, 500, PacketKind::video, 0});
    if (i % 20 == 0)
      dead.on_packet_sent({static_cast<std::uint16_t>(i / 20), now, 500, PacketKind::video, 0});
    if (i % 1000 == 0) silent.on_sign_of_life(now);
    if (now >= silent.deadline()) silent.on_time(now);
    if (now >= dead.deadline()) dead.on_time(now);
  }
  CHECK(silent.target() == 1'000'000);
  CHECK(dead.target() == 30'000);

  Path path{{}, {.unreported = 1'000'000}};
  path.run(10);
  CHECK(path.estimator.target() > 2e6);
  path.options.feedback_lost_every = 1;
  for (int i = 0; i < 5; ++i) {
    path.estimator.on_sign_of_life(path.now);
    path.run(1);
  }
  CHECK(path.estimator.target() == 1'000'000);
  path.run(20);  // not even a sign of life
  CHECK(path.estimator.target() < 100'000);
  path.options.feedback_lost_every = 0;
  path.run(20);
  CHECK(path.estimator.target() > 2e6);
}

TEST_CASE("time stands still while nothing is sent") {
  Path path;
  path.run(10);
  const Rate before = path.estimator.target();
  path.demand = 0;
  path.estimator.set_wanted(path.now, 2e6);  // no more than there is
  path.run(10);
  CHECK(path.estimator.deadline() == kNever);
  CHECK(path.estimator.target() == doctest::Approx(before).epsilon(0.02));
  path.demand = 1e9;
  path.run(5);
  CHECK(path.estimator.target() > 0.8 * kLink);
}

TEST_CASE("who is paused for want of bandwidth is probed for, though nothing is sent") {
  Path path{{.capacity = 300e3}};
  path.run(10);
  CHECK(path.estimator.target() < 400e3);
  path.demand = 0;
  path.options.capacity = kLink;
  path.run(30);
  CHECK(path.estimator.target() > 0.8 * kLink);
}

TEST_CASE("another route: half of the old rate, and soon what the new one carries") {
  Path path;
  path.run(10);
  const Rate before = path.estimator.target();
  path.options.delay_ms = 140;  // a longer way is no queue
  path.estimator.on_route_change(path.now);
  CHECK(path.estimator.target() == doctest::Approx(before / 2));
  path.run(10);
  CHECK(path.estimator.target() > 0.8 * kLink);
  CHECK_FALSE(path.estimator.competing());
}

TEST_CASE("loss that does not depend on the rate does not lower it") {
  for (const double loss : {0.02, 0.1}) {
    Path path{{.loss = loss}};
    path.run(30);
    CHECK(path.estimator.target() > 0.8 * kLink);
    CHECK(path.estimator.loss() == doctest::Approx(loss).epsilon(0.6));
  }
}

TEST_CASE("after a fall to a quarter less is sent than fits, within 1.5 s") {
  Path path;
  path.run(20);
  path.options.capacity = kLink / 4;
  path.run(1.5);
  CHECK(path.estimator.target() <= kLink / 4);
  path.run(8);
  CHECK(path.estimator.target() > 0.75 * kLink / 4);
  path.options.capacity = kLink;
  path.run(20);
  CHECK(path.estimator.target() > 0.8 * kLink);
}

TEST_CASE("feedback that is lost or late changes little") {
  for (const PathOptions& options :
       {PathOptions{.feedback_lost_every = 4}, PathOptions{.feedback_late_every = 5}}) {
    Path path{options};
    path.run(30);
    CHECK(path.estimator.target() > 0.8 * kLink);
    CHECK(path.estimator.target() < 1.2 * kLink);
  }
}

TEST_CASE("an outage of 3 s cuts the rate; afterwards it returns") {
  Path path;
  path.run(20);
  path.dead = true;
  path.run(3);
  CHECK(path.estimator.target() < 0.55 * kLink);
  path.dead = false;
  path.run(6);
  CHECK(path.estimator.target() > 0.75 * kLink);
}

TEST_CASE("a jittery link is used") {
  Path path{{.jitter_ms = 30}};
  path.run(40);
  CHECK(path.estimator.target() > 0.75 * kLink);
}

TEST_CASE("a policer, which drops and never delays, is respected") {
  Path path{{.policer = true}};
  path.run(10);
  path.lost = 0;
  path.sent = 0;
  path.run(60);
  CHECK(path.lost / path.sent < 0.1);
  CHECK(path.estimator.target() > 0.5 * kLink);
  CHECK(path.estimator.target() < 1.3 * kLink);
}

TEST_CASE("a link that gets narrow soon after a probe, and loses packets first, is no policer") {
  for (int phase = 0; phase < 50; ++phase) {
    CAPTURE(phase);
    Path path{{.capacity = 2.5e6, .queue_ms = 150, .delay_ms = 20}};
    path.estimator.set_steps(true);
    path.estimator.set_wanted(path.now, 1.8e6);
    path.demand = 560e3;
    path.run(4 + phase * 0.1);
    path.options.capacity = 300e3;
    path.run(1);
    path.demand = 150e3;
    path.run(11);
    path.options.capacity = 2.5e6;
    path.run(8);
    CHECK(path.estimator.target() > 1.2e6);
  }
}

TEST_CASE("a moment of loss after a probe does not keep a wide link from being found") {
  for (int phase = 0; phase < 20; ++phase) {
    CAPTURE(phase);
    Path path{{.capacity = 2.5e6, .delay_ms = 20}};
    path.estimator.set_steps(true);
    path.estimator.set_wanted(path.now, 300e3);
    path.demand = 200e3;
    path.run(1 + phase * 0.1);
    path.options.loss = 0.7;
    path.run(0.4);
    path.options.loss = 0;
    path.estimator.set_wanted(path.now, 1.8e6);
    path.run(25);
    CHECK(path.estimator.target() > 1.2e6);
  }
}

TEST_CASE("an idle receiver that suddenly needs 4 Mbit/s gets them") {
  Path path{{.capacity = 8e6}};
  path.estimator.set_wanted(path.now, 100e3);
  path.demand = 100e3;
  path.run(60);
  CHECK(path.estimator.target() < 1e6);
  path.estimator.set_wanted(path.now, 4e6);
  path.run(1);
  path.demand = 4e6;
  path.run(5);
  CHECK(path.estimator.target() > 4e6);
}

TEST_CASE("what is not sent is not proof: the estimate stays near the demand") {
  Path path{{.capacity = 100e6}};
  path.estimator.set_wanted(path.now, 784e3);
  path.demand = 784e3;
  path.run(120);
  CHECK(path.estimator.target() > 784e3);
  CHECK(path.peak < 2.3 * 784e3);
}

TEST_CASE("after a pause of a minute half of the rate goes on, and the rest is probed") {
  Path path;
  path.run(20);
  const Rate before = path.estimator.target();
  path.demand = 0;
  path.run(60);
  path.demand = 1e9;
  path.run(0.04);
  CHECK(path.estimator.target() < 0.6 * before);
  path.run(5);
  CHECK(path.estimator.target() > 0.75 * before);
}

TEST_CASE("the numbers' start and the receiver's clock change nothing") {
  Path one{{.first_sequence = 65'500, .clock_offset = std::chrono::seconds{77}}};
  Path other{{.first_sequence = 12, .clock_offset = std::chrono::hours{24 * 12} + std::chrono::hours{10}}};
  one.run(30);
  other.run(30);
  CHECK(one.estimator.target() == doctest::Approx(other.estimator.target()).epsilon(0.1));
}

TEST_CASE("limits hold, whatever is measured") {
  Path path{{.capacity = 20e3}, {.start = 300e3, .least = 60e3, .most = 2e6}};
  path.run(20);
  CHECK(path.estimator.target() == 60e3);
  path.options.capacity = 50e6;
  path.run(60);
  CHECK(path.estimator.target() <= 2e6);
  path.estimator.set_receiver_limit(1e6);
  CHECK(path.estimator.target() <= 1e6);
  path.estimator.set_receiver_limit(1);
  CHECK(path.estimator.target() == 60e3);
}

TEST_CASE("without feedback from the start the rate falls to the least") {
  Path path{{.feedback_lost_every = 1}};
  path.run(10);
  CHECK(path.estimator.target() == 30e3);
}

TEST_CASE("hostile reports do no harm") {
  SeededRandom random{3};
  Path path;
  for (int i = 0; i < 4000; ++i) {
    path.run(0.01);
    std::array<std::uint8_t, 64> bytes;
    random.fill(bytes);
    // Mostly about numbers that exist, with few statuses.
    if (i % 2 == 0) {
      store_u16(bytes.data(), static_cast<std::uint16_t>(65'500 + i * 2));
      store_u16(bytes.data() + 2, static_cast<std::uint16_t>(1 + bytes[3] % 30));
    }
    path.estimator.on_transport_feedback(path.now, Bytes{bytes}.first(8 + bytes[63] % 56));
  }
  CHECK(path.estimator.target() >= 30e3);
  CHECK(path.estimator.target() <= 20e6);
}

TEST_CASE("malformed feedback is refused") {
  Estimator estimator{{}};
  CHECK_FALSE(estimator.on_transport_feedback(Time{}, {}));
  CHECK(estimator.deadline() == kNever);
}

}  // namespace weir::bwe
