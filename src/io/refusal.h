// Errors that need no more words than their status has.
#pragma once

#include "base/result.h"
#include "weir/status.h"

namespace weir::io {

inline Error refusal(weir_status status) {
#define WEIR_REFUSAL_CASE(name, value, text) \
  if (status == (value)) return {status, text, 0};
  WEIR_STATUS_LIST(WEIR_REFUSAL_CASE)
#undef WEIR_REFUSAL_CASE
  return {status, "", 0};
}

}  // namespace weir::io
