#include "support/virtual_peer.h"

#include <netinet/in.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include <algorithm>
#include <cstring>

namespace weir::test {
namespace {

constexpr std::uint16_t kKnownAttributes[] = {
    STUN_ATTRIBUTE_USERNAME,           STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
    STUN_ATTRIBUTE_ERROR_CODE,         STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
    STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_PRIORITY,
    STUN_ATTRIBUTE_USE_CANDIDATE,      0};
constexpr std::uint32_t kHostPriority =
    2'130'706'431;  // RFC 8445 section 5.1.2.1: type 126, preference 65535, component 1
constexpr std::size_t kTransactionAt = 8;
constexpr std::size_t kTransactionSize = 12;
// Below the 200 that the agent has room for, so that it always has one for the next request.
constexpr std::size_t kMaxOutstanding = 64;

std::string ice_chars(Random& random, std::size_t size) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += kAlphabet[random.below(64)];
  return text;
}

std::optional<Address> from_sockaddr(const sockaddr_storage& in) {
  Address address;
  if (in.ss_family == AF_INET) {
    const auto* in4 = reinterpret_cast<const sockaddr_in*>(&in);
    std::memcpy(address.ip.data(), &in4->sin_addr, 4);
    address.port = ntohs(in4->sin_port);
    return address;
  }
  if (in.ss_family != AF_INET6) return std::nullopt;
  const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&in);
  address.v6 = true;
  std::memcpy(address.ip.data(), &in6->sin6_addr, 16);
  address.port = ntohs(in6->sin6_port);
  return address;
}

}  // namespace

struct VirtualPeer::Stun {
  StunAgent agent;
  std::vector<std::array<std::uint8_t, STUN_MESSAGE_TRANS_ID_LEN>> outstanding;
  std::uint64_t tie = 0;

  Stun() {
    stun_agent_init(&agent, kKnownAttributes, STUN_COMPATIBILITY_RFC5389,
                    static_cast<StunAgentUsageFlags>(STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                                                     STUN_AGENT_USAGE_USE_FINGERPRINT));
  }

  void remember(const std::uint8_t* id) {
    if (outstanding.size() >= kMaxOutstanding) {
      stun_agent_forget_transaction(&agent, outstanding.front().data());
      outstanding.erase(outstanding.begin());
    }
    std::memcpy(outstanding.emplace_back().data(), id, STUN_MESSAGE_TRANS_ID_LEN);
  }
};

VirtualPeer::VirtualPeer(const Options& options)
    : options_(options),
      random_(options_.seed),
      stun_(std::make_unique<Stun>()),
      backend_(options.backend ? options.backend : srtp::make_backend(srtp::BackendKind::libsrtp)) {
  certificate_ = *crypto::Certificate::make(random_, options_.unix_time);
  stun_->tie = random_.u64();
  restart_ice();
}

VirtualPeer::~VirtualPeer() = default;

void VirtualPeer::restart_ice() {
  local_credentials_ = {ice_chars(random_, 4), ice_chars(random_, 24)};
  remote_known_ = false;
}

void VirtualPeer::set_remote(const ice::Credentials& remote, std::string_view fingerprint_algorithm,
                             Bytes fingerprint) {
  remote_credentials_ = remote;
  fingerprint_algorithm_ = fingerprint_algorithm;
  remote_fingerprint_.assign(fingerprint.begin(), fingerprint.end());
  remote_known_ = true;
  next_check_ = Time::min();
}

void VirtualPeer::move_to(Time now, const Address& local) {
  options_.local = local;
  check(now, options_.nomination != Nomination::never);
}

void VirtualPeer::check(Time now, bool use_candidate) {
  std::array<std::uint8_t, 512> buffer;
  StunMessage message;
  stun_agent_init_request(&stun_->agent, &message, buffer.data(), buffer.size(), STUN_BINDING);
  random_.fill(MutableBytes{buffer}.subspan(kTransactionAt, kTransactionSize));  // ours, so that runs repeat
  if (use_candidate) stun_message_append_flag(&message, STUN_ATTRIBUTE_USE_CANDIDATE);
  stun_message_append32(&message, STUN_ATTRIBUTE_PRIORITY, kHostPriority);
  stun_message_append64(
      &message, options_.claim_controlled ? STUN_ATTRIBUTE_ICE_CONTROLLED : STUN_ATTRIBUTE_ICE_CONTROLLING,
      stun_->tie);
  const std::string username = remote_credentials_.ufrag + ":" + local_credentials_.ufrag;
  stun_message_append_bytes(&message, STUN_ATTRIBUTE_USERNAME, username.data(), username.size());
  StunTransactionId id;
  stun_message_id(&message, id);
  stun_->remember(id);
  const auto* key = reinterpret_cast<const std::uint8_t*>(remote_credentials_.password.data());
  const std::size_t size =
      stun_agent_finish_message(&stun_->agent, &message, key, remote_credentials_.password.size());
  send(Bytes{buffer}.first(size));
  ++checks_sent_;
  next_check_ = now + (answered_ ? options_.keepalive_interval : options_.check_interval);
}

