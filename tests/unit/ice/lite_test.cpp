#include "ice/lite.h"

#include <doctest/doctest.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include <map>

#include "base/random.h"
#include "support/shared_data.h"

using namespace weir;
using namespace weir::test;
using ice::LiteAgent;
using Message = std::vector<std::uint8_t>;

namespace {

constexpr std::uint16_t kKnown[] = {STUN_ATTRIBUTE_USERNAME,
                                    STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
                                    STUN_ATTRIBUTE_ERROR_CODE,
                                    STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
                                    STUN_ATTRIBUTE_PRIORITY,
                                    STUN_ATTRIBUTE_USE_CANDIDATE,
                                    0};

struct Check {
  std::string username = "evtj:h6vY";
  std::string password = "VOkJxbRl1RmTxUk/WvJxBt";
  StunMethod method = STUN_BINDING;
  bool indication = false;
  bool use_candidate = false;
  bool controlled = false;
  std::uint64_t tie = 1;
  bool priority = true;
  bool integrity = true;
  bool fingerprint = true;
  std::uint16_t extra = 0;  // an attribute of this type

  Message make() const {
    StunAgent agent;
    const int usage =
        STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | (fingerprint ? STUN_AGENT_USAGE_USE_FINGERPRINT : 0);
    stun_agent_init(&agent, kKnown, STUN_COMPATIBILITY_RFC5389, static_cast<StunAgentUsageFlags>(usage));
    Message buffer(2048);
    StunMessage m;
    if (indication) {
      stun_agent_init_indication(&agent, &m, buffer.data(), buffer.size(), method);
    } else {
      stun_agent_init_request(&agent, &m, buffer.data(), buffer.size(), method);
    }
    if (use_candidate) stun_message_append_flag(&m, STUN_ATTRIBUTE_USE_CANDIDATE);
    if (priority) stun_message_append32(&m, STUN_ATTRIBUTE_PRIORITY, 1'862'270'975);
    stun_message_append64(&m, controlled ? STUN_ATTRIBUTE_ICE_CONTROLLED : STUN_ATTRIBUTE_ICE_CONTROLLING,
                          tie);
    if (extra != 0) stun_message_append32(&m, static_cast<StunAttribute>(extra), 1);
    if (!username.empty()) {
      stun_message_append_bytes(&m, STUN_ATTRIBUTE_USERNAME, username.data(), username.size());
    }
    buffer.resize(stun_agent_finish_message(
        &agent, &m, integrity ? reinterpret_cast<const std::uint8_t*>(password.data()) : nullptr,
        integrity ? password.size() : 0));
    return buffer;
  }
};

struct Desk {
  explicit Desk(LiteAgent::Role role = LiteAgent::Role::controlled) : agent(role) {}

