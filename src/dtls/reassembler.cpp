#include "dtls/reassembler.h"

#include <algorithm>
#include <array>

namespace weir::dtls {
namespace {

constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kClientHello = 1;

struct Message {
  std::uint8_t type = 0;
  std::size_t length = 0;
  std::uint16_t message_seq = 0;
  std::size_t offset = 0;
  Bytes body;
};

/// Reads the message at the front; ok() of the reader tells whether there was one.
Message read_message(ByteReader& in) {
  Message m;
  m.type = in.u8();
  m.length = in.u24();
  m.message_seq = in.u16();
  m.offset = in.u24();
  const std::size_t size = in.u24();
  m.body = in.bytes(size);
  return m;
}

bool is_hello_fragment(const Message& m) {
  return m.type == kClientHello && m.body.size() < m.length && m.offset <= m.length &&
         m.body.size() <= m.length - m.offset;
}

/// A record of epoch 0 that holds nothing but true fragments of a ClientHello.
bool only_hello_fragments(Bytes record) {
  constexpr std::size_t kEpoch = 3;
  if (record[0] != kHandshake || load_u16(record.data() + kEpoch) != 0) return false;
  ByteReader in{record.subspan(HelloReassembler::kRecordHeader)};
  if (in.remaining() == 0) return false;
  while (in.remaining() > 0) {
    const Message m = read_message(in);
    if (!in.ok() || !is_hello_fragment(m)) return false;
  }
  return true;
}

}  // namespace

std::vector<std::uint8_t> HelloReassembler::filter(Bytes datagram) {
  std::vector<std::uint8_t> out;
  while (datagram.size() >= kRecordHeader) {
    const std::size_t size = kRecordHeader + load_u16(datagram.data() + 11);
    if (size > datagram.size()) break;  // cut off: mbedTLS decides
    const Bytes record = datagram.first(size);
    if (!only_hello_fragments(record) || !take_fragments(record, out)) {
      out.insert(out.end(), record.begin(), record.end());
    }
    datagram = datagram.subspan(size);
  }
  out.insert(out.end(), datagram.begin(), datagram.end());
  return out;
}

/// False when the record should be passed on as it is.
bool HelloReassembler::take_fragments(Bytes record, std::vector<std::uint8_t>& out) {
  ByteReader in{record.subspan(kRecordHeader)};
  while (in.remaining() > 0) {
    const Message m = read_message(in);
    if (m.length > kMaxHello) continue;  // never to be complete; the record is swallowed
    add(m.message_seq, m.length, m.offset, m.body);
    if (!body_.empty() && missing_ == 0) emit(record.first(kRecordHeader), out);
  }
  return true;
}

void HelloReassembler::add(std::uint16_t message_seq, std::size_t length, std::size_t offset, Bytes body) {
  if (body_.size() != length || message_seq != message_seq_) {
    // Another message than the one begun: the newest wins, so that nobody can block a client with a stray
    // fragment.
    message_seq_ = message_seq;
    body_.assign(length, 0);
    present_.assign(length, false);
    missing_ = length;
  }
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (present_[offset + i]) continue;  // the first to come counts (RFC 6347 says that they are equal)
    present_[offset + i] = true;
    body_[offset + i] = body[i];
    --missing_;
  }
}

void HelloReassembler::emit(Bytes record_header, std::vector<std::uint8_t>& out) {
  std::array<std::uint8_t, kRecordHeader + kMessageHeader> header{};
  ByteWriter w{header};
  w.bytes(record_header.first(11));
  w.u16(static_cast<std::uint16_t>(kMessageHeader + body_.size()));
  w.u8(kClientHello);
  w.u24(static_cast<std::uint32_t>(body_.size()));
  w.u16(message_seq_);
  w.u24(0);
  w.u24(static_cast<std::uint32_t>(body_.size()));
  out.insert(out.end(), header.begin(), header.end());
  out.insert(out.end(), body_.begin(), body_.end());
  // The memory goes back: the next ClientHello of this session, if any, is a retransmission.
  body_ = {};
  present_ = {};
  missing_ = 0;
}

}  // namespace weir::dtls
