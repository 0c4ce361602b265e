// STUN message (RFC 5389 section 6), attributes in type-length-value form padded to 4 bytes (section 15):
//
//    0               2               4                               8                              20
//   +---------------+---------------+-------------------------------+------------------------------+-----------
//   |00| class,method| length of the |     magic cookie 2112a442     |       transaction id         |
//   attributes
//   +---------------+---------------+-------------------------------+------------------------------+-----------
//                     attributes
//
// A check (RFC 8445 section 7.1) is a Binding request with USERNAME "local:remote", PRIORITY,
// ICE-CONTROLLING, perhaps USE-CANDIDATE, then MESSAGE-INTEGRITY and FINGERPRINT.
#include "ice/lite.h"

#include <netinet/in.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>
#include <sys/socket.h>

#include <cstring>

namespace weir::ice {
namespace {

constexpr std::size_t kHeader = 20;
constexpr std::uint32_t kMagicCookie = 0x2112a442;
constexpr std::uint16_t kBindingRequest = 0x0001;
constexpr std::uint16_t kBindingIndication = 0x0011;
constexpr std::size_t kMaxUsername = 513;  // RFC 5389 section 15.3

// What an ICE agent has to understand (RFC 8445 section 16.1); 420 answers others that demand it. Lives as
// long as the process because the agent keeps the pointer.
constexpr std::uint16_t kKnownAttributes[] = {
    STUN_ATTRIBUTE_USERNAME,           STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
    STUN_ATTRIBUTE_ERROR_CODE,         STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
    STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_PRIORITY,
    STUN_ATTRIBUTE_USE_CANDIDATE,      0};

/// Checks what libnice takes for granted: attributes inside the message, and the fixed ones of their fixed
/// length.
bool well_formed(Bytes message) {
  if (message.size() < kHeader || message.size() % 4 != 0) return false;
  if (load_u32(message.data() + 4) != kMagicCookie) return false;
  if (load_u16(message.data() + 2) != message.size() - kHeader) return false;
  ByteReader in{message.subspan(kHeader)};
  while (in.remaining() > 0) {
    const std::uint16_t type = in.u16();
    const std::size_t length = in.u16();
    in.skip((length + 3) & ~std::size_t{3});
    if (!in.ok()) return false;
    if (type == STUN_ATTRIBUTE_MESSAGE_INTEGRITY && length != 20) return false;
    if (type == STUN_ATTRIBUTE_FINGERPRINT && (length != 4 || in.remaining() != 0)) return false;
    if (type == STUN_ATTRIBUTE_USERNAME && length > kMaxUsername) return false;
  }
  return true;
}

struct Names {
  std::string_view local;
  std::string_view remote;
};

/// "local:remote", as the check's receiver sees it (RFC 8445 section 7.2.2).
std::optional<Names> split(std::string_view username) {
  const std::size_t colon = username.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  return Names{username.substr(0, colon), username.substr(colon + 1)};
}

socklen_t to_sockaddr(const Address& address, sockaddr_storage& out) {
  std::memset(&out, 0, sizeof out);
  if (address.v6) {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&out);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(address.port);
    std::memcpy(&in6->sin6_addr, address.ip.data(), 16);
    return sizeof *in6;
  }
  auto* in4 = reinterpret_cast<sockaddr_in*>(&out);
  in4->sin_family = AF_INET;
  in4->sin_port = htons(address.port);
  std::memcpy(&in4->sin_addr, address.ip.data(), 4);
  return sizeof *in4;
}

/// What the validater is asked for and finds out.
struct Lookup {
  LiteAgent::FindPassword find;
  void* context;
  bool known = false;
  std::string password;  // libnice wants mutable bytes
};

bool validate(StunAgent*, StunMessage*, std::uint8_t* username, std::uint16_t username_size,
              std::uint8_t** password, std::size_t* password_size, void* user) {
  Lookup& lookup = *static_cast<Lookup*>(user);
  if (username == nullptr) return false;
  const std::optional<Names> names = split({reinterpret_cast<const char*>(username), username_size});
  if (!names) return false;
  const std::optional<std::string_view> found = lookup.find(lookup.context, names->local);
  // libnice lets a check pass unauthenticated when the password is empty.
  if (!found || found->empty()) return false;
  lookup.known = true;
  lookup.password.assign(*found);
  *password = reinterpret_cast<std::uint8_t*>(lookup.password.data());
  *password_size = lookup.password.size();
  return true;
}

}  // namespace

struct LiteAgent::Impl {
  StunAgent agent;
  Role role;

  explicit Impl(Role own) : role(own) {
    stun_agent_init(&agent, kKnownAttributes, STUN_COMPATIBILITY_RFC5389,
                    static_cast<StunAgentUsageFlags>(STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                                                     STUN_AGENT_USAGE_USE_FINGERPRINT));
  }

