// weir/abr.h, section Estimation
#include <algorithm>
#include <limits>
#include <memory>

#include "api/boundary.h"
#include "bwe/estimator.h"
#include "rtp/rtcp.h"
#include "weir/abr.h"

namespace api = weir::api;
namespace bwe = weir::bwe;

struct weir_estimator {
  explicit weir_estimator(const bwe::EstimatorOptions& options) : estimator(options) {}

  /// The host's clock, held to what it promised.
  weir::Time at(std::int64_t us) {
    constexpr std::int64_t kLatest = std::int64_t{1} << 60;
    latest = std::max(latest, weir::time_from_us(std::clamp(us, -kLatest, kLatest)));
    return latest;
  }

  bwe::Estimator estimator;
  weir::Time latest = weir::Time::min();
};

namespace {

constexpr std::uint64_t kMostBitrate = 100'000'000'000;

static_assert(WEIR_PACKET_AUDIO == static_cast<int>(bwe::PacketKind::audio));
static_assert(WEIR_PACKET_RETRANSMISSION == static_cast<int>(bwe::PacketKind::retransmission));
static_assert(WEIR_PACKET_VIDEO == static_cast<int>(bwe::PacketKind::video));
static_assert(WEIR_PACKET_PADDING == static_cast<int>(bwe::PacketKind::padding));

weir_estimator_options default_options() {
  const bwe::EstimatorOptions defaults;
  weir_estimator_options o{};
  o.struct_size = sizeof o;
  o.start_bitrate = static_cast<std::uint64_t>(defaults.start);
  o.min_bitrate = static_cast<std::uint64_t>(defaults.least);
  o.max_bitrate = static_cast<std::uint64_t>(defaults.most);
  return o;
}

weir_estimator_packet default_packet() {
  weir_estimator_packet p{};
  p.struct_size = sizeof p;
  p.kind = WEIR_PACKET_VIDEO;
  return p;
}

bool valid(const weir_estimator_options& o) {
  const auto rate = [](std::uint64_t r) { return r >= 1000 && r <= kMostBitrate; };
  return rate(o.start_bitrate) && rate(o.min_bitrate) && rate(o.max_bitrate) &&
         o.min_bitrate <= o.max_bitrate && o.reserved == 0;
}

bool valid(const weir_estimator_packet& p) {
  return p.kind <= WEIR_PACKET_PADDING && p.size >= 1 && p.size <= 65'535 && p.transport_sequence <= 65'535 &&
         p.sequence <= 65'535 && p.reserved == 0;
}

std::uint64_t whole(bwe::Rate rate) {
  return static_cast<std::uint64_t>(std::max(rate, 0.0));
}

}  // namespace

weir_status weir_estimator_options_init(weir_estimator_options* options, size_t size) {
  return api::init_struct(options, size, default_options());
}

weir_status weir_estimator_packet_init(weir_estimator_packet* packet, size_t size) {
  return api::init_struct(packet, size, default_packet());
}

weir_status weir_estimator_probe_init(weir_estimator_probe* probe, size_t size) {
  return api::init_struct(probe, size, weir_estimator_probe{});
}

weir_status weir_estimator_state_init(weir_estimator_state* state, size_t size) {
  return api::init_struct(state, size, weir_estimator_state{});
}

weir_status weir_estimator_new(const weir_estimator_options* options, weir_estimator** estimator) {
  if (estimator == nullptr) return WEIR_ERR_INVALID;
  weir_estimator_options complete = default_options();
  if (const weir_status status = api::take_struct(options, complete); status != WEIR_OK) return status;
  if (!valid(complete)) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    *estimator = std::make_unique<weir_estimator>(
                     bwe::EstimatorOptions{.start = static_cast<bwe::Rate>(complete.start_bitrate),
                                           .least = static_cast<bwe::Rate>(complete.min_bitrate),
                                           .most = static_cast<bwe::Rate>(complete.max_bitrate)})
                     .release();
    return WEIR_OK;
  });
}

void weir_estimator_free(weir_estimator* estimator) {
  delete estimator;
}

weir_status weir_estimator_packet_sent(weir_estimator* estimator, const weir_estimator_packet* packet) {
  if (estimator == nullptr || packet == nullptr) return WEIR_ERR_INVALID;
  weir_estimator_packet complete = default_packet();
  if (const weir_status status = api::take_struct(packet, complete); status != WEIR_OK) return status;
  if (!valid(complete)) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    estimator->estimator.on_packet_sent({.sequence = static_cast<std::uint16_t>(complete.transport_sequence),
                                         .at = estimator->at(complete.time_us),
                                         .size = complete.size,
                                         .kind = static_cast<bwe::PacketKind>(complete.kind),
                                         .probe = complete.probe,
                                         .ssrc = complete.ssrc,
                                         .rtp_sequence = static_cast<std::uint16_t>(complete.sequence)});
    return WEIR_OK;
  });
}

