// weir/status.h
#include "weir/status.h"

#include <cstddef>
#include <cstring>

#include "api/boundary.h"

namespace weir::api {
namespace {

// The longest prefix of at most `limit` bytes that does not cut a UTF-8 sequence in two.
std::size_t whole_characters(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text.size();
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return end;
}

}  // namespace

weir_status fail(weir_error* error, weir_status status, std::string_view reason, std::uint32_t line) {
  if (error == nullptr || error->struct_size < kSmallestStruct) return status;
  weir_error full{};
  full.status = status;
  full.line = line;
  const std::size_t reach = std::min<std::size_t>(error->struct_size, sizeof full);
  if (const std::size_t room = reach - offsetof(weir_error, reason); room > 0) {
    std::memcpy(full.reason, reason.data(), whole_characters(reason, room - 1));
  }
  give_struct(full, error);
  return status;
}

}  // namespace weir::api

weir_status weir_error_init(weir_error* error, size_t size) {
  return weir::api::init_struct(error, size, weir_error{});
}

const char* weir_status_name(weir_status status) {
  switch (status) {
#define WEIR_STATUS_CASE(name, value, text) \
  case (value):                             \
    return "WEIR_" #name;
    WEIR_STATUS_LIST(WEIR_STATUS_CASE)
#undef WEIR_STATUS_CASE
    default:
      return "WEIR_ERR_?";
  }
}

const char* weir_status_text(weir_status status) {
  switch (status) {
#define WEIR_STATUS_CASE(name, value, text) \
  case (value):                             \
    return text;
    WEIR_STATUS_LIST(WEIR_STATUS_CASE)
#undef WEIR_STATUS_CASE
    default:
      return "a status that this library does not know";
  }
}

uint32_t weir_version(void) {
  return WEIR_VERSION_MAJOR * 10000 + WEIR_VERSION_MINOR * 100 + WEIR_VERSION_PATCH;
}
