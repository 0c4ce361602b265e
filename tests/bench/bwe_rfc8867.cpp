#include "bwe_case.h"

namespace weir::bench {
namespace {

MediaOptions media(double start, double end, double delay_ms = 50) {
  MediaOptions m;
  m.start = start;
  m.end = end;
  m.delay_ms = delay_ms;
  return m;
}

Case make(std::string name, double duration, std::vector<RateStep> forward, std::vector<MediaOptions> flows) {
  Case c;
  c.name = std::move(name);
  c.duration = duration;
  c.forward.capacity = std::move(forward);
  c.media = std::move(flows);
  return c;
}

/// Both ways to vary the capacity, and both delays.
void add_variable(std::vector<Case>& cases, const Case& base) {
  for (const double delay : {50.0, 100.0}) {
    for (const bool by_traffic : {false, true}) {
      Case c = base;
      for (MediaOptions& m : c.media) m.delay_ms = delay;
      c.fixed_kbps = by_traffic ? 4000.1 : 0;
      c.name += "-" + std::to_string(static_cast<int>(delay)) + "ms" + (by_traffic ? "-udp" : "");
      cases.push_back(c);
    }
  }
}

Case feedback_case(bool congested) {
  Case c = make(congested ? "5.3" : "5.3-clean-feedback", 100, {{0, 2000}, {20, 1000}, {40, 500}, {60, 2000}},
                {media(0, 99)});
  if (congested) {
    c.backward.capacity = {{0, 2000}, {35, 800}, {70, 2000}};
    c.media.push_back(media(0, 99));
    c.media.back().forward = false;
  }
  return c;
}

Case long_tcp(double queue_ms, TcpFlow::Algorithm algorithm) {
  const bool cubic = algorithm == TcpFlow::Algorithm::cubic;
  Case c = make("5.6-" + std::to_string(static_cast<int>(queue_ms)) + "ms-" + (cubic ? "cubic" : "reno"), 120,
                {{0, 2000}}, {media(5, 119)});
  c.forward.queue_ms = queue_ms;
  c.tcp.push_back({algorithm, 0, 119, false, false});
  return c;
}

Case short_tcp(TcpFlow::Algorithm algorithm) {
  const bool cubic = algorithm == TcpFlow::Algorithm::cubic;
  Case c = make(cubic ? "5.7-cubic" : "5.7-reno", 300, {{0, 2000}}, {media(5, 299), media(5, 299)});
  for (int i = 0; i < 10; ++i) c.tcp.push_back({algorithm, 0, 299, true, i < 2});
  return c;
}

}  // namespace

std::vector<Case> rfc8867_cases() {
  std::vector<Case> cases;
  add_variable(cases, make("5.1", 100, {{0, 1000}, {40, 2500}, {60, 600}, {80, 1000}}, {media(0, 99)}));
  add_variable(cases, make("5.2", 125, {{0, 4000}, {25, 2000}, {50, 3500}, {75, 1000}, {100, 2000}},
                           {media(0, 124), media(0, 124)}));
  cases.push_back(feedback_case(true));
  cases.push_back(feedback_case(false));
  cases.push_back(make("5.4", 120, {{0, 3500}}, {media(0, 119), media(20, 119), media(40, 119)}));
  cases.push_back(make(
      "5.5", 300, {{0, 4000}},
      {media(0, 299, 10), media(10, 299, 25), media(20, 299, 50), media(30, 299, 100), media(40, 299, 150)}));
  for (const double queue : {300.0, 1000.0}) {
    cases.push_back(long_tcp(queue, TcpFlow::Algorithm::reno));
    cases.push_back(long_tcp(queue, TcpFlow::Algorithm::cubic));
  }
  cases.push_back(short_tcp(TcpFlow::Algorithm::reno));
  cases.push_back(short_tcp(TcpFlow::Algorithm::cubic));
  Case pause = make("5.8", 120, {{0, 3500}}, {media(0, 119), media(0, 119), media(0, 119)});
  pause.media[1].pause = 40;
  pause.media[1].resume = 60;
  cases.push_back(pause);
  return cases;
}

std::vector<Case> tcp_cases() {
  std::vector<Case> cases;
  for (const double round_trip : {50.0, 100.0}) {
    for (const double queue : {50.0, 100.0, 200.0, 300.0}) {
      for (const auto algorithm : {TcpFlow::Algorithm::reno, TcpFlow::Algorithm::cubic}) {
        Case c = long_tcp(queue, algorithm);
        c.name = "tcp" + c.name.substr(3) + "-rtt" + std::to_string(static_cast<int>(round_trip));
        c.media.front().delay_ms = round_trip / 2;
        c.tcp.front().delay_ms = round_trip / 2;
        cases.push_back(std::move(c));
      }
    }
  }
  return cases;
}

}  // namespace weir::bench