weir_status weir_estimator_rtcp(weir_estimator* estimator, int64_t now_us, const uint8_t* rtcp, size_t size) {
  if (estimator == nullptr || rtcp == nullptr || size == 0) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    const weir::Time now = estimator->at(now_us);
    weir::rtp::RtcpReader reader{weir::Bytes{rtcp, size}};
    bool readable = true;
    while (const auto packet = reader.next()) {
      if (const auto* feedback = std::get_if<weir::rtp::TransportFeedback>(&*packet)) {
        readable = estimator->estimator.on_transport_feedback(now, feedback->fci) && readable;
      } else if (const auto* by_rtp = std::get_if<weir::rtp::CongestionFeedback>(&*packet)) {
        readable = estimator->estimator.on_congestion_feedback(now, *by_rtp) && readable;
      }
    }
    return readable && !reader.malformed() ? WEIR_OK : WEIR_ERR_INVALID;
  });
}

weir_status weir_estimator_transport_feedback(weir_estimator* estimator, int64_t now_us, const uint8_t* fci,
                                              size_t size) {
  if (estimator == nullptr || fci == nullptr) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    const bool taken =
        estimator->estimator.on_transport_feedback(estimator->at(now_us), weir::Bytes{fci, size});
    return taken ? WEIR_OK : WEIR_ERR_INVALID;
  });
}

weir_status weir_estimator_advance(weir_estimator* estimator, int64_t now_us) {
  if (estimator == nullptr) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    estimator->estimator.on_time(estimator->at(now_us));
    return WEIR_OK;
  });
}

weir_status weir_estimator_set_wanted(weir_estimator* estimator, int64_t now_us, uint64_t bitrate) {
  if (estimator == nullptr || bitrate > kMostBitrate) return WEIR_ERR_INVALID;
  return api::guarded([&]() -> weir_status {
    estimator->estimator.set_wanted(estimator->at(now_us), static_cast<bwe::Rate>(bitrate));
    return WEIR_OK;
  });
}

weir_status weir_estimator_set_receiver_limit(weir_estimator* estimator, uint64_t bitrate) {
  if (estimator == nullptr) return WEIR_ERR_INVALID;
  if (bitrate == 0) {
    estimator->estimator.set_receiver_limit(std::nullopt);
  } else {
    estimator->estimator.set_receiver_limit(static_cast<bwe::Rate>(std::min(bitrate, kMostBitrate)));
  }
  return WEIR_OK;
}

weir_status weir_estimator_get_state(const weir_estimator* estimator, weir_estimator_state* state) {
  if (estimator == nullptr) return WEIR_ERR_INVALID;
  if (const weir_status status = api::check_out(state); status != WEIR_OK) return status;
  const bwe::Estimator& e = estimator->estimator;
  weir_estimator_state s{};
  s.app_limited = e.app_limited() ? 1 : 0;
  s.target_bitrate = whole(e.target());
  s.pacing_bitrate = whole(e.pacing_rate());
  s.acked_bitrate = whole(e.acked().value_or(0));
  s.queue_delay_us = weir::to_us(e.queue_delay());
  s.round_trip_us = weir::to_us(e.rtt());
  s.loss = e.loss();
  s.deadline_us =
      e.deadline() == weir::kNever ? std::numeric_limits<std::int64_t>::max() : weir::to_us(e.deadline());
  s.congested = e.congested() ? 1 : 0;
  s.competing = e.competing() ? 1 : 0;
  api::give_struct(s, state);
  return WEIR_OK;
}

weir_status weir_estimator_next_probe(weir_estimator* estimator, weir_estimator_probe* probe) {
  if (estimator == nullptr) return WEIR_ERR_INVALID;
  if (const weir_status status = api::check_out(probe); status != WEIR_OK) return status;
  return api::guarded([&]() -> weir_status {
    const auto cluster = estimator->estimator.take_probe();
    if (!cluster) return WEIR_ERR_AGAIN;
    weir_estimator_probe p{};
    p.id = cluster->id;
    p.bitrate = whole(cluster->rate);
    p.bytes = cluster->bytes;
    p.packets = cluster->packets;
    api::give_struct(p, probe);
    return WEIR_OK;
  });
}
