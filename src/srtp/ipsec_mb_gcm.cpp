#include "srtp/ipsec_mb_gcm.h"

#include <cstring>

namespace weir::srtp {
namespace {

constexpr std::size_t kTagSize = 16;
constexpr std::size_t kWordSize = 4;  // of the E bit and SRTCP's index
constexpr std::uint32_t kEncrypted = 0x8000'0000;
constexpr std::size_t kRtcpHeader = kMinRtcp + kWordSize;  // as it is authenticated

using Nonce = std::array<std::uint8_t, 12>;
using Tag = std::array<std::uint8_t, kTagSize>;

/// RFC 7714 section 8.1 and 9.1: salt XOR (two zero bytes, SSRC, 48 bits of index).
Nonce nonce_of(const std::array<std::uint8_t, 12>& salt, std::uint32_t ssrc, std::uint64_t index) {
  Nonce nonce = salt;
  xor_number(nonce, 2, ssrc, 4);
  xor_number(nonce, 6, index, 6);
  return nonce;
}

std::array<std::uint8_t, kRtcpHeader> rtcp_header(const std::uint8_t* packet, std::uint32_t word) {
  std::array<std::uint8_t, kRtcpHeader> header{};
  std::memcpy(header.data(), packet, kMinRtcp);
  store_u32(&header[kMinRtcp], word);
  return header;
}

void wipe_keys(gcm_key_data& keys) {
  wipe({reinterpret_cast<std::uint8_t*>(&keys), sizeof keys});
}

}  // namespace

GcmSession::GcmSession(MultiBuffer& machine, const Profile& profile, const dtls::SrtpKeys& keys)
    : IpsecMbSession(machine, profile) {
  derive_keys(keys.send, send_);
  derive_keys(keys.receive, receive_);
}

GcmSession::~GcmSession() {
  for (GcmKeys* keys : {&send_, &receive_}) wipe({reinterpret_cast<std::uint8_t*>(keys), sizeof *keys});
}

void GcmSession::derive_keys(Bytes master, GcmKeys& out) {
  const Bytes key = master.first(profile_.key_size);
  const Bytes salt = master.subspan(profile_.key_size);
  const auto keystream = [&](const CounterBlock& block, MutableBytes to) {
    machine_.keystream(key, block, to);
  };
  std::array<std::uint8_t, 32> session_key{};
  const MutableBytes used = MutableBytes{session_key}.first(profile_.key_size);
  derive(keystream, salt, KeyLabel::rtp_encryption, used);
  machine_.expand(used, out.rtp);
  wipe(session_key);
  derive(keystream, salt, KeyLabel::rtp_salt, out.rtp_salt);
  derive(keystream, salt, KeyLabel::rtcp_encryption, MutableBytes{out.rtcp}.first(profile_.key_size));
  derive(keystream, salt, KeyLabel::rtcp_salt, out.rtcp_salt);
}

void GcmSession::expand_rtcp(const GcmKeys& keys, gcm_key_data& out) {
  machine_.expand(Bytes{keys.rtcp}.first(profile_.key_size), out);
}

void GcmSession::protect(Outgoing& packet) {
  packet.size = 0;
  const std::size_t size = packet.head + packet.tail.size();
  if (packet.head > packet.out.size() || !may_protect_rtp(packet.out, size)) return;
  const std::size_t header = rtp_header_size(packet.out.first(packet.head));
  if (header == 0) return;
  const std::uint32_t ssrc = load_u32(&packet.out[8]);
  const auto index = take_sent_index(sent_, ssrc, load_u16(&packet.out[2]), false);
  if (!index) return;
  std::uint8_t* text = &packet.out[header];
  const std::uint8_t* source = text;
  if (!packet.tail.empty() && packet.head == header) {
    source = packet.tail.data();
  } else if (!packet.tail.empty()) {
    std::memcpy(&packet.out[packet.head], packet.tail.data(), packet.tail.size());
  }
  machine_.seal(send_.rtp, profile_.key_size, nonce_of(send_.rtp_salt, ssrc, *index).data(),
                packet.out.first(header), source, text, size - header, &packet.out[size]);
  packet.size = size + kTagSize;
}

std::size_t GcmSession::protect_rtp(MutableBytes buffer, std::size_t size) {
  Outgoing packet{.session = this, .out = buffer, .head = size, .tail = {}};
  protect(packet);
  return packet.size;
}

std::size_t GcmSession::protect_rtcp(MutableBytes buffer, std::size_t size) {
  if (size < kMinRtcp || !may_protect_rtcp(buffer, size)) return 0;
  const std::uint32_t ssrc = load_u32(&buffer[4]);
  const auto index = take_sent_rtcp_index(sent_, ssrc);
  if (!index) return 0;
  const std::uint32_t word = kEncrypted | *index;
  alignas(64) gcm_key_data key;
  expand_rtcp(send_, key);
  std::uint8_t* text = &buffer[kMinRtcp];
  machine_.seal(key, profile_.key_size, nonce_of(send_.rtcp_salt, ssrc, *index).data(),
                rtcp_header(buffer.data(), word), text, text, size - kMinRtcp, &buffer[size]);
  wipe_keys(key);
  store_u32(&buffer[size + kTagSize], word);
  return size + kTagSize + kWordSize;
}

Unprotected GcmSession::unprotect_rtp(MutableBytes packet) {
  const std::size_t header = rtp_header_size(packet);
  if (header == 0 || packet.size() > kMaxPacket || packet.size() < header + kTagSize) {
    return {0, DropReason::RTP_MALFORMED};
  }
  const std::uint32_t ssrc = load_u32(&packet[8]);
  const Estimate estimate = estimate_received(received_, ssrc, load_u16(&packet[2]));
  if (estimate.refusal) return {0, *estimate.refusal};
  const std::size_t size = packet.size() - kTagSize;
  Tag tag{};
  machine_.open(receive_.rtp, profile_.key_size, nonce_of(receive_.rtp_salt, ssrc, estimate.index).data(),
                packet.first(header), packet.subspan(header, size - header), tag.data());
  if (!same_tag(tag.data(), &packet[size], kTagSize)) return {0, DropReason::SRTP_AUTH};
  note_received(received_, ssrc, estimate.index);
  return {size, DropReason::SRTP_FAILED};
}

Unprotected GcmSession::unprotect_rtcp(MutableBytes packet) {
  if (packet.size() > kMaxPacket || packet.size() < kMinRtcp + kTagSize + kWordSize) {
    return {0, DropReason::RTCP_MALFORMED};
  }
  const std::uint32_t ssrc = load_u32(&packet[4]);
  const std::size_t size = packet.size() - kTagSize - kWordSize;
  const std::uint32_t word = load_u32(&packet[size + kTagSize]);
  if ((word & kEncrypted) == 0) return {0, DropReason::SRTP_FAILED};  // what was agreed on is encryption
  const std::uint32_t index = word & ~kEncrypted;
  const Estimate estimate = check_received_rtcp(received_, ssrc, index);
  if (estimate.refusal) return {0, *estimate.refusal};
  alignas(64) gcm_key_data key;
  expand_rtcp(receive_, key);
  Tag tag{};
  machine_.open(key, profile_.key_size, nonce_of(receive_.rtcp_salt, ssrc, index).data(),
                rtcp_header(packet.data(), word), packet.subspan(kMinRtcp, size - kMinRtcp), tag.data());
  wipe_keys(key);
  if (!same_tag(tag.data(), &packet[size], kTagSize)) return {0, DropReason::SRTP_AUTH};
  note_received_rtcp(received_, ssrc, index);
  return {size, DropReason::SRTP_FAILED};
}

}  // namespace weir::srtp
