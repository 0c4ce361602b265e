#include "srtp/session.h"

#include <arpa/inet.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_set>

namespace weir::srtp {
namespace {

// Late packets still come through RTX and jitter; at 1,000 packets a second this is one second.
constexpr unsigned long kReplayWindow = 1024;

struct Shape {
  srtp_profile_t profile;
  std::size_t key_size;  // with salt
};

std::optional<Shape> shape_of(dtls::SrtpProfile profile) {
  switch (profile) {
    case dtls::SrtpProfile::aes128_cm_sha1_80:
      return Shape{srtp_profile_aes128_cm_sha1_80, SRTP_AES_ICM_128_KEY_LEN_WSALT};
    case dtls::SrtpProfile::aes128_cm_sha1_32:
      return Shape{srtp_profile_aes128_cm_sha1_32, SRTP_AES_ICM_128_KEY_LEN_WSALT};
    case dtls::SrtpProfile::aead_aes_128_gcm:
      return Shape{srtp_profile_aead_aes_128_gcm, SRTP_AES_GCM_128_KEY_LEN_WSALT};
    case dtls::SrtpProfile::none:
      break;
  }
  return std::nullopt;
}

bool prepare_library() {
  static const bool ready = srtp_init() == srtp_err_status_ok;  // once, safe from several threads
  return ready;
}

srtp_err_status_t create(srtp_t& out, const Shape& shape, const std::vector<std::uint8_t>& key,
                         srtp_ssrc_type_t direction) {
  srtp_policy_t policy{};
  srtp_err_status_t status = srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, shape.profile);
  if (status != srtp_err_status_ok) return status;
  // The _32 profile shortens the tag of RTP only; RTCP keeps 80 bits (RFC 5764 section 4.1.2).
  status = srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, shape.profile);
  if (status != srtp_err_status_ok) return status;
  std::vector<std::uint8_t> copy = key;  // the policy wants it mutable
  policy.ssrc.type = direction;
  policy.key = copy.data();
  policy.window_size = kReplayWindow;
  // A packet may leave twice unchanged where RTX was not negotiated. Not with GCM: its header is
  // authenticated under the same nonce, and a header extension rewritten at departure would make the nonce's
  // second use a different message.
  policy.allow_repeat_tx =
      shape.profile != srtp_profile_aead_aes_128_gcm && direction == ssrc_any_outbound ? 1 : 0;
  status = srtp_create(&out, &policy);
  std::fill(copy.begin(), copy.end(), std::uint8_t{0});
  return status;
}

DropReason reason_of(srtp_err_status_t status, bool rtcp) {
  switch (status) {
    case srtp_err_status_auth_fail:
      return DropReason::SRTP_AUTH;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old:
      return DropReason::SRTP_REPLAY;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
      return rtcp ? DropReason::RTCP_MALFORMED : DropReason::RTP_MALFORMED;
    default:
      return DropReason::SRTP_FAILED;
  }
}

constexpr std::size_t kMinRtp = 12;  // RFC 3550 section 5.1
constexpr std::size_t kMinRtcp = 8;  // RFC 3550 section 6.1: header and the sender's SSRC
constexpr std::size_t kMaxPacket = 65'535;

}  // namespace

struct Session::Impl {
  srtp_t send = nullptr;
  srtp_t receive = nullptr;
  // libsrtp makes a stream, some hundred bytes, for every SSRC that authenticates, and never forgets one.
  std::unordered_set<std::uint32_t> received_ssrcs;

  ~Impl() {
    if (send != nullptr) srtp_dealloc(send);
    if (receive != nullptr) srtp_dealloc(receive);
  }

  /// The peer is authenticated but not trusted: the number of streams that it can make us keep has a limit.
  bool admits(std::uint32_t ssrc) const {
    return received_ssrcs.size() < kMaxReceivedSsrcs || received_ssrcs.contains(ssrc);
  }
  void admit(std::uint32_t ssrc) { received_ssrcs.insert(ssrc); }
};

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::make(const dtls::SrtpKeys& keys) {
  if (!prepare_library()) return Error{WEIR_ERR_CRYPTO, "libsrtp could not be prepared"};
  const std::optional<Shape> shape = shape_of(keys.profile);
  if (!shape) return Error{WEIR_ERR_UNSUPPORTED, "no SRTP profile was negotiated"};
  if (keys.send.size() != shape->key_size || keys.receive.size() != shape->key_size) {
    return Error{WEIR_ERR_INVALID, "SRTP keys of the wrong length"};
  }
  std::unique_ptr<Session> session{new Session};
  session->impl_ = std::make_unique<Impl>();
  srtp_err_status_t status = create(session->impl_->send, *shape, keys.send, ssrc_any_outbound);
  if (status == srtp_err_status_ok) {
    status = create(session->impl_->receive, *shape, keys.receive, ssrc_any_inbound);
  }
  if (status != srtp_err_status_ok) {
    return Error{WEIR_ERR_CRYPTO, "libsrtp refused the keys (" + std::to_string(status) + ")"};
  }
  return session;
}

std::size_t Session::protect_rtp(MutableBytes buffer, std::size_t size) {
  if (size < kMinRtp || size > kMaxPacket || buffer.size() < size + kMaxOverhead) return 0;
  int length = static_cast<int>(size);
  if (srtp_protect(impl_->send, buffer.data(), &length) != srtp_err_status_ok) return 0;
  return static_cast<std::size_t>(length);
}

std::size_t Session::protect_rtcp(MutableBytes buffer, std::size_t size) {
  if (size < kMinRtcp || size > kMaxPacket || buffer.size() < size + kMaxOverhead) return 0;
  int length = static_cast<int>(size);
  if (srtp_protect_rtcp(impl_->send, buffer.data(), &length) != srtp_err_status_ok) return 0;
  return static_cast<std::size_t>(length);
}

void Session::end_sending(std::uint32_t ssrc) {
  srtp_remove_stream(impl_->send, htonl(ssrc));  // an SSRC that never sent is unknown to it, which is fine
}

Session::Unprotected Session::unprotect_rtp(MutableBytes packet) {
  if (packet.size() < kMinRtp || packet.size() > kMaxPacket) return {0, DropReason::RTP_MALFORMED};
  const std::uint32_t ssrc = load_u32(packet.data() + 8);
  if (!impl_->admits(ssrc)) return {0, DropReason::STREAM_LIMIT};
  int length = static_cast<int>(packet.size());
  const srtp_err_status_t status = srtp_unprotect(impl_->receive, packet.data(), &length);
  if (status != srtp_err_status_ok) return {0, reason_of(status, false)};
  impl_->admit(ssrc);
  return {static_cast<std::size_t>(length), DropReason::SRTP_FAILED};
}

Session::Unprotected Session::unprotect_rtcp(MutableBytes packet) {
  if (packet.size() < kMinRtcp || packet.size() > kMaxPacket) return {0, DropReason::RTCP_MALFORMED};
  const std::uint32_t ssrc = load_u32(packet.data() + 4);
  if (!impl_->admits(ssrc)) return {0, DropReason::STREAM_LIMIT};
  int length = static_cast<int>(packet.size());
  const srtp_err_status_t status = srtp_unprotect_rtcp(impl_->receive, packet.data(), &length);
  if (status != srtp_err_status_ok) return {0, reason_of(status, true)};
  impl_->admit(ssrc);
  return {static_cast<std::size_t>(length), DropReason::SRTP_FAILED};
}

}  // namespace weir::srtp
