// One WebSocket's side of the protocol: requests in, replies out. Knows no socket: text comes in, Client
// takes text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "address_limits.h"
#include "admission.h"
#include "clock.h"
#include "hub.h"

namespace conference {

class Session {
 public:
  Session(Hub& hub, Admission& admission, Clock clock, Client& client, std::string address,
          std::uint32_t messages_per_second);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// One whole message.
  void receive(std::string_view text);

  bool joined() { return self() != nullptr; }

 private:
  Member* self();
  void handle(const Request& request);
  void reply(std::string message);
  void refuse(std::uint64_t id, const Refusal& refusal) { reply(error_message(id, refusal)); }

  void on(const Join& join);
  void on(const Resume& resume);
  void on(const Ping& ping) { reply(ok_message(ping.id)); }
  void on_joined(const Offer& offer, Member& member);
  void on_joined(const Candidate& candidate, Member& member);
  void on_joined(const Subscribe& subscribe, Member& member);
  void on_joined(const Mute& mute, Member& member);
  void on_joined(const Wants& wants, Member& member);
  void on_joined(const Exclude& exclude, Member& member);
  void on_joined(const Chat& chat, Member& member);
  void on_joined(const Leave& leave, Member& member);

  Hub& hub_;
  Admission& admission_;
  Clock clock_;
  Client& client_;
  std::string address_;
  TokenBucket rate_;
  weir_participant self_ = 0;
};

}  // namespace conference
