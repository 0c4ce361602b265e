// intel-ipsec-mb as SRTP uses it: jobs are gathered, then AES runs over one packet after the other, and
// HMAC-SHA1 over up to sixteen at once. One for each thread.
#pragma once

// Without the names of the library's version 0.53, which are macros such as DES and SHA1.
#define NO_COMPAT_IMB_API_053
#include <intel-ipsec-mb.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "srtp/key_derivation.h"

namespace weir::srtp {

struct AesKey {
  alignas(16) std::array<std::uint8_t, 16 * 11> rounds;  // AES-128
};

/// SHA-1's state after the block of the key XOR ipad, and XOR opad (RFC 2104).
struct HmacKey {
  std::array<std::uint8_t, 20> inner;
  std::array<std::uint8_t, 20> outer;
};

class MultiBuffer {
 public:
  static constexpr std::size_t kBurst = 64;
  static constexpr std::size_t kDigest = 20;

  /// Whether a processor with these features (IMB_FEATURE_*) computes AES and GHASH in hardware.
  static bool usable(std::uint64_t features);
  /// nullptr where it cannot run.
  static std::unique_ptr<MultiBuffer> make();
  ~MultiBuffer();
  MultiBuffer(const MultiBuffer&) = delete;
  MultiBuffer& operator=(const MultiBuffer&) = delete;

  /// The key stream of AES in counter mode, 128 or 256 bits of key.
  void keystream(Bytes key, const CounterBlock& counter, MutableBytes out);
  void expand(Bytes key, AesKey& out);
  void expand(Bytes key, HmacKey& out);
  void expand(Bytes key, gcm_key_data& out);

  /// Up to kBurst, then run. `size` is not 0.
  void add_cipher(const AesKey& key, const CounterBlock& counter, const std::uint8_t* in, std::uint8_t* out,
                  std::size_t size);
  bool run_ciphers();
  /// Up to kBurst, then run; gives the number under which digest() will have the result.
  std::size_t add_hash(const HmacKey& key, const std::uint8_t* data, std::size_t size);
  bool run_hashes();
  /// One at once, in the place of an earlier result.
  bool hash_alone(const HmacKey& key, const std::uint8_t* data, std::size_t size, std::size_t number);
  const std::uint8_t* digest(std::size_t number) const { return digests_[number].data(); }

  /// AEAD of one packet; `key_size` 16 or 32. Encrypting sets `tag`, decrypting sets what it must be.
  void seal(const gcm_key_data& key, std::size_t key_size, const std::uint8_t* nonce, Bytes header,
            const std::uint8_t* in, std::uint8_t* out, std::size_t size, std::uint8_t* tag);
  void open(const gcm_key_data& key, std::size_t key_size, const std::uint8_t* nonce, Bytes header,
            MutableBytes text, std::uint8_t* tag);

 private:
  struct Free {
    void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
  };
  using Manager = std::unique_ptr<IMB_MGR, Free>;

  MultiBuffer() = default;
  void fill_hash(IMB_JOB& job, const HmacKey& key, const std::uint8_t* data, std::size_t size,
                 std::size_t number);
  IMB_MGR* hasher(std::size_t count) const;

  Manager wide_;               // as wide as the processor's vectors are
  Manager narrow_;             // with SHA instructions; nullptr where there are none
  std::size_t wide_from_ = 0;  // hashes at once that the wide one is faster with
  std::array<IMB_JOB, kBurst> ciphers_{};
  std::array<IMB_JOB, kBurst> hashes_{};
  std::array<CounterBlock, kBurst> counters_{};
  std::array<std::array<std::uint8_t, kDigest>, kBurst> digests_{};
  std::size_t cipher_count_ = 0;
  std::size_t hash_count_ = 0;
  gcm_context_data scratch_{};
};

}  // namespace weir::srtp
