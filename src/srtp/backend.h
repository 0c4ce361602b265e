// Who computes SRTP: libsrtp2, the reference, anywhere; or intel-ipsec-mb, which computes many packets at
// once, where it was built in and the processor has AES instructions. Both give the same bits.
//
// A backend belongs to one thread: an engine has one of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "dtls/session.h"
#include "srtp/session.h"

namespace weir::srtp {

enum class BackendKind : std::uint8_t { libsrtp, ipsec_mb };

/// One RTP packet of a burst to protect, to `out`, which has room for the tag of the session's profile after
/// the packet; nothing behind it is touched, so that packets can lie one against the other.
struct Outgoing {
  Session* session = nullptr;  // of this backend
  MutableBytes out;  // begins with `head` bytes: the header, and what of the payload is this receiver's own
  std::size_t head = 0;  // all of the packet when it is protected in place
  Bytes tail;            // the rest, which several packets may share; never a part of any `out`
  std::size_t size = 0;  // set: the protected packet's, 0 on refusal
};

/// One packet of a received batch, unprotected in place.
struct Incoming {
  Session* session = nullptr;  // of this backend
  MutableBytes packet;
  bool rtcp = false;
  Unprotected result;  // set
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual BackendKind kind() const = 0;
  /// WEIR_ERR_UNSUPPORTED without a profile, WEIR_ERR_INVALID for keys of the wrong length, WEIR_ERR_CRYPTO.
  virtual Result<std::unique_ptr<Session>> open(const dtls::SrtpKeys& keys) = 0;
  /// As if each packet were given to its session in this order. Outputs do not overlap.
  virtual void protect(std::span<Outgoing> burst) = 0;
  virtual void unprotect(std::span<Incoming> burst) = 0;

 protected:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
};

/// Whether it was built in and this processor can.
bool available(BackendKind kind);
/// The wish when it is available, else libsrtp; without a wish the fastest that is available.
std::unique_ptr<Backend> make_backend(std::optional<BackendKind> wish = std::nullopt);
/// "libsrtp", "ipsec_mb".
std::string_view name_of(BackendKind kind);

}  // namespace weir::srtp
