// ICE-lite against any bytes: as they are, and as the attributes of a request that is authentic, so that the
// fuzzer gets behind the HMAC that it cannot guess.
#include <stun/stunagent.h>

#include <cstdlib>

#include "ice/lite.h"

using namespace weir;
using ice::LiteAgent;

namespace {

constexpr std::string_view kPassword = "a password of 24 letters";
constexpr std::uint16_t kNoAttributes[] = {0};

std::optional<std::string_view> find(void*, std::string_view ufrag) {
  if (ufrag == "user") return kPassword;
  return std::nullopt;
}

void require(bool condition) {
  if (!condition) std::abort();
}

void handle(LiteAgent& agent, Bytes request, bool authentic) {
  std::array<std::uint8_t, LiteAgent::kReplySize> reply;
  const Address source = *Address::parse("192.0.2.1", 1);
  const LiteAgent::Outcome outcome = agent.handle(request, source, find, nullptr, reply);
  require(outcome.reply_size <= reply.size());
  const bool replies = outcome.kind == LiteAgent::Kind::check || outcome.kind == LiteAgent::Kind::error;
  require(replies == (outcome.reply_size != 0));
  if (!authentic) require(outcome.kind != LiteAgent::Kind::check);
  if (!outcome.authenticated) require(outcome.reply_size <= request.size());
}

void handle_signed(LiteAgent& agent, Bytes attributes) {
  static constexpr std::size_t kMost = 1200;
  std::array<std::uint8_t, 1400> buffer;
  StunAgent signer;
  stun_agent_init(&signer, kNoAttributes, STUN_COMPATIBILITY_RFC5389, STUN_AGENT_USAGE_USE_FINGERPRINT);
  StunMessage message;
  stun_agent_init_request(&signer, &message, buffer.data(), buffer.size(), STUN_BINDING);
  stun_message_append_string(&message, STUN_ATTRIBUTE_USERNAME, "user:peer");
  const Bytes raw = attributes.first(std::min(attributes.size(), kMost) & ~std::size_t{3});
  const std::size_t at = stun_message_length(&message);
  if (!raw.empty()) std::memcpy(buffer.data() + at, raw.data(), raw.size());
  store_u16(buffer.data() + 2, static_cast<std::uint16_t>(at + raw.size() - 20));
  const std::size_t size = stun_agent_finish_message(
      &signer, &message, reinterpret_cast<const std::uint8_t*>(kPassword.data()), kPassword.size());
  if (size != 0) handle(agent, Bytes{buffer}.first(size), true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static LiteAgent agent;
  handle(agent, {data, size}, false);
  handle_signed(agent, {data, size});
  return 0;
}
