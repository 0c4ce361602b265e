#include "dtls/record_layer.h"

#include <algorithm>

namespace weir::dtls {
namespace {

constexpr std::uint16_t kVersion = 0xfefd;                   // 1.2
constexpr std::uint64_t kNumbers = std::uint64_t{1} << 48U;  // of an epoch
constexpr std::size_t kWindow = 64;                          // RFC 6347 section 4.1.2.6
constexpr std::size_t kMostPlain = std::size_t{1} << 14U;    // RFC 5246 section 6.2.1
constexpr std::size_t kExplicitNonce = 8;
constexpr std::uint64_t kEpochBits = std::uint64_t{RecordLayer::kEpoch} << 48U;

struct Shape {
  mbedtls_cipher_type_t type;
  std::size_t key;
  std::size_t iv;
  std::size_t explicit_nonce;
};

Shape shape_of(RecordCipher cipher) {
  switch (cipher) {
    case RecordCipher::aes_128_gcm:
      return {MBEDTLS_CIPHER_AES_128_GCM, 16, 4, kExplicitNonce};
    case RecordCipher::aes_256_gcm:
      return {MBEDTLS_CIPHER_AES_256_GCM, 32, 4, kExplicitNonce};
    case RecordCipher::chacha20_poly1305:
      break;
  }
  return {MBEDTLS_CIPHER_CHACHA20_POLY1305, 32, 12, 0};
}

bool prepare(mbedtls_cipher_context_t& context, const Shape& shape, Bytes key,
             mbedtls_operation_t operation) {
  const mbedtls_cipher_info_t* info = mbedtls_cipher_info_from_type(shape.type);
  return info != nullptr && mbedtls_cipher_setup(&context, info) == 0 &&
         mbedtls_cipher_setkey(&context, key.data(), static_cast<int>(key.size() * 8), operation) == 0;
}

using AdditionalData = std::array<std::uint8_t, 13>;

AdditionalData additional_data(std::uint64_t number, RecordType type, std::size_t size) {
  AdditionalData data{};
  ByteWriter w{data};
  w.u64(number);
  w.u8(static_cast<std::uint8_t>(type));
  w.u16(kVersion);
  w.u16(static_cast<std::uint16_t>(size));
  return data;
}

}  // namespace

std::optional<RecordHeader> RecordHeader::read(Bytes datagram) {
  ByteReader in{datagram};
  RecordHeader header;
  header.type = static_cast<RecordType>(in.u8());
  header.version = in.u16();
  header.number = in.u64();
  header.length = in.u16();
  if (!in.ok() || in.remaining() < header.length) return std::nullopt;
  return header;
}

std::size_t RecordLayer::key_block_size(RecordCipher cipher) {
  const Shape shape = shape_of(cipher);
  return 2 * (shape.key + shape.iv);
}

std::unique_ptr<RecordLayer> RecordLayer::make(RecordCipher cipher, bool client, Bytes keys,
                                               const Numbers& numbers) {
  const Shape shape = shape_of(cipher);
  if (keys.size() != key_block_size(cipher)) return nullptr;
  std::unique_ptr<RecordLayer> layer{new RecordLayer};
  layer->explicit_nonce_ = shape.explicit_nonce;
  layer->numbers_ = numbers;
  Direction& clients = client ? layer->out_ : layer->in_;
  Direction& servers = client ? layer->in_ : layer->out_;
  const Bytes ivs = keys.subspan(2 * shape.key);
  std::copy_n(ivs.begin(), shape.iv, clients.iv.begin());
  std::copy_n(ivs.begin() + static_cast<std::ptrdiff_t>(shape.iv), shape.iv, servers.iv.begin());
  if (!prepare(clients.cipher, shape, keys.first(shape.key), client ? MBEDTLS_ENCRYPT : MBEDTLS_DECRYPT) ||
      !prepare(servers.cipher, shape, keys.subspan(shape.key, shape.key),
               client ? MBEDTLS_DECRYPT : MBEDTLS_ENCRYPT)) {
    return nullptr;
  }
  return layer;
}

RecordLayer::~RecordLayer() = default;

/// `explicit_part`: the explicit nonce, or what stands for it.
RecordLayer::Nonce RecordLayer::nonce_for(const Direction& direction, Bytes explicit_part) const {
  Nonce nonce = direction.iv;
  for (std::size_t i = 0; i < kExplicitNonce; ++i) {
    std::uint8_t& at = nonce[nonce.size() - kExplicitNonce + i];
    at = static_cast<std::uint8_t>(explicit_nonce_ > 0 ? explicit_part[i] : at ^ explicit_part[i]);
  }
  return nonce;
}

std::vector<std::uint8_t> RecordLayer::seal(RecordType type, Bytes plain) {
  if (numbers_.next >= kNumbers || plain.size() > kMostPlain) return {};
  const std::uint64_t number = kEpochBits | numbers_.next;
  std::vector<std::uint8_t> record(overhead() + plain.size());
  ByteWriter w{record};
  w.u8(static_cast<std::uint8_t>(type));
  w.u16(kVersion);
  w.u64(number);
  w.u16(static_cast<std::uint16_t>(record.size() - RecordHeader::kSize));
  std::array<std::uint8_t, kExplicitNonce> counter{};
  store_u64(counter.data(), number);
  const std::size_t head = RecordHeader::kSize + explicit_nonce_;
  if (explicit_nonce_ > 0) w.bytes(counter);
  const Nonce nonce = nonce_for(out_, counter);
  const AdditionalData extra = additional_data(number, type, plain.size());
  std::size_t written = 0;
  if (mbedtls_cipher_auth_encrypt_ext(&out_.cipher, nonce.data(), nonce.size(), extra.data(), extra.size(),
                                      plain.data(), plain.size(), record.data() + head, record.size() - head,
                                      &written, kTag) != 0 ||
      written != plain.size() + kTag) {
    return {};
  }
  ++numbers_.next;
  return record;
}

bool RecordLayer::fresh(std::uint64_t number) const {
  if (number > numbers_.newest) return true;
  const std::uint64_t back = numbers_.newest - number;
  return back < kWindow && ((numbers_.window >> back) & 1U) == 0;
}

void RecordLayer::note(std::uint64_t number) {
  if (number <= numbers_.newest) {
    numbers_.window |= std::uint64_t{1} << (numbers_.newest - number);
    return;
  }
  const std::uint64_t step = number - numbers_.newest;
  numbers_.window = (step < kWindow ? numbers_.window << step : 0) | 1U;
  numbers_.newest = number;
}

std::optional<std::vector<std::uint8_t>> RecordLayer::open(Bytes record) {
  const auto header = RecordHeader::read(record);
  if (!header || header->version != kVersion || header->epoch() != kEpoch) return std::nullopt;
  if (header->length < explicit_nonce_ + kTag || header->length > explicit_nonce_ + kMostPlain + kTag)
    return std::nullopt;
  const std::uint64_t number = header->number & (kNumbers - 1);
  if (!fresh(number)) return std::nullopt;
  // The explicit nonce is the sender's choice; all choose what is in the header, none has to.
  std::array<std::uint8_t, kExplicitNonce> counter{};
  store_u64(counter.data(), header->number);
  Bytes sealed = record.subspan(RecordHeader::kSize, header->length);
  const Nonce nonce = nonce_for(in_, explicit_nonce_ > 0 ? sealed.first(kExplicitNonce) : Bytes{counter});
  sealed = sealed.subspan(explicit_nonce_);
  // The library wants room for the whole of what it decrypts, and a pointer for nothing as well.
  std::vector<std::uint8_t> plain(sealed.size());
  const AdditionalData extra = additional_data(header->number, header->type, sealed.size() - kTag);
  std::size_t written = 0;
  if (mbedtls_cipher_auth_decrypt_ext(&in_.cipher, nonce.data(), nonce.size(), extra.data(), extra.size(),
                                      sealed.data(), sealed.size(), plain.data(), plain.size(), &written,
                                      kTag) != 0) {
    return std::nullopt;
  }
  plain.resize(written);
  note(number);
  return plain;
}

}  // namespace weir::dtls
