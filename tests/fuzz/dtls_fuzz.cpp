// A DTLS session against any datagrams, in either role and at any point of a handshake that began well.
//
// Input: 1 byte of choices (bit 0: role, bits 1..3: steps of an honest handshake first), then datagrams, each
// after a 2-byte length.
#include <cstdlib>

#include "base/random.h"
#include "dtls/reassembler.h"
#include "dtls/session.h"

using namespace weir;
using dtls::Role;
using dtls::Session;

namespace {

std::shared_ptr<const crypto::Certificate> certificate(std::uint64_t seed) {
  SeededRandom random{seed};
  return *crypto::Certificate::make(random, 1'700'000'000);
}

dtls::SessionOptions options(Role role) {
  static const auto client = certificate(1);
  static const auto server = certificate(2);
  const auto& own = role == Role::client ? client : server;
  const auto& other = role == Role::client ? server : client;
  dtls::SessionOptions o;
  o.role = role;
  o.certificate = own;
  o.remote_fingerprint_algorithm = "sha-256";
  o.remote_fingerprint.assign(other->fingerprint().begin(), other->fingerprint().end());
  o.seed.fill(role == Role::client ? 3 : 4);
  return o;
}

void reassemble(Bytes datagram) {
  static dtls::HelloReassembler reassembler;
  const std::vector<std::uint8_t> out = reassembler.filter(datagram);
  if (out.size() > datagram.size() + dtls::HelloReassembler::kMaxHello + 25) std::abort();
  if (reassembler.held() > dtls::HelloReassembler::kMaxHello) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader in{{data, size}};
  const std::uint8_t choices = in.u8();
  Time now = time_from_us(1'000'000);
  Session client{options(Role::client)};
  Session server{options(Role::server)};
  client.step(now, {});
  for (unsigned step = 0; step < ((choices >> 1) & 7U); ++step) {
    Session& from = step % 2 == 0 ? client : server;
    Session& to = step % 2 == 0 ? server : client;
    for (const auto& datagram : from.take_transmits()) to.step(now, datagram);
  }
  Session& victim = (choices & 1) != 0 ? client : server;
  // Nothing here knows the keys or the certificate's: a handshake that was not done cannot become so.
  const bool done = victim.state() == dtls::State::connected;
  for (int datagrams = 0; datagrams < 64 && in.remaining() >= 2; ++datagrams) {
    const std::size_t length = std::min<std::size_t>(in.u16(), in.remaining());
    const Bytes datagram = in.bytes(length);
    reassemble(datagram);
    now += std::chrono::milliseconds{100};
    victim.step(now, datagram);
    if (victim.take_transmits().size() > 200) std::abort();
  }
  if (!done && victim.state() == dtls::State::connected) std::abort();
  return 0;
}
