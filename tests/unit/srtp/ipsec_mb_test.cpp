// The vectors of both RFCs, which give session keys, against what lies below the sessions.
#include <doctest/doctest.h>

#include "srtp/key_derivation.h"
#include "unit/srtp/support.h"
#ifdef WEIR_HAVE_IPSEC_MB
#include "srtp/ipsec_mb.h"
#endif

using namespace weir;
using namespace weir::test;

#ifdef WEIR_HAVE_IPSEC_MB

namespace {

std::unique_ptr<srtp::MultiBuffer> machine() {
  auto made = srtp::MultiBuffer::make();
  if (!made) MESSAGE("skipped: this processor lacks AES instructions");
  return made;
}

srtp::CounterBlock block(std::string_view hex) {
  srtp::CounterBlock out{};
  const Buffer bytes = from_hex(hex);
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

}  // namespace

TEST_CASE("AES-CM: RFC 3711 appendix B.2") {
  const auto mb = machine();
  if (!mb) return;
  const Buffer key = from_hex("2B7E151628AED2A6ABF7158809CF4F3C");
  Buffer stream(48);
  mb->keystream(key, block("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000"), stream);
  CHECK(stream == from_hex("E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"
                           "41E95B3BB0A2E8DD477901E4FCA894C0"));
  mb->keystream(key, block("F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF"), stream);
  CHECK(stream == from_hex("EC8CDF7398607CB0F2D21675EA9EA1E4362B7C3C6773516318A077D7FC5073AE"
                           "6A2CC3787889374FBEB4C81B17BA6C44"));
}

TEST_CASE("key derivation: RFC 3711 appendix B.3") {
  const auto mb = machine();
  if (!mb) return;
  const Buffer key = from_hex("e1f97a0d3e018be0d64fa32c06de4139");
  const Buffer salt = from_hex("0ec675ad498afeebb6960b3aabe6");
  const auto derived = [&](srtp::KeyLabel label, std::size_t size) {
    Buffer out(size);
    srtp::derive([&](const srtp::CounterBlock& at, MutableBytes to) { mb->keystream(key, at, to); }, salt,
                 label, out);
    return out;
  };
  CHECK(derived(srtp::KeyLabel::rtp_encryption, 16) == from_hex("c61e7a93744f39ee10734afe3ff7a087"));
  CHECK(derived(srtp::KeyLabel::rtp_salt, 14) == from_hex("30cbbc08863d8c85d49db34a9ae1"));
  CHECK(derived(srtp::KeyLabel::rtp_authentication, 94) ==
        from_hex("cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef72"
                 "270986371"
                 "c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2"));
}

TEST_CASE("AES-GCM: RFC 7714 section 16") {
  const auto mb = machine();
  if (!mb) return;
  const Buffer header = from_hex("8040f17b8041f8d35501a0b2");
  const Buffer text =
      from_hex("47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573");
  const Buffer nonce = from_hex("51753c6580c2726f20718414");
  struct Vector {
    std::string_view key;
    std::string_view sealed;
  };
  constexpr Vector kVectors[] = {{"000102030405060708090a0b0c0d0e0f",
                                  "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf88"
                                  "33899d7f27beb16a9152cf765ee4390cce"},
                                 {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                                  "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b8"
                                  "7b7aa3db36dfffd6b0f9bb7878d7a76c13"}};
  for (const Vector& vector : kVectors) {
    const Buffer key = from_hex(vector.key);
    alignas(64) gcm_key_data expanded;
    mb->expand(key, expanded);
    Buffer sealed(text.size() + 16);
    mb->seal(expanded, key.size(), nonce.data(), header, text.data(), sealed.data(), text.size(),
             &sealed[text.size()]);
    CHECK(sealed == from_hex(vector.sealed));
    Buffer opened(sealed.begin(), sealed.end() - 16);
    Buffer tag(16);
    mb->open(expanded, key.size(), nonce.data(), header, opened, tag.data());
    CHECK(opened == text);
    CHECK(tag == Buffer(sealed.end() - 16, sealed.end()));
  }
}

TEST_CASE("HMAC-SHA1 of many packets at once is that of each: any number, any length") {
  const auto mb = machine();
  if (!mb) return;
  SeededRandom random{3};
  for (std::size_t count = 1; count <= srtp::MultiBuffer::kBurst; ++count) {
    std::vector<srtp::HmacKey> keys(count);
    std::vector<Buffer> texts(count);
    std::vector<Buffer> expected;
    for (std::size_t i = 0; i < count; ++i) {
      Buffer key(20);
      random.fill(key);
      mb->expand(key, keys[i]);
      texts[i].resize(1 + random.below(1500));
      random.fill(texts[i]);
      expected.push_back(hmac_sha1(key, texts[i]));
    }
    for (std::size_t i = 0; i < count; ++i)
      REQUIRE(mb->add_hash(keys[i], texts[i].data(), texts[i].size()) == i);
    REQUIRE(mb->run_hashes());
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(std::equal(expected[i].begin(), expected[i].end(), mb->digest(i)));
    }
  }
}

TEST_CASE("a processor without AES, or without carry-less multiplication, does not do") {
  constexpr std::uint64_t kEnough =
      IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ | IMB_FEATURE_SSE4_2 | IMB_FEATURE_CMOV;
  CHECK(srtp::MultiBuffer::usable(kEnough));
  CHECK(srtp::MultiBuffer::usable(kEnough | IMB_FEATURE_SHANI | IMB_FEATURE_AVX512F));
  for (const std::uint64_t feature : {IMB_FEATURE_AESNI, IMB_FEATURE_PCLMULQDQ, IMB_FEATURE_SSE4_2}) {
    CHECK_FALSE(srtp::MultiBuffer::usable(kEnough & ~feature));
  }
  CHECK_FALSE(srtp::MultiBuffer::usable(0));
}

#endif
