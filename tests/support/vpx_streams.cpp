#include "support/vpx_streams.h"

#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace weir::test {

namespace {

void check(vpx_codec_err_t error, const char* what) {
  if (error != VPX_CODEC_OK) throw std::runtime_error{what};
}

constexpr std::array<std::uint8_t, 4> kPattern{0, 2, 1, 2};

/// The last frame is that of the lowest layer, the golden frame that of the middle one.
vpx_enc_frame_flags_t references_of(unsigned position) {
  constexpr vpx_enc_frame_flags_t kLowest = VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF;
  constexpr vpx_enc_frame_flags_t kKeep = VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ARF;
  switch (position) {
    case 0:
      return kLowest | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF;
    case 1:
      return kLowest | kKeep | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ENTROPY;
    case 2:
      return kLowest | kKeep | VP8_EFLAG_NO_UPD_ENTROPY;
    default:
      return VP8_EFLAG_NO_REF_ARF | kKeep | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ENTROPY;
  }
}

}  // namespace

struct Vp8LayersEncoder::Codec {
  vpx_codec_ctx_t context{};
  vpx_image_t* image = nullptr;
};

Vp8LayersEncoder::Vp8LayersEncoder(std::uint8_t shade) : codec_(std::make_unique<Codec>()), shade_(shade) {
  vpx_codec_enc_cfg_t config;
  check(vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &config, 0), "config");
  config.g_w = kWidth;
  config.g_h = kHeight;
  config.g_timebase = {1, 30};
  config.g_threads = 1;
  config.g_lag_in_frames = 0;
  config.rc_end_usage = VPX_CBR;
  config.rc_target_bitrate = 300;
  config.rc_dropframe_thresh = 0;
  config.kf_mode = VPX_KF_DISABLED;
  check(vpx_codec_enc_init(&codec_->context, vpx_codec_vp8_cx(), &config, 0), "encoder");
  check(vpx_codec_control(&codec_->context, VP8E_SET_CPUUSED, -10), "speed");
  codec_->image = vpx_img_alloc(nullptr, VPX_IMG_FMT_I420, kWidth, kHeight, 1);
}

Vp8LayersEncoder::~Vp8LayersEncoder() {
  vpx_img_free(codec_->image);
  vpx_codec_destroy(&codec_->context);
}

Vp8LayersEncoder::Frame Vp8LayersEncoder::encode(bool key) {
  vpx_image_t& image = *codec_->image;
  const auto bar = static_cast<unsigned>(number_ * 5) % kWidth;
  for (unsigned y = 0; y < kHeight; ++y) {
    std::uint8_t* row = image.planes[0] + static_cast<std::ptrdiff_t>(y) * image.stride[0];
    for (unsigned x = 0; x < kWidth; ++x) {
      row[x] = static_cast<std::uint8_t>(x >= bar && x < bar + 30 ? 220 : (x + y + shade_) & 0x7f);
    }
  }
  for (const int plane : {1, 2}) {
    for (unsigned y = 0; y < kHeight / 2; ++y) {
      std::memset(image.planes[plane] + static_cast<std::ptrdiff_t>(y) * image.stride[plane],
                  128 + shade_ / 4, kWidth / 2);
    }
  }
  position_ = key ? 0 : (position_ + 1) % kPattern.size();
  const vpx_enc_frame_flags_t flags = key ? VPX_EFLAG_FORCE_KF : references_of(position_);
  check(vpx_codec_encode(&codec_->context, &image, number_++, 1, flags, VPX_DL_REALTIME), "encode");
  Frame frame;
  frame.temporal = kPattern[position_];
  frame.sync = position_ == 1 || position_ == 2;
  vpx_codec_iter_t iterator = nullptr;
  while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(&codec_->context, &iterator)) {
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
    const auto* begin = static_cast<const std::uint8_t*>(packet->data.frame.buf);
    frame.bytes.assign(begin, begin + packet->data.frame.sz);
    frame.key = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
  }
  return frame;
}

std::vector<Vp9Payload> packetize_vp8(const Vp8LayersEncoder::Frame& frame, std::uint16_t picture_id,
                                      std::uint8_t tl0_picture_index, std::size_t size) {
  std::vector<Vp9Payload> payloads;
  for (std::size_t offset = 0; offset < frame.bytes.size(); offset += size) {
    const std::size_t count = std::min(size, frame.bytes.size() - offset);
    Vp9Payload& payload = payloads.emplace_back();
    payload.marker = offset + count == frame.bytes.size();
    payload.bytes = {static_cast<std::uint8_t>(offset == 0 ? 0x90 : 0x80),  // X, S
                     0xe0,                                                  // I, L, T
                     static_cast<std::uint8_t>(0x80 | (picture_id >> 8)),
                     static_cast<std::uint8_t>(picture_id),
                     tl0_picture_index,
                     static_cast<std::uint8_t>((frame.temporal << 6) | (frame.sync ? 0x20 : 0))};
    const auto begin = frame.bytes.begin() + static_cast<std::ptrdiff_t>(offset);
    payload.bytes.insert(payload.bytes.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
  }
  return payloads;
}

struct PictureDecoder::State {
  vpx_codec_ctx_t context{};
};

PictureDecoder::PictureDecoder(Codec codec) : state_(std::make_unique<State>()) {
  vpx_codec_iface_t* interface = codec == Codec::vp8 ? vpx_codec_vp8_dx() : vpx_codec_vp9_dx();
  check(vpx_codec_dec_init(&state_->context, interface, nullptr, 0), "decoder");
}
PictureDecoder::PictureDecoder(PictureDecoder&&) noexcept = default;
PictureDecoder::~PictureDecoder() {
  if (state_) vpx_codec_destroy(&state_->context);
}

std::optional<std::uint64_t> PictureDecoder::decode(Bytes picture) {
  if (vpx_codec_decode(&state_->context, picture.data(), static_cast<unsigned>(picture.size()), nullptr, 0) !=
      VPX_CODEC_OK) {
    return std::nullopt;
  }
  std::optional<std::uint64_t> digest;
  vpx_codec_iter_t iterator = nullptr;
  while (const vpx_image_t* image = vpx_codec_get_frame(&state_->context, &iterator)) {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const int plane : {0, 1, 2}) {
      const unsigned shift = plane == 0 ? 0 : 1;
      for (unsigned y = 0; y < (image->d_h + shift) >> shift; ++y) {
        const std::uint8_t* row =
            image->planes[plane] + static_cast<std::ptrdiff_t>(y) * image->stride[plane];
        for (unsigned x = 0; x < (image->d_w + shift) >> shift; ++x) {
          hash = (hash ^ row[x]) * 0x100000001b3;
        }
      }
    }
    digest = hash;
  }
  int corrupted = 0;
  vpx_codec_control(&state_->context, VP8D_GET_FRAME_CORRUPTED, &corrupted);
  return corrupted != 0 ? std::nullopt : digest;
}

}  // namespace weir::test
