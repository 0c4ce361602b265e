// One end of an SCTP association over a secured datagram path (RFC 8261): packets in and out, whole messages
// on streams. Used by one thread; the stack itself is shared (stack.h).
//
// Mutate, then drain: after every call take_events() and take_output(). What the timers caused is announced
// by pending().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "sctp/stack.h"

struct socket;

namespace weir::sctp {

/// How much a message may be delayed or lost on its way (RFC 8831 section 6.1, RFC 3758).
struct Reliability {
  enum class Kind : std::uint8_t { reliable = 0, retransmits = 1, lifetime = 2 };
  Kind kind = Kind::reliable;
  std::uint32_t value = 0;  // retransmissions at most, or milliseconds
  bool ordered = true;

  bool operator==(const Reliability&) const = default;
};

class Association {
 public:
  struct Options {
    std::uint16_t local_port = 5000;
    std::uint16_t remote_port = 5000;
    std::size_t path_mtu = 1150;  // of SCTP packets
    std::uint16_t streams = 128;  // each way
    std::size_t send_buffer = std::size_t{1} << 20;
    std::size_t receive_buffer = std::size_t{1} << 20;
  };
  enum class EventKind : std::uint8_t {
    up,
    restarted,       // the other end began anew: nothing of before is left
    down,            // for good
    message,         // whole
    oversized,       // a part of a message that is too large to be held
    incoming_reset,  // the peer closed its direction of `stream`
    outgoing_reset,  // one's own direction is closed
  };
  struct Event {
    EventKind kind;
    std::uint16_t stream = 0;
    std::uint32_t ppid = 0;
    std::vector<std::uint8_t> bytes;
  };
  enum class Sent : std::uint8_t { done, full, refused };

  /// Messages that are not acknowledged yet, of any size.
  static constexpr std::size_t kMaxMessages = 2048;
  /// Packets that wait to be taken; what comes beyond is lost, as on a path, and SCTP repairs it.
  static constexpr std::size_t kMaxOutput = 512;

  /// Begins the association; the other end does the same (RFC 8841 section 5.4.2). nullptr when the
  /// process has too many, or the library refuses.
  static std::unique_ptr<Association> open(const Options& options);
  /// Aborts.
  ~Association();
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  void receive(Bytes packet);
  /// A message as a whole, or not at all.
  Sent send(std::uint16_t stream, std::uint32_t ppid, const Reliability& reliability, Bytes message);
  /// Closes one's own direction of a stream once what is under way on it has arrived (RFC 6525). False: not
  /// now, ask again.
  bool reset(std::uint16_t stream);
  /// Tells the other end that it is over. Its packet can still be taken.
  void abort();

  bool up() const { return up_; }
  /// Streams that may be used for sending, once up.
  std::uint16_t streams() const { return streams_; }
  /// Bytes of messages that are not acknowledged yet.
  std::size_t buffered();
  /// Something waits to be taken.
  bool pending() const { return pending_.load(std::memory_order_acquire); }
  std::vector<Event> take_events();
  /// Packets to send, at most `most`, the oldest first.
  std::vector<std::vector<std::uint8_t>> take_output(std::size_t most);
  /// How many there were no places for since the last call.
  std::uint64_t take_output_lost();

 private:
  friend class Stack;
  struct Callbacks;

  explicit Association(const Options& options) : options_(options) {}
  bool start();
  bool configure(std::uint16_t streams);
  bool connect();
  void note_free(std::size_t free_bytes);
  void put_output(Bytes packet);
  void put_event(Event event);
  void take_notification(Bytes bytes);

  const Options options_;
  Stack::Key key_ = 0;
  struct socket* socket_ = nullptr;
  bool up_ = false;  // as the owner has seen it
  std::uint16_t streams_ = 0;

  // Guarded by the stack's mutex.
  std::vector<Event> events_;
  std::deque<std::vector<std::uint8_t>> output_;
  std::deque<std::size_t> unacknowledged_;  // sizes of messages, the oldest first
  std::size_t buffered_ = 0;                // their sum
  std::uint64_t output_lost_ = 0;
  std::uint16_t negotiated_streams_ = 0;
  bool over_ = false;
  std::atomic<bool> pending_{false};
};

}  // namespace weir::sctp
