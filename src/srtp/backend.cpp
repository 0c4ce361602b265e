#include "srtp/backend.h"

#include "srtp/libsrtp_backend.h"
#ifdef WEIR_HAVE_IPSEC_MB
#include "srtp/ipsec_mb_backend.h"
#endif

namespace weir::srtp {

#ifndef WEIR_HAVE_IPSEC_MB
namespace {
bool ipsec_mb_available() {
  return false;
}
std::unique_ptr<Backend> make_ipsec_mb_backend() {
  return nullptr;
}
}  // namespace
#endif

bool available(BackendKind kind) {
  return kind == BackendKind::libsrtp || ipsec_mb_available();
}

std::unique_ptr<Backend> make_backend(std::optional<BackendKind> wish) {
  if (wish != BackendKind::libsrtp && ipsec_mb_available()) {
    if (auto backend = make_ipsec_mb_backend()) return backend;
  }
  return make_libsrtp_backend();
}

std::string_view name_of(BackendKind kind) {
  return kind == BackendKind::ipsec_mb ? "ipsec_mb" : "libsrtp";
}

}  // namespace weir::srtp
