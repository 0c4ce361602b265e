#include "sctp/association.h"

#include <arpa/inet.h>
#include <usrsctp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace weir::sctp {
namespace {

// usrsctp counts its own bookkeeping into a buffer; the limits that users see are kept by the callers.
constexpr std::size_t kBufferSlack = 64 * 1024;

sockaddr_conn address_of(std::uintptr_t key, std::uint16_t port) {
  sockaddr_conn address{};
  address.sconn_family = AF_CONN;
  address.sconn_port = htons(port);
  address.sconn_addr = reinterpret_cast<void*>(key);  // NOLINT(performance-no-int-to-ptr): a name only
  return address;
}

template <typename T>
bool set(struct socket* socket, int level, int name, const T& value) {
  return usrsctp_setsockopt(socket, level, name, &value, sizeof value) == 0;
}

/// What comes from the stack holds whatever the peer's packets made of it: nothing is read beyond its end.
template <typename T>
bool read_front(Bytes bytes, T& out) {
  if (bytes.size() < sizeof out) return false;
  std::memcpy(&out, bytes.data(), sizeof out);
  return true;
}

}  // namespace

/// What usrsctp calls, always with the stack's mutex held. The argument is the key, never the object.
struct Association::Callbacks {
  static int receive(struct socket*, union sctp_sockstore, void* data, std::size_t size, sctp_rcvinfo info,
                     int flags, void* key) {
    const std::unique_ptr<void, decltype(&std::free)> owned{data, &std::free};
    Association* const association = Stack::instance().find(key);
    if (association == nullptr) return 1;
    if (data == nullptr) {
      association->put_event({.kind = EventKind::down, .bytes = {}});
      return 1;
    }
    const Bytes bytes{static_cast<const std::uint8_t*>(data), size};
    if ((flags & MSG_NOTIFICATION) != 0) {
      association->take_notification(bytes);
      return 1;
    }
    Event event{.kind = EventKind::message,
                .stream = info.rcv_sid,
                .ppid = ntohl(info.rcv_ppid),
                .bytes = {bytes.begin(), bytes.end()}};
    if ((flags & MSG_EOR) == 0) {
      event.kind = EventKind::oversized;
      event.bytes.clear();
    }
    association->put_event(std::move(event));
    return 1;
  }

  static int acknowledged(struct socket*, std::uint32_t free_bytes, void* key) {
    if (Association* const association = Stack::instance().find(key)) association->note_free(free_bytes);
    return 1;
  }
};

std::unique_ptr<Association> Association::open(const Options& options) {
  Stack& stack = Stack::instance();
  std::unique_ptr<Association> association{new Association{options}};
  {
    const std::scoped_lock lock{stack.mutex_};
    if (stack.live_.size() >= Stack::kMaxAssociations) return nullptr;
    association->key_ = stack.add(*association);
    if (association->start()) return association;
  }
  return nullptr;  // the destructor tidies up
}

bool Association::start() {
  void* const name = reinterpret_cast<void*>(key_);  // NOLINT(performance-no-int-to-ptr): a name only
  usrsctp_register_address(name);
  socket_ = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, &Callbacks::receive, &Callbacks::acknowledged,
                           0, name);
  return socket_ != nullptr && configure(options_.streams) && connect();
}

bool Association::configure(std::uint16_t streams) {
  if (usrsctp_set_non_blocking(socket_, 1) != 0) return false;
  // Closing aborts at once, so that nothing outlives this object.
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  const int send_buffer = static_cast<int>(options_.send_buffer + kBufferSlack);
  const int receive_buffer = static_cast<int>(options_.receive_buffer + kBufferSlack);
  // No message is handed out in parts before it is far too large.
  const auto whole = static_cast<std::uint32_t>(options_.receive_buffer);
  const int on = 1;
  const sctp_assoc_value resets{.assoc_id = SCTP_ALL_ASSOC, .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ};
  const sctp_initmsg sizes{.sinit_num_ostreams = streams,
                           .sinit_max_instreams = streams,
                           .sinit_max_attempts = 0,
                           .sinit_max_init_timeo = 0};
  bool good = set(socket_, SOL_SOCKET, SO_LINGER, at_once) &&
              set(socket_, SOL_SOCKET, SO_SNDBUF, send_buffer) &&
              set(socket_, SOL_SOCKET, SO_RCVBUF, receive_buffer) &&
              set(socket_, IPPROTO_SCTP, SCTP_PARTIAL_DELIVERY_POINT, whole) &&
              set(socket_, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, resets) &&
              set(socket_, IPPROTO_SCTP, SCTP_RECVRCVINFO, on) &&
              set(socket_, IPPROTO_SCTP, SCTP_NODELAY, on) && set(socket_, IPPROTO_SCTP, SCTP_INITMSG, sizes);
  for (const std::uint16_t type :
       {std::uint16_t{SCTP_ASSOC_CHANGE}, std::uint16_t{SCTP_STREAM_RESET_EVENT}}) {
    const sctp_event wanted{.se_assoc_id = SCTP_ALL_ASSOC, .se_type = type, .se_on = 1};
    good = good && set(socket_, IPPROTO_SCTP, SCTP_EVENT, wanted);
  }
  return good;
}