void VirtualPeer::step(Time now) {
  if (!remote_known_) return;
  if (checking_ && now >= next_check_) {
    check(now, options_.nomination == Nomination::at_once ||
                   (options_.nomination == Nomination::after_success && answered_));
  }
  if (dtls_ && now >= dtls_->deadline()) {
    dtls_->step(now, {});
    drain_dtls(now);
  }
  if (channels_ && now >= next_tick_) {
    next_tick_ = now + sctp::Stack::kTick;
    sctp::Stack::instance().advance(now);
    channels_->advance();
    flush_data(now);
  }
}

Time VirtualPeer::deadline() const {
  Time when = channels_ ? next_tick_ : kNever;
  if (remote_known_ && checking_) when = next_check_;
  if (dtls_) when = std::min(when, dtls_->deadline());
  return when;
}

std::vector<Datagram> VirtualPeer::take_transmits() {
  return std::exchange(transmits_, {});
}

void VirtualPeer::receive(Time now, const Datagram& datagram) {
  // An address that was left behind hears nothing.
  if (datagram.bytes.empty() || datagram.to != options_.local) return;
  const std::uint8_t first = datagram.bytes[0];
  if (first <= 3) return receive_stun(now, datagram);
  if (first >= 20 && first <= 63) return receive_dtls(now, datagram.bytes);
  if (first >= 128 && first <= 191) return receive_media(datagram.bytes);
}

void VirtualPeer::receive_stun(Time now, const Datagram& datagram) {
  StunMessage message;
  const StunValidationStatus status = stun_agent_validate(&stun_->agent, &message, datagram.bytes.data(),
                                                          datagram.bytes.size(), nullptr, nullptr);
  if (status != STUN_VALIDATION_SUCCESS) return;
  if (stun_message_get_class(&message) == STUN_ERROR) {
    stun_message_find_error(&message, &last_error_);
    return;
  }
  sockaddr_storage mapped{};
  socklen_t size = sizeof mapped;
  if (stun_usage_ice_conncheck_process(&message, &mapped, &size, STUN_USAGE_ICE_COMPATIBILITY_RFC5245) !=
      STUN_USAGE_ICE_RETURN_SUCCESS) {
    return;
  }
  mapped_ = from_sockaddr(mapped);
  ++checks_answered_;
  const bool first = !answered_;
  answered_ = true;
  if (first && options_.nomination == Nomination::after_success)
    next_check_ = now;  // nominate with the next step
  if (!dtls_ && options_.role == dtls::Role::client) {
    begin_dtls();
    dtls_->step(now, {});
    drain_dtls(now);
  }
}

void VirtualPeer::begin_dtls() {
  dtls::SessionOptions options;
  options.role = options_.role;
  options.certificate = certificate_;
  options.remote_fingerprint_algorithm = fingerprint_algorithm_;
  options.remote_fingerprint = remote_fingerprint_;
  options.srtp = options_.srtp;
  random_.fill(options.seed);
  dtls_ = std::make_unique<dtls::Session>(std::move(options));
}

void VirtualPeer::receive_dtls(Time now, Bytes bytes) {
  if (!dtls_) {
    if (options_.role == dtls::Role::client || !remote_known_) return;
    begin_dtls();
  }
  dtls_->step(now, bytes);
  drain_dtls(now);
}

void VirtualPeer::flush_data(Time now) {
  if (!channels_ || !connected()) return;
  for (auto packets = channels_->take_output(64); !packets.empty(); packets = channels_->take_output(64)) {
    for (const std::vector<std::uint8_t>& packet : packets) dtls_->send(now, packet);
  }
  for (const std::vector<std::uint8_t>& datagram : dtls_->take_transmits()) send(datagram);
}

