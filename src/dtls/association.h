// What is left of a session once the handshake is done: the keys of its records. mbedTLS keeps two buffers of
// 16 KB, certificates, keys and its generator, some 45 KB, for as long as its context lives; of all that only
// this is needed to read data and alerts, to send them, and to repeat the last flight to a peer that has not
// got it (RFC 6347 section 4.2.4).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "dtls/record_layer.h"

namespace weir::dtls {

class Association {
 public:
  /// `last_flight`: datagrams that answer the peer's Finished; empty where the peer's own flight was the
  /// last. `most`: application data in one record.
  Association(std::unique_ptr<RecordLayer> records, bool client,
              std::vector<std::vector<std::uint8_t>> last_flight, std::size_t most)
      : records_(std::move(records)), last_flight_(std::move(last_flight)), most_(most), client_(client) {}

  enum class Outcome : std::uint8_t {
    open,
    closed,  // close_notify
    failed,  // any other fatal alert
  };
  /// Takes a datagram. What is not authentic is passed over in silence (RFC 6347 section 4.1.2.7).
  Outcome receive(Bytes datagram, std::vector<std::vector<std::uint8_t>>& data,
                  std::vector<std::vector<std::uint8_t>>& transmits);
  /// False when it is empty or too long.
  bool send(Bytes data, std::vector<std::vector<std::uint8_t>>& transmits);
  void close(std::vector<std::vector<std::uint8_t>>& transmits);
  std::size_t max_payload() const { return most_; }
  /// Of a fatal alert that came.
  std::uint8_t alert() const { return alert_; }

 private:
  Outcome take(RecordType type, Bytes plain, std::vector<std::vector<std::uint8_t>>& transmits);
  Outcome take_alert(Bytes plain);
  void take_handshake(Bytes plain, std::vector<std::vector<std::uint8_t>>& transmits);
  void send_alert(std::uint8_t level, std::uint8_t description,
                  std::vector<std::vector<std::uint8_t>>& transmits);

  std::unique_ptr<RecordLayer> records_;
  std::vector<std::vector<std::uint8_t>> last_flight_;
  std::size_t most_;
  bool client_;
  std::uint8_t alert_ = 0;
};

/// Of the flight that ends a handshake: the datagrams with records of the epoch that begins.
std::vector<std::vector<std::uint8_t>> flight_of_new_epoch(
    const std::vector<std::vector<std::uint8_t>>& datagrams);

}  // namespace weir::dtls
