// The bytes as feedback to decode; then as arrivals |sequence step|time step (16 bits)| of which feedback is
// written, which must decode to those arrivals.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <vector>

#include "rtp/rtcp.h"
#include "rtp/transport_cc.h"

using weir::Bytes;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// Decodes one feedback packet and checks what it says about `sent`; how many arrivals it told.
std::size_t check_feedback(Bytes rtcp, const std::map<std::uint16_t, std::int64_t>& sent) {
  weir::rtp::RtcpReader reader{rtcp};
  const auto packet = reader.next();
  require(packet && std::holds_alternative<weir::rtp::TransportFeedback>(*packet));
  const auto arrivals =
      weir::rtp::parse_transport_feedback(std::get<weir::rtp::TransportFeedback>(*packet).fci);
  require(arrivals.has_value());
  std::size_t told = 0;
  for (const auto& arrival : *arrivals) {
    if (!arrival.arrival) continue;
    const auto at = sent.find(arrival.sequence);
    require(at != sent.end() && std::abs(weir::to_us(*arrival.arrival) - at->second) <= 125);
    ++told;
  }
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto arrivals = weir::rtp::parse_transport_feedback(Bytes{data, size}))
    require(!arrivals->empty());

  weir::ByteReader reader{Bytes{data, size}};
  weir::rtp::TransportFeedbackBuilder builder;
  std::map<std::uint16_t, std::int64_t> sent;
  std::uint16_t sequence = 65500;
  std::int64_t now = 1'000'000;
  std::size_t told = 0;
  const std::size_t room = 28 + (size % 1200);
  const auto write_one = [&] {
    std::vector<std::uint8_t> memory(room);
    weir::ByteWriter out{memory};
    // A run of losses takes one chunk, so that 28 bytes always hold the next arrival.
    require(builder.write(out, 1, 2));
    told += check_feedback(out.written(), sent);
  };
  // So few and such small steps that neither the window nor the reference time is left.
  for (int i = 0; i < 500 && reader.remaining() >= 3; ++i) {
    sequence = static_cast<std::uint16_t>(sequence + static_cast<std::int8_t>(reader.u8()) / 8);
    const std::uint16_t step = reader.u16();
    now += step * 10;
    if (sent.emplace(sequence, now).second) builder.on_packet(weir::time_from_us(now), sequence);
    if (step % 16 == 0 && builder.pending()) write_one();
  }
  while (builder.pending()) write_one();
  require(told == sent.size());
  return 0;
}
