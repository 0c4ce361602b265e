// What a server's signalling is to weir-load: an adapter is one file that makes a Session for each client.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/descriptions.h"
#include "load/options.h"

namespace weir::load {

enum class Role : std::uint8_t { publisher, subscriber };

/// A client, as its session sees it.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  /// To the server, on the connection of this client.
  virtual void send_text(std::string text) = 0;
  virtual void send_binary(std::string bytes) = 0;
  /// With the client's own streams where it publishes. A later one keeps the lines of those before it.
  virtual std::string offer(const std::vector<SentStream::Kind>& lines) = 0;
  /// The transport stays what the first answer made it.
  virtual void take_answer(const std::string& sdp) = 0;
  /// Of a server that trickles; the first for UDP is used. As in an a= line, with or without "a=".
  virtual void take_candidate(std::string_view candidate) = 0;
  virtual std::string answer(const std::string& sdp) = 0;
  /// Signalling is done; what remains is ICE and DTLS.
  virtual void signalled() = 0;
  /// Ends the run.
  virtual void fail(std::string_view reason) = 0;
};

/// What a session is to do.
struct Task {
  Role role = Role::publisher;
  std::string room;
  std::uint32_t room_number = 0;        // of this run, from 0
  std::string name;                     // in its room
  std::vector<SentStream::Kind> sends;  // publishers: one line each
  std::vector<std::string> track_ids;   // of those lines, as their msid says
  std::uint32_t tracks = 0;             // subscribers: so many there are in the room, all of which they want
  std::uint32_t publishers = 0;         // in each room
};

/// One client's conversation with the server.
class Session {
 public:
  virtual ~Session() = default;
  /// What this client's request adds to the URL, with its "?"; asked for once, when it connects.
  virtual std::string query() { return {}; }
  virtual void on_open() = 0;
  /// Text or bytes.
  virtual void on_message(std::string_view message) = 0;
  /// Every 15 s.
  virtual void keep_alive() = 0;
  /// A last word before the connection is closed.
  virtual void leave() = 0;
};

class Adapter {
 public:
  virtual ~Adapter() = default;
  virtual std::string_view default_path() const = 0;
  /// Of Sec-WebSocket-Protocol; "" for none.
  virtual std::string_view subprotocol() const = 0;
  /// Candidates come one by one, after the description.
  virtual bool trickles() const { return false; }
  virtual std::unique_ptr<Session> make_session(const Task& task, SessionHost& host) = 0;
};

/// For the options' target. Throws LoadError for an unknown one.
std::unique_ptr<Adapter> make_adapter(const Options& options);

std::unique_ptr<Adapter> make_weir_adapter();
std::unique_ptr<Adapter> make_janus_adapter();
std::unique_ptr<Adapter> make_livekit_adapter(const ApiKey& key);

}  // namespace weir::load
