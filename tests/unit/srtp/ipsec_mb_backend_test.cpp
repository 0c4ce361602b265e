// Bursts do what the same packets do one by one.
#include <doctest/doctest.h>

#include <algorithm>

#include "srtp/packet_header.h"
#include "unit/srtp/support.h"

using namespace weir;
using namespace weir::test;

namespace {

/// Sessions of one backend, in all profiles, some of each.
struct Group {
  std::unique_ptr<srtp::Backend> backend;
  std::vector<std::unique_ptr<Session>> sessions;

  explicit Group(BackendKind kind, bool other_side = false) : backend(srtp::make_backend(kind)) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      for (const SrtpProfile profile : kProfiles) {
        sessions.push_back(std::move(*backend->open(keys_of(profile, other_side, seed))));
      }
    }
  }
};

struct Packet {
  std::size_t session;
  Buffer plain;
};

std::vector<Packet> packets_of_many(Random& random, std::size_t count,
                                    std::vector<std::uint16_t>& sequences) {
  std::vector<Packet> packets;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t session = random.below(sequences.size());
    packets.push_back({session, random_rtp(random, sequences[session]++, 42)});
  }
  return packets;
}

}  // namespace

TEST_CASE("a burst is protected as its packets are: in place, and from a payload that packets share") {
  for (const BackendKind kind : backends()) {
    SeededRandom random{5};
    const Group bursts{kind};
    const Group reference{BackendKind::libsrtp};
    std::vector<std::uint16_t> sequences(bursts.sessions.size(), 65'500);
    for (const std::size_t count : {1U, 2U, 7U, 8U, 63U, 64U, 65U, 200U, 0U, 500U}) {
      const std::vector<Packet> packets = packets_of_many(random, count, sequences);
      std::vector<Buffer> outs(count);
      std::vector<srtp::Outgoing> burst(count);
      for (std::size_t i = 0; i < count; ++i) {
        const Buffer& plain = packets[i].plain;
        const std::size_t header = srtp::rtp_header_size(plain);
        // All of it here; the payload from elsewhere; some of the payload with the header.
        std::size_t head = plain.size();
        if (i % 3 == 1) head = header;
        if (i % 3 == 2) head = header + random.below(plain.size() - header + 1);
        outs[i].resize(plain.size() + kMaxOverhead);
        std::copy_n(plain.begin(), head, outs[i].begin());
        burst[i] = {.session = bursts.sessions[packets[i].session].get(),
                    .out = outs[i],
                    .head = head,
                    .tail = Bytes{plain}.subspan(head)};
      }
      bursts.backend->protect(burst);
      for (std::size_t i = 0; i < count; ++i) {
        const Buffer expected = protect_rtp(*reference.sessions[packets[i].session], packets[i].plain);
        REQUIRE(burst[i].size == expected.size());
        REQUIRE(std::equal(expected.begin(), expected.end(), outs[i].begin()));
      }
    }
  }
}

TEST_CASE("packets of a burst that cannot be protected do not harm the others") {
  for (const BackendKind kind : backends()) {
    const End end{kind, keys_of(SrtpProfile::aes128_cm_sha1_80)};
    const End reference{BackendKind::libsrtp, keys_of(SrtpProfile::aes128_cm_sha1_80)};
    Buffer good = rtp(1);
    Buffer cramped = rtp(2);  // no room for the tag
    Buffer lying = rtp(3);
    Buffer headless = rtp(4);
    good.resize(good.size() + kMaxOverhead);
    lying.resize(lying.size() + kMaxOverhead);
    headless.resize(headless.size() + kMaxOverhead);
    lying[0] = 0x90;
    store_u16(&lying[14], 0xffff);
    const Buffer tail(10);
    srtp::Outgoing burst[] = {
        {.session = end.session.get(), .out = cramped, .head = cramped.size(), .tail = {}},
        {.session = end.session.get(), .out = lying, .head = 112, .tail = {}},
        {.session = end.session.get(), .out = headless, .head = 11, .tail = tail},
        {.session = end.session.get(), .out = headless, .head = headless.size() + 1, .tail = {}},
        {.session = end.session.get(), .out = good, .head = 112, .tail = {}}};
    end.backend->protect(burst);
    for (std::size_t i = 0; i < 4; ++i) CHECK(burst[i].size == 0);
    good.resize(burst[4].size);
    CHECK(good == protect_rtp(*reference, rtp(1)));
  }
}

TEST_CASE("a received batch is taken as its packets are, one after the other") {
  for (const BackendKind kind : backends()) {
    SeededRandom random{6};
    const Group senders{BackendKind::libsrtp, true};
    const Group batches{kind};
    const Group reference{BackendKind::libsrtp};
    // Near a rollover, so that many batches hold one, also as the first that is seen of a stream.
    std::vector<std::uint16_t> sequences(senders.sessions.size());
    for (std::uint16_t& sequence : sequences) sequence = static_cast<std::uint16_t>(65'535 - random.below(4));
    std::vector<Packet> kept;
    std::size_t accepted = 0;
    for (int round = 0; round < 60; ++round) {
      std::vector<Packet> packets;
      for (std::size_t i = random.below(150); i > 0; --i) {
        const std::size_t session = random.below(sequences.size());
        Session& sender = *senders.sessions[session];
        const bool is_rtcp = random.below(10) == 0;
        packets.push_back({session, is_rtcp
                                        ? protect_rtcp(sender, rtcp(42))
                                        : protect_rtp(sender, random_rtp(random, sequences[session]++, 42))});
        kept.push_back(packets.back());
        if (random.below(5) == 0)
          packets.push_back(kept[random.below(kept.size())]);  // a replay, also within
        if (random.below(8) == 0) packets.back().plain[random.below(packets.back().plain.size())] ^= 4;
      }
      if (random.below(2) == 0 && packets.size() > 3) std::swap(packets[1], packets[3]);
      std::vector<Buffer> bytes;
      std::vector<srtp::Incoming> batch;
      for (const Packet& packet : packets) bytes.push_back(packet.plain);
      for (std::size_t i = 0; i < packets.size(); ++i) {
        batch.push_back({.session = batches.sessions[packets[i].session].get(),
                         .packet = bytes[i],
                         .rtcp = packets[i].plain[1] == 201,
                         .result = {}});
      }
      batches.backend->unprotect(batch);
      for (std::size_t i = 0; i < packets.size(); ++i) {
        Buffer expected = packets[i].plain;
        Session& session = *reference.sessions[packets[i].session];
        const auto result =
            batch[i].rtcp ? session.unprotect_rtcp(expected) : session.unprotect_rtp(expected);
        REQUIRE(batch[i].result.size == result.size);
        REQUIRE(std::equal(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(result.size),
                           bytes[i].begin()));
        accepted += result.size != 0 ? 1 : 0;
      }
    }
    CHECK(accepted > 3000);
  }
}

TEST_CASE("within a batch the limit of SSRCs holds, and a first packet's duplicate is dropped") {
  for (const BackendKind kind : backends()) {
    Ends ends{kind};
    std::vector<Buffer> packets;
    for (std::uint32_t ssrc = 0; ssrc < srtp::kMaxReceivedSsrcs + 10; ++ssrc) {
      packets.push_back(protect_rtp(*ends.a, rtp(9, ssrc)));
      packets.push_back(packets.back());
    }
    std::vector<srtp::Incoming> batch;
    for (Buffer& packet : packets) {
      batch.push_back({.session = ends.b.session.get(), .packet = packet, .rtcp = false, .result = {}});
    }
    ends.b.backend->unprotect(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      CAPTURE(i);
      const bool within = i < 2 * srtp::kMaxReceivedSsrcs;
      CHECK(batch[i].result.size == (within && i % 2 == 0 ? 112 : 0));
      if (!within) CHECK(batch[i].result.reason == DropReason::STREAM_LIMIT);
      if (within && i % 2 == 1) CHECK(batch[i].result.reason == DropReason::SRTP_REPLAY);
    }
  }
}
