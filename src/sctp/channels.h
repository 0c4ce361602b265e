// Data channels over one association (RFC 8831): opened by either side, each a pair of streams with the same
// number, with a label, a reliability and a state.
//
// Mutate, then drain: take_events() and take_output() after every call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/drop_reason.h"
#include "sctp/association.h"
#include "sctp/dcep.h"

namespace weir::sctp {

struct Channel {
  enum class State : std::uint8_t {
    opening,  // asked for; messages may go out, in order, until the other side says yes (RFC 8832 section 6)
    open,
    closing,  // of no more use; its number is free when both directions are reset
  };
  State state = State::open;
  std::string label;
  std::string protocol;
  Reliability reliability;
  bool outgoing_reset = false;   // done
  bool incoming_reset = false;   // done
  bool reset_asked_for = false;  // of one's own direction

  bool usable() const { return state != State::closing; }
};

class Channels {
 public:
  struct Options {
    bool dtls_client = false;  // it opens even streams, the server odd ones (RFC 8832 section 6)
    std::uint32_t max_channels = 64;
    std::uint32_t max_message_received = 262'144;  // announced; RFC 8841 section 6.1
    std::uint32_t max_message_sent = 65'536;       // what the other side announced; 0: any
    Association::Options association;
  };
  enum class EventKind : std::uint8_t {
    up,       // channels can be opened
    down,     // for good; all channels are closed, without an event each
    opened,   // by the other side
    message,  // on `stream`
    closed,   // by the other side, or for its misbehaviour
  };
  struct Event {
    EventKind kind;
    std::uint16_t stream = 0;
    bool text = false;
    std::vector<std::uint8_t> bytes;
  };
  enum class Sent : std::uint8_t { done, full, too_large, closed };

  static constexpr std::size_t kMaxLabel = 255;

  /// nullptr when there are too many associations.
  static std::unique_ptr<Channels> begin(const Options& options, DropCounters& drops);

  /// One SCTP packet.
  void receive(Bytes packet);
  /// What the stack's timers caused; call every Stack::kTick.
  void advance();
  /// What take_events() or take_output() would give something of; any thread's timers may cause it.
  bool pending() const { return association_->pending() || !events_.empty(); }

  bool up() const { return association_->up(); }
  /// Opens a channel; it takes messages at once. Nothing when the limit is reached or the association is not
  /// up.
  std::optional<std::uint16_t> open(std::string_view label, std::string_view protocol,
                                    const Reliability& reliability);
  void close(std::uint16_t stream);
  /// Of a message that may be lost, `full` is the end; of a reliable one, that the receiver has fallen
  /// behind.
  Sent send(std::uint16_t stream, bool text, Bytes message);
  /// The other side is told that all is over.
  void abort() { association_->abort(); }

  /// A channel that is not closing.
  const Channel* find(std::uint16_t stream) const;
  /// The first such channel with this label.
  std::optional<std::uint16_t> find(std::string_view label) const;
  std::size_t count() const;
  std::size_t buffered() const { return association_->buffered(); }

  std::vector<Event> take_events();
  std::vector<std::vector<std::uint8_t>> take_output(std::size_t most);

 private:
  Channels(const Options& options, DropCounters& drops) : options_(options), drops_(drops) {}

  void collect();
  void take(const Association::Event& event);
  void take_message(const Association::Event& event);
  void take_dcep(std::uint16_t stream, Bytes message);
  void take_open(std::uint16_t stream, Bytes message);
  void take_reset(std::uint16_t stream, bool incoming);
  void refuse(std::uint16_t stream, DropReason reason);
  void break_off(DropReason reason);
  void retry_resets();
  std::optional<std::uint16_t> free_stream() const;

  const Options options_;
  DropCounters& drops_;
  std::unique_ptr<Association> association_;
  std::map<std::uint16_t, Channel> channels_;  // by stream; at most Association::Options::streams
  std::vector<Event> events_;
};

}  // namespace weir::sctp
