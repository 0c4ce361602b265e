#include "srtp/libsrtp_backend.h"

#include <arpa/inet.h>
#include <srtp2/srtp.h>

#include <cstring>
#include <string>
#include <unordered_set>
#include <vector>

#include "srtp/key_derivation.h"
#include "srtp/packet_header.h"
#include "srtp/profile.h"

namespace weir::srtp {
namespace {

std::optional<srtp_profile_t> name_in_library(dtls::SrtpProfile profile) {
  switch (profile) {
    case dtls::SrtpProfile::aes128_cm_sha1_80:
      return srtp_profile_aes128_cm_sha1_80;
    case dtls::SrtpProfile::aes128_cm_sha1_32:
      return srtp_profile_aes128_cm_sha1_32;
    case dtls::SrtpProfile::aead_aes_128_gcm:
      return srtp_profile_aead_aes_128_gcm;
    case dtls::SrtpProfile::aead_aes_256_gcm:
      return srtp_profile_aead_aes_256_gcm;
    case dtls::SrtpProfile::none:
      break;
  }
  return std::nullopt;
}

bool prepare_library() {
  static const bool ready = srtp_init() == srtp_err_status_ok;  // once, safe from several threads
  return ready;
}

srtp_err_status_t create(srtp_t& out, srtp_profile_t profile, bool aead, const std::vector<std::uint8_t>& key,
                         srtp_ssrc_type_t direction) {
  srtp_policy_t policy{};
  srtp_err_status_t status = srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile);
  if (status != srtp_err_status_ok) return status;
  // The _32 profile shortens the tag of RTP only; RTCP keeps 80 bits (RFC 5764 section 4.1.2).
  status = srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile);
  if (status != srtp_err_status_ok) return status;
  std::vector<std::uint8_t> copy = key;  // the policy wants it mutable
  policy.ssrc.type = direction;
  policy.key = copy.data();
  policy.window_size = kReplayWindow;
  policy.allow_repeat_tx = !aead && direction == ssrc_any_outbound ? 1 : 0;
  status = srtp_create(&out, &policy);
  wipe(copy);
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

class LibsrtpSession final : public Session {
 public:
  ~LibsrtpSession() override {
    if (send_ != nullptr) srtp_dealloc(send_);
    if (receive_ != nullptr) srtp_dealloc(receive_);
  }

  srtp_err_status_t begin(srtp_profile_t profile, const Profile& parts, const dtls::SrtpKeys& keys) {
    tag_size_ = parts.rtp_tag_size;
    const bool aead = parts.aead;
    const srtp_err_status_t status = create(send_, profile, aead, keys.send, ssrc_any_outbound);
    if (status != srtp_err_status_ok) return status;
    return create(receive_, profile, aead, keys.receive, ssrc_any_inbound);
  }

  std::size_t protect_rtp(MutableBytes buffer, std::size_t size) override {
    if (size < kMinRtp || size > kMaxPacket || buffer.size() < size + tag_size_) return 0;
    const std::uint32_t ssrc = load_u32(&buffer[8]);
    if (!admits(sent_, kMaxSentSsrcs, ssrc)) return 0;
    int length = static_cast<int>(size);
    if (srtp_protect(send_, buffer.data(), &length) != srtp_err_status_ok) return 0;
    sent_.insert(ssrc);
    return static_cast<std::size_t>(length);
  }

  std::size_t protect_rtcp(MutableBytes buffer, std::size_t size) override {
    if (size < kMinRtcp || size > kMaxPacket || buffer.size() < size + kMaxOverhead) return 0;
    const std::uint32_t ssrc = load_u32(&buffer[4]);
    if (!admits(sent_, kMaxSentSsrcs, ssrc)) return 0;
    int length = static_cast<int>(size);
    if (srtp_protect_rtcp(send_, buffer.data(), &length) != srtp_err_status_ok) return 0;
    sent_.insert(ssrc);
    return static_cast<std::size_t>(length);
  }

  void end_sending(std::uint32_t ssrc) override {
    srtp_remove_stream(send_, htonl(ssrc));  // an SSRC that never sent is unknown to it, which is fine
    sent_.erase(ssrc);
  }

