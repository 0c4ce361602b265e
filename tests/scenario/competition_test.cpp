// Media beside a TCP transfer on the receiver's link.
#include <doctest/doctest.h>

#include "scenario/stage.h"

using namespace weir;
using namespace weir::scenario;
using test::TcpFlow;

namespace {

/// kbit/s of a flow over the last of its deliveries.
double rate_of(const TcpFlow& flow, Duration span, Time now) {
  const double from = static_cast<double>(to_us(now - span)) / 1e6;
  double bytes = 0;
  for (const TcpFlow::Delivery& delivery : flow.deliveries()) {
    if (static_cast<double>(delivery.at) >= from) bytes += delivery.bytes;
  }
  return bytes * 8e3 / static_cast<double>(span.count());
}

}  // namespace

TEST_CASE(
    "beside a transfer by TCP, where the queue is not bloated, neither starves, and the link is found "
    "again") {
  for (const auto algorithm : {TcpFlow::Algorithm::reno, TcpFlow::Algorithm::cubic}) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      CAPTURE(static_cast<int>(algorithm));
      CAPTURE(seed);
      World world{seed};
      const Id room = world.open_room();
      Person sender = camera(0);
      sender.encodings = 3;
      sender.temporal_layers = 3;
      sender.life_size = true;
      Client& ann = world.join(room, sender);
      Client& bob = world.join(room, viewer());
      world.link(bob).kbps = 2000;
      world.link(bob).delay = 25ms;
      world.link(bob).queue = 100ms;
      world.run(200ms);
      world.watch(bob, 0, ann);
      world.run(20s);
      const auto path = world.beside(bob);
      TcpFlow flow{*path, algorithm};
      flow.transfer(1e12, nullptr);
      world.run(30s);
      const std::uint64_t before = bob.bytes_received();
      world.run(40s);
      const double media = static_cast<double>(bob.bytes_received() - before) * 8e3 / 40e6;
      const double tcp = rate_of(flow, 40s, world.now());
      MESSAGE("media " << media << " kbit/s, TCP " << tcp << ", estimate "
                       << world.participant_stats(bob).available_outgoing_bitrate);
      // At least a quarter of the fair share in the mean, though layers come in steps; TCP at least half.
      CHECK(media > 200);
      CHECK(world.participant_stats(bob).available_outgoing_bitrate > 300'000);
      CHECK(tcp > 500);
      CHECK(media + tcp > 1700);
      // The transfer ends, and the link is the receiver's alone again.
      flow.stop();
      CHECK(world.run_until(
          [&] { return world.participant_stats(bob).available_outgoing_bitrate > 1'500'000; }, 60s));
    }
  }
}
