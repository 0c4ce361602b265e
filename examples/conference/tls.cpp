#include "tls.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "start_error.h"

namespace conference {
namespace {

template <auto function>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    function(object);
  }
};
using Context = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using Memory = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;

constexpr long valid_seconds = 365L * 24 * 3600;  // browsers refuse more than 398 days

std::string openssl_reason() {
  const unsigned long code = ERR_peek_error();  // the first one is nearest to the cause
  const char* const reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unknown reason" : reason;
}

void must(bool done, const char* what) {
  if (!done) throw StartError{std::string{"cannot make a certificate: "} + what + ": " + openssl_reason()};
}

void must_open(const std::string& path, const char* what) {
  const int handle = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (handle < 0)
    throw StartError{std::string{"cannot read the "} + what + " " + path + ": " + std::strerror(errno)};
  ::close(handle);
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
  must(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

std::string subject_names() {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (const std::string& address : host_addresses()) names += ",IP:" + address;
  return names;
}

void set_random_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  must(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "serial number");
  bytes[0] &= 0x7FU;
  const std::unique_ptr<BIGNUM, FreeWith<BN_free>> number{
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
  must(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
       "serial number");
}

Certificate self_signed(EVP_PKEY* key) {
  Certificate certificate{X509_new()};
  must(certificate != nullptr, "memory");
  X509* const x = certificate.get();
  must(X509_set_version(x, X509_VERSION_3) == 1, "version");
  set_random_serial(x);
  must(X509_gmtime_adj(X509_getm_notBefore(x), -3600) != nullptr, "dates");
  must(X509_gmtime_adj(X509_getm_notAfter(x), valid_seconds) != nullptr, "dates");
  X509_NAME* const name = X509_get_subject_name(x);
  const auto* common = reinterpret_cast<const unsigned char*>("weir-conference test");
  must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0) == 1, "name");
  must(X509_set_issuer_name(x, name) == 1, "name");
  must(X509_set_pubkey(x, key) == 1, "key");
  add_extension(x, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(x, NID_key_usage, "critical,digitalSignature");
  add_extension(x, NID_ext_key_usage, "serverAuth");
  add_extension(x, NID_subject_alt_name, subject_names());
  must(X509_sign(x, key, EVP_sha256()) > 0, "signature");
  return certificate;
}

/// Writes what a BIO holds; a key is for its owner only, from its first moment.
void write_pem(const std::string& path, BIO* memory, mode_t mode) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  const int handle = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (handle < 0) throw StartError{"cannot write " + path + ": " + std::strerror(errno)};
  const bool written = write(handle, data, static_cast<std::size_t>(size)) == size;
  const int reason = errno;
  if (::close(handle) != 0 || !written)
    throw StartError{"cannot write " + path + ": " + std::strerror(reason)};
}

}  // namespace

void check_certificate(const std::string& certificate_path, const std::string& key_path) {
  must_open(certificate_path, "certificate");
  must_open(key_path, "key");
  const Context context{SSL_CTX_new(TLS_server_method())};
  if (!context) throw StartError{"OpenSSL cannot start: " + openssl_reason()};
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_path.c_str()) != 1) {
    throw StartError{"cannot use the certificate " + certificate_path + ": " + openssl_reason()};
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw StartError{"cannot use the key " + key_path + ": " + openssl_reason()};
  }
}

long tls_options() {
  return static_cast<long>(SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_COMPRESSION);
}

std::vector<std::string> host_addresses() {
  std::vector<std::string> addresses;
  uv_interface_address_t* list = nullptr;
  int count = 0;
  if (uv_interface_addresses(&list, &count) != 0) return addresses;
  for (int i = 0; i < count; ++i) {
    const uv_interface_address_t& each = list[i];
    std::array<char, 64> text{};
    if (each.is_internal != 0) continue;
    if (each.address.address4.sin_family == AF_INET) {
      uv_ip4_name(&each.address.address4, text.data(), text.size());
    } else if (!IN6_IS_ADDR_LINKLOCAL(&each.address.address6.sin6_addr)) {
      uv_ip6_name(&each.address.address6, text.data(), text.size());
    }
    if (text[0] != '\0') addresses.emplace_back(text.data());
  }
  uv_free_interface_addresses(list, count);
  return addresses;
}

std::pair<std::string, std::string> make_certificate(const std::string& folder) {
  if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
    throw StartError{"cannot make the folder " + folder + ": " + std::strerror(errno)};
  }
  const Key key{EVP_EC_gen("P-256")};
  must(key != nullptr, "key");
  const Certificate certificate = self_signed(key.get());
  const Memory certificate_text{BIO_new(BIO_s_mem())};
  const Memory key_text{BIO_new(BIO_s_mem())};
  must(certificate_text && PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1, "text");
  must(key_text &&
           PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "text");
  const std::string certificate_path = folder + "/cert.pem";
  const std::string key_path = folder + "/key.pem";
  write_pem(key_path, key_text.get(), 0600);
  write_pem(certificate_path, certificate_text.get(), 0644);
  return {certificate_path, key_path};
}

}  // namespace conference
