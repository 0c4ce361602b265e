#include "engine/protection.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "srtp/profile.h"
#include "unit/srtp/support.h"

using namespace weir;
using namespace weir::engine;
using namespace weir::test;

namespace {

struct Sender {
  Sender() {
    for (const std::uint16_t port : {std::uint16_t{1}, std::uint16_t{2}}) {
      paths.push_back({*Address::parse("192.0.2.1", 9), *Address::parse("192.0.2.2", port)});
      sessions.push_back(std::move(*backend->open(keys_of(SrtpProfile::aes128_cm_sha1_80))));
      alone.push_back(std::move(*reference->open(keys_of(SrtpProfile::aes128_cm_sha1_80))));
    }
  }
  /// Writes a packet for one of the two receivers; what it must become when it is protected alone.
  void send(std::size_t to, const Buffer& plain) {
    const std::size_t size = plain.size() + srtp::rtp_tag_size(SrtpProfile::aes128_cm_sha1_80);
    const MutableBytes out = egress.reserve(size);
    REQUIRE(out.size() == size);
    std::copy(plain.begin(), plain.end(), out.begin());
    egress.commit(paths[to], size, static_cast<std::uint32_t>(to));
    protection.add(*sessions[to], out, plain.size());
    expected.push_back(plain.size() < 12 ? Buffer{} : protect_rtp(*alone[to], plain));
  }
  Buffer sent(std::size_t entry) const {
    const Bytes bytes = egress.bytes(egress.entries()[entry]);
    return {bytes.begin(), bytes.end()};
  }

  std::unique_ptr<srtp::Backend> backend = srtp::make_backend();
  std::unique_ptr<srtp::Backend> reference = srtp::make_backend(srtp::BackendKind::libsrtp);
  std::vector<std::unique_ptr<srtp::Session>> sessions;
  std::vector<std::unique_ptr<srtp::Session>> alone;
  std::vector<FiveTuple> paths;
  EgressBatch egress{1 << 20};
  DropCounters drops;
  Protection protection{*backend, egress, drops};
  std::vector<Buffer> expected;
};

}  // namespace

TEST_CASE("packets of several receivers become what each would have become alone") {
  Sender sender;
  for (std::uint16_t i = 0; i < 10; ++i) {
    for (const std::size_t to : {0U, 1U}) sender.send(to, rtp(i, 7, 100U + i));
  }
  CHECK(sender.protection.waiting() == 20);
  sender.protection.run();
  CHECK(sender.protection.waiting() == 0);
  for (std::size_t i = 0; i < sender.expected.size(); ++i) CHECK(sender.sent(i) == sender.expected[i]);
  CHECK(sender.egress.waiting() == 20);
  CHECK(sender.drops.total() == 0);
}

TEST_CASE("a full burst runs by itself, and nothing is protected twice") {
  Sender sender;
  for (std::uint16_t i = 0; i < Protection::kBurst + 1; ++i) sender.send(0, rtp(i, 7, 50));
  CHECK(sender.protection.waiting() == 1);
  sender.protection.run();
  sender.protection.run();
  for (std::size_t i = 0; i < sender.expected.size(); ++i) CHECK(sender.sent(i) == sender.expected[i]);
}

TEST_CASE("what a session refuses is taken back and counted; the others go") {
  Sender sender;
  sender.send(0, rtp(1));
  sender.send(0, Buffer(11, 0x80));  // no RTP header is so short
  sender.send(1, rtp(1));
  sender.protection.run();
  CHECK(sender.sent(0) == sender.expected[0]);
  CHECK(sender.sent(1).empty());
  CHECK(sender.sent(2) == sender.expected[2]);
  CHECK(sender.egress.waiting() == 2);
  CHECK(sender.drops.of(DropReason::SRTP_PROTECT) == 1);
}
