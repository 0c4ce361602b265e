#include "load/report.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "load/received_stream.h"

namespace weir::load {
namespace {

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

double ms(Duration time) {
  return static_cast<double>(to_us(time)) / 1000;
}

double us_per_packet(double cpu_s, std::uint64_t packets) {
  return packets == 0 ? 0 : cpu_s * 1e6 / static_cast<double>(packets);
}

double rss_kb_per_participant(const Report& report) {
  const auto grown =
      static_cast<double>(report.server_rss_kb) - static_cast<double>(report.server_rss_before_kb);
  return report.participants == 0 ? 0 : grown / report.participants;
}

}  // namespace

std::string json_of(const Report& report) {
  nlohmann::ordered_json out;
  out["target"] = report.target;
  out["sent_pps"] = rounded(static_cast<double>(report.sent) / report.seconds);
  out["recv_pps"] = rounded(static_cast<double>(report.received) / report.seconds);
  out["loss"] = loss_of(report.expected, report.received);
  out["delay_ms"] = {{"p50", ms(report.delays.percentile(0.5))},
                     {"p95", ms(report.delays.percentile(0.95))},
                     {"p99", ms(report.delays.percentile(0.99))}};
  out["server_cpu_s"] = rounded(report.server_cpu_s);
  out["server_us_per_packet"] = rounded(us_per_packet(report.server_cpu_s, report.received));
  out["server_rss_mb"] = rounded(static_cast<double>(report.server_rss_kb) / 1024);
  out["rss_kb_per_participant"] = rounded(rss_kb_per_participant(report));
  out["join_ms"] = {{"p50", ms(report.joins.percentile(0.5))}, {"p95", ms(report.joins.percentile(0.95))}};
  out["client_cpu_s"] = rounded(report.client_cpu_s);
  return out.dump();
}

std::string text_of(const Report& report) {
  std::array<char, 1024> text{};
  std::snprintf(
      text.data(), text.size(),
      "%s, %u clients, %.1f s\n"
      "  packets   %.0f/s sent, %.0f/s received, loss %.5f (%llu of %llu came, %llu repaired)\n"
      "  delay     p50 %.2f ms, p95 %.2f ms, p99 %.2f ms (%llu packets)\n"
      "  server    %.2f s of CPU, %.2f us a packet, %.1f MB resident, %.1f KB a client\n"
      "  joins     p50 %.1f ms, p95 %.1f ms\n"
      "  weir-load %.2f s of CPU, %.2f us a packet sent or received\n",
      report.target.c_str(), report.participants, report.seconds,
      static_cast<double>(report.sent) / report.seconds,
      static_cast<double>(report.received) / report.seconds, loss_of(report.expected, report.received),
      static_cast<unsigned long long>(report.received), static_cast<unsigned long long>(report.expected),
      static_cast<unsigned long long>(report.repaired), ms(report.delays.percentile(0.5)),
      ms(report.delays.percentile(0.95)), ms(report.delays.percentile(0.99)),
      static_cast<unsigned long long>(report.delays.count()), report.server_cpu_s,
      us_per_packet(report.server_cpu_s, report.received), static_cast<double>(report.server_rss_kb) / 1024,
      rss_kb_per_participant(report), ms(report.joins.percentile(0.5)), ms(report.joins.percentile(0.95)),
      report.client_cpu_s, us_per_packet(report.client_cpu_s, report.sent + report.received));
  return text.data();
}

}  // namespace weir::load
