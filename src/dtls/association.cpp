// Alert (RFC 5246 section 7.2): level (1 warning, 2 fatal), description.
// Handshake message: type first (RFC 6347 section 4.2.2; dtls/reassembler.h has the rest).
#include "dtls/association.h"

#include <algorithm>
#include <array>

namespace weir::dtls {
namespace {

constexpr std::uint8_t kWarning = 1;
constexpr std::uint8_t kFatal = 2;
constexpr std::uint8_t kCloseNotify = 0;
constexpr std::uint8_t kNoRenegotiation = 100;

constexpr std::uint8_t kHelloRequest = 0;
constexpr std::uint8_t kClientHello = 1;
constexpr std::uint8_t kFinished = 20;

}  // namespace

Association::Outcome Association::receive(Bytes datagram, std::vector<std::vector<std::uint8_t>>& data,
                                          std::vector<std::vector<std::uint8_t>>& transmits) {
  while (const auto header = RecordHeader::read(datagram)) {
    const Bytes record = datagram.first(RecordHeader::kSize + header->length);
    datagram = datagram.subspan(record.size());
    auto plain = records_->open(record);
    if (!plain) continue;
    if (header->type == RecordType::application_data) {
      if (!plain->empty()) data.push_back(std::move(*plain));
      continue;
    }
    const Outcome outcome = take(header->type, *plain, transmits);
    if (outcome != Outcome::open) return outcome;
  }
  return Outcome::open;
}

Association::Outcome Association::take(RecordType type, Bytes plain,
                                       std::vector<std::vector<std::uint8_t>>& transmits) {
  if (type == RecordType::alert) return take_alert(plain);
  if (type == RecordType::handshake) take_handshake(plain, transmits);
  return Outcome::open;
}

Association::Outcome Association::take_alert(Bytes plain) {
  if (plain.size() != 2) return Outcome::open;
  if (plain[1] == kCloseNotify) return Outcome::closed;
  if (plain[0] != kFatal) return Outcome::open;
  alert_ = plain[1];
  return Outcome::failed;
}

/// The peer's Finished comes again when the answer to it was lost. Another handshake is refused (RFC 5246
/// section 7.4.1.1): nobody needs one, and the fingerprint was looked at in the first.
void Association::take_handshake(Bytes plain, std::vector<std::vector<std::uint8_t>>& transmits) {
  if (plain.empty()) return;
  if (plain[0] == kFinished) transmits.insert(transmits.end(), last_flight_.begin(), last_flight_.end());
  if (plain[0] == (client_ ? kHelloRequest : kClientHello)) send_alert(kWarning, kNoRenegotiation, transmits);
}

void Association::send_alert(std::uint8_t level, std::uint8_t description,
                             std::vector<std::vector<std::uint8_t>>& transmits) {
  const std::array<std::uint8_t, 2> alert{level, description};
  std::vector<std::uint8_t> record = records_->seal(RecordType::alert, alert);
  if (!record.empty()) transmits.push_back(std::move(record));
}

bool Association::send(Bytes data, std::vector<std::vector<std::uint8_t>>& transmits) {
  if (data.empty() || data.size() > most_) return false;
  std::vector<std::uint8_t> record = records_->seal(RecordType::application_data, data);
  if (record.empty()) return false;
  transmits.push_back(std::move(record));
  return true;
}

void Association::close(std::vector<std::vector<std::uint8_t>>& transmits) {
  send_alert(kWarning, kCloseNotify, transmits);
}

std::vector<std::vector<std::uint8_t>> flight_of_new_epoch(
    const std::vector<std::vector<std::uint8_t>>& datagrams) {
  std::vector<std::vector<std::uint8_t>> flight;
  for (const std::vector<std::uint8_t>& datagram : datagrams) {
    Bytes rest{datagram};
    bool of_it = false;
    while (const auto header = RecordHeader::read(rest)) {
      of_it |= header->epoch() == RecordLayer::kEpoch || header->type == RecordType::change_cipher_spec;
      rest = rest.subspan(RecordHeader::kSize + header->length);
    }
    if (of_it) flight.push_back(datagram);
  }
  return flight;
}

}  // namespace weir::dtls
