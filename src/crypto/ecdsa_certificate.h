// A certificate's ECDSA signature algorithm as RFC 5758 section 3.2 wants it.
#pragma once

#include <mbedtls/pk.h>

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"

namespace weir::crypto {

/// mbedTLS 2.28 writes a NULL parameter into the algorithm identifiers of ecdsa-with-SHA256, where there must
/// be none; strict readers (aiortc's) refuse such a certificate. Takes the NULLs out and signs again. A
/// certificate without them comes back as it is; empty when it cannot be read or signed.
std::vector<std::uint8_t> without_algorithm_parameters(Bytes certificate, mbedtls_pk_context& key,
                                                       Random& random);

}  // namespace weir::crypto