bool Association::connect() {
  sockaddr_conn local = address_of(key_, options_.local_port);
  if (usrsctp_bind(socket_, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0) return false;
  sockaddr_conn remote = address_of(key_, options_.remote_port);
  if (usrsctp_connect(socket_, reinterpret_cast<sockaddr*>(&remote), sizeof remote) != 0 &&
      errno != EINPROGRESS) {
    return false;
  }
  // The path's size is known, DTLS adds to it, and nobody would answer a probe (RFC 8261 section 5). Consent
  // watches over the path, so heartbeats are not needed.
  sctp_paddrparams path{};
  std::memcpy(&path.spp_address, &remote, sizeof remote);
  path.spp_pathmtu = static_cast<std::uint32_t>(options_.path_mtu - sizeof(sctp_common_header));
  path.spp_flags = SPP_PMTUD_DISABLE | SPP_HB_DISABLE;
  return set(socket_, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path);
}

Association::~Association() {
  abort();
  Stack& stack = Stack::instance();
  const std::scoped_lock lock{stack.mutex_};
  stack.remove(key_);
  usrsctp_deregister_address(
      reinterpret_cast<void*>(key_));  // NOLINT(performance-no-int-to-ptr): a name only
}

void Association::abort() {
  const std::scoped_lock lock{Stack::instance().mutex_};
  up_ = false;
  if (socket_ != nullptr) usrsctp_close(std::exchange(socket_, nullptr));
}

void Association::receive(Bytes packet) {
  const std::scoped_lock lock{Stack::instance().mutex_};
  if (socket_ == nullptr) return;
  usrsctp_conninput(reinterpret_cast<void*>(key_),  // NOLINT(performance-no-int-to-ptr): a name only
                    packet.data(), packet.size(), 0);
}

Association::Sent Association::send(std::uint16_t stream, std::uint32_t ppid, const Reliability& reliability,
                                    Bytes message) {
  const std::scoped_lock lock{Stack::instance().mutex_};
  if (socket_ == nullptr || !up_) return Sent::refused;
  // Messages that may be lost leave half of the buffer to those that may not.
  const bool may_be_lost = reliability.kind != Reliability::Kind::reliable;
  const std::size_t room = may_be_lost ? options_.send_buffer / 2 : options_.send_buffer;
  if (buffered_ + message.size() > room || unacknowledged_.size() >= kMaxMessages) return Sent::full;
  sctp_sendv_spa how{};
  how.sendv_flags = SCTP_SEND_SNDINFO_VALID;
  how.sendv_sndinfo.snd_sid = stream;
  how.sendv_sndinfo.snd_flags = reliability.ordered ? SCTP_EOR : SCTP_EOR | SCTP_UNORDERED;
  how.sendv_sndinfo.snd_ppid = htonl(ppid);
  if (may_be_lost) {
    how.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    how.sendv_prinfo.pr_policy =
        reliability.kind == Reliability::Kind::lifetime ? SCTP_PR_SCTP_TTL : SCTP_PR_SCTP_RTX;
    how.sendv_prinfo.pr_value = reliability.value;
  }
  const ssize_t taken =
      usrsctp_sendv(socket_, message.data(), message.size(), nullptr, 0, &how, sizeof how, SCTP_SENDV_SPA, 0);
  if (taken < 0) return errno == EWOULDBLOCK || errno == ENOBUFS ? Sent::full : Sent::refused;
  buffered_ += message.size();
  unacknowledged_.push_back(message.size());
  return Sent::done;
}

bool Association::reset(std::uint16_t stream) {
  const std::scoped_lock lock{Stack::instance().mutex_};
  if (socket_ == nullptr || !up_) return false;
  alignas(sctp_reset_streams) std::uint8_t memory[sizeof(sctp_reset_streams) + sizeof stream] = {};
  sctp_reset_streams request{};
  request.srs_assoc_id = SCTP_ALL_ASSOC;
  request.srs_flags = SCTP_STREAM_RESET_OUTGOING;
  request.srs_number_streams = 1;
  std::memcpy(memory, &request, sizeof request);
  std::memcpy(memory + sizeof request, &stream, sizeof stream);
  return usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_RESET_STREAMS, memory, sizeof memory) == 0;
}

