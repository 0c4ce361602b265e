// Two ends of an association in virtual time, with a path between them that tests can disturb. Both live in
// the one stack of the process, as those of several engines do.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sctp/channels.h"
#include "support/library_time.h"

namespace weir::test {

struct Ends {
  struct Flight {
    int to;
    std::vector<std::uint8_t> packet;
  };

  DropCounters drops[2];
  std::unique_ptr<sctp::Channels> end[2];
  std::vector<sctp::Channels::Event> events[2];
  Time now;
  Duration delay = std::chrono::milliseconds{20};
  std::function<bool(int to, Bytes packet)> lose = [](int, Bytes) { return false; };
  std::multimap<Time, Flight> flying;
  std::size_t longest_packet = 0;

  /// Time goes on from one test to the next, as it does in a process.
  static Time& clock() {
    static Time time = time_from_us(1'000'000);
    return time;
  }

  static sctp::Channels::Options options(bool client) {
    sctp::Channels::Options o;
    o.dtls_client = client;
    o.max_message_sent = 262'144;
    return o;
  }

  explicit Ends(sctp::Channels::Options first = options(true),
                sctp::Channels::Options second = options(false))
      : now(clock()) {
    test::set_library_time(now);
    end[0] = sctp::Channels::begin(first, drops[0]);
    end[1] = sctp::Channels::begin(second, drops[1]);
    REQUIRE(end[0] != nullptr);
    REQUIRE(end[1] != nullptr);
  }
  ~Ends() { clock() = now; }

  void flush() {
    for (int from = 0; from < 2; ++from) {
      if (end[from] == nullptr) continue;
      for (std::vector<std::uint8_t>& packet : end[from]->take_output(1000)) {
        longest_packet = std::max(longest_packet, packet.size());
        if (!lose(1 - from, packet)) flying.emplace(now + delay, Flight{1 - from, std::move(packet)});
      }
      for (auto& event : end[from]->take_events()) events[from].push_back(std::move(event));
    }
  }

  void step() {
    now += std::chrono::milliseconds{10};
    test::set_library_time(now);
    sctp::Stack::instance().advance(now);
    for (const auto& channels : end) {
      if (channels != nullptr) channels->advance();
    }
    flush();
    while (!flying.empty() && flying.begin()->first <= now) {
      const Flight flight = std::move(flying.begin()->second);
      flying.erase(flying.begin());
      if (end[flight.to] != nullptr) end[flight.to]->receive(flight.packet);
      flush();
    }
  }
  void run(Duration duration) {
    for (const Time until = now + duration; now < until;) step();
  }
  bool run_until(const std::function<bool()>& done, Duration at_most = std::chrono::seconds{20}) {
    for (const Time until = now + at_most; now < until && !done();) step();
    return done();
  }
  bool connect() {
    return run_until([&] { return end[0]->up() && end[1]->up(); });
  }

  std::vector<std::string> messages(int at) const {
    std::vector<std::string> texts;
    for (const auto& event : events[at]) {
      if (event.kind == sctp::Channels::EventKind::message) {
        texts.emplace_back(event.bytes.begin(), event.bytes.end());
      }
    }
    return texts;
  }
  std::size_t count(int at, sctp::Channels::EventKind kind) const {
    std::size_t n = 0;
    for (const auto& event : events[at]) n += event.kind == kind ? 1U : 0U;
    return n;
  }
};

}  // namespace weir::test
