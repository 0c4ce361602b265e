// ICE-lite (RFC 8445 sections 2.5 and 7.3): answers connectivity checks. The STUN grammar is libnice's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/bytes.h"
#include "base/drop_reason.h"

namespace weir::ice {

struct Credentials {
  std::string ufrag;
  std::string password;
};

/// One StunAgent, shared by all sessions of an engine.
class LiteAgent {
 public:
  /// Tells the password of a local ufrag; nothing for an unknown one. It must stay valid until handle()
  /// returns.
  using FindPassword = std::optional<std::string_view> (*)(void* context, std::string_view local_ufrag);

  enum class Kind {
    drop,    // see reason; no reply
    silent,  // a Binding indication: keeps NAT bindings alive and wants no reply
    error,   // see reason; `reply` is an error response no larger than the request
    check,   // an authenticated check; `reply` is the success response
  };
  struct Outcome {
    Kind kind = Kind::drop;
    DropReason reason = DropReason::STUN_MALFORMED;  // of drop and error
    bool authenticated = false;
    std::string_view local_ufrag;  // points into the request
    std::string_view remote_ufrag;
    bool use_candidate = false;
    std::uint32_t priority = 0;
    std::size_t reply_size = 0;  // written into the caller's buffer
  };

  /// A node is always controlled (RFC 8445 section 6.1.1). A client that makes checks of its own and
  /// nominates answers a full agent's as controlling.
  enum class Role : std::uint8_t { controlled, controlling };
  explicit LiteAgent(Role role = Role::controlled);
  ~LiteAgent();

  /// `reply` must have at least kReplySize bytes. A request that cannot be authenticated gets no reply larger
  /// than itself.
  static constexpr std::size_t kReplySize = 2048;
  Outcome handle(Bytes request, const Address& source, FindPassword find, void* context, MutableBytes reply);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::ice
