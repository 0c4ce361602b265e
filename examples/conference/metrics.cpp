#include "metrics.h"

#include <iterator>

namespace conference {

MetricsText& MetricsText::begin(std::string_view name, std::string_view type, std::string_view help) {
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  text_.append(name).append(" ").append(type).append("\n");
  return *this;
}

MetricsText& MetricsText::labelled(std::string_view name, std::string_view label,
                                   std::string_view label_value, std::uint64_t value) {
  text_.append(name).append("{").append(label).append("=\"").append(label_value).append("\"} ");
  text_.append(std::to_string(value)).append("\n");
  return *this;
}

MetricsText& MetricsText::gauge(std::string_view name, std::string_view help, std::uint64_t value) {
  begin(name, "gauge", help);
  text_.append(name).append(" ").append(std::to_string(value)).append("\n");
  return *this;
}

MetricsText& MetricsText::counter(std::string_view name, std::string_view help, std::uint64_t value) {
  begin(name, "counter", help);
  text_.append(name).append(" ").append(std::to_string(value)).append("\n");
  return *this;
}

namespace {

void write_server(MetricsText& text, const ServerCounts& counts) {
  text.begin("weir_members", "gauge", "People in all rooms, by how they came");
  text.labelled("weir_members", "kind", "browser", counts.browsers);
  text.labelled("weir_members", "kind", "whip", counts.whip);
  text.labelled("weir_members", "kind", "whep", counts.whep);
  text.labelled("weir_members", "kind", "bot", counts.bots);
  text.gauge("weir_server_rooms", "Rooms with a name", counts.rooms);
  text.gauge("weir_tcp_connections", "Open TCP connections", counts.connections);
  text.gauge("weir_websockets", "Open WebSockets", counts.websockets);
  text.counter("weir_websocket_messages_received_total", "Messages from clients",
               counts.websocket_messages_received);
  text.counter("weir_websocket_messages_sent_total", "Messages to clients", counts.websocket_messages_sent);
  text.counter("weir_websocket_overflows_total", "WebSockets closed because their queue was full",
               counts.websocket_overflows);
  text.counter("weir_http_requests_total", "HTTP requests", counts.http_requests);
  text.counter("weir_joins_total", "Joins", counts.joins);
  text.counter("weir_resumes_total", "Sessions resumed on another WebSocket", counts.resumes);
  text.counter("weir_chat_messages_total", "Chat messages", counts.chat_messages);
  text.begin("weir_refused_total", "counter", "What was refused, by the limit or rule");
  text.labelled("weir_refused_total", "rule", "connections", counts.refused_connections);
  text.labelled("weir_refused_total", "rule", "join_rate", counts.refused_joins);
  text.labelled("weir_refused_total", "rule", "token", counts.refused_tokens);
  text.labelled("weir_refused_total", "rule", "origin", counts.refused_origins);
  text.counter("weir_store_write_failures_total", "Writes to the database that failed",
               counts.store_write_failures);
}

void write_node(MetricsText& text, const weir_node_stats& stats) {
  text.gauge("weir_node_workers", "Worker threads", stats.workers);
  text.gauge("weir_node_rooms", "Rooms in the node", stats.rooms);
  text.gauge("weir_node_participants", "Participants in the node", stats.participants);
  text.gauge("weir_node_connected", "Participants with a media connection", stats.connected);
  text.gauge("weir_node_tracks", "Tracks", stats.tracks);
  text.gauge("weir_node_subscriptions", "Subscriptions", stats.subscriptions);
  text.gauge("weir_node_packet_buffers_used", "Packet buffers in use", stats.packet_buffers_used);
  text.gauge("weir_node_packet_buffers", "Packet buffers", stats.packet_buffers);
  text.counter("weir_node_datagrams_received_total", "Datagrams received", stats.datagrams_received);
  text.counter("weir_node_datagrams_sent_total", "Datagrams sent", stats.datagrams_sent);
  text.counter("weir_node_bytes_received_total", "UDP payload received", stats.bytes_received);
  text.counter("weir_node_bytes_sent_total", "UDP payload sent", stats.bytes_sent);
  text.counter("weir_node_packets_forwarded_total", "RTP packets forwarded", stats.packets_forwarded);
  text.counter("weir_node_packets_retransmitted_total", "RTP packets sent again",
               stats.retransmitted_packets_sent);
  text.counter("weir_node_handshakes_completed_total", "DTLS handshakes completed",
               stats.handshakes_completed);
  text.counter("weir_node_handshakes_failed_total", "DTLS handshakes failed", stats.handshakes_failed);
  text.counter("weir_node_events_lost_total", "Events lost because the queue was full", stats.events_lost);
  text.counter("weir_node_limit_refusals_total", "Calls refused because of a limit", stats.limit_refusals);
  text.begin("weir_node_drops_total", "counter", "Packets that went no further, by reason");
  for (std::uint32_t reason = 0; reason < WEIR_DROP_COUNT && reason < std::size(stats.drops); ++reason) {
    text.labelled("weir_node_drops_total", "reason", weir_drop_name(reason), stats.drops[reason]);
  }
}

}  // namespace

std::string metrics_text(weir_node* node, const ServerCounts& counts) {
  MetricsText text;
  write_server(text, counts);
  weir_node_stats stats;
  weir_node_stats_init(&stats, sizeof stats);
  if (weir_node_get_stats(node, &stats) == WEIR_OK) write_node(text, stats);
  return text.take();
}

}  // namespace conference
