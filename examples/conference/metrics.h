// GET /metrics: counters in the text format of Prometheus.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/weir.h"

namespace conference {

/// Counts of the server itself.
struct ServerCounts {
  std::uint64_t rooms = 0;
  std::uint64_t browsers = 0;
  std::uint64_t whip = 0;
  std::uint64_t whep = 0;
  std::uint64_t bots = 0;
  std::uint64_t connections = 0;
  std::uint64_t websockets = 0;
  std::uint64_t websocket_messages_received = 0;
  std::uint64_t websocket_messages_sent = 0;
  std::uint64_t websocket_overflows = 0;
  std::uint64_t joins = 0;
  std::uint64_t resumes = 0;
  std::uint64_t chat_messages = 0;
  std::uint64_t refused_connections = 0;
  std::uint64_t refused_joins = 0;
  std::uint64_t refused_tokens = 0;
  std::uint64_t refused_origins = 0;
  std::uint64_t http_requests = 0;
  std::uint64_t store_write_failures = 0;
};

/// Builds the text: each metric with its help and type once.
class MetricsText {
 public:
  MetricsText& gauge(std::string_view name, std::string_view help, std::uint64_t value);
  MetricsText& counter(std::string_view name, std::string_view help, std::uint64_t value);
  /// Begins a metric with labels; follow with labelled().
  MetricsText& begin(std::string_view name, std::string_view type, std::string_view help);
  /// @param value_text must need no escape: names of our own.
  MetricsText& labelled(std::string_view name, std::string_view label, std::string_view label_value,
                        std::uint64_t value);

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string metrics_text(weir_node* node, const ServerCounts& counts);

}  // namespace conference
