// What the path to a receiver carries is estimated for each receiver alone, from what that receiver reports.
#include <doctest/doctest.h>

#include <algorithm>

#include "scenario/stage.h"

using namespace weir;
using namespace weir::scenario;

TEST_CASE("all that leaves for a receiver is numbered transport-wide, sound too, without a hole") {
  Stage stage{8, 5000};
  stage.world.run(5s);
  const auto& numbers = stage.bob.transport_numbers();
  REQUIRE(numbers.size() > 500);
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    REQUIRE(numbers[i] == static_cast<std::uint16_t>(numbers[i - 1] + 1));
  }
  CHECK(numbers.size() ==
        stage.bob.video(0).sequences.size() + stage.bob.audio(0).sequences.size() +
            static_cast<std::size_t>(stage.bob.video(0).repeated + stage.bob.padding_received()));
  CHECK(stage.stats().path_feedback == WEIR_PATH_FEEDBACK_TRANSPORT_CC);
}

TEST_CASE("a link that carries what is sent is found so, by probes before the first picture") {
  Stage stage{14, 4000};
  stage.world.run(5s);
  CHECK(stage.estimate() > 1.8e6);
  CHECK(stage.estimate() < 4.4e6);
  CHECK(stage.stats().probes_sent > 0);
  CHECK(stage.bob.padding_received() > 0);  // before the first picture
  CHECK_FALSE(stage.bob.video(0).has_gap());
  CHECK(stage.world.link_use(stage.bob).dropped == 0);
  const auto& ages = stage.bob.video(0).ages_us;
  CHECK(*std::max_element(ages.end() - 500, ages.end()) < 80'000);
}

TEST_CASE("a fall of the link to a quarter is known within 1.5 s") {
  Stage stage{14, 4000};
  stage.run_fitting(10s);
  stage.world.link(stage.bob).kbps = 1000;
  CHECK(stage.run_fitting_until([&] { return stage.estimate() <= 1e6; }, 1500ms));
  stage.run_fitting(5s);
  CHECK(stage.estimate() > 0.7e6);
  // And back, by probes that repeat packets.
  stage.world.link(stage.bob).kbps = 4000;
  stage.run_fitting(15s);
  CHECK(stage.estimate() > 1.8e6);
  CHECK(stage.bob.video(0).repeated > 0);
}

TEST_CASE("an outage of 3 s: the estimate falls, and is back within 5 s of the end") {
  Stage stage{14, 4000};
  stage.run_fitting(10s);
  const double before = stage.estimate();
  stage.world.link(stage.bob).cut = true;
  stage.run_fitting(3s);
  CHECK(stage.estimate() < 0.5 * before);
  stage.world.link(stage.bob).cut = false;
  stage.run_fitting(5s);
  CHECK(stage.estimate() > 1.8e6);
}

TEST_CASE("feedback that is lost, late or overtaken changes little") {
  for (const bool lost : {true, false}) {
    CAPTURE(lost);
    Stage stage{14, 4000};
    if (lost) stage.world.link(stage.bob).rtcp_loss = 0.3;
    if (!lost) stage.world.link(stage.bob).rtcp_late = 120ms;  // behind the next two
    stage.world.run(20s);
    CHECK(stage.estimate() > 1.8e6);
    CHECK(stage.estimate() < 5e6);
    CHECK(stage.stats().path_loss < 0.02);
  }
}

TEST_CASE("a policer: the rate stays near it, and little is lost in the end") {
  Stage stage{14, 1500};
  stage.world.link(stage.bob).policer = true;
  stage.run_fitting(20s);
  std::vector<double> estimates;  // probes may find more for a moment: a policer has credit
  for (int i = 0; i < 21; ++i) {
    stage.run_fitting(1s);
    estimates.push_back(stage.estimate());
  }
  std::sort(estimates.begin(), estimates.end());
  CHECK(estimates[10] < 1.9e6);
  CHECK(estimates[10] > 0.9e6);
  const std::uint64_t before = stage.world.link_use(stage.bob).dropped;
  const std::uint64_t sent = stage.stats().packets_sent;
  stage.run_fitting(20s);
  const auto dropped = static_cast<double>(stage.world.link_use(stage.bob).dropped - before);
  // A picture that does not fit is not given up at once: what exceeds the rate goes on for a moment.
  CHECK(dropped < 0.08 * static_cast<double>(stage.stats().packets_sent - sent));
}

TEST_CASE("a radio link whose delay moves by 40 ms is no congestion") {
  Stage stage{14, 4000};
  stage.world.link(stage.bob).radio = 40ms;
  stage.world.run(20s);
  CHECK(stage.estimate() > 1.7e6);
}

TEST_CASE("a receiver that only listened needs 4 Mbit/s: the estimate is there within 3 s") {
  Person listening = viewer();
  listening.receives_audio = 1;
  Stage stage{34, 8000, listening};
  stage.ann.set_camera(false);
  stage.world.run(60s);
  CHECK(stage.stats().probes_sent <= 8);
  stage.ann.set_camera(true);
  stage.world.run(3s);
  CHECK(stage.estimate() > 4e6);
  CHECK(stage.rate(2s) > 4000);
}

TEST_CASE("loss on a publisher's uplink never lowers the estimate of a receiver") {
  Stage clean{14, 4000};
  Stage holes{14, 4000};
  holes.world.link(holes.ann).loss = 0.2;
  clean.world.run(15s);
  holes.world.run(15s);
  CHECK(holes.estimate() > 0.9 * std::min(clean.estimate(), 2e6));
  CHECK(holes.stats().path_loss == 0);
}

TEST_CASE("what receiver reports call lost never lowers the estimate") {
  Stage stage{14, 4000};
  stage.world.run(5s);
  const double before = stage.estimate();
  stage.bob.claim_loss(128);
  stage.world.run(10s);
  CHECK(stage.estimate() >= 0.95 * before);
}

TEST_CASE("one receiver's narrow link is nothing to another") {
  Stage stage{14, 800};
  Client& cid = stage.world.join(stage.room, viewer());
  stage.world.run(200ms);
  stage.world.watch(cid, 0, stage.ann);
  stage.world.run(10s);
  CHECK(stage.estimate() < 1e6);
  CHECK(stage.world.participant_stats(cid).available_outgoing_bitrate > 1'800'000);
  CHECK_FALSE(cid.video(0).has_gap());
}

TEST_CASE("receivers without any feedback get a safe fixed rate") {
  Person silent = viewer();
  silent.offers_transport_cc = false;
  silent.offers_remb = false;
  Stage stage{4, 4000, silent};
  stage.world.run(10s);
  CHECK(stage.stats().path_feedback == WEIR_PATH_FEEDBACK_NONE);
  CHECK(stage.estimate() == 1e6);
  CHECK(stage.stats().probes_sent == 0);
  CHECK_FALSE(stage.bob.video(0).has_gap());
}

TEST_CASE("one that offers feedback and gives none gets the same; one that stops keeps no more than it") {
  Person silent = viewer();
  silent.reports_arrivals = false;
  Stage never{4, 4000, silent};
  never.world.run(10s);
  CHECK(never.estimate() == 1e6);

  Stage stops{14, 4000};
  stops.world.run(10s);
  CHECK(stops.estimate() > 1.8e6);
  stops.bob.stop_arrival_reports();
  stops.world.run(5s);
  CHECK(stops.estimate() <= 1e6);
  CHECK(stops.estimate() > 0.4e6);

  // Who sends as well tells in sender reports that it is there.
  Person sends = viewer();
  sends.sends_audio = true;
  sends.reports_arrivals = false;
  Stage both{4, 4000, sends};
  both.world.run(10s);
  CHECK(both.estimate() == 1e6);
}

TEST_CASE("REMB is the estimate where a receiver offers nothing better, and a limit where it does") {
  Person old = viewer();
  old.offers_transport_cc = false;
  Stage alone{4, 4000, old};
  alone.world.run(2s);
  CHECK(alone.stats().path_feedback == WEIR_PATH_FEEDBACK_REMB);
  alone.bob.send_remb(777'000);
  alone.world.run(100ms);
  CHECK(alone.estimate() == 777'000);
  alone.world.run(20s);
  CHECK(alone.estimate() == 777'000);
  alone.bob.send_remb(5'000'000);
  alone.world.run(100ms);
  CHECK(alone.estimate() == 5e6);
  alone.world.run(6s);  // the receiver has nothing to say any more
  CHECK(alone.estimate() == 1e6);

  Stage both{14, 4000};
  both.world.run(5s);
  both.bob.send_remb(700'000);
  both.world.run(100ms);
  CHECK(both.estimate() == 700'000);
  both.world.run(6s);  // it is not repeated
  CHECK(both.estimate() > 1e6);
}

TEST_CASE(
    "RFC 8888 serves as well as transport-wide feedback; holes of the uplink are named and do not count") {
  Person modern = viewer();
  modern.offers_transport_cc = false;
  modern.offers_ccfb = true;
  Stage stage{14, 4000, modern};
  stage.world.link(stage.ann).loss = 0.1;
  stage.world.run(10s);
  CHECK(stage.stats().path_feedback == WEIR_PATH_FEEDBACK_RTP);
  CHECK(stage.estimate() > 1.8e6);
  CHECK(stage.stats().path_loss == 0);
  stage.world.link(stage.bob).kbps = 1000;
  CHECK(stage.world.run_until([&] { return stage.estimate() <= 1.05e6; }, 1500ms));
}

TEST_CASE("a video that pauses freezes the estimate; after it the old rate is tried, not assumed") {
  Stage stage{14, 4000};
  stage.world.run(10s);
  const double before = stage.estimate();
  stage.ann.set_camera(false);
  stage.world.run(60s);
  CHECK(stage.estimate() > 0.7 * before);
  stage.ann.set_camera(true);
  stage.world.run(3s);
  CHECK(stage.estimate() > 1.7e6);
}

TEST_CASE("sound does not wait behind video") {
  Stage stage{14, 4000};
  stage.world.run(10s);
  const std::size_t before = stage.bob.audio(0).ages_us.size();
  stage.world.link(stage.bob).kbps = 300;
  stage.world.run(10s);
  const auto& audio = stage.bob.audio(0).ages_us;
  REQUIRE(audio.size() > before + 400);
  CHECK(*std::max_element(audio.begin() + static_cast<std::ptrdiff_t>(before), audio.end()) < 450'000);
  // The only layer does not fit any more.
  CHECK(stage.world.info(stage.world.subscription(stage.bob, "rv0")).layer_reason ==
        WEIR_LAYER_PAUSED_BANDWIDTH);
  // Probes ask for more every five seconds; for the moment of one, sound shares the link with it.
  CHECK(std::count_if(audio.end() - 200, audio.end(), [](auto age) { return age >= 40'000; }) <= 10);
}
