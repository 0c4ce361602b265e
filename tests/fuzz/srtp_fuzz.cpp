// Received SRTP and SRTCP, any bytes, one by one and as a batch: no backend crashes, both say the same, and
// what is not authentic gets nowhere. Input: 1 byte of choices (bits 0..1: profile), then repeated 1 byte
// (bit 0: RTCP, bit 1: protect it first), 2 bytes length, packet.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/random.h"
#include "srtp/backend.h"
#include "srtp/profile.h"

using namespace weir;

namespace {

constexpr dtls::SrtpProfile kProfiles[] = {
    dtls::SrtpProfile::aes128_cm_sha1_80, dtls::SrtpProfile::aes128_cm_sha1_32,
    dtls::SrtpProfile::aead_aes_128_gcm, dtls::SrtpProfile::aead_aes_256_gcm};

dtls::SrtpKeys keys_of(dtls::SrtpProfile profile) {
  dtls::SrtpKeys keys;
  keys.profile = profile;
  SeededRandom random{1};
  keys.send.resize(srtp::profile_of(profile)->material_size());
  random.fill(keys.send);
  keys.receive = keys.send;  // what one protects the other takes
  return keys;
}

struct Packet {
  bool rtcp = false;
  bool authentic = false;
  std::vector<std::uint8_t> bytes;
};

std::vector<Packet> read_packets(ByteReader& in, srtp::Session& sender) {
  std::vector<Packet> packets;
  while (packets.size() < 200 && in.remaining() >= 3) {
    const std::uint8_t choices = in.u8();
    const Bytes bytes = in.bytes(std::min<std::size_t>(in.u16(), in.remaining()));
    Packet packet{(choices & 1) != 0, (choices & 2) != 0, {bytes.begin(), bytes.end()}};
    if (packet.authentic) {
      packet.bytes.resize(bytes.size() + srtp::kMaxOverhead);
      const std::size_t size = packet.rtcp ? sender.protect_rtcp(packet.bytes, bytes.size())
                                           : sender.protect_rtp(packet.bytes, bytes.size());
      packet.authentic = size != 0;
      packet.bytes.resize(size);
    }
    packets.push_back(std::move(packet));
  }
  return packets;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto reference = srtp::make_backend(srtp::BackendKind::libsrtp);
  static const auto best = srtp::make_backend();
  ByteReader in{{data, size}};
  const dtls::SrtpKeys keys = keys_of(kProfiles[in.u8() & 3]);
  const auto sender = std::move(*best->open(keys));
  const auto one_by_one = std::move(*reference->open(keys));
  const auto batched = std::move(*best->open(keys));
  const std::vector<Packet> packets = read_packets(in, *sender);
  std::vector<Packet> copies = packets;
  std::vector<srtp::Incoming> batch;
  for (Packet& copy : copies) batch.push_back({batched.get(), copy.bytes, copy.rtcp, {}});
  best->unprotect(batch);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    Packet packet = packets[i];
    const auto expected =
        packet.rtcp ? one_by_one->unprotect_rtcp(packet.bytes) : one_by_one->unprotect_rtp(packet.bytes);
    if (batch[i].result.size != expected.size) std::abort();
    if (expected.size != 0 && !packet.authentic) std::abort();
    if (!std::equal(packet.bytes.begin(), packet.bytes.begin() + static_cast<std::ptrdiff_t>(expected.size),
                    copies[i].bytes.begin())) {
      std::abort();
    }
  }
  return 0;
}
