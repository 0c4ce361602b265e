// The demultiplexer with one client that is awaited, against any datagrams from four addresses, in passing
// time. Input: repeated 1 byte (bits 0..1: whose address, bits 2..7: time passing), 2 bytes length, datagram.
#include <cstdlib>

#include "transport/transport.h"

using namespace weir;
using transport::HandshakeJob;
using transport::Mux;

namespace {

std::shared_ptr<const crypto::Certificate> certificate() {
  SeededRandom random{1};
  return *crypto::Certificate::make(random, 1'700'000'000);
}

struct Node {
  SeededRandom random{2};
  EgressBatch egress{1U << 16};
  DropCounters drops;
  Mux mux;
  Time now = time_from_us(1'000'000);

  explicit Node(const std::shared_ptr<const crypto::Certificate>& own)
      : mux(transport::Limits{}, own, random, egress, drops, Log{}, srtp::BackendKind::libsrtp) {}

  void drain() {
    egress.clear();
    mux.take_events();
    for (HandshakeJob& job : mux.take_jobs()) {
      job.run();
      mux.finish(now, std::move(job));
    }
    mux.take_jobs();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto own = certificate();
  Node node{own};
  transport::Transport& t = node.mux.open(Id{IdKind::participant, 0, 1, 0});
  crypto::Sha256 fingerprint{};
  node.mux.set_remote(node.now, t, {"peer", "password"}, dtls::Role::server, "sha-256", fingerprint);

  ByteReader in{{data, size}};
  const Address local = *Address::parse("192.0.2.1", 5000);
  for (int datagrams = 0; datagrams < 256 && in.remaining() >= 3; ++datagrams) {
    const std::uint8_t choices = in.u8();
    const std::size_t length = std::min<std::size_t>(in.u16(), in.remaining());
    const FiveTuple path{local, *Address::parse("198.51.100.1", static_cast<std::uint16_t>(choices & 3))};
    const std::uint64_t dropped = node.drops.total();
    const Mux::Arrival arrival = node.mux.receive(node.now, path, in.bytes(length));
    // Law 5: what goes nowhere is counted; and nobody here can connect.
    if (arrival.kind == Mux::Kind::dropped && node.drops.total() == dropped) std::abort();
    if (arrival.transport != nullptr || t.connected()) std::abort();
    node.drain();
    node.now += std::chrono::milliseconds{(choices >> 2) * 20};
    node.mux.advance(node.now);
    node.drain();
  }
  return 0;
}
