// The reference: libsrtp2, which keeps streams and replay lists itself.
#pragma once

#include <memory>

#include "srtp/backend.h"

namespace weir::srtp {

std::unique_ptr<Backend> make_libsrtp_backend();

}  // namespace weir::srtp
