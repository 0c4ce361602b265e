/* Prints size, and offset and size of every field, of every struct of the ABI. Compared with layout.txt. */
#include <stddef.h>
#include <stdio.h>

#include "weir/weir.h"

#define STRUCT(type) printf("%s %zu\n", #type, sizeof(type))
#define FIELD(type, field) \
  printf("  %-32s %5zu %5zu\n", #field, offsetof(type, field), sizeof(((type*)0)->field))

static void status_h(void) {
  STRUCT(weir_error);
  FIELD(weir_error, struct_size);
  FIELD(weir_error, status);
  FIELD(weir_error, line);
  FIELD(weir_error, reserved);
  FIELD(weir_error, reason);
}

static void node_h(void) {
  STRUCT(weir_hooks);
  FIELD(weir_hooks, struct_size);
  FIELD(weir_hooks, reserved);
  FIELD(weir_hooks, user);
  FIELD(weir_hooks, log);
  STRUCT(weir_node_options);
  FIELD(weir_node_options, struct_size);
  FIELD(weir_node_options, threads);
  FIELD(weir_node_options, handshake_threads);
  FIELD(weir_node_options, port);
  FIELD(weir_node_options, loopback_candidates);
  FIELD(weir_node_options, log_level);
  FIELD(weir_node_options, listen_ipv4);
  FIELD(weir_node_options, listen_ipv6);
  FIELD(weir_node_options, public_ipv4);
  FIELD(weir_node_options, public_ipv6);
  FIELD(weir_node_options, hooks);
  FIELD(weir_node_options, max_rooms);
  FIELD(weir_node_options, max_participants);
  FIELD(weir_node_options, max_room_participants);
  FIELD(weir_node_options, max_tracks_per_participant);
  FIELD(weir_node_options, max_subscriptions_per_participant);
  FIELD(weir_node_options, max_sdp_bytes);
  FIELD(weir_node_options, max_events);
  FIELD(weir_node_options, packet_buffers);
  FIELD(weir_node_options, consent_timeout_ms);
  FIELD(weir_node_options, handshake_timeout_ms);
  FIELD(weir_node_options, default_publish_bitrate);
  FIELD(weir_node_options, voice_hold_ms);
  FIELD(weir_node_options, max_data_channels);
  FIELD(weir_node_options, data_buffer_bytes);
  FIELD(weir_node_options, default_receive_bitrate);
  FIELD(weir_node_options, srtp_backend);
  STRUCT(weir_event);
  FIELD(weir_event, struct_size);
  FIELD(weir_event, type);
  FIELD(weir_event, room);
  FIELD(weir_event, participant);
  FIELD(weir_event, track);
  FIELD(weir_event, subscription);
  FIELD(weir_event, user);
  FIELD(weir_event, time_us);
  FIELD(weir_event, value);
  FIELD(weir_event, status);
  FIELD(weir_event, reserved);
}

static void room_h(void) {
  STRUCT(weir_room_options);
  FIELD(weir_room_options, struct_size);
  FIELD(weir_room_options, max_participants);
  FIELD(weir_room_options, user);
  FIELD(weir_room_options, dominant_speaker);
  FIELD(weir_room_options, dominant_hold_ms);
  STRUCT(weir_source);
  FIELD(weir_source, struct_size);
  FIELD(weir_source, kind);
  FIELD(weir_source, track);
  FIELD(weir_source, rank);
  FIELD(weir_source, reserved);
  STRUCT(weir_participant_options);
  FIELD(weir_participant_options, struct_size);
  FIELD(weir_participant_options, kind);
  FIELD(weir_participant_options, user);
  FIELD(weir_participant_options, may);
  FIELD(weir_participant_options, default_audio_source);
  FIELD(weir_participant_options, default_video_source);
  FIELD(weir_participant_options, pair_lines);
  STRUCT(weir_track_options);
  FIELD(weir_track_options, struct_size);
  FIELD(weir_track_options, kind);
  FIELD(weir_track_options, codec);
  FIELD(weir_track_options, content);
  FIELD(weir_track_options, min_bitrate);
  STRUCT(weir_track_info);
  FIELD(weir_track_info, struct_size);
  FIELD(weir_track_info, kind);
  FIELD(weir_track_info, participant);
  FIELD(weir_track_info, room);
  FIELD(weir_track_info, codec);
  FIELD(weir_track_info, content);
  FIELD(weir_track_info, muted);
  FIELD(weir_track_info, reserved);
  FIELD(weir_track_info, mid);
  STRUCT(weir_frame);
  FIELD(weir_frame, struct_size);
  FIELD(weir_frame, codec);
  FIELD(weir_frame, data);
  FIELD(weir_frame, size);
  FIELD(weir_frame, time_us);
  FIELD(weir_frame, flags);
  FIELD(weir_frame, level);
  FIELD(weir_frame, track);
}

static void subscriptions_h(void) {
  STRUCT(weir_subscription_options);
  FIELD(weir_subscription_options, struct_size);
  FIELD(weir_subscription_options, kind);
  FIELD(weir_subscription_options, format);
  FIELD(weir_subscription_options, max_queue);
  STRUCT(weir_subscription_info);
  FIELD(weir_subscription_info, struct_size);
  FIELD(weir_subscription_info, kind);
  FIELD(weir_subscription_info, participant);
  FIELD(weir_subscription_info, room);
  FIELD(weir_subscription_info, track);
  FIELD(weir_subscription_info, idle);
  FIELD(weir_subscription_info, source_kind);
  FIELD(weir_subscription_info, source_rank);
  FIELD(weir_subscription_info, reserved);
  FIELD(weir_subscription_info, mid);
  FIELD(weir_subscription_info, layer_reason);
  FIELD(weir_subscription_info, encoding);
  FIELD(weir_subscription_info, spatial);
  FIELD(weir_subscription_info, temporal);
  FIELD(weir_subscription_info, width);
  FIELD(weir_subscription_info, height);
  FIELD(weir_subscription_info, target_encoding);
  FIELD(weir_subscription_info, target_spatial);
  FIELD(weir_subscription_info, target_temporal);
  FIELD(weir_subscription_info, reserved2);
  FIELD(weir_subscription_info, target_bitrate);
}

static void data_h(void) {
  STRUCT(weir_data);
  FIELD(weir_data, struct_size);
  FIELD(weir_data, flags);
  FIELD(weir_data, reliability);
  FIELD(weir_data, reliability_value);
  FIELD(weir_data, data);
  FIELD(weir_data, size);
  FIELD(weir_data, from);
  FIELD(weir_data, label);
}

static void layers_h(void) {
  STRUCT(weir_wants);
  FIELD(weir_wants, struct_size);
  FIELD(weir_wants, priority);
  FIELD(weir_wants, max_width);
  FIELD(weir_wants, max_height);
  FIELD(weir_wants, max_milli_fps);
  FIELD(weir_wants, pinned);
  FIELD(weir_wants, visible);
  FIELD(weir_wants, min_spatial);
  FIELD(weir_wants, max_spatial);
  FIELD(weir_wants, max_temporal);
  STRUCT(weir_receive_limits);
  FIELD(weir_receive_limits, struct_size);
  FIELD(weir_receive_limits, max_video);
  FIELD(weir_receive_limits, max_bitrate);
  STRUCT(weir_track_layer);
  FIELD(weir_track_layer, encoding);
  FIELD(weir_track_layer, spatial);
  FIELD(weir_track_layer, temporal);
  FIELD(weir_track_layer, active);
  FIELD(weir_track_layer, wanted);
  FIELD(weir_track_layer, width);
  FIELD(weir_track_layer, height);
  FIELD(weir_track_layer, milli_fps);
  FIELD(weir_track_layer, bitrate);
  FIELD(weir_track_layer, rid);
}

static void stats_h(void) {
  STRUCT(weir_node_stats);
  FIELD(weir_node_stats, struct_size);
  FIELD(weir_node_stats, workers);
  FIELD(weir_node_stats, rooms);
  FIELD(weir_node_stats, participants);
  FIELD(weir_node_stats, connected);
  FIELD(weir_node_stats, tracks);
  FIELD(weir_node_stats, subscriptions);
  FIELD(weir_node_stats, datagrams_received);
  FIELD(weir_node_stats, datagrams_sent);
  FIELD(weir_node_stats, bytes_received);
  FIELD(weir_node_stats, bytes_sent);
  FIELD(weir_node_stats, packets_forwarded);
  FIELD(weir_node_stats, retransmitted_packets_sent);
  FIELD(weir_node_stats, handshakes_completed);
  FIELD(weir_node_stats, handshakes_failed);
  FIELD(weir_node_stats, events_lost);
  FIELD(weir_node_stats, limit_refusals);
  FIELD(weir_node_stats, packet_buffers_used);
  FIELD(weir_node_stats, packet_buffers);
  FIELD(weir_node_stats, drops);
  FIELD(weir_node_stats, srtp_backend);
  FIELD(weir_node_stats, reserved);
  STRUCT(weir_participant_stats);
  FIELD(weir_participant_stats, struct_size);
  FIELD(weir_participant_stats, connected);
  FIELD(weir_participant_stats, bytes_sent);
  FIELD(weir_participant_stats, bytes_received);
  FIELD(weir_participant_stats, packets_sent);
  FIELD(weir_participant_stats, packets_received);
  FIELD(weir_participant_stats, stun_requests_received);
  FIELD(weir_participant_stats, path_changes);
  FIELD(weir_participant_stats, current_round_trip_time);
  FIELD(weir_participant_stats, available_outgoing_bitrate);
  FIELD(weir_participant_stats, connect_us);
  FIELD(weir_participant_stats, selected_address);
  FIELD(weir_participant_stats, dtls_client);
  FIELD(weir_participant_stats, reserved);
  FIELD(weir_participant_stats, dtls_cipher);
  FIELD(weir_participant_stats, srtp_cipher);
  FIELD(weir_participant_stats, data_channels);
  FIELD(weir_participant_stats, data_messages_sent);
  FIELD(weir_participant_stats, data_bytes_sent);
  FIELD(weir_participant_stats, data_messages_received);
  FIELD(weir_participant_stats, data_bytes_received);
  FIELD(weir_participant_stats, data_messages_dropped);
  FIELD(weir_participant_stats, data_buffered);
  FIELD(weir_participant_stats, path_feedback);
  FIELD(weir_participant_stats, reserved2);
  FIELD(weir_participant_stats, target_bitrate);
  FIELD(weir_participant_stats, pacer_queue_bytes);
  FIELD(weir_participant_stats, pacer_queue_us);
  FIELD(weir_participant_stats, probes_sent);
  FIELD(weir_participant_stats, probe_bytes_sent);
  FIELD(weir_participant_stats, path_loss);
  FIELD(weir_participant_stats, path_queue_delay);
}

static void stream_stats_h(void) {
  STRUCT(weir_track_stats);
  FIELD(weir_track_stats, struct_size);
  FIELD(weir_track_stats, ssrc);
  FIELD(weir_track_stats, packets_received);
  FIELD(weir_track_stats, bytes_received);
  FIELD(weir_track_stats, packets_lost);
  FIELD(weir_track_stats, jitter);
  FIELD(weir_track_stats, packets_repaired);
  FIELD(weir_track_stats, nack_count);
  FIELD(weir_track_stats, pli_count);
  FIELD(weir_track_stats, frames_received);
  FIELD(weir_track_stats, key_frames_received);
  FIELD(weir_track_stats, bitrate);
  FIELD(weir_track_stats, frame_width);
  FIELD(weir_track_stats, frame_height);
  FIELD(weir_track_stats, audio_level);
  FIELD(weir_track_stats, subscriptions);
  STRUCT(weir_subscription_stats);
  FIELD(weir_subscription_stats, struct_size);
  FIELD(weir_subscription_stats, ssrc);
  FIELD(weir_subscription_stats, packets_sent);
  FIELD(weir_subscription_stats, bytes_sent);
  FIELD(weir_subscription_stats, retransmitted_packets_sent);
  FIELD(weir_subscription_stats, nack_count);
  FIELD(weir_subscription_stats, pli_count);
  FIELD(weir_subscription_stats, key_frames_sent);
  FIELD(weir_subscription_stats, packets_lost);
  FIELD(weir_subscription_stats, fraction_lost);
  FIELD(weir_subscription_stats, jitter);
  FIELD(weir_subscription_stats, round_trip_time);
  FIELD(weir_subscription_stats, source_changes);
  FIELD(weir_subscription_stats, last_switch_us);
  FIELD(weir_subscription_stats, queue_drops);
}

static void media_h(void) {
  STRUCT(weir_test_card_options);
  FIELD(weir_test_card_options, struct_size);
  FIELD(weir_test_card_options, width);
  FIELD(weir_test_card_options, height);
  FIELD(weir_test_card_options, frame_rate);
  FIELD(weir_test_card_options, bitrate);
  FIELD(weir_test_card_options, hue);
  FIELD(weir_test_card_options, name);
  STRUCT(weir_voice_options);
  FIELD(weir_voice_options, struct_size);
  FIELD(weir_voice_options, pitch_hz);
  FIELD(weir_voice_options, bitrate);
  FIELD(weir_voice_options, reserved);
  FIELD(weir_voice_options, seed);
}

static void allocation(void) {
  STRUCT(weir_allocator_options);
  FIELD(weir_allocator_options, struct_size);
  FIELD(weir_allocator_options, max_subscriptions);
  FIELD(weir_allocator_options, max_layers);
  FIELD(weir_allocator_options, max_nodes);
  FIELD(weir_allocator_options, margin_permille);
  FIELD(weir_allocator_options, switch_cost_permille);
  FIELD(weir_allocator_options, hold_us);
  STRUCT(weir_allocator_layer);
  FIELD(weir_allocator_layer, bitrate);
  FIELD(weir_allocator_layer, width);
  FIELD(weir_allocator_layer, height);
  FIELD(weir_allocator_layer, milli_fps);
  FIELD(weir_allocator_layer, quality);
  STRUCT(weir_allocator_subscription);
  FIELD(weir_allocator_subscription, struct_size);
  FIELD(weir_allocator_subscription, weight);
  FIELD(weir_allocator_subscription, id);
  FIELD(weir_allocator_subscription, visible);
  FIELD(weir_allocator_subscription, pinned);
  FIELD(weir_allocator_subscription, max_width);
  FIELD(weir_allocator_subscription, max_height);
  FIELD(weir_allocator_subscription, current_layer);
  FIELD(weir_allocator_subscription, layer_count);
  FIELD(weir_allocator_subscription, layers);
  FIELD(weir_allocator_subscription, since_change_us);
  FIELD(weir_allocator_subscription, hold_us);
  STRUCT(weir_allocator_budget);
  FIELD(weir_allocator_budget, struct_size);
  FIELD(weir_allocator_budget, max_shown);
  FIELD(weir_allocator_budget, bitrate);
  STRUCT(weir_allocator_result);
  FIELD(weir_allocator_result, struct_size);
  FIELD(weir_allocator_result, shown);
  FIELD(weir_allocator_result, changes);
  FIELD(weir_allocator_result, nodes);
  FIELD(weir_allocator_result, bitrate);
  FIELD(weir_allocator_result, utility);
  FIELD(weir_allocator_result, gap);
  FIELD(weir_allocator_result, shown_gap);
  STRUCT(weir_allocator_decision);
  FIELD(weir_allocator_decision, struct_size);
  FIELD(weir_allocator_decision, layer);
  FIELD(weir_allocator_decision, reason);
  FIELD(weir_allocator_decision, changed);
  FIELD(weir_allocator_decision, bitrate);
  FIELD(weir_allocator_decision, utility);
}

static void estimation(void) {
  STRUCT(weir_estimator_options);
  FIELD(weir_estimator_options, struct_size);
  FIELD(weir_estimator_options, reserved);
  FIELD(weir_estimator_options, start_bitrate);
  FIELD(weir_estimator_options, min_bitrate);
  FIELD(weir_estimator_options, max_bitrate);
  STRUCT(weir_estimator_packet);
  FIELD(weir_estimator_packet, struct_size);
  FIELD(weir_estimator_packet, kind);
  FIELD(weir_estimator_packet, time_us);
  FIELD(weir_estimator_packet, size);
  FIELD(weir_estimator_packet, transport_sequence);
  FIELD(weir_estimator_packet, ssrc);
  FIELD(weir_estimator_packet, sequence);
  FIELD(weir_estimator_packet, probe);
  FIELD(weir_estimator_packet, reserved);
  STRUCT(weir_estimator_probe);
  FIELD(weir_estimator_probe, struct_size);
  FIELD(weir_estimator_probe, id);
  FIELD(weir_estimator_probe, bitrate);
  FIELD(weir_estimator_probe, bytes);
  FIELD(weir_estimator_probe, packets);
  STRUCT(weir_estimator_state);
  FIELD(weir_estimator_state, struct_size);
  FIELD(weir_estimator_state, app_limited);
  FIELD(weir_estimator_state, target_bitrate);
  FIELD(weir_estimator_state, pacing_bitrate);
  FIELD(weir_estimator_state, acked_bitrate);
  FIELD(weir_estimator_state, queue_delay_us);
  FIELD(weir_estimator_state, round_trip_us);
  FIELD(weir_estimator_state, loss);
  FIELD(weir_estimator_state, deadline_us);
  FIELD(weir_estimator_state, congested);
  FIELD(weir_estimator_state, competing);
}

int main(void) {
  status_h();
  node_h();
  room_h();
  subscriptions_h();
  layers_h();
  data_h();
  stats_h();
  stream_stats_h();
  media_h();
  allocation();
  estimation();
  return 0;
}
