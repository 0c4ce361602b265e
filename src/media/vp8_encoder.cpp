#include "media/vp8_encoder.h"

#include <vpx/vp8cx.h>

#include <algorithm>
#include <string>

namespace weir::media {
namespace {

// Negative: a fixed speed. A positive one lets libvpx choose by timing itself, and the same input would no
// longer give the same output.
constexpr int kSpeed = -10;

// Milliseconds of the bitrate that the rate control may be behind or ahead by.
constexpr unsigned kBufferSize = 1000;
constexpr unsigned kBufferInitial = 500;
constexpr unsigned kBufferOptimal = 600;

vpx_codec_err_t configure(vpx_codec_enc_cfg_t& config, std::uint32_t width, std::uint32_t height,
                          std::uint32_t frame_rate, std::uint32_t bitrate) {
  const vpx_codec_err_t status = vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &config, 0);
  if (status != VPX_CODEC_OK) return status;
  config.g_w = width;
  config.g_h = height;
  config.g_threads = 1;
  config.g_timebase = {1, static_cast<int>(frame_rate)};
  config.g_lag_in_frames = 0;
  config.g_pass = VPX_RC_ONE_PASS;
  config.rc_end_usage = VPX_CBR;
  config.rc_target_bitrate = bitrate / 1000;
  config.rc_min_quantizer = 4;
  config.rc_max_quantizer = 56;
  config.rc_undershoot_pct = 100;
  config.rc_overshoot_pct = 15;
  config.rc_buf_sz = kBufferSize;
  config.rc_buf_initial_sz = kBufferInitial;
  config.rc_buf_optimal_sz = kBufferOptimal;
  config.rc_dropframe_thresh = 30;
  config.rc_resize_allowed = 0;
  config.kf_mode = VPX_KF_DISABLED;  // only the first picture and where one is asked for
  return VPX_CODEC_OK;
}

// A key frame may use half of the optimal buffer, as WebRTC's encoder does; the control wants per cent of a
// frame.
unsigned key_frame_limit(std::uint32_t frame_rate) {
  return std::max(300U, kBufferOptimal * frame_rate / 20);
}

Error vpx_error(vpx_codec_err_t status) {
  return {status == VPX_CODEC_MEM_ERROR ? WEIR_ERR_NO_MEMORY : WEIR_ERR_INTERNAL,
          std::string{"libvpx: "} + vpx_codec_err_to_string(status)};
}

}  // namespace

Result<std::unique_ptr<Vp8Encoder>> Vp8Encoder::make(std::uint32_t width, std::uint32_t height,
                                                     std::uint32_t frame_rate, std::uint32_t bitrate) {
  vpx_codec_enc_cfg_t config;
  vpx_codec_err_t status = configure(config, width, height, frame_rate, bitrate);
  if (status != VPX_CODEC_OK) return vpx_error(status);
  std::unique_ptr<Vp8Encoder> encoder{new Vp8Encoder};
  status = vpx_codec_enc_init(&encoder->codec_, vpx_codec_vp8_cx(), &config, 0);
  if (status != VPX_CODEC_OK) return vpx_error(status);
  encoder->open_ = true;
  if (vpx_codec_control(&encoder->codec_, VP8E_SET_CPUUSED, kSpeed) != VPX_CODEC_OK ||
      vpx_codec_control(&encoder->codec_, VP8E_SET_STATIC_THRESHOLD, 1) != VPX_CODEC_OK ||
      vpx_codec_control(&encoder->codec_, VP8E_SET_MAX_INTRA_BITRATE_PCT, key_frame_limit(frame_rate)) !=
          VPX_CODEC_OK) {
    return vpx_error(VPX_CODEC_INVALID_PARAM);
  }
  return encoder;
}

Vp8Encoder::~Vp8Encoder() {
  if (open_) vpx_codec_destroy(&codec_);
}

std::optional<Vp8Encoder::Frame> Vp8Encoder::encode(Picture& picture, bool key) {
  vpx_image_t image;
  if (vpx_img_wrap(&image, VPX_IMG_FMT_I420, static_cast<unsigned>(picture.width()),
                   static_cast<unsigned>(picture.height()), 1, picture.data()) == nullptr) {
    return std::nullopt;
  }
  const vpx_enc_frame_flags_t flags = key ? VPX_EFLAG_FORCE_KF : 0;
  if (vpx_codec_encode(&codec_, &image, next_++, 1, flags, VPX_DL_REALTIME) != VPX_CODEC_OK)
    return std::nullopt;
  Frame frame;
  vpx_codec_iter_t position = nullptr;
  while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(&codec_, &position)) {
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
    frame.data = {static_cast<const std::uint8_t*>(packet->data.frame.buf), packet->data.frame.sz};
    frame.key = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
  }
  return frame;
}

}  // namespace weir::media
