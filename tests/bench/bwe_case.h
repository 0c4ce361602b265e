// One run: links, flows, cross traffic; and what is measured of it.
#pragma once

#include <string>
#include <vector>

#include "bwe_media.h"
#include "bwe_tcp.h"

namespace weir::bench {

struct TcpOptions {
  TcpFlow::Algorithm algorithm = TcpFlow::Algorithm::reno;
  double start = 0;
  double end = 0;
  bool bursts = false;    // files of 100 kB to 1 MB with pauses of 10 s in the mean, else without end
  bool start_on = false;  // bursts: begins with a file, not with a pause
  double delay_ms = 50;
};

struct Case {
  std::string name;
  double duration = 100;
  LinkOptions forward;
  LinkOptions backward;  // without capacity: no limit
  double fixed_kbps =
      0;  // if not 0: the link's rate, of which other traffic takes all above forward's capacity
  bool source_bound = true;  // what the sources can offer bounds what may be used
  std::vector<MediaOptions> media;
  std::vector<TcpOptions> tcp;
};

struct Result {
  std::string name;
  double utilization = 0;   // media and TCP that arrived, of what was there to use, in steady phases
  double queue_p95_ms = 0;  // of the media's packets at the bottleneck, the whole run
  double loss = 0;          // of the media's packets
  double jain = 1;          // of the forward media flows while all are there
  double reaction_ms = 0;   // the longest time from a drop of capacity until less is sent than fits
  double media_kbps = 0;    // mean over the run, all forward flows
  double tcp_kbps = 0;
  double tcp_share_kbps = 0;  // while all media flows are there
  double delay_p95_ms = 0;    // one way, with propagation and jitter
  double freezes = 0;         // gaps over 250 ms between arrivals of video, a minute and flow
  double used = 0;            // share of the capacity over the whole run
  double possible = 0;        // the same of one who knows the link of a round trip ago, p95 of waits <= 80 ms
  double of_best_choice = 0;  // layers, no TCP: of the best choice of layers, in steady phases
  std::vector<double> share;  // kbit/s of each forward media flow while all are there
};

/// One line every 200 ms: time, capacity, sent, received, target (kbit/s), queue (ms). For plots.
struct Series {
  std::vector<std::vector<double>> rows;
};

Result run_case(const Case& c, std::uint64_t seed, Series* series = nullptr);

/// RFC 8867 sections 5.1 to 5.8, with the values of docs/bandwidth.md.
std::vector<Case> rfc8867_cases();
/// One flow beside one long TCP on 2 Mbit/s: queues of 50 to 300 ms, round trips of 50 and 100 ms.
std::vector<Case> tcp_cases();

}  // namespace weir::bench
