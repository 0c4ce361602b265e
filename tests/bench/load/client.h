// One client: its signalling, its transport and its media. Lives on the run's thread; only while a worker
// makes its keys or runs its DTLS handshake its transport is that worker's.
#pragma once

#include <uv.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/slots.h"
#include "base/timer_queue.h"
#include "load/adapter.h"
#include "load/port.h"
#include "load/receiver.h"
#include "load/sender.h"
#include "load/websocket.h"
#include "srtp/backend.h"
#include "support/virtual_peer.h"

namespace weir::load {

class Client;

/// What all clients of a run share.
struct Common {
  Common(const Options& wanted, uv_loop_t& its_loop, Adapter& its_adapter, WebSockets& its_websockets)
      : options(wanted), loop(its_loop), adapter(its_adapter), websockets(its_websockets) {}

  const Options& options;
  uv_loop_t& loop;
  Adapter& adapter;
  WebSockets& websockets;
  TimerQueue timers;
  std::unique_ptr<srtp::Backend> srtp = srtp::make_backend();  // the fastest there is
  EgressBatch egress{1 << 20};
  // Of a server that makes checks they answer: as who offers, as who answers.
  ice::LiteAgent controlling{ice::LiteAgent::Role::controlling};
  ice::LiteAgent controlled;
  Distribution joins;     // from the beginning of signalling until media can go
  Distribution delays;    // of the packets that were decrypted
  bool sending = true;    // media
  std::size_t ready = 0;  // clients that have joined
  std::size_t open = 0;   // signalling connections
  std::string failure;    // the first; "" without one
};

class Client final : public SessionHost, public WebSocketUser, public DatagramUser {
 public:
  /// `index` in the run, from 0.
  Client(std::uint32_t index, Task task, Common& common, const Ports::Place& place);
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void begin();
  /// What timers are for.
  void step(Time now);
  void keep_alive() {
    if (opened_) session_->keep_alive();
  }
  /// Says goodbye on all connections.
  void leave(Time now);

  const Task& task() const { return task_; }
  bool ready() const { return ready_; }
  std::uint64_t sent() const { return sender_ ? sender_->packets() : 0; }
  const Receiver* receiver() const { return receiver_ ? &*receiver_ : nullptr; }
  void mark() {
    if (receiver_) receiver_->mark();
  }
  /// For a message: what it is and what it waits for.
  std::string describe() const;

  void send_text(std::string text) override { websocket_.send_text(std::move(text)); }
  void send_binary(std::string bytes) override { websocket_.send_binary(std::move(bytes)); }
  std::string offer(const std::vector<SentStream::Kind>& lines) override;
  void take_answer(const std::string& sdp) override;
  void take_candidate(std::string_view candidate) override;
  std::string answer(const std::string& sdp) override;
  void signalled() override;
  void fail(std::string_view reason) override;

  void on_open() override;
  void on_message(std::string_view message) override;
  void on_closed(std::string_view reason) override;

  void receive(Time now, const engine::Datagram& datagram) override;

 private:
  static constexpr std::size_t kMostWaiting = 64;  // datagrams, while a worker has the transport

  Self describe_self();
  void set_remote(Remote remote);
  void begin_transport();
  void receive_media(Time now, MutableBytes packet);
  void receive_check(const engine::Datagram& datagram);
  void receive_handshake(Time now, test::Datagram datagram);
  void after_transport(Time now);
  void check_ready(Time now);
  void arm(Time now);
  void flush();
  Outbox outbox();

  Id id_;
  std::uint32_t index_;
  Task task_;
  Common& common_;
  Port& port_;
  FiveTuple path_;
  WebSocket websocket_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<test::VirtualPeer> peer_;
  Self self_;                        // what peer_ is, also while a worker has it
  std::optional<Remote> remote_;     // of the latest description
  std::optional<Address> trickled_;  // the first candidate that came by itself
  bool away_ = false;                // peer_ is a worker's
  std::vector<test::Datagram> waiting_;
  std::unique_ptr<srtp::Session> srtp_;  // of the run's thread, once there are keys
  std::optional<Sender> sender_;
  std::optional<Receiver> receiver_;
  Time began_{};
  Time armed_ = kNever;
  bool controlled_ = false;  // it answers offers
  bool opened_ = false;
  bool signalled_ = false;
  bool ready_ = false;
  bool leaving_ = false;
};

}  // namespace weir::load