std::size_t Association::buffered() {
  const std::scoped_lock lock{Stack::instance().mutex_};
  return buffered_;
}

std::vector<Association::Event> Association::take_events() {
  const std::scoped_lock lock{Stack::instance().mutex_};
  pending_.store(!output_.empty(), std::memory_order_release);
  for (const Event& event : events_) {
    if (event.kind == EventKind::up || event.kind == EventKind::restarted) {
      up_ = true;
      streams_ = negotiated_streams_;
    } else if (event.kind == EventKind::down) {
      up_ = false;
    }
  }
  return std::exchange(events_, {});
}

std::vector<std::vector<std::uint8_t>> Association::take_output(std::size_t most) {
  const std::scoped_lock lock{Stack::instance().mutex_};
  const auto end = output_.begin() + static_cast<std::ptrdiff_t>(std::min(most, output_.size()));
  std::vector<std::vector<std::uint8_t>> taken{std::make_move_iterator(output_.begin()),
                                               std::make_move_iterator(end)};
  output_.erase(output_.begin(), end);
  pending_.store(!output_.empty() || !events_.empty(), std::memory_order_release);
  return taken;
}

std::uint64_t Association::take_output_lost() {
  const std::scoped_lock lock{Stack::instance().mutex_};
  return std::exchange(output_lost_, 0);
}

// ---- from usrsctp, with the mutex held ----

/// usrsctp counts bytes only, but a message of one byte costs it hundreds: so messages are counted here, as
/// if they were acknowledged in the order of sending.
void Association::note_free(std::size_t free_bytes) {
  const std::size_t whole = options_.send_buffer + kBufferSlack;
  const std::size_t left = whole - std::min(whole, free_bytes);
  while (!unacknowledged_.empty() && buffered_ - unacknowledged_.front() >= left) {
    buffered_ -= unacknowledged_.front();
    unacknowledged_.pop_front();
  }
}

void Association::put_output(Bytes packet) {
  if (output_.size() >= kMaxOutput) {
    ++output_lost_;
    return;
  }
  output_.emplace_back(packet.begin(), packet.end());
  pending_.store(true, std::memory_order_release);
}

/// Bounded by what one packet can release: the receive buffer. Between packets the owner takes all.
void Association::put_event(Event event) {
  if (over_) return;
  over_ = event.kind == EventKind::down;
  events_.push_back(std::move(event));
  pending_.store(true, std::memory_order_release);
}

void Association::take_notification(Bytes bytes) {
  sctp_assoc_change change{};
  sctp_stream_reset_event reset{};
  std::uint16_t type = 0;
  if (!read_front(bytes, type)) return;
  if (type == SCTP_ASSOC_CHANGE && read_front(bytes, change)) {
    switch (change.sac_state) {
      case SCTP_COMM_UP:
      case SCTP_RESTART:
        negotiated_streams_ = std::min(change.sac_outbound_streams, options_.streams);
        put_event(
            {.kind = change.sac_state == SCTP_COMM_UP ? EventKind::up : EventKind::restarted, .bytes = {}});
        break;
      case SCTP_COMM_LOST:
      case SCTP_SHUTDOWN_COMP:
      case SCTP_CANT_STR_ASSOC:
        put_event({.kind = EventKind::down, .bytes = {}});
        break;
      default:
        break;
    }
    return;
  }
  if (type != SCTP_STREAM_RESET_EVENT || !read_front(bytes, reset)) return;
  constexpr std::uint16_t kRefused = SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED;
  if ((reset.strreset_flags & kRefused) != 0) return;
  const EventKind kind = (reset.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) != 0
                             ? EventKind::incoming_reset
                             : EventKind::outgoing_reset;
  const Bytes list = bytes.subspan(sizeof reset);
  for (std::size_t at = 0; at + 2 <= list.size(); at += 2) {
    std::uint16_t stream = 0;
    std::memcpy(&stream, list.data() + at, sizeof stream);
    put_event({.kind = kind, .stream = stream, .bytes = {}});
  }
  if (!list.empty()) return;
  // No list means all (RFC 6525 section 4.1).
  for (std::uint16_t stream = 0; stream < options_.streams; ++stream) {
    put_event({.kind = kind, .stream = stream, .bytes = {}});
  }
}

}  // namespace weir::sctp
