#include "dtls/record_layer.h"

#include <doctest/doctest.h>

#include "base/random.h"

using namespace weir;
using dtls::RecordCipher;
using dtls::RecordHeader;
using dtls::RecordLayer;
using dtls::RecordType;

namespace {

constexpr RecordCipher kCiphers[] = {RecordCipher::aes_128_gcm, RecordCipher::aes_256_gcm,
                                     RecordCipher::chacha20_poly1305};

std::vector<std::uint8_t> bytes(std::size_t size) {
  std::vector<std::uint8_t> out(size);
  SeededRandom{size}.fill(out);
  return out;
}

struct Ends {
  std::unique_ptr<RecordLayer> client;
  std::unique_ptr<RecordLayer> server;

  explicit Ends(RecordCipher cipher, std::uint64_t next = 1) {
    const auto keys = bytes(RecordLayer::key_block_size(cipher));
    client = RecordLayer::make(cipher, true, keys, {next, 0, 1});
    server = RecordLayer::make(cipher, false, keys, {next, 0, 1});
    REQUIRE(client);
    REQUIRE(server);
  }
};

}  // namespace

TEST_CASE("what one end seals the other opens, once") {
  for (const RecordCipher cipher : kCiphers) {
    Ends e{cipher};
    for (const std::size_t size : {0U, 1U, 2U, 100U, 1200U, 16'384U}) {
      const auto plain = bytes(size);
      const auto record = e.client->seal(RecordType::application_data, plain);
      CHECK(record.size() == size + e.client->overhead());
      CHECK_FALSE(e.client->open(record));  // the other direction's keys
      CHECK(e.server->open(record) == plain);
      CHECK_FALSE(e.server->open(record));
    }
    CHECK(e.client->seal(RecordType::application_data, bytes(16'385)).empty());
  }
}

TEST_CASE("a record with any bit changed, or cut anywhere, is not opened and uses up no number") {
  for (const RecordCipher cipher : kCiphers) {
    Ends e{cipher};
    const auto record = e.server->seal(RecordType::alert, bytes(2));
    for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
      auto bent = record;
      bent[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      CHECK_FALSE(e.client->open(bent));
    }
    for (std::size_t size = 0; size < record.size(); ++size)
      CHECK_FALSE(e.client->open(Bytes{record}.first(size)));
    for (std::size_t length = 0; length < record.size() - RecordHeader::kSize; ++length) {
      auto shorter = record;
      store_u16(shorter.data() + 11, static_cast<std::uint16_t>(length));
      CHECK_FALSE(e.client->open(shorter));
    }
    CHECK(e.client->open(record) == bytes(2));
  }
}

TEST_CASE("records may come late by less than the window, each once") {
  Ends e{RecordCipher::aes_128_gcm};
  std::vector<std::vector<std::uint8_t>> records;
  for (int i = 0; i < 200; ++i) records.push_back(e.client->seal(RecordType::application_data, bytes(8)));
  CHECK(e.server->open(records[100]));
  CHECK(e.server->open(records[37]));
  CHECK_FALSE(e.server->open(records[36]));  // 64 back
  CHECK_FALSE(e.server->open(records[37]));
  CHECK(e.server->open(records[99]));
  CHECK(e.server->open(records[199]));  // a step wider than the window
  CHECK_FALSE(e.server->open(records[100]));
  CHECK(e.server->open(records[136]));
  CHECK_FALSE(e.server->open(records[135]));
}

TEST_CASE("numbers received elsewhere count") {
  const auto keys = bytes(RecordLayer::key_block_size(RecordCipher::aes_128_gcm));
  const auto client = RecordLayer::make(RecordCipher::aes_128_gcm, true, keys, {3, 0, 1});
  const auto server = RecordLayer::make(RecordCipher::aes_128_gcm, false, keys, {1, 5, 0b1011});
  std::vector<bool> opened;
  for (int number = 3; number < 8; ++number)
    opened.push_back(server->open(client->seal(RecordType::handshake, bytes(4))).has_value());
  CHECK(opened == std::vector<bool>{true, false, false, true, true});  // 5, 4 and 2 were there
}

TEST_CASE("an epoch's last number is used, and nothing after it") {
  Ends e{RecordCipher::chacha20_poly1305, (std::uint64_t{1} << 48U) - 1};
  const auto last = e.client->seal(RecordType::application_data, bytes(3));
  CHECK(e.server->open(last) == bytes(3));
  CHECK(e.client->seal(RecordType::application_data, bytes(3)).empty());
}

TEST_CASE("keys of another length are refused") {
  for (const RecordCipher cipher : kCiphers) {
    const std::size_t size = RecordLayer::key_block_size(cipher);
    CHECK(size <= RecordLayer::kMostKeys);
    CHECK_FALSE(RecordLayer::make(cipher, true, bytes(size - 1), {}));
    CHECK_FALSE(RecordLayer::make(cipher, true, bytes(size + 1), {}));
  }
}
