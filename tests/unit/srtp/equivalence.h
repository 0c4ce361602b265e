// Random packets through a backend and through libsrtp2: every bit and every refusal must be the same.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "unit/srtp/support.h"

namespace weir::test {

/// Sequence numbers as they come: mostly the next, now and then late, lost in numbers, or from somewhere
/// else.
class Sequence {
 public:
  explicit Sequence(Random& random) : random_(random), next_(static_cast<std::uint16_t>(random.u32())) {}
  std::uint16_t next() {
    switch (random_.below(12)) {
      case 0:
        return static_cast<std::uint16_t>(next_ - random_.below(700));
      case 1:
        return next_ = static_cast<std::uint16_t>(next_ + random_.below(3000));
      case 2:
        return random_.below(30) == 0 ? static_cast<std::uint16_t>(random_.u32()) : next_;
      case 3:
        return next_ = static_cast<std::uint16_t>(next_ + random_.below(30'000));
      default:
        return ++next_;
    }
  }

 private:
  Random& random_;
  std::uint16_t next_;
};

struct Both {
  End reference;
  End other;
  Both(BackendKind kind, const SrtpKeys& keys) : reference(BackendKind::libsrtp, keys), other(kind, keys) {}
};

inline Buffer unprotected(Session& session, Buffer packet, bool is_rtcp, DropReason& reason) {
  const auto result = is_rtcp ? session.unprotect_rtcp(packet) : session.unprotect_rtp(packet);
  reason = result.reason;
  packet.resize(result.size);
  return packet;
}

inline void mutate(Random& random, Buffer& packet) {
  switch (random.below(4)) {
    case 0:
      packet[random.below(packet.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
      break;
    case 1:
      packet.resize(random.below(packet.size()) + 1);
      break;
    case 2:
      packet.push_back(static_cast<std::uint8_t>(random.u32()));
      break;
    default:
      random.fill(MutableBytes{packet}.first(std::min<std::size_t>(packet.size(), 20)));
  }
}

/// Counts what happened, so that a run that compares nothing is noticed.
struct Tally {
  int protected_ok = 0;
  int refused = 0;
  int accepted = 0;
  int dropped = 0;
};

inline void compare_sending(Random& random, BackendKind kind, SrtpProfile profile, std::uint64_t seed,
                            Tally& tally) {
  Both senders{kind, keys_of(profile, false, seed)};
  Sequence sequences[2] = {Sequence{random}, Sequence{random}};
  for (int i = 0; i < 2500; ++i) {
    const std::size_t stream = random.below(2);
    const auto ssrc = static_cast<std::uint32_t>(0xfffffff0 + stream);
    if (random.below(10) == 0) {
      Buffer report = rtcp(ssrc);
      report.resize(8 + 4 * random.below(200));
      random.fill(MutableBytes{report}.subspan(8));
      REQUIRE(protect_rtcp(*senders.reference, report) == protect_rtcp(*senders.other, report));
      continue;
    }
    const Buffer plain = random_rtp(random, sequences[stream].next(), ssrc);
    const Buffer expected = protect_rtp(*senders.reference, plain);
    REQUIRE(protect_rtp(*senders.other, plain) == expected);
    ++(expected.empty() ? tally.refused : tally.protected_ok);
  }
}

/// Both receivers take one packet. Of a mutilated one the reason may differ: libsrtp looks at other things
/// first.
inline void compare_packet(const Both& receivers, const Buffer& packet, bool intact, Tally& tally) {
  const bool as_rtcp = packet.size() > 1 && packet[1] == 201;
  DropReason expected_reason{};
  DropReason reason{};
  const Buffer expected = unprotected(*receivers.reference, packet, as_rtcp, expected_reason);
  REQUIRE(unprotected(*receivers.other, packet, as_rtcp, reason) == expected);
  if (expected.empty() && intact) CHECK(reason == expected_reason);
  ++(expected.empty() ? tally.dropped : tally.accepted);
}

inline void compare_receiving(Random& random, BackendKind kind, SrtpProfile profile, std::uint64_t seed,
                              Tally& tally) {
  End sender{BackendKind::libsrtp, keys_of(profile, true, seed)};
  const Both receivers{kind, keys_of(profile, false, seed)};
  Sequence sequence{random};
  std::vector<Buffer> kept;
  for (int i = 0; i < 2500; ++i) {
    const bool is_rtcp = random.below(8) == 0;
    const Buffer packet = is_rtcp ? protect_rtcp(*sender, rtcp(9))
                                  : protect_rtp(*sender, random_rtp(random, sequence.next(), 9));
    if (packet.empty()) continue;
    kept.push_back(packet);
    if (random.below(4) == 0) {
      Buffer bent = kept[kept.size() - 1 - random.below(std::min<std::size_t>(kept.size(), 900))];
      mutate(random, bent);
      compare_packet(receivers, bent, false, tally);
    }
    compare_packet(receivers, packet, true, tally);
    if (random.below(4) == 0) {
      compare_packet(receivers, kept[kept.size() - 1 - random.below(std::min<std::size_t>(kept.size(), 900))],
                     true, tally);
    }
  }
}

/// Whole runs of compare_sending() and compare_receiving() for some profiles of intel-ipsec-mb.
inline void check_sending(std::initializer_list<SrtpProfile> profiles) {
  if (!has_ipsec_mb()) return;
  for (const SrtpProfile profile : profiles) {
    Tally tally;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      CAPTURE(seed);
      SeededRandom random{seed};
      compare_sending(random, BackendKind::ipsec_mb, profile, seed, tally);
    }
    CHECK(tally.protected_ok > 5000);
    CHECK(tally.refused > 50);
  }
}

inline void check_receiving(std::initializer_list<SrtpProfile> profiles) {
  if (!has_ipsec_mb()) return;
  for (const SrtpProfile profile : profiles) {
    Tally tally;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      CAPTURE(seed);
      SeededRandom random{seed};
      compare_receiving(random, BackendKind::ipsec_mb, profile, seed, tally);
    }
    CHECK(tally.accepted > 4000);
    CHECK(tally.dropped > 1000);
  }
}

}  // namespace weir::test
