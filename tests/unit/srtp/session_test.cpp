#include "srtp/session.h"

#include <doctest/doctest.h>

#include <thread>

#include "base/random.h"
#include "unit/srtp/reference.h"

using namespace weir;
using namespace weir::test;
using dtls::SrtpKeys;
using dtls::SrtpProfile;
using srtp::kMaxOverhead;
using srtp::Session;

namespace {

std::size_t key_size(SrtpProfile profile) {
  return profile == SrtpProfile::aead_aes_128_gcm ? 28 : 30;
}

SrtpKeys keys_of(SrtpProfile profile, bool other_side = false) {
  SrtpKeys keys;
  keys.profile = profile;
  SeededRandom random{static_cast<std::uint64_t>(profile)};
  keys.send.resize(key_size(profile));
  keys.receive.resize(key_size(profile));
  random.fill(keys.send);
  random.fill(keys.receive);
  if (other_side) std::swap(keys.send, keys.receive);
  return keys;
}

Buffer rtp(std::uint16_t sequence, std::uint32_t ssrc = 7, std::size_t payload = 100) {
  Buffer packet(12 + payload);
  packet[0] = 0x80;
  packet[1] = 96;
  store_u16(&packet[2], sequence);
  store_u32(&packet[4], 90'000);
  store_u32(&packet[8], ssrc);
  for (std::size_t i = 12; i < packet.size(); ++i) packet[i] = static_cast<std::uint8_t>(i);
  return packet;
}

Buffer rtcp(std::uint32_t ssrc = 7) {
  Buffer packet(8);
  packet[0] = 0x80;
  packet[1] = 201;
  packet[3] = 1;
  store_u32(&packet[4], ssrc);
  return packet;
}

Buffer protect_rtp(Session& session, const Buffer& plain) {
  Buffer out = plain;
  out.resize(plain.size() + kMaxOverhead);
  out.resize(session.protect_rtp(out, plain.size()));
  return out;
}

Buffer protect_rtcp(Session& session, const Buffer& plain) {
  Buffer out = plain;
  out.resize(plain.size() + kMaxOverhead);
  out.resize(session.protect_rtcp(out, plain.size()));
  return out;
}

constexpr SrtpProfile kProfiles[] = {SrtpProfile::aes128_cm_sha1_80, SrtpProfile::aes128_cm_sha1_32,
                                     SrtpProfile::aead_aes_128_gcm};

struct Ends {
  std::unique_ptr<Session> a;
  std::unique_ptr<Session> b;
  explicit Ends(SrtpProfile profile = SrtpProfile::aes128_cm_sha1_80)
      : a(std::move(*Session::make(keys_of(profile)))),
        b(std::move(*Session::make(keys_of(profile, true)))) {}

  Session::Unprotected take(Buffer packet) const { return b->unprotect_rtp(packet); }
};

}  // namespace

TEST_CASE("the reference itself agrees with RFC 3711 appendix B and RFC 7714 section 16") {
  const Buffer key = from_hex("e1f97a0d3e018be0d64fa32c06de4139");
  const Buffer salt = from_hex("0ec675ad498afeebb6960b3aabe6");
  CHECK(derive(key, salt, 0, 16) == from_hex("c61e7a93744f39ee10734afe3ff7a087"));
  CHECK(derive(key, salt, 2, 14) == from_hex("30cbbc08863d8c85d49db34a9ae1"));
  CHECK(derive(key, salt, 1, 20) == from_hex("cebe321f6ff7716b6fd4ab49af256a156d38baa4"));

  std::array<std::uint8_t, 16> counter{};
  const Buffer start = from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
  std::copy(start.begin(), start.end(), counter.begin());
  CHECK(aes_cm(from_hex("2B7E151628AED2A6ABF7158809CF4F3C"), counter, Buffer(32, 0)) ==
        from_hex("E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"));

  const Buffer packet = from_hex(
      "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573");
  CHECK(protect_gcm_session(from_hex("000102030405060708090a0b0c0d0e0f"),
                            from_hex("517569642070726f2071756f"),
                            packet) == from_hex("8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe63"
                                                "3bd50d294e6f42a5f47a51c7d19b36de3adf883389"
                                                "9d7f27beb16a9152cf765ee4390cce"));
}

TEST_CASE("protection is what the RFCs say, bit by bit") {
  for (const std::size_t payload : {0U, 1U, 16U, 1000U}) {
    const Buffer plain = rtp(4660, 0xcafebabe, payload);
    const SrtpKeys keys80 = keys_of(SrtpProfile::aes128_cm_sha1_80);
    CHECK(protect_rtp(**Session::make(keys80), plain) == protect_cm(keys80.send, plain, 10));
    const SrtpKeys keys32 = keys_of(SrtpProfile::aes128_cm_sha1_32);
    CHECK(protect_rtp(**Session::make(keys32), plain) == protect_cm(keys32.send, plain, 4));
    const SrtpKeys gcm = keys_of(SrtpProfile::aead_aes_128_gcm);
    CHECK(protect_rtp(**Session::make(gcm), plain) == protect_gcm(gcm.send, plain));
  }
}

TEST_CASE("there and back, in every profile") {
  for (const SrtpProfile profile : kProfiles) {
    Ends ends{profile};
    for (const std::size_t payload : {0U, 1U, 1200U}) {
      const Buffer plain = rtp(static_cast<std::uint16_t>(payload), 7, payload);
      Buffer packet = protect_rtp(*ends.a, plain);
      CHECK(packet.size() > plain.size());
      CHECK(packet.size() <= plain.size() + kMaxOverhead);
      const auto result = ends.b->unprotect_rtp(packet);
      REQUIRE(result.size == plain.size());
      packet.resize(result.size);
      CHECK(packet == plain);
    }
    Buffer packet = protect_rtcp(*ends.b, rtcp());
    CHECK(packet.size() <= rtcp().size() + kMaxOverhead);
    const auto result = ends.a->unprotect_rtcp(packet);
    REQUIRE(result.size == 8);
    packet.resize(8);
    CHECK(packet == rtcp());
  }
}

TEST_CASE("keys that do not fit are refused") {
  for (const SrtpProfile profile : kProfiles) {
    SrtpKeys keys = keys_of(profile);
    keys.receive.pop_back();
    CHECK_FALSE(Session::make(keys).ok());
    keys = keys_of(profile);
    keys.send.push_back(0);
    CHECK_FALSE(Session::make(keys).ok());
  }
  CHECK(Session::make({}).error().status == WEIR_ERR_UNSUPPORTED);
  SrtpKeys odd = keys_of(SrtpProfile::aes128_cm_sha1_80);
  odd.profile = static_cast<SrtpProfile>(8);
  CHECK_FALSE(Session::make(odd).ok());
}

TEST_CASE("drops have their reasons") {
  for (const SrtpProfile profile : kProfiles) {
    Ends ends{profile};
    const Buffer packet = protect_rtp(*ends.a, rtp(2000));
    for (std::size_t i = 0; i < packet.size(); i += 5) {
      Buffer bent = packet;
      bent[i] ^= 1;
      const auto result = ends.b->unprotect_rtp(bent);
      CHECK(result.size == 0);
    }
    Buffer bent = packet;
    bent.back() ^= 1;
    CHECK(ends.take(bent).reason == DropReason::SRTP_AUTH);
    CHECK(ends.take(packet).size == 112);
    CHECK(ends.take(packet).reason == DropReason::SRTP_REPLAY);
    CHECK(ends.take(Buffer(packet.begin(), packet.begin() + 11)).reason == DropReason::RTP_MALFORMED);
    for (std::size_t size = 12; size < packet.size(); ++size) {
      CHECK(ends.take(Buffer(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size))).size == 0);
    }
    Buffer report = protect_rtcp(*ends.a, rtcp());
    for (std::size_t size = 0; size < report.size(); ++size) {
      Buffer cut(report.begin(), report.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK(ends.b->unprotect_rtcp(cut).size == 0);
    }
    Buffer copy = report;
    CHECK(ends.b->unprotect_rtcp(report).size == 8);
    CHECK(ends.b->unprotect_rtcp(copy).reason == DropReason::SRTP_REPLAY);
  }
}

TEST_CASE("headers that lie about their length") {
  Ends ends;
  Buffer csrcs = protect_rtp(*ends.a, rtp(1));
  csrcs.resize(30);
  csrcs[0] = 0x8f;  // 15 CSRCs
  CHECK(ends.take(csrcs).size == 0);
  Buffer extension = protect_rtp(*ends.a, rtp(2));
  extension[0] = 0x90;
  store_u16(&extension[14], 0xffff);
  CHECK(ends.take(extension).size == 0);
  SeededRandom random{1};
  for (int i = 0; i < 20'000; ++i) {
    Buffer bytes(random.below(80));
    random.fill(bytes);
    Buffer again = bytes;
    CHECK(ends.b->unprotect_rtp(bytes).size == 0);
    CHECK(ends.b->unprotect_rtcp(again).size == 0);
  }
}

TEST_CASE("the replay window: late packets within it pass, older ones do not") {
  Ends ends;
  std::vector<Buffer> packets;
  for (std::uint16_t i = 0; i < 1030; ++i) packets.push_back(protect_rtp(*ends.a, rtp(i)));
  CHECK(ends.take(packets[1029]).size != 0);
  CHECK(ends.take(packets[1029 - 1000]).size != 0);
  CHECK(ends.take(packets[1029 - 1000]).reason == DropReason::SRTP_REPLAY);
  CHECK(ends.take(packets[2]).reason == DropReason::SRTP_REPLAY);
}

TEST_CASE("sequence numbers wrap") {
  Ends ends;
  for (std::uint32_t i = 65'500; i < 65'600; ++i) {
    CHECK(ends.take(protect_rtp(*ends.a, rtp(static_cast<std::uint16_t>(i)))).size != 0);
  }
}

TEST_CASE("the same packet may leave twice, and arrives once") {
  Ends ends;
  const Buffer first = protect_rtp(*ends.a, rtp(5));
  protect_rtp(*ends.a, rtp(6));
  const Buffer again = protect_rtp(*ends.a, rtp(5));
  CHECK(again == first);
  CHECK(ends.take(first).size != 0);
  CHECK(ends.take(again).size == 0);
  // Under GCM it may not: a nonce is used once.
  Ends gcm{SrtpProfile::aead_aes_128_gcm};
  CHECK_FALSE(protect_rtp(*gcm.a, rtp(5)).empty());
  CHECK(protect_rtp(*gcm.a, rtp(5)).empty());
}

TEST_CASE("what cannot be protected gives 0") {
  Ends ends;
  Buffer exact(12 + kMaxOverhead, 0x80);
  CHECK(ends.a->protect_rtp(exact, 11) == 0);
  CHECK(ends.a->protect_rtp(exact, 13) == 0);  // no room for the tag
  CHECK(ends.a->protect_rtcp(exact, 7) == 0);
  CHECK(ends.a->protect_rtcp(exact, exact.size()) == 0);
}

TEST_CASE("the number of SSRCs that a peer may use has a limit") {
  Ends ends;
  for (std::uint32_t ssrc = 1; ssrc < srtp::kMaxReceivedSsrcs; ++ssrc) {
    REQUIRE(ends.take(protect_rtp(*ends.a, rtp(1, ssrc))).size != 0);
  }
  // Forged ones do not use it up.
  for (std::uint32_t ssrc = 5000; ssrc < 5100; ++ssrc) CHECK(ends.take(rtp(1, ssrc)).size == 0);
  Buffer report = protect_rtcp(*ends.a, rtcp(9000));
  CHECK(ends.b->unprotect_rtcp(report).size != 0);
  CHECK(ends.take(protect_rtp(*ends.a, rtp(1, 9001))).reason == DropReason::STREAM_LIMIT);
  Buffer another = protect_rtcp(*ends.a, rtcp(9002));
  CHECK(ends.b->unprotect_rtcp(another).reason == DropReason::STREAM_LIMIT);
  CHECK(ends.take(protect_rtp(*ends.a, rtp(2, 1))).size != 0);
}

TEST_CASE("sessions may be made on several threads at once") {
  std::vector<std::thread> threads;
  std::array<bool, 4> ok{};
  for (std::size_t i = 0; i < ok.size(); ++i) {
    threads.emplace_back([&ok, i] { ok[i] = Session::make(keys_of(SrtpProfile::aes128_cm_sha1_80)).ok(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool made : ok) CHECK(made);
}

TEST_CASE("an SSRC that is not sent with any more is forgotten") {
  // With GCM a number is never used twice, as long as the stream is remembered.
  auto session = Session::make(keys_of(SrtpProfile::aead_aes_128_gcm));
  REQUIRE(session.ok());
  CHECK_FALSE(protect_rtp(**session, rtp(10, 7)).empty());
  CHECK_FALSE(protect_rtp(**session, rtp(10, 8)).empty());
  CHECK(protect_rtp(**session, rtp(10, 7)).empty());
  (*session)->end_sending(7);
  (*session)->end_sending(9);  // never sent
  CHECK_FALSE(protect_rtp(**session, rtp(10, 7)).empty());
  CHECK(protect_rtp(**session, rtp(10, 8)).empty());
}