  /// An error response, with MESSAGE-INTEGRITY when there is a key; nothing when it would be larger than the
  /// request.
  void refuse(const StunMessage& request, std::size_t request_size, StunError code, Outcome& out,
              MutableBytes reply, const std::uint8_t* key, std::size_t key_size) {
    StunMessage response;
    std::size_t size = 0;
    if (code == STUN_ERROR_UNKNOWN_ATTRIBUTE) {
      size =
          stun_agent_build_unknown_attributes_error(&agent, &response, reply.data(), reply.size(), &request);
    } else if (stun_agent_init_error(&agent, &response, reply.data(), reply.size(), &request, code)) {
      size = stun_agent_finish_message(&agent, &response, key, key_size);
    }
    const bool small = size != 0 && size <= request_size;
    out.kind = small ? Kind::error : Kind::drop;
    out.reply_size = small ? size : 0;
  }

  void answer(StunMessage& request, const Address& source, Outcome& out, MutableBytes reply,
              std::size_t request_size);
};

/// Of an authenticated Binding request.
void LiteAgent::Impl::answer(StunMessage& request, const Address& source, Outcome& out, MutableBytes reply,
                             std::size_t request_size) {
  std::uint64_t tie = 0;
  const StunAttribute same =
      role == Role::controlled ? STUN_ATTRIBUTE_ICE_CONTROLLED : STUN_ATTRIBUTE_ICE_CONTROLLING;
  if (stun_message_find64(&request, same, &tie) == STUN_MESSAGE_RETURN_SUCCESS) {
    // A lite agent's role is fixed (RFC 8445 section 6.1.1): whatever the tie-breaker, the peer has to
    // switch.
    out.reason = DropReason::STUN_UNEXPECTED;
    refuse(request, request_size, STUN_ERROR_ROLE_CONFLICT, out, reply, request.key, request.key_len);
    return;
  }
  sockaddr_storage address;
  const socklen_t address_size = to_sockaddr(source, address);
  bool control = role == Role::controlling;
  std::size_t size = reply.size();
  StunMessage response;
  const StunUsageIceReturn status =
      stun_usage_ice_conncheck_create_reply(&agent, &request, &response, reply.data(), &size, &address,
                                            address_size, &control, 0, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
  if (status != STUN_USAGE_ICE_RETURN_SUCCESS || size == 0) {
    out.reason = DropReason::STUN_UNEXPECTED;
    return;
  }
  out.kind = Kind::check;
  out.reply_size = size;
  out.use_candidate = stun_usage_ice_conncheck_use_candidate(&request);
  out.priority = stun_usage_ice_conncheck_priority(&request);
}

LiteAgent::LiteAgent(Role role) : impl_(std::make_unique<Impl>(role)) {}
LiteAgent::~LiteAgent() = default;

LiteAgent::Outcome LiteAgent::handle(Bytes request, const Address& source, FindPassword find, void* context,
                                     MutableBytes reply) {
  Outcome out;
  // libnice aborts the process when a reply does not fit.
  if (reply.size() < kReplySize || !well_formed(request)) return out;
  const std::uint16_t type = load_u16(request.data());
  if (type == kBindingIndication) {
    out.kind = Kind::silent;
    return out;
  }
  if (type != kBindingRequest) {
    out.reason = DropReason::STUN_UNEXPECTED;
    return out;
  }

  Lookup lookup{find, context, false, {}};
  StunMessage message;
  const StunValidationStatus status =
      stun_agent_validate(&impl_->agent, &message, request.data(), request.size(), validate, &lookup);
  switch (status) {
    case STUN_VALIDATION_SUCCESS:
    case STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE:
      break;
    case STUN_VALIDATION_BAD_REQUEST:
      // FINGERPRINT is missing or wrong: then it was not meant as STUN (RFC 5389 section 8).
      out.reason = DropReason::STUN_UNAUTHENTIC;
      return out;
    case STUN_VALIDATION_UNAUTHORIZED_BAD_REQUEST:
      out.reason = DropReason::STUN_UNAUTHENTIC;
      impl_->refuse(message, request.size(), STUN_ERROR_BAD_REQUEST, out, reply, nullptr, 0);
      return out;
    case STUN_VALIDATION_UNAUTHORIZED:
      out.reason = lookup.known ? DropReason::STUN_UNAUTHENTIC : DropReason::STUN_UNKNOWN_USER;
      impl_->refuse(message, request.size(), STUN_ERROR_UNAUTHORIZED, out, reply, nullptr, 0);
      return out;
    default:
      return out;
  }
  // Belt and braces: nothing passes that the password did not vouch for.
  if (!lookup.known || message.key == nullptr || message.key_len == 0) {
    out.reason = DropReason::STUN_UNAUTHENTIC;
    return out;
  }
  out.authenticated = true;
  std::uint16_t username_size = 0;
  const void* username = stun_message_find(&message, STUN_ATTRIBUTE_USERNAME, &username_size);
  if (const auto names = split({static_cast<const char*>(username), username_size})) {
    out.local_ufrag = names->local;
    out.remote_ufrag = names->remote;
  }
  if (status == STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE) {
    out.reason = DropReason::STUN_UNEXPECTED;
    impl_->refuse(message, request.size(), STUN_ERROR_UNKNOWN_ATTRIBUTE, out, reply, nullptr, 0);
    return out;
  }
  impl_->answer(message, source, out, reply, request.size());
  return out;
}

}  // namespace weir::ice
