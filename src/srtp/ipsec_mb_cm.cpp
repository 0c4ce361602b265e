#include "srtp/ipsec_mb_cm.h"

#include <algorithm>
#include <cstring>

namespace weir::srtp {
namespace {

constexpr std::size_t kCounterSize = 4;  // of the rollover counter, and of SRTCP's E bit and index
constexpr std::uint32_t kEncrypted = 0x8000'0000;

void derive_keys(MultiBuffer& machine, const Profile& profile, Bytes master, bool rtcp, CmKeys& out) {
  const Bytes key = master.first(profile.key_size);
  const Bytes salt = master.subspan(profile.key_size);
  const auto keystream = [&](const CounterBlock& block, MutableBytes to) {
    machine.keystream(key, block, to);
  };
  std::array<std::uint8_t, 16> cipher_key{};
  std::array<std::uint8_t, 20> hash_key{};
  derive(keystream, salt, rtcp ? KeyLabel::rtcp_encryption : KeyLabel::rtp_encryption, cipher_key);
  derive(keystream, salt, rtcp ? KeyLabel::rtcp_authentication : KeyLabel::rtp_authentication, hash_key);
  derive(keystream, salt, rtcp ? KeyLabel::rtcp_salt : KeyLabel::rtp_salt, out.salt);
  machine.expand(cipher_key, out.cipher);
  machine.expand(hash_key, out.hash);
  wipe(cipher_key);
  wipe(hash_key);
}

/// RFC 3711 section 4.1.1: salt XOR SSRC XOR index, and 16 bits that count blocks.
CounterBlock counter_of(const CmKeys& keys, std::uint32_t ssrc, std::uint64_t index) {
  CounterBlock block{};
  std::copy(keys.salt.begin(), keys.salt.end(), block.begin());
  xor_number(block, 4, ssrc, 4);
  xor_number(block, 8, index, 6);
  return block;
}

void wipe_keys(CmKeys& keys) {
  wipe({reinterpret_cast<std::uint8_t*>(&keys), sizeof keys});
}

}  // namespace

CmSession::CmSession(CmBursts& bursts, MultiBuffer& machine, const Profile& profile,
                     const dtls::SrtpKeys& keys)
    : IpsecMbSession(machine, profile), bursts_(bursts) {
  derive_keys(machine, profile, keys.send, false, send_rtp_);
  derive_keys(machine, profile, keys.send, true, send_rtcp_);
  derive_keys(machine, profile, keys.receive, false, receive_rtp_);
  derive_keys(machine, profile, keys.receive, true, receive_rtcp_);
}

CmSession::~CmSession() {
  for (CmKeys* keys : {&send_rtp_, &send_rtcp_, &receive_rtp_, &receive_rtcp_}) wipe_keys(*keys);
}

std::size_t CmSession::protect_rtp(MutableBytes buffer, std::size_t size) {
  Outgoing packet{.session = this, .out = buffer, .head = size, .tail = {}};
  bursts_.protection.add(packet);
  bursts_.protection.run();
  return packet.size;
}

std::size_t CmSession::protect_rtcp(MutableBytes buffer, std::size_t size) {
  if (size < kMinRtcp || !may_protect_rtcp(buffer, size)) return 0;
  const std::uint32_t ssrc = load_u32(&buffer[4]);
  const auto index = take_sent_rtcp_index(sent_, ssrc);
  if (!index) return 0;
  if (size > kMinRtcp) {
    std::uint8_t* text = &buffer[kMinRtcp];
    machine_.add_cipher(send_rtcp_.cipher, counter_of(send_rtcp_, ssrc, *index), text, text, size - kMinRtcp);
    if (!machine_.run_ciphers()) return 0;
  }
  store_u32(&buffer[size], kEncrypted | *index);
  const std::size_t signed_size = size + kCounterSize;
  const std::size_t digest = machine_.add_hash(send_rtcp_.hash, buffer.data(), signed_size);
  if (!machine_.run_hashes()) return 0;
  std::memcpy(&buffer[signed_size], machine_.digest(digest), profile_.rtcp_tag_size);
  return signed_size + profile_.rtcp_tag_size;
}

Unprotected CmSession::unprotect_rtp(MutableBytes packet) {
  Incoming incoming{.session = this, .packet = packet, .rtcp = false, .result = {}};
  bursts_.unprotection.add(incoming);
  bursts_.unprotection.run();
  return incoming.result;
}

Unprotected CmSession::unprotect_rtcp(MutableBytes packet) {
  Incoming incoming{.session = this, .packet = packet, .rtcp = true, .result = {}};
  bursts_.unprotection.add(incoming);
  bursts_.unprotection.run();
  return incoming.result;
}

// ---- protecting a burst ----

void CmProtection::add(Outgoing& packet) {
  packet.size = 0;
  auto& session = static_cast<CmSession&>(*packet.session);
  const std::size_t size = packet.head + packet.tail.size();
  if (packet.head > packet.out.size() || !session.may_protect_rtp(packet.out, size)) return;
  const std::size_t header = rtp_header_size(packet.out.first(packet.head));
  if (header == 0) return;
  const std::uint32_t ssrc = load_u32(&packet.out[8]);
  const auto index = take_sent_index(session.sent_, ssrc, load_u16(&packet.out[2]), true);
  if (!index) return;

  std::uint8_t* text = &packet.out[header];
  const std::uint8_t* source = text;
  if (!packet.tail.empty() && packet.head == header) {
    source = packet.tail.data();
  } else if (!packet.tail.empty()) {
    std::memcpy(&packet.out[packet.head], packet.tail.data(), packet.tail.size());
  }
  if (size > header) {
    machine_.add_cipher(session.send_rtp_.cipher, counter_of(session.send_rtp_, ssrc, *index), source, text,
                        size - header);
  }
  staged_[count_++] = {&packet, &session, *index, size};
  if (count_ == staged_.size()) run();
}

void CmProtection::run() {
  const std::span staged = std::span{staged_}.first(count_);
  count_ = 0;
  if (!machine_.run_ciphers()) return;
  for (const Staged& s : staged) {
    store_u32(&s.packet->out[s.size], static_cast<std::uint32_t>(s.index >> 16));  // where the tag will be
    machine_.add_hash(s.session->send_rtp_.hash, s.packet->out.data(), s.size + kCounterSize);
  }
  if (!machine_.run_hashes()) return;
  for (std::size_t i = 0; i < staged.size(); ++i) {
    const Staged& s = staged[i];
    const std::size_t tag_size = s.session->profile_.rtp_tag_size;
    std::memcpy(&s.packet->out[s.size], machine_.digest(i), tag_size);
    s.packet->size = s.size + tag_size;
  }
}

// ---- unprotecting a batch ----

void CmUnprotection::add(Incoming& packet) {
  auto& session = static_cast<CmSession&>(*packet.session);
  if (packet.rtcp) {
    add_rtcp(packet, session);
  } else {
    add_rtp(packet, session);
  }
  if (count_ == staged_.size()) run();
}

void CmUnprotection::add_rtp(Incoming& packet, CmSession& session) {
  const MutableBytes bytes = packet.packet;
  const std::size_t tag_size = session.profile_.rtp_tag_size;
  const std::size_t header = rtp_header_size(bytes);
  packet.result = {0, DropReason::RTP_MALFORMED};
  if (header == 0 || bytes.size() > kMaxPacket || bytes.size() < header + tag_size) return;
  const std::uint32_t ssrc = load_u32(&bytes[8]);
  const Estimate estimate = estimate_received(session.received_, ssrc, load_u16(&bytes[2]));
  // Behind others of the batch the last word is judge()'s.
  if (estimate.refusal && count_ == 0) {
    packet.result.reason = *estimate.refusal;
    return;
  }
  Staged staged{&packet, &session, ssrc, estimate.index, header, bytes.size() - tag_size, 0, {}};
  std::memcpy(staged.tag.data(), &bytes[staged.size], tag_size);
  store_u32(&bytes[staged.size], static_cast<std::uint32_t>(estimate.index >> 16));
  staged.digest = machine_.add_hash(session.receive_rtp_.hash, bytes.data(), staged.size + kCounterSize);
  stage(staged);
}

void CmUnprotection::add_rtcp(Incoming& packet, CmSession& session) {
  const MutableBytes bytes = packet.packet;
  const std::size_t tag_size = session.profile_.rtcp_tag_size;
  packet.result = {0, DropReason::RTCP_MALFORMED};
  if (bytes.size() > kMaxPacket || bytes.size() < kMinRtcp + kCounterSize + tag_size) return;
  const std::size_t covered = bytes.size() - tag_size;
  const std::uint32_t ssrc = load_u32(&bytes[4]);
  const std::uint32_t word = load_u32(&bytes[covered - kCounterSize]);
  packet.result.reason = DropReason::SRTP_FAILED;
  if ((word & kEncrypted) == 0) return;  // what was agreed on is encryption
  const Estimate estimate = check_received_rtcp(session.received_, ssrc, word & ~kEncrypted);
  if (estimate.refusal && count_ == 0) {
    packet.result.reason = *estimate.refusal;
    return;
  }
  Staged staged{&packet, &session, ssrc, word & ~kEncrypted, kMinRtcp, covered, 0, {}};
  std::memcpy(staged.tag.data(), &bytes[covered], tag_size);
  staged.digest = machine_.add_hash(session.receive_rtcp_.hash, bytes.data(), covered);
  stage(staged);
}

void CmUnprotection::stage(Staged staged) {
  staged.packet->result.reason = DropReason::SRTP_FAILED;
  staged_[count_++] = staged;
}

/// The digest that was computed with the others, or another when packets before it moved the rollover
/// counter.
const std::uint8_t* CmUnprotection::digest_of(Staged& staged, std::uint64_t index) {
  if (index == staged.index) return machine_.digest(staged.digest);
  staged.index = index;
  const MutableBytes bytes = staged.packet->packet;
  store_u32(&bytes[staged.size], static_cast<std::uint32_t>(index >> 16));
  // In its own place: the digests of packets after it are still needed.
  machine_.hash_alone(staged.session->receive_rtp_.hash, bytes.data(), staged.size + kCounterSize,
                      staged.digest);
  return machine_.digest(staged.digest);
}

void CmUnprotection::judge(Staged& staged) {
  CmSession& session = *staged.session;
  Incoming& packet = *staged.packet;
  const Estimate estimate =
      packet.rtcp
          ? check_received_rtcp(session.received_, staged.ssrc, static_cast<std::uint32_t>(staged.index))
          : estimate_received(session.received_, staged.ssrc, load_u16(&packet.packet[2]));
  if (estimate.refusal) {
    packet.result.reason = *estimate.refusal;
    return;
  }
  const std::size_t tag_size = packet.rtcp ? session.profile_.rtcp_tag_size : session.profile_.rtp_tag_size;
  if (!same_tag(digest_of(staged, estimate.index), staged.tag.data(), tag_size)) {
    packet.result.reason = DropReason::SRTP_AUTH;
    return;
  }
  if (packet.rtcp) {
    note_received_rtcp(session.received_, staged.ssrc, static_cast<std::uint32_t>(staged.index));
    packet.result.size = staged.size - kCounterSize;
  } else {
    note_received(session.received_, staged.ssrc, staged.index);
    packet.result.size = staged.size;
  }
  if (packet.result.size == staged.header) return;
  const CmKeys& keys = packet.rtcp ? session.receive_rtcp_ : session.receive_rtp_;
  std::uint8_t* text = &packet.packet[staged.header];
  machine_.add_cipher(keys.cipher, counter_of(keys, staged.ssrc, staged.index), text, text,
                      packet.result.size - staged.header);
}

void CmUnprotection::run() {
  const std::span staged = std::span{staged_}.first(count_);
  count_ = 0;
  if (!machine_.run_hashes()) return;
  for (Staged& s : staged) judge(s);
  if (machine_.run_ciphers()) return;
  for (const Staged& s : staged) s.packet->result = {0, DropReason::SRTP_FAILED};
}

}  // namespace weir::srtp