  LiteAgent agent;
  std::map<std::string, std::string, std::less<>> users = {{"evtj", "VOkJxbRl1RmTxUk/WvJxBt"}, {"empty", ""}};
  Address source = *Address::parse("192.0.2.77", 32'853);
  std::array<std::uint8_t, LiteAgent::kReplySize> reply{};

  LiteAgent::Outcome handle(Bytes request) {
    return agent.handle(
        request, source,
        [](void* self, std::string_view ufrag) -> std::optional<std::string_view> {
          const auto& users = static_cast<Desk*>(self)->users;
          const auto it = users.find(ufrag);
          if (it == users.end()) return std::nullopt;
          return it->second;
        },
        this, reply);
  }
  Bytes answer(const LiteAgent::Outcome& outcome) const { return Bytes{reply}.first(outcome.reply_size); }
};

/// Value of an attribute of a message, empty when it is not there.
Bytes attribute(Bytes message, std::uint16_t wanted) {
  ByteReader in{message.subspan(20)};
  while (in.ok() && in.remaining() > 0) {
    const std::uint16_t type = in.u16();
    const std::size_t length = in.u16();
    const Bytes value = in.bytes(length);
    in.skip((4 - length % 4) % 4);
    if (type == wanted) return value;
  }
  return {};
}

int error_code(Bytes message) {
  const Bytes value = attribute(message, STUN_ATTRIBUTE_ERROR_CODE);
  return value.size() < 4 ? 0 : value[2] * 100 + value[3];
}

}  // namespace

TEST_CASE("a check is answered with the address that it came from") {
  for (const bool v6 : {false, true}) {
    Desk desk;
    if (v6) desk.source = *Address::parse("2001:db8:1234:5678:11:2233:4455:6677", 32'853);
    Check check;
    check.use_candidate = true;
    const Message request = check.make();
    const auto outcome = desk.handle(request);
    REQUIRE(outcome.kind == LiteAgent::Kind::check);
    CHECK(outcome.authenticated);
    CHECK(outcome.local_ufrag == "evtj");
    CHECK(outcome.remote_ufrag == "h6vY");
    CHECK(outcome.use_candidate);
    CHECK(outcome.priority == 1'862'270'975);
    const Bytes answer = desk.answer(outcome);
    CHECK(load_u16(answer.data()) == 0x0101);
    CHECK(
        std::equal(answer.begin() + 4, answer.begin() + 20, request.begin() + 4));  // cookie and transaction
    const Bytes mapped = attribute(answer, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS);
    REQUIRE(mapped.size() == (v6 ? 20 : 8));
    CHECK((load_u16(&mapped[2]) ^ 0x2112) == 32'853);
    for (std::size_t i = 0; i < mapped.size() - 4; ++i)
      CHECK((mapped[4 + i] ^ request[4 + i]) == desk.source.ip[i]);
    CHECK(attribute(answer, STUN_ATTRIBUTE_MESSAGE_INTEGRITY).size() == 20);
    CHECK(attribute(answer, STUN_ATTRIBUTE_FINGERPRINT).size() == 4);
  }
}

TEST_CASE("who is not authentic gets an error, no larger than the request, and nothing else") {
  Desk desk;
  const auto refused = [&](const Check& check, int code, DropReason reason) {
    const Message request = check.make();
    const auto outcome = desk.handle(request);
    CHECK(outcome.kind == LiteAgent::Kind::error);
    CHECK_FALSE(outcome.authenticated);
    CHECK(outcome.reason == reason);
    CHECK(outcome.reply_size <= request.size());
    CHECK(error_code(desk.answer(outcome)) == code);
    CHECK(attribute(desk.answer(outcome), STUN_ATTRIBUTE_MESSAGE_INTEGRITY).empty());
  };
  Check wrong;
  wrong.password = "VOkJxbRl1RmTxUk/WvJxBu";
  refused(wrong, 401, DropReason::STUN_UNAUTHENTIC);
  Check unknown;
  unknown.username = "evtk:h6vY";
  refused(unknown, 401, DropReason::STUN_UNKNOWN_USER);
  Check empty_password;  // libnice would let it pass if it were told of it
  empty_password.username = "empty:h6vY";
  refused(empty_password, 401, DropReason::STUN_UNKNOWN_USER);
  for (const char* name : {"evtj", ":h6vY", ":", "evtjh6vY"}) {
    Check shape;
    shape.username = name;
    refused(shape, 401, DropReason::STUN_UNKNOWN_USER);
  }
  Check nameless;
  nameless.username = "";
  refused(nameless, 400, DropReason::STUN_UNAUTHENTIC);
  Check unsigned_check;
  unsigned_check.integrity = false;
  refused(unsigned_check, 400, DropReason::STUN_UNAUTHENTIC);
}

TEST_CASE("a reply that would be larger than the request is not sent") {
  Desk desk;
  // The smallest request with a fingerprint: 28 bytes; an error response has 40 and more.
  Message bare = {0, 1, 0, 8,  0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6,
                  7, 8, 9, 10, 11,   12,   0x80, 0x28, 0, 4, 0, 0, 0, 0};
  StunAgent agent;
  stun_agent_init(&agent, kKnown, STUN_COMPATIBILITY_RFC5389, STUN_AGENT_USAGE_USE_FINGERPRINT);
  Message buffer(100);
  StunMessage m;
  stun_agent_init_request(&agent, &m, buffer.data(), buffer.size(), STUN_BINDING);
  buffer.resize(stun_agent_finish_message(&agent, &m, nullptr, 0));
  REQUIRE(buffer.size() == bare.size());
  const auto outcome = desk.handle(buffer);
  CHECK(outcome.kind == LiteAgent::Kind::drop);
  CHECK(outcome.reply_size == 0);
  CHECK(desk.handle(bare).kind == LiteAgent::Kind::drop);  // wrong fingerprint
}

TEST_CASE("roles: a lite agent stays controlled whatever the tie-breaker") {
  Desk desk;
  for (const std::uint64_t tie : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    CAPTURE(tie);
    Check check;
    check.controlled = true;
    check.tie = tie;
    const Message request = check.make();
    const auto outcome = desk.handle(request);
    CHECK(outcome.kind == LiteAgent::Kind::error);
    CHECK(outcome.authenticated);
    CHECK(outcome.reply_size <= request.size());
    CHECK(error_code(desk.answer(outcome)) == 487);
    CHECK(attribute(desk.answer(outcome), STUN_ATTRIBUTE_MESSAGE_INTEGRITY).size() == 20);
    check.controlled = false;
    CHECK(desk.handle(check.make()).kind == LiteAgent::Kind::check);
  }
}

TEST_CASE("only Binding requests are answered; indications keep alive in silence") {
  Desk desk;
  Check indication;
  indication.indication = true;
  CHECK(desk.handle(indication.make()).kind == LiteAgent::Kind::silent);
  for (const StunMethod method : {STUN_ALLOCATE, STUN_REFRESH, STUN_CHANNELBIND}) {
    Check other;
    other.method = method;
    const auto outcome = desk.handle(other.make());
    CHECK(outcome.kind == LiteAgent::Kind::drop);
    CHECK(outcome.reason == DropReason::STUN_UNEXPECTED);
  }
  Desk sender;
  const auto sent = sender.handle(Check{}.make());
  const auto outcome = desk.handle(sender.answer(sent));  // a response to a request that we never sent
  CHECK(outcome.kind == LiteAgent::Kind::drop);
  CHECK(outcome.reason == DropReason::STUN_UNEXPECTED);
}

TEST_CASE("attributes that must be understood and are not: 420; optional ones pass") {
  Desk desk;
  Check required;
  required.extra = 0x7777;
  const auto outcome = desk.handle(required.make());
  CHECK(outcome.kind == LiteAgent::Kind::error);
  CHECK(error_code(desk.answer(outcome)) == 420);
  Check optional;
  optional.extra = 0xc057;  // Chromium's network cost
  CHECK(desk.handle(optional.make()).kind == LiteAgent::Kind::check);
  Check no_priority;
  no_priority.priority = false;
  CHECK(desk.handle(no_priority.make()).priority == 0);
}

TEST_CASE("every cut and every bent bit of a check is refused without a success response") {
  Desk desk;
  Check check;
  check.use_candidate = true;
  const Message good = check.make();
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK(desk.handle(Bytes{good}.first(size)).kind == LiteAgent::Kind::drop);
  }
  Message longer = good;
  longer.resize(good.size() + 4);
  CHECK(desk.handle(longer).kind == LiteAgent::Kind::drop);
  for (std::size_t i = 0; i < good.size() * 8; ++i) {
    Message bent = good;
    bent[i / 8] ^= static_cast<std::uint8_t>(1U << (i % 8));
    CAPTURE(i);
    CHECK(desk.handle(bent).kind != LiteAgent::Kind::check);
  }
}

TEST_CASE("attributes after MESSAGE-INTEGRITY are not believed") {
  Desk desk;
  Check check;
  check.fingerprint = false;
  Message request = check.make();
  // USE-CANDIDATE appended by somebody on the way, then a fresh FINGERPRINT.
  const Message flag = {0x00, 0x25, 0, 0};
  request.insert(request.end(), flag.begin(), flag.end());
  store_u16(&request[2], static_cast<std::uint16_t>(request.size() - 20));
  StunAgent agent;
  stun_agent_init(&agent, kKnown, STUN_COMPATIBILITY_RFC5389, STUN_AGENT_USAGE_USE_FINGERPRINT);
  request.resize(request.size() + 8);
  StunMessage m{};
  m.agent = &agent;
  m.buffer = request.data();
  m.buffer_len = request.size();
  REQUIRE(stun_agent_finish_message(&agent, &m, nullptr, 0) == request.size());
  const auto outcome = desk.handle(request);
  CHECK_FALSE(outcome.use_candidate);
}

TEST_CASE("layouts that libnice would take for granted") {
  Desk desk;
  const auto message = [](Message attributes) {
    Message m = {0, 1, 0, static_cast<std::uint8_t>(attributes.size()), 0x21, 0x12, 0xa4, 0x42};
    m.resize(20, 7);
    m.insert(m.end(), attributes.begin(), attributes.end());
    return m;
  };
  const std::vector<Message> bad = {
      message({0, 8, 0, 0}),                                // MESSAGE-INTEGRITY without a hash
      message({0, 8, 0, 4, 1, 2, 3, 4}),                    // and with a short one
      message({0x80, 0x28, 0, 0}),                          // FINGERPRINT without a value
      message({0x80, 0x28, 0, 4, 1, 2, 3, 4, 0, 6, 0, 0}),  // not the last
      message({0, 6, 0xff, 0xff}),                          // longer than the message
      message({0, 6, 0, 5, 1, 2, 3, 4}),                    // padding missing
      message({0, 6}),
  };
  for (const Message& m : bad) {
    const auto outcome = desk.handle(m);
    CHECK(outcome.kind == LiteAgent::Kind::drop);
    CHECK(outcome.reason == DropReason::STUN_MALFORMED);
  }
  Message cookie = Check{}.make();
  cookie[4] ^= 1;
  CHECK(desk.handle(cookie).reason == DropReason::STUN_MALFORMED);
  std::array<std::uint8_t, 100> small{};
  const auto outcome = desk.agent.handle(Check{}.make(), desk.source, nullptr, nullptr, small);
  CHECK(outcome.kind == LiteAgent::Kind::drop);  // a buffer in which libnice would abort
}

TEST_CASE("long usernames") {
  Desk desk;
  for (const std::size_t size : {std::size_t{513}, std::size_t{514}}) {
    Check check;
    check.username = "evtj:" + std::string(size - 5, 'x');
    const auto outcome = desk.handle(check.make());
    CHECK((outcome.kind == LiteAgent::Kind::check) == (size == 513));
  }
}

TEST_CASE("random bytes are dropped") {
  Desk desk;
  SeededRandom random{2};
  for (int i = 0; i < 20'000; ++i) {
    Message bytes(random.below(200) & ~std::uint64_t{3});
    random.fill(bytes);
    if (bytes.size() >= 20) {
      store_u16(bytes.data(), 1);
      store_u16(&bytes[2], static_cast<std::uint16_t>(bytes.size() - 20));
      store_u32(&bytes[4], 0x2112a442);
      if (bytes.size() >= 24) store_u16(&bytes[20], static_cast<std::uint16_t>(random.below(0x30)));
      if (bytes.size() >= 24) store_u16(&bytes[22], static_cast<std::uint16_t>(random.below(40)));
    }
    CHECK(desk.handle(bytes).kind == LiteAgent::Kind::drop);
  }
}

TEST_CASE("an agent that controls answers who is controlled, and not who claims to control as well") {
  Desk desk{LiteAgent::Role::controlling};
  Check check;
  check.controlled = true;
  const auto answered = desk.handle(check.make());
  CHECK(answered.kind == LiteAgent::Kind::check);
  CHECK(load_u16(desk.answer(answered).data()) == 0x0101);
  check.controlled = false;
  const auto refused = desk.handle(check.make());
  CHECK(refused.kind == LiteAgent::Kind::error);
  CHECK(error_code(desk.answer(refused)) == 487);
}

TEST_CASE("RFC 5769 section 2.1: the sample request authenticates") {
  WEIR_NEEDS_SHARED_DATA(folder, "protocol_vectors/rfc");
  Desk desk;
  const auto request = read_file(*folder / "rfc5769_2_1_request.stun");
  const auto outcome = desk.handle(request);
  // It claims ICE-CONTROLLED, which a lite agent answers with 487, after the password has vouched for it.
  CHECK(outcome.authenticated);
  CHECK(outcome.local_ufrag == "evtj");
  CHECK(outcome.remote_ufrag == "h6vY");
  CHECK(outcome.kind == LiteAgent::Kind::error);
  CHECK(error_code(desk.answer(outcome)) == 487);
  desk.users["evtj"] = "another password";
  CHECK_FALSE(desk.handle(request).authenticated);
  for (const char* name : {"rfc5769_2_2_response_ipv4.stun", "rfc5769_2_3_response_ipv6.stun"}) {
    CHECK(desk.handle(read_file(*folder / name)).reason == DropReason::STUN_UNEXPECTED);
  }
  CHECK_FALSE(desk.handle(read_file(*folder / "rfc5769_2_4_request_long_term.stun")).authenticated);
}

TEST_CASE("messages of other implementations and hostile corpora") {
  std::size_t files = 0;
  for (const char* name :
       {"protocol_vectors/stun_aioice", "hostile_corpora/pion_stun", "hostile_corpora/webrtc_fuzz"}) {
    const auto folder = shared_data(name);
    if (!folder) {
      MESSAGE("skipped: shared data folder absent: " << std::string{name});
      continue;
    }
    Desk desk;
    desk.users.erase("evtj");  // some inputs are the sample of RFC 5769, and authentic
    for (const auto& entry : std::filesystem::recursive_directory_iterator{*folder}) {
      if (!entry.is_regular_file() || entry.file_size() > 100'000) continue;
      const auto bytes = read_file(entry.path());
      CAPTURE(entry.path().filename().string());
      const auto outcome = desk.handle(bytes);
      CHECK_FALSE(outcome.authenticated);
      CHECK(outcome.reply_size <= bytes.size());
      ++files;
    }
  }
  MESSAGE(files << " inputs");
}