void VirtualPeer::send_application_data(Time now, Bytes data) {
  dtls_->send(now, data);
  for (const std::vector<std::uint8_t>& datagram : dtls_->take_transmits()) send(datagram);
}

void VirtualPeer::drain_dtls(Time now) {
  for (const std::vector<std::uint8_t>& datagram : dtls_->take_transmits()) {
    if (options_.hello_fragment == 0) {
      send(datagram);
      continue;
    }
    for (const std::vector<std::uint8_t>& part : fragment_hello(datagram, options_.hello_fragment))
      send(part);
  }
  if (std::optional<dtls::SrtpKeys> keys = dtls_->take_keys()) {
    if (options_.leave_keys) {
      keys_ = std::move(keys);
    } else {
      srtp_ = std::move(*backend_->open(*keys));
    }
  }
  if (data_terms_ && connected() && !channels_) {
    channels_ = sctp::Channels::begin(*data_terms_, drops_);
    next_tick_ = now + sctp::Stack::kTick;
  }
  for (std::vector<std::uint8_t>& packet : dtls_->take_received()) {
    if (channels_) {
      channels_->receive(packet);
    } else {
      application_data_.push_back(std::move(packet));
    }
  }
  flush_data(now);
}

void VirtualPeer::receive_media(Bytes bytes) {
  if (!srtp_ || bytes.size() < 2) {
    ++undecryptable_;
    return;
  }
  Media media;
  media.rtcp = bytes[1] >= 192 && bytes[1] <= 223;
  media.bytes.assign(bytes.begin(), bytes.end());
  const auto result = media.rtcp ? srtp_->unprotect_rtcp(media.bytes) : srtp_->unprotect_rtp(media.bytes);
  if (result.size == 0) {
    ++undecryptable_;
    return;
  }
  media.bytes.resize(result.size);
  media_.push_back(std::move(media));
}

bool VirtualPeer::send_rtp(Bytes plain) {
  if (!connected() || !srtp_) return false;
  std::vector<std::uint8_t> packet(plain.begin(), plain.end());
  packet.resize(plain.size() + srtp::kMaxOverhead);
  packet.resize(srtp_->protect_rtp(packet, plain.size()));
  if (packet.empty()) return false;
  send(packet);
  return true;
}

bool VirtualPeer::send_rtcp(Bytes plain) {
  if (!connected() || !srtp_) return false;
  std::vector<std::uint8_t> packet(plain.begin(), plain.end());
  packet.resize(plain.size() + srtp::kMaxOverhead);
  packet.resize(srtp_->protect_rtcp(packet, plain.size()));
  if (packet.empty()) return false;
  send(packet);
  return true;
}

void VirtualPeer::close(Time now) {
  if (!dtls_) return;
  dtls_->close(now);
  drain_dtls(now);
  checking_ = false;
}

std::vector<std::vector<std::uint8_t>> fragment_hello(Bytes datagram, std::size_t size) {
  constexpr std::size_t kRecord = 13;
  constexpr std::size_t kMessage = 12;
  const bool hello = datagram.size() > kRecord + kMessage && datagram[0] == 22 &&
                     load_u16(datagram.data() + 3) == 0 && datagram[kRecord] == 1;
  if (!hello || size == 0) return {{datagram.begin(), datagram.end()}};
  const Bytes body = datagram.subspan(kRecord + kMessage);
  std::vector<std::vector<std::uint8_t>> out;
  for (std::size_t at = 0; at < body.size(); at += size) {
    const Bytes part = body.subspan(at, std::min(size, body.size() - at));
    std::vector<std::uint8_t>& fragment = out.emplace_back(kRecord + kMessage + part.size());
    ByteWriter w{fragment};
    // All keep the number of the record that they replace: whichever comes last then counts as that record,
    // and the numbers of the client's later records stay free.
    w.bytes(datagram.first(11));
    w.u16(static_cast<std::uint16_t>(kMessage + part.size()));
    w.u8(1);
    w.u24(static_cast<std::uint32_t>(body.size()));
    w.bytes(datagram.subspan(kRecord + 4, 2));  // message_seq
    w.u24(static_cast<std::uint32_t>(at));
    w.u24(static_cast<std::uint32_t>(part.size()));
    w.bytes(part);
  }
  return out;
}

}  // namespace weir::test
