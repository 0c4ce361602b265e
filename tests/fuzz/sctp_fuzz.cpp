// Chunks of anybody's making, in packets that carry the right ports, tag and sum, to one end of an
// association at any point of an honest beginning: nothing breaks, and what is kept is bounded.
//
// Input: 1 byte of choices (bits 0..3: honest exchanges first, bit 4: with a channel), then packets of
// chunks, each after a 2-byte length.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <vector>

#include "sctp/channels.h"

using namespace weir;
using sctp::Channels;

namespace {

using Packet = std::vector<std::uint8_t>;
constexpr std::size_t kHeader = 12;

void require(bool condition) {
  if (!condition) std::abort();
}

/// CRC32c (RFC 9260 appendix A).
void seal(Packet& packet) {
  std::uint32_t crc = 0xffffffffU;
  std::fill_n(packet.begin() + 8, 4, std::uint8_t{0});
  for (const std::uint8_t byte : packet) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0);
  }
  crc = ~crc;
  for (std::size_t i = 0; i < 4; ++i) packet[8 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
}

Channels::Options options(bool client) {
  Channels::Options o;
  o.dtls_client = client;
  return o;
}

/// Time of all inputs goes on, as in a process.
Time tick() {
  static Time now = time_from_us(1'000'000);
  now += sctp::Stack::kTick;
  sctp::Stack::instance().advance(now);
  return now;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader in{{data, size}};
  const std::uint8_t choices = in.u8();
  DropCounters drops;
  const auto honest = Channels::begin(options(true), drops);
  const auto victim = Channels::begin(options(false), drops);
  require(honest != nullptr && victim != nullptr);
  Packet header(kHeader, 0);
  store_u16(header.data(), 5000);
  store_u16(header.data() + 2, 5000);
  for (unsigned exchange = 0; exchange < (choices & 15U); ++exchange) {
    tick();
    for (const Packet& packet : honest->take_output(100)) {
      header.assign(packet.begin(), packet.begin() + kHeader);
      victim->receive(packet);
    }
    for (const Packet& packet : victim->take_output(100)) honest->receive(packet);
    if ((choices & 16) != 0 && honest->count() == 0) honest->open("room", "", {});
  }
  for (int packets = 0; packets < 256 && in.remaining() >= 2; ++packets) {
    const Bytes chunks = in.bytes(std::min<std::size_t>(in.u16(), in.remaining()));
    Packet packet = header;
    packet.insert(packet.end(), chunks.begin(), chunks.end());
    seal(packet);
    victim->receive(packet);
    if (packets % 8 == 0) tick();
    victim->advance();
    require(victim->take_output(100'000).size() <= sctp::Association::kMaxOutput);
    for (const Channels::Event& event : victim->take_events()) require(event.bytes.size() <= 262'144);
    require(victim->count() <= 64);
    require(victim->buffered() <= std::size_t{1} << 20);
  }
  return 0;
}
