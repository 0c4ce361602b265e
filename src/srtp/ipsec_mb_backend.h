// SRTP over intel-ipsec-mb; built where the library is there.
#pragma once

#include <memory>

#include "srtp/backend.h"

namespace weir::srtp {

/// Whether this processor has what it takes.
bool ipsec_mb_available();
/// nullptr where it cannot run.
std::unique_ptr<Backend> make_ipsec_mb_backend();

}  // namespace weir::srtp
