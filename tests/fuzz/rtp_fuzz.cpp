// Any bytes as an RTP packet: every view lies within them, RTX unwraps into its bounds, and the extensions
// read can be written and read again.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "rtp/extensions.h"
#include "rtp/packet.h"
#include "rtp/rtx.h"

using weir::Bytes;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void require_within(Bytes part, Bytes whole) {
  if (part.empty()) return;
  require(part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void rewrite_extensions(const weir::rtp::Packet& packet) {
  weir::rtp::HeaderWriter writer{{.marker = packet.marker(),
                                  .payload_type = packet.payload_type(),
                                  .sequence = packet.sequence(),
                                  .timestamp = packet.timestamp(),
                                  .ssrc = packet.ssrc()}};
  std::vector<std::uint8_t> ids;
  for (unsigned id = 1; id < 256 && ids.size() < 8; ++id) {
    const auto data = packet.extension(static_cast<std::uint8_t>(id));
    if (!data) continue;
    require_within(*data, packet.bytes());
    weir::rtp::parse_audio_level(*data);
    if (const auto time = weir::rtp::parse_capture_time(*data)) {
      std::uint8_t room[weir::rtp::CaptureTime::kSize];
      const Bytes written = weir::rtp::write_capture_time(room, *time);
      require(weir::as_text(written) == weir::as_text(*data));
    }
    writer.add_extension(static_cast<std::uint8_t>(id), *data);
    ids.push_back(static_cast<std::uint8_t>(id));
  }
  std::uint8_t out[8 * 257 + 32];
  const std::size_t size = writer.write(out);
  require(size >= weir::rtp::kFixedHeaderSize);
  const auto again = weir::rtp::Packet::parse(Bytes{out}.first(size));
  require(again && again->ssrc() == packet.ssrc() && again->payload().empty());
  for (const std::uint8_t id : ids) {
    const Bytes before = *packet.extension(id);
    const auto after = again->extension(id);
    require(after && weir::as_text(*after) == weir::as_text(before));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{data, size};
  weir::rtp::is_rtcp(bytes);
  const auto packet = weir::rtp::Packet::parse(bytes);
  if (!packet) return 0;
  require_within(packet->payload(), bytes);
  require(packet->payload().size() + packet->padding_size() + weir::rtp::kFixedHeaderSize <= size);
  rewrite_extensions(*packet);
  std::vector<std::uint8_t> out(size);
  const std::size_t unwrapped = weir::rtp::unwrap_rtx(*packet, 1, 96, out);
  if (unwrapped != 0) {
    const auto original = weir::rtp::Packet::parse(Bytes{out}.first(unwrapped));
    require(original && original->payload().size() + 2 == packet->payload().size());
  }
  return 0;
}