  Unprotected unprotect_rtp(MutableBytes packet) override {
    if (packet.size() < kMinRtp || packet.size() > kMaxPacket) return {0, DropReason::RTP_MALFORMED};
    const std::uint32_t ssrc = load_u32(&packet[8]);
    if (!admits(received_, kMaxReceivedSsrcs, ssrc)) return {0, DropReason::STREAM_LIMIT};
    int length = static_cast<int>(packet.size());
    const srtp_err_status_t status = srtp_unprotect(receive_, packet.data(), &length);
    if (status != srtp_err_status_ok) return {0, reason_of(status, false)};
    received_.insert(ssrc);
    return {static_cast<std::size_t>(length), DropReason::SRTP_FAILED};
  }

  Unprotected unprotect_rtcp(MutableBytes packet) override {
    if (packet.size() < kMinRtcp || packet.size() > kMaxPacket) return {0, DropReason::RTCP_MALFORMED};
    const std::uint32_t ssrc = load_u32(&packet[4]);
    if (!admits(received_, kMaxReceivedSsrcs, ssrc)) return {0, DropReason::STREAM_LIMIT};
    int length = static_cast<int>(packet.size());
    const srtp_err_status_t status = srtp_unprotect_rtcp(receive_, packet.data(), &length);
    if (status != srtp_err_status_ok) return {0, reason_of(status, true)};
    received_.insert(ssrc);
    return {static_cast<std::size_t>(length), DropReason::SRTP_FAILED};
  }

 private:
  using Ssrcs = std::unordered_set<std::uint32_t>;

  // libsrtp makes a stream, some hundred bytes, for every SSRC, and never forgets one by itself. The peer is
  // authenticated but not trusted: the number of streams that it can make us keep has a limit.
  static bool admits(const Ssrcs& known, std::size_t limit, std::uint32_t ssrc) {
    return known.size() < limit || known.contains(ssrc);
  }

  srtp_t send_ = nullptr;
  srtp_t receive_ = nullptr;
  std::size_t tag_size_ = 0;
  Ssrcs sent_;
  Ssrcs received_;
};

class LibsrtpBackend final : public Backend {
 public:
  BackendKind kind() const override { return BackendKind::libsrtp; }

  Result<std::unique_ptr<Session>> open(const dtls::SrtpKeys& keys) override {
    if (!prepare_library()) return Error{WEIR_ERR_CRYPTO, "libsrtp could not be prepared"};
    const auto profile = profile_of(keys.profile);
    const auto name = name_in_library(keys.profile);
    if (!profile || !name) return Error{WEIR_ERR_UNSUPPORTED, "no SRTP profile was negotiated"};
    if (keys.send.size() != profile->material_size() || keys.receive.size() != profile->material_size()) {
      return Error{WEIR_ERR_INVALID, "SRTP keys of the wrong length"};
    }
    auto session = std::make_unique<LibsrtpSession>();
    const srtp_err_status_t status = session->begin(*name, *profile, keys);
    if (status != srtp_err_status_ok) {
      return Error{WEIR_ERR_CRYPTO, "libsrtp refused the keys (" + std::to_string(status) + ")"};
    }
    return std::unique_ptr<Session>{std::move(session)};
  }

  void protect(std::span<Outgoing> burst) override {
    for (Outgoing& packet : burst) {
      const std::size_t size = packet.head + packet.tail.size();
      packet.size = 0;
      if (size > packet.out.size()) continue;
      if (rtp_header_size(packet.out.first(packet.head)) == 0) continue;
      if (!packet.tail.empty()) {
        std::memcpy(packet.out.data() + packet.head, packet.tail.data(), packet.tail.size());
      }
      packet.size = packet.session->protect_rtp(packet.out, size);
    }
  }

  void unprotect(std::span<Incoming> burst) override {
    for (Incoming& packet : burst) {
      packet.result = packet.rtcp ? packet.session->unprotect_rtcp(packet.packet)
                                  : packet.session->unprotect_rtp(packet.packet);
    }
  }
};

}  // namespace

std::unique_ptr<Backend> make_libsrtp_backend() {
  return std::make_unique<LibsrtpBackend>();
}

}  // namespace weir::srtp
