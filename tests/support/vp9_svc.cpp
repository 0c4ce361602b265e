#include "support/vp9_svc.h"

#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace weir::test {

namespace {

void check(vpx_codec_err_t error, const char* what) {
  if (error != VPX_CODEC_OK) throw std::runtime_error{what};
}

}  // namespace

struct Vp9SvcEncoder::Codec {
  vpx_codec_ctx_t context{};
  vpx_image_t* image = nullptr;
  bool independent = false;
  std::vector<Vp9LayerFrame> frames;

  static void on_packet(vpx_codec_cx_pkt* packet, void* user) {
    auto& codec = *static_cast<Codec*>(user);
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT) return;
    vpx_svc_layer_id_t layer{};
    vpx_codec_control(&codec.context, VP9E_GET_SVC_LAYER_ID, &layer);
    const auto* begin = static_cast<const std::uint8_t*>(packet->data.frame.buf);
    Vp9LayerFrame frame;
    frame.bytes.assign(begin, begin + packet->data.frame.sz);
    frame.spatial = static_cast<std::uint8_t>(layer.spatial_layer_id);
    frame.temporal = static_cast<std::uint8_t>(layer.temporal_layer_id);
    frame.key_picture = frame.spatial == 0 ? (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0
                                           : codec.frames.front().key_picture;
    frame.inter_layer = frame.spatial > 0 && (frame.key_picture || !codec.independent);
    frame.not_for_inter_layer =
        frame.spatial + 1 == kSpatialLayers || (codec.independent && !frame.key_picture);
    codec.frames.push_back(std::move(frame));
  }
};

Vp9SvcEncoder::Vp9SvcEncoder(bool independent, std::uint8_t shade)
    : codec_(std::make_unique<Codec>()), shade_(shade) {
  codec_->independent = independent;
  vpx_codec_enc_cfg_t config;
  check(vpx_codec_enc_config_default(vpx_codec_vp9_cx(), &config, 0), "config");
  config.g_w = kWidth;
  config.g_h = kHeight;
  config.g_timebase = {1, 30};
  config.g_threads = 1;
  config.g_lag_in_frames = 0;
  config.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;  // no entropy state passes between layers
  config.rc_end_usage = VPX_CBR;
  config.rc_target_bitrate = 600;
  config.rc_dropframe_thresh = 0;
  config.kf_mode = VPX_KF_DISABLED;
  config.ss_number_layers = kSpatialLayers;
  config.ts_number_layers = kTemporalLayers;
  config.ts_periodicity = 4;
  config.temporal_layering_mode = VP9E_TEMPORAL_LAYERING_MODE_0212;
  for (unsigned t = 0; t < kTemporalLayers; ++t) config.ts_rate_decimator[t] = 4U >> t;
  constexpr unsigned kSpatialRate[] = {60, 160, 380};
  for (unsigned s = 0; s < kSpatialLayers; ++s) {
    for (unsigned t = 0; t < kTemporalLayers; ++t) {
      config.layer_target_bitrate[s * kTemporalLayers + t] = kSpatialRate[s] * (t + 2) / 4;
    }
  }
  check(vpx_codec_enc_init(&codec_->context, vpx_codec_vp9_cx(), &config, 0), "encoder");
  vpx_svc_extra_cfg_t extra{};
  for (int s = 0; s < kSpatialLayers; ++s) {
    extra.scaling_factor_num[s] = 1;
    extra.scaling_factor_den[s] = 4 >> s;
  }
  std::fill(std::begin(extra.max_quantizers), std::end(extra.max_quantizers), 56);
  std::fill(std::begin(extra.min_quantizers), std::end(extra.min_quantizers), 2);
  extra.temporal_layering_mode = VP9E_TEMPORAL_LAYERING_MODE_0212;
  auto* context = &codec_->context;
  check(vpx_codec_control(context, VP9E_SET_SVC, 1), "svc");
  check(vpx_codec_control(context, VP9E_SET_SVC_PARAMETERS, &extra), "svc parameters");
  check(vpx_codec_control(context, VP8E_SET_CPUUSED, 9), "speed");
  // Off in pictures that are no key pictures: L3T3_KEY.
  check(vpx_codec_control(context, VP9E_SET_SVC_INTER_LAYER_PRED, independent ? 2 : 0), "inter-layer");
  vpx_codec_priv_output_cx_pkt_cb_pair_t callback{&Codec::on_packet, codec_.get()};
  check(vpx_codec_control(context, VP9E_REGISTER_CX_CALLBACK, &callback), "callback");
  codec_->image = vpx_img_alloc(nullptr, VPX_IMG_FMT_I420, kWidth, kHeight, 1);
}

Vp9SvcEncoder::~Vp9SvcEncoder() {
  vpx_img_free(codec_->image);
  vpx_codec_destroy(&codec_->context);
}

