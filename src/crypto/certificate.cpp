#include "crypto/certificate.h"

#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/x509_crt.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>

#include "crypto/ecdsa_certificate.h"
#include "crypto/mbedtls_compat.h"

namespace weir::crypto {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kValidDays = 30;
// A P-256 certificate with one short name takes some 300 bytes, its key 121.
constexpr std::size_t kMaxDer = 1024;

int fill_from_random(void* context, unsigned char* out, std::size_t size) {
  static_cast<Random*>(context)->fill({out, size});
  return 0;
}

/// "YYYYMMDDhhmmss", as mbedTLS wants it. Arithmetic only: the time comes from the caller.
std::string x509_time(std::int64_t unix_seconds) {
  using namespace std::chrono;
  const sys_seconds point{seconds{unix_seconds}};
  const sys_days day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss time{point - day};
  char text[32];
  std::snprintf(text, sizeof text, "%04d%02u%02u%02d%02d%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

struct Key {
  mbedtls_pk_context context;
  Key() { mbedtls_pk_init(&context); }
  ~Key() { mbedtls_pk_free(&context); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
};

struct Writer {
  mbedtls_x509write_cert context;
  Writer() { mbedtls_x509write_crt_init(&context); }
  ~Writer() { mbedtls_x509write_crt_free(&context); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
};

int generate(Key& key, Random& random) {
  const int status = mbedtls_pk_setup(&key.context, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
  if (status != 0) return status;
  return mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key.context), fill_from_random, &random);
}

int describe(Writer& writer, Key& key, Random& random, std::int64_t now_unix) {
  // A name that tells nothing about the host: whoever connects sees it.
  constexpr const char* kName = "CN=weir";
  std::array<std::uint8_t, 16> serial{};
  random.fill(serial);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7f) | 0x40);  // positive, and no leading zero
  // X.509 knows no time before 1970 that every reader understands.
  const std::int64_t from = std::max<std::int64_t>(0, now_unix - kDay);
  const std::string not_before = x509_time(from);
  const std::string not_after = x509_time(std::max<std::int64_t>(0, now_unix) + kValidDays * kDay);

  mbedtls_x509write_crt_set_version(&writer.context, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&writer.context, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(&writer.context, &key.context);
  mbedtls_x509write_crt_set_issuer_key(&writer.context, &key.context);
  int status = compat::set_serial(writer.context, serial);
  if (status == 0) status = mbedtls_x509write_crt_set_subject_name(&writer.context, kName);
  if (status == 0) status = mbedtls_x509write_crt_set_issuer_name(&writer.context, kName);
  if (status == 0) {
    status = mbedtls_x509write_crt_set_validity(&writer.context, not_before.c_str(), not_after.c_str());
  }
  return status;
}

Error refused(const char* what, int status) {
  char reason[96];
  std::snprintf(reason, sizeof reason, "mbedTLS could not %s (-0x%04x)", what,
                static_cast<unsigned>(-status));
  return Error{WEIR_ERR_CRYPTO, reason};
}

const mbedtls_md_info_t* hash_of(std::string_view algorithm) {
  // Names of RFC 8122 section 5 are compared without case.
  std::string name{algorithm};
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (name == "sha-256") return mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
  if (name == "sha-384") return mbedtls_md_info_from_type(MBEDTLS_MD_SHA384);
  if (name == "sha-512") return mbedtls_md_info_from_type(MBEDTLS_MD_SHA512);
  return nullptr;
}

}  // namespace

Sha256 sha256(Bytes data) {
  Sha256 out{};
  mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), data.data(), data.size(), out.data());
  return out;
}

std::vector<std::uint8_t> digest(std::string_view algorithm, Bytes data) {
  const mbedtls_md_info_t* hash = hash_of(algorithm);
  if (hash == nullptr) return {};
  std::vector<std::uint8_t> out(mbedtls_md_get_size(hash));
  if (mbedtls_md(hash, data.data(), data.size(), out.data()) != 0) return {};
  return out;
}

std::string fingerprint_text(Bytes digest) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string text;
  text.reserve(digest.size() * 3);
  for (const std::uint8_t byte : digest) {
    if (!text.empty()) text += ':';
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

bool equal(Bytes a, Bytes b) {
  // By hand, because the header of mbedtls_ct_memcmp is no C++ in 2.28. Every byte is looked at whatever the
  // outcome.
  if (a.size() != b.size()) return false;
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

Result<std::shared_ptr<const Certificate>> Certificate::make(Random& random, std::int64_t now_unix) {
  if (!compat::prepare_library()) return Error{WEIR_ERR_CRYPTO, "mbedTLS could not be prepared"};
  Key key;
  if (const int status = generate(key, random); status != 0) return refused("make a key", status);
  Writer writer;
  if (const int status = describe(writer, key, random, now_unix); status != 0) {
    return refused("describe the certificate", status);
  }

  const std::shared_ptr<Certificate> made{new Certificate};
  std::array<std::uint8_t, kMaxDer> buffer{};
  // Both functions write to the end of the buffer and return the length.
  const int size =
      mbedtls_x509write_crt_der(&writer.context, buffer.data(), buffer.size(), fill_from_random, &random);
  if (size <= 0) return refused("sign the certificate", size);
  const auto length = static_cast<std::size_t>(size);
  made->certificate_ = without_algorithm_parameters(Bytes{buffer}.last(length), key.context, random);
  if (made->certificate_.empty()) return refused("sign the certificate", MBEDTLS_ERR_PK_BAD_INPUT_DATA);
  made->fingerprint_ = sha256(made->certificate_);

  const int key_size = mbedtls_pk_write_key_der(&key.context, buffer.data(), buffer.size());
  if (key_size <= 0) return refused("write the key", key_size);
  made->key_.assign(buffer.end() - key_size, buffer.end());
  mbedtls_platform_zeroize(buffer.data(), buffer.size());
  return std::shared_ptr<const Certificate>{made};
}

Certificate::~Certificate() {
  mbedtls_platform_zeroize(key_.data(), key_.size());
}

void SystemRandom::fill(MutableBytes out) {
  while (!out.empty()) {
    const ssize_t n = getrandom(out.data(), out.size(), 0);
    if (n < 0) {
      if (errno == EINTR) continue;
      std::terminate();  // without randomness no secret can be made; there is nothing to go on with
    }
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace weir::crypto
