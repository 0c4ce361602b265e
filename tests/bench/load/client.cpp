#include "load/client.h"

#include <algorithm>

#include "io/clock.h"
#include "load/error.h"
#include "load/workers.h"

namespace weir::load {
namespace {

constexpr std::uint32_t kFirstSsrc = 0x10000;
constexpr std::uint32_t kSsrcsOfClient = 4;                       // audio, video and its repair
constexpr Duration kPhaseStep = std::chrono::microseconds{7919};  // a prime: phases do not repeat soon

bool is_rtcp(Bytes packet) {
  return packet.size() > 1 && packet[1] >= 192 && packet[1] <= 223;  // RFC 5761 section 4
}

bool is_stun_request(Bytes datagram) {
  return datagram.size() > 1 && datagram[0] == 0 && datagram[1] == 1;  // RFC 8489 section 5
}

bool is_media(Bytes datagram) {
  return !datagram.empty() && datagram[0] >= 128 && datagram[0] <= 191;  // RFC 7983 section 7
}

bool is_dtls(Bytes datagram) {
  return !datagram.empty() && datagram[0] >= 20 && datagram[0] <= 63;
}

}  // namespace

Client::Client(std::uint32_t index, Task task, Common& common, const Ports::Place& place)
    : id_(IdKind::participant, 0, 1, index),
      index_(index),
      task_(std::move(task)),
      common_(common),
      port_(*place.port),
      path_{place.local, {}},
      websocket_(*this) {
  if (task_.role == Role::publisher) {
    sender_.emplace(common.options, kFirstSsrc + index * kSsrcsOfClient);
    task_.sends = sender_->kinds();
    for (const SentStream::Kind kind : task_.sends) {
      task_.track_ids.push_back(track_id_of(*sender_->stream(kind)));
    }
  }
  session_ = common.adapter.make_session(task_, *this);
}

Client::~Client() = default;

std::string Client::describe() const {
  const std::string what = task_.name + " of room " + task_.room;
  if (!opened_) return what + " waits for its signalling connection";
  if (!signalled_) return what + " waits for the server's signalling";
  if (!receiver_) return what + " waits for the server's candidate";
  return what + " waits for ICE and DTLS";
}

void Client::begin() {
  away_ = true;
  test::VirtualPeer::Options options;
  options.seed = (static_cast<std::uint64_t>(to_us(io::monotonic_now())) << 16U) + index_;
  options.local = path_.local;
  options.leave_keys = true;
  options.unix_time = io::unix_now_seconds();
  run_on_worker(
      common_.loop, [this, options] { peer_ = std::make_unique<test::VirtualPeer>(options); },
      [this] {
        away_ = false;
        began_ = io::monotonic_now();
        ++common_.open;
        self_ = {peer_->credentials(), peer_->fingerprint_text(), path_.local, 0};
        if (!leaving_) common_.websockets.connect(websocket_, session_->query());
      });
}

void Client::fail(std::string_view reason) {
  if (leaving_ || !common_.failure.empty()) return;
  common_.failure = task_.name + " of room " + task_.room + ": " + std::string{reason};
}

void Client::on_open() {
  opened_ = true;
  session_->on_open();
}

void Client::on_message(std::string_view message) {
  try {
    session_->on_message(message);
  } catch (const LoadError& fault) {
    fail(fault.what());
  } catch (const std::exception& fault) {
    // Not the message itself: it may hold what only this client should know.
    fail(std::string{"the server sent a message that makes no sense: "} + fault.what());
  }
}

void Client::on_closed(std::string_view reason) {
  --common_.open;
  fail(reason);
}

Self Client::describe_self() {
  ++self_.version;
  return self_;
}

std::string Client::offer(const std::vector<SentStream::Kind>& lines) {
  std::vector<OfferedLine> offered;
  for (const SentStream::Kind kind : lines)
    offered.push_back({kind, sender_ ? sender_->stream(kind) : nullptr});
  return make_offer(describe_self(), offered);
}

void Client::take_answer(const std::string& sdp) {
  const auto session = sdp::parse(sdp);
  if (!session) throw LoadError{"the server's answer: " + session.error().reason};
  set_remote(read_remote(*session, common_.options.url.host));
}

std::string Client::answer(const std::string& sdp) {
  const auto session = sdp::parse(sdp);
  if (!session) throw LoadError{"the server's offer: " + session.error().reason};
  Remote remote = read_remote(*session, common_.options.url.host);
  remote.active = false;  // our answers say that we are
  if (!controlled_) peer_->set_controlled();
  controlled_ = true;
  set_remote(std::move(remote));
  return make_answer(describe_self(), *session);
}

void Client::take_candidate(std::string_view candidate) {
  if (trickled_) return;
  trickled_ = address_of(candidate);
  if (remote_ && !receiver_) begin_transport();
}

void Client::set_remote(Remote remote) {
  if (remote.refused_lines > 0) throw LoadError{"the server refused a line of media"};
  if (!remote.address && !common_.adapter.trickles()) {
    throw LoadError{"the server's description has no candidate for UDP"};
  }
  remote_ = std::move(remote);
  if (receiver_) return receiver_->set_remote(*remote_);
  begin_transport();
}

/// Once there is both a description and an address.
void Client::begin_transport() {
  const std::optional<Address> address = remote_->address ? remote_->address : trickled_;
  if (!address) return;
  path_.remote = *address;
  peer_->set_role(remote_->active ? dtls::Role::server : dtls::Role::client);
  peer_->set_remote_address(*address);
  peer_->set_remote(remote_->ice, remote_->fingerprint.algorithm, remote_->fingerprint.value);
  receiver_.emplace(*remote_, kFirstSsrc + index_ * kSsrcsOfClient + kSsrcsOfClient - 1,
                    common_.options.sample);
  port_.add(path_.local, *this);
  arm(io::monotonic_now());
}

void Client::signalled() {
  signalled_ = true;
  check_ready(io::monotonic_now());
}

void Client::receive(Time now, const engine::Datagram& datagram) {
  const Bytes bytes = datagram.bytes;
  if (is_media(bytes)) {
    // What a socket read is this turn's alone, so it may be decrypted where it lies.
    receive_media(now, {const_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    return;
  }
  if (is_stun_request(bytes)) return receive_check(datagram);
  test::Datagram copy{datagram.path.remote, path_.local, {bytes.begin(), bytes.end()}};
  if (away_) {
    if (waiting_.size() < kMostWaiting) waiting_.push_back(std::move(copy));
    return;
  }
  if (is_dtls(bytes) && !peer_->connected()) return receive_handshake(now, std::move(copy));
  peer_->receive(now, copy);
  after_transport(now);
}

void Client::receive_handshake(Time now, test::Datagram datagram) {
  away_ = true;
  waiting_.push_back(std::move(datagram));
  auto batch = std::make_shared<std::vector<test::Datagram>>(std::exchange(waiting_, {}));
  run_on_worker(
      common_.loop,
      [this, batch, now] {
        for (const test::Datagram& each : *batch) peer_->receive(now, each);
      },
      [this] {
        away_ = false;
        const Time later = io::monotonic_now();
        after_transport(later);
        if (waiting_.empty()) return;
        test::Datagram next = std::move(waiting_.back());
        waiting_.pop_back();
        receive_handshake(later, std::move(next));
      });
}

/// A check of the server's own; ICE-lite servers make none.
void Client::receive_check(const engine::Datagram& datagram) {
  if (away_ || !peer_) return;
  std::array<std::uint8_t, ice::LiteAgent::kReplySize> reply;
  const auto find = [](void* context, std::string_view ufrag) -> std::optional<std::string_view> {
    const auto& own = *static_cast<const ice::Credentials*>(context);
    return ufrag == own.ufrag ? std::optional<std::string_view>{own.password} : std::nullopt;
  };
  ice::Credentials own = peer_->credentials();
  ice::LiteAgent& agent = controlled_ ? common_.controlled : common_.controlling;
  const auto outcome = agent.handle(datagram.bytes, datagram.path.remote, find, &own, MutableBytes{reply});
  if (outcome.reply_size == 0) return;
  common_.egress.push({path_.local, datagram.path.remote}, Bytes{reply}.first(outcome.reply_size));
  flush();
}

void Client::receive_media(Time now, MutableBytes packet) {
  if (!srtp_ || !receiver_) return;
  if (!is_rtcp(packet)) {
    receiver_->take_rtp(now, packet, *srtp_, common_.delays);
  } else if (const auto plain = srtp_->unprotect_rtcp(packet); plain.size > 0) {
    receiver_->take_rtcp(now, packet.first(plain.size));
    Outbox out = outbox();
    if (sender_) sender_->take_rtcp(packet.first(plain.size), out);
    flush();
  }
  if (receiver_->deadline() < armed_) arm(now);
}

Outbox Client::outbox() {
  return Outbox{common_.egress, path_, *srtp_};
}

void Client::after_transport(Time now) {
  for (const test::Datagram& each : peer_->take_transmits()) common_.egress.push(path_, each.bytes);
  flush();
  if (const auto keys = peer_->take_keys()) {
    auto opened = common_.srtp->open(*keys);
    if (opened) {
      srtp_ = std::move(*opened);
    } else {
      fail("SRTP: " + opened.error().reason);
    }
  }
  if (peer_->failed()) fail("DTLS failed: " + peer_->failure());
  if (peer_->closed()) fail("the server closed the media connection");
  check_ready(now);
  arm(now);
}

void Client::flush() {
  if (!common_.egress.entries().empty()) port_.send(common_.egress);
}

void Client::check_ready(Time now) {
  if (ready_ || !signalled_ || away_ || !srtp_) return;
  ready_ = true;
  ++common_.ready;
  common_.joins.add(now - began_);
  if (sender_) sender_->begin(now, index_ * kPhaseStep);
  arm(now);
}

void Client::arm(Time now) {
  if (away_ || !receiver_) return;
  Time when = std::min(peer_->deadline(), receiver_->deadline());
  if (ready_ && sender_) when = std::min(when, sender_->deadline());
  when = std::max(when, now);
  if (when >= armed_) return;
  armed_ = when;
  common_.timers.wake(id_, when);
}

void Client::step(Time now) {
  armed_ = kNever;
  if (away_ || !receiver_ || leaving_) return;
  if (peer_->deadline() <= now) {
    peer_->step(now);
    for (const test::Datagram& each : peer_->take_transmits()) common_.egress.push(path_, each.bytes);
  }
  if (srtp_) {
    Outbox out = outbox();
    receiver_->step(now, out);
    if (ready_ && sender_) sender_->step(now, common_.sending, out);
  }
  flush();
  if (peer_->failed()) fail("DTLS failed: " + peer_->failure());
  arm(now);
}

void Client::leave(Time now) {
  leaving_ = true;
  if (session_ && opened_) session_->leave();
  websocket_.close();
  if (away_ || !peer_) return;
  peer_->close(now);
  for (const test::Datagram& each : peer_->take_transmits()) common_.egress.push(path_, each.bytes);
  flush();
}

}  // namespace weir::load
