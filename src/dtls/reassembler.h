// Puts a fragmented ClientHello together before mbedTLS sees it: version 2.28 refuses one for ever, and both
// browsers' is too large for one datagram since they offer post-quantum key shares.
//
// Record (RFC 6347 section 4.1), several in a datagram:
//    0       1               3               5                       11              13
//   +-------+---------------+---------------+-----------------------+---------------+----------
//   | type  |    version    |     epoch     |    sequence number    |    length     | payload
//   +-------+---------------+---------------+-----------------------+---------------+----------
// Handshake message (section 4.2.2), the payload of records of type 22; several in a record:
//    0       1               4               6               9               12
//   +-------+---------------+---------------+---------------+---------------+----------
//   | type  |    length     |  message_seq  | fragment_off. | fragment_len. | body
//   +-------+---------------+---------------+---------------+---------------+----------
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace weir::dtls {

class HelloReassembler {
 public:
  static constexpr std::size_t kRecordHeader = 13;
  static constexpr std::size_t kMessageHeader = 12;
  /// The longest ClientHello that is put together; fragments of longer ones are dropped.
  static constexpr std::size_t kMaxHello = 16'000;

  /// Takes a datagram, gives what to feed instead: every record unchanged, except that fragments of a
  /// ClientHello are kept until the last is there and then become one record, with the header of the last
  /// one. May be empty.
  std::vector<std::uint8_t> filter(Bytes datagram);

  /// Bytes held at present, for tests.
  std::size_t held() const { return body_.size(); }

 private:
  bool take_fragments(Bytes record, std::vector<std::uint8_t>& out);
  void add(std::uint16_t message_seq, std::size_t length, std::size_t offset, Bytes body);
  void emit(Bytes record_header, std::vector<std::uint8_t>& out);

  std::uint16_t message_seq_ = 0;
  std::vector<std::uint8_t> body_;  // of the message that is being collected; empty: none
  std::vector<bool> present_;       // which of its bytes are there
  std::size_t missing_ = 0;
};

}  // namespace weir::dtls