std::vector<Vp9LayerFrame> Vp9SvcEncoder::encode(bool key) {
  vpx_image_t& image = *codec_->image;
  const auto bar = static_cast<unsigned>(number_ * 5) % kWidth;
  for (unsigned y = 0; y < kHeight; ++y) {
    std::uint8_t* row = image.planes[0] + static_cast<std::ptrdiff_t>(y) * image.stride[0];
    for (unsigned x = 0; x < kWidth; ++x) {
      row[x] = static_cast<std::uint8_t>(x >= bar && x < bar + 40 ? 220 : (x + y + shade_) & 0x7f);
    }
  }
  for (const int plane : {1, 2}) {
    for (unsigned y = 0; y < kHeight / 2; ++y) {
      std::memset(image.planes[plane] + static_cast<std::ptrdiff_t>(y) * image.stride[plane], 128,
                  kWidth / 2);
    }
  }
  codec_->frames.clear();
  const vpx_enc_frame_flags_t flags = key ? VPX_EFLAG_FORCE_KF : 0;
  check(vpx_codec_encode(&codec_->context, &image, number_++, 1, flags, VPX_DL_REALTIME), "encode");
  return std::move(codec_->frames);
}

struct Vp9Decoder::Codec {
  vpx_codec_ctx_t context{};
};

Vp9Decoder::Vp9Decoder() : codec_(std::make_unique<Codec>()) {
  check(vpx_codec_dec_init(&codec_->context, vpx_codec_vp9_dx(), nullptr, 0), "decoder");
}
Vp9Decoder::~Vp9Decoder() {
  vpx_codec_destroy(&codec_->context);
}

unsigned Vp9Decoder::decode(Bytes picture) {
  if (vpx_codec_decode(&codec_->context, picture.data(), static_cast<unsigned>(picture.size()), nullptr, 0) !=
      VPX_CODEC_OK) {
    return 0;
  }
  vpx_codec_iter_t iterator = nullptr;
  unsigned width = 0;
  while (const vpx_image_t* image = vpx_codec_get_frame(&codec_->context, &iterator)) width = image->d_w;
  int corrupted = 0;
  vpx_codec_control(&codec_->context, VP8D_GET_FRAME_CORRUPTED, &corrupted);
  return corrupted != 0 ? 0 : width;
}

namespace {

/// Scalability structure (RFC 9628 section 4.2.1): the sizes of the spatial layers, no group of pictures.
void append_structure(std::vector<std::uint8_t>& out) {
  constexpr auto kLayers = static_cast<unsigned>(Vp9SvcEncoder::kSpatialLayers);
  out.push_back(static_cast<std::uint8_t>(((kLayers - 1) << 5) | 0x10));
  for (unsigned s = 0; s < kLayers; ++s) {
    for (const unsigned side : {Vp9SvcEncoder::kWidth, Vp9SvcEncoder::kHeight}) {
      const unsigned scaled = side >> (kLayers - 1 - s);
      out.push_back(static_cast<std::uint8_t>(scaled >> 8));
      out.push_back(static_cast<std::uint8_t>(scaled));
    }
  }
}

}  // namespace

std::vector<Vp9Payload> packetize_vp9(const std::vector<Vp9LayerFrame>& frames, std::uint16_t picture_id,
                                      std::uint8_t tl0_picture_index, std::size_t size) {
  std::vector<Vp9Payload> payloads;
  for (const Vp9LayerFrame& frame : frames) {
    for (std::size_t offset = 0; offset < frame.bytes.size(); offset += size) {
      const std::size_t count = std::min(size, frame.bytes.size() - offset);
      const bool first = offset == 0;
      const bool last = offset + count == frame.bytes.size();
      const bool inter_picture = !frame.key_picture;
      const bool structure = frame.key_picture && frame.spatial == 0 && first;
      Vp9Payload& payload = payloads.emplace_back();
      payload.bytes = {
          static_cast<std::uint8_t>(0x80 | (inter_picture ? 0x40 : 0) | 0x20 | (first ? 0x08 : 0) |
                                    (last ? 0x04 : 0) | (structure ? 0x02 : 0) |
                                    (frame.not_for_inter_layer ? 1 : 0)),  // I, P, L, B, E, V, Z
          static_cast<std::uint8_t>(0x80 | (picture_id >> 8)), static_cast<std::uint8_t>(picture_id),
          static_cast<std::uint8_t>((frame.temporal << 5) | (frame.spatial << 1) |
                                    (frame.inter_layer ? 1 : 0)),
          tl0_picture_index};
      if (structure) append_structure(payload.bytes);
      const auto begin = frame.bytes.begin() + static_cast<std::ptrdiff_t>(offset);
      payload.bytes.insert(payload.bytes.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
    }
  }
  if (!payloads.empty()) payloads.back().marker = true;
  return payloads;
}

}  // namespace weir::test
