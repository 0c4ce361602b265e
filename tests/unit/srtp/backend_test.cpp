// What every backend owes.
#include "srtp/backend.h"

#include <doctest/doctest.h>

#include <thread>

#include "unit/srtp/support.h"

using namespace weir;
using namespace weir::test;

TEST_CASE("there and back, in every profile") {
  for (const BackendKind kind : backends()) {
    for (const SrtpProfile profile : kProfiles) {
      Ends ends{kind, profile};
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
}

TEST_CASE("keys that do not fit are refused") {
  for (const BackendKind kind : backends()) {
    for (const SrtpProfile profile : kProfiles) {
      SrtpKeys keys = keys_of(profile);
      keys.receive.pop_back();
      CHECK_FALSE(srtp::make_backend(kind)->open(keys).ok());
      keys = keys_of(profile);
      keys.send.push_back(0);
      CHECK_FALSE(srtp::make_backend(kind)->open(keys).ok());
    }
    CHECK(srtp::make_backend(kind)->open({}).error().status == WEIR_ERR_UNSUPPORTED);
    SrtpKeys odd = keys_of(SrtpProfile::aes128_cm_sha1_80);
    odd.profile = static_cast<SrtpProfile>(9);
    CHECK_FALSE(srtp::make_backend(kind)->open(odd).ok());
  }
}

TEST_CASE("drops have their reasons") {
  for (const BackendKind kind : backends()) {
    for (const SrtpProfile profile : kProfiles) {
      Ends ends{kind, profile};
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
        CHECK(ends.take(Buffer(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size))).size ==
              0);
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
}

TEST_CASE("headers that lie about their length") {
  for (const BackendKind kind : backends()) {
    Ends ends{kind};
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
}

TEST_CASE("the replay window: late packets within it pass, older ones do not") {
  for (const BackendKind kind : backends()) {
    Ends ends{kind};
    std::vector<Buffer> packets;
    for (std::uint16_t i = 0; i < 700; ++i) packets.push_back(protect_rtp(*ends.a, rtp(i)));
    CHECK(ends.take(packets[699]).size != 0);
    CHECK(ends.take(packets[699 - 511]).size != 0);
    CHECK(ends.take(packets[699 - 511]).reason == DropReason::SRTP_REPLAY);
    CHECK(ends.take(packets[699 - 512]).reason == DropReason::SRTP_REPLAY);
    CHECK(ends.take(packets[300]).size != 0);
  }
}

TEST_CASE("sequence numbers wrap") {
  for (const BackendKind kind : backends()) {
    Ends ends{kind};
    for (std::uint32_t i = 65'500; i < 65'600; ++i) {
      CHECK(ends.take(protect_rtp(*ends.a, rtp(static_cast<std::uint16_t>(i)))).size != 0);
    }
  }
}

TEST_CASE("the same packet may leave twice, and arrives once") {
  for (const BackendKind kind : backends()) {
    Ends ends{kind};
    const Buffer first = protect_rtp(*ends.a, rtp(5));
    protect_rtp(*ends.a, rtp(6));
    const Buffer again = protect_rtp(*ends.a, rtp(5));
    CHECK(again == first);
    CHECK(ends.take(first).size != 0);
    CHECK(ends.take(again).size == 0);
    // Under GCM it may not: a nonce is used once.
    Ends gcm{kind, SrtpProfile::aead_aes_128_gcm};
    CHECK_FALSE(protect_rtp(*gcm.a, rtp(5)).empty());
    CHECK(protect_rtp(*gcm.a, rtp(5)).empty());
  }
}

TEST_CASE("what cannot be protected gives 0") {
  for (const BackendKind kind : backends()) {
    Ends ends{kind};
    Buffer exact(12 + 10, 0x80);
    CHECK(ends.a->protect_rtp(exact, 11) == 0);
    CHECK(ends.a->protect_rtp(exact, 13) == 0);  // no room for the tag
    CHECK(ends.a->protect_rtcp(exact, 7) == 0);
    CHECK(ends.a->protect_rtcp(exact, exact.size()) == 0);
  }
}

TEST_CASE("a packet needs the room of its tag, and nothing behind it is touched") {
  constexpr std::uint8_t kOthers = 0xa5;
  const std::pair<SrtpProfile, std::size_t> profiles[] = {{SrtpProfile::aes128_cm_sha1_80, 10},
                                                          {SrtpProfile::aes128_cm_sha1_32, 4},
                                                          {SrtpProfile::aead_aes_128_gcm, 16}};
  for (const BackendKind kind : backends()) {
    for (const auto& [profile, tag] : profiles) {
      Ends ends{kind, profile};
      const Buffer plain = rtp(1, 7, 333);
      Buffer memory = plain;
      memory.resize(plain.size() + tag + 32, kOthers);
      const MutableBytes room = MutableBytes{memory}.first(plain.size() + tag);
      CHECK(ends.a->protect_rtp(room.first(room.size() - 1), plain.size()) == 0);
      REQUIRE(ends.a->protect_rtp(room, plain.size()) == room.size());
      for (std::size_t i = room.size(); i < memory.size(); ++i) REQUIRE(memory[i] == kOthers);
      memory.resize(room.size());
      CHECK(ends.take(memory).size == plain.size());
    }
  }
}

TEST_CASE("the number of SSRCs that a peer may use has a limit") {
  for (const BackendKind kind : backends()) {
    Ends ends{kind};
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
}

TEST_CASE("every thread may have a backend, made at once") {
  for (const BackendKind kind : backends()) {
    std::vector<std::thread> threads;
    std::array<bool, 4> ok{};
    for (std::size_t i = 0; i < ok.size(); ++i) {
      threads.emplace_back([&ok, i, kind] {
        Ends ends{kind};
        ok[i] = ends.take(protect_rtp(*ends.a, rtp(1))).size == 112;
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const bool worked : ok) CHECK(worked);
  }
}

TEST_CASE("an SSRC that is not sent with any more is forgotten") {
  for (const BackendKind kind : backends()) {
    // With GCM a number is never used twice, as long as the stream is remembered.
    End end{kind, keys_of(SrtpProfile::aead_aes_128_gcm)};
    CHECK_FALSE(protect_rtp(*end, rtp(10, 7)).empty());
    CHECK_FALSE(protect_rtp(*end, rtp(10, 8)).empty());
    CHECK(protect_rtp(*end, rtp(10, 7)).empty());
    end->end_sending(7);
    end->end_sending(9);  // never sent
    CHECK_FALSE(protect_rtp(*end, rtp(10, 7)).empty());
    CHECK(protect_rtp(*end, rtp(10, 8)).empty());
  }
}

TEST_CASE("so is the place that it took") {
  for (const BackendKind kind : backends()) {
    End end{kind, keys_of(SrtpProfile::aes128_cm_sha1_80)};
    for (std::uint32_t ssrc = 0; ssrc < srtp::kMaxSentSsrcs; ++ssrc) {
      REQUIRE_FALSE(protect_rtp(*end, rtp(1, ssrc, 0)).empty());
    }
    CHECK(protect_rtp(*end, rtp(1, 5000)).empty());
    CHECK(protect_rtcp(*end, rtcp(5000)).empty());
    end->end_sending(77);
    CHECK_FALSE(protect_rtcp(*end, rtcp(5000)).empty());
    CHECK(protect_rtp(*end, rtp(1, 77)).empty());
    CHECK_FALSE(protect_rtp(*end, rtp(2, 78)).empty());
  }
}

TEST_CASE("a backend that is not available is replaced by libsrtp") {
  CHECK(srtp::available(BackendKind::libsrtp));
  CHECK(srtp::make_backend(BackendKind::libsrtp)->kind() == BackendKind::libsrtp);
  const BackendKind best =
      srtp::available(BackendKind::ipsec_mb) ? BackendKind::ipsec_mb : BackendKind::libsrtp;
  CHECK(srtp::make_backend(BackendKind::ipsec_mb)->kind() == best);
  CHECK(srtp::make_backend()->kind() == best);
  CHECK(srtp::name_of(BackendKind::libsrtp) == "libsrtp");
  CHECK(srtp::name_of(BackendKind::ipsec_mb) == "ipsec_mb");
}
