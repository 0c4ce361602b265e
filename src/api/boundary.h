// The boundary of the C ABI: where exceptions stop, and where the rules for structs with a size are kept
// (weir.h, convention 4).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>

#include "base/result.h"
#include "weir/status.h"

namespace weir::api {

/// No struct of the library was ever smaller.
inline constexpr std::size_t kSmallestStruct = 16;

/// Writes why a call failed, as far as the caller's struct reaches, and answers the status.
weir_status fail(weir_error* error, weir_status status, std::string_view reason, std::uint32_t line = 0);
inline weir_status fail(weir_error* error, const Error& fault) {
  return fail(error, fault.status, fault.reason, fault.line);
}

/// An optional weir_error must at least have been prepared.
inline bool usable(const weir_error* error) {
  return error == nullptr || error->struct_size >= kSmallestStruct;
}

/// Runs a call; what it throws becomes a status.
template <typename Body>
weir_status guarded(weir_error* error, Body&& body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return fail(error, WEIR_ERR_NO_MEMORY, weir_status_text(WEIR_ERR_NO_MEMORY));
  } catch (const std::system_error& fault) {
    return fail(error, WEIR_ERR_IO, fault.what());
  } catch (const std::exception& fault) {
    return fail(error, WEIR_ERR_INTERNAL, fault.what());
  } catch (...) {
    return fail(error, WEIR_ERR_INTERNAL, weir_status_text(WEIR_ERR_INTERNAL));
  }
}

template <typename Body>
weir_status guarded(Body&& body) noexcept {
  return guarded(nullptr, std::forward<Body>(body));
}

/// True when the bytes of a struct beyond what this library knows are zero.
inline bool tail_is_zero(const void* given, std::size_t known, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(given);
  return size <= known || std::all_of(bytes + known, bytes + size, [](unsigned char b) { return b == 0; });
}

/// What every *_init function does.
template <typename T>
weir_status init_struct(T* out, std::size_t size, T defaults) {
  if (out == nullptr || size < kSmallestStruct) return WEIR_ERR_INVALID;
  if (size > sizeof(T)) return WEIR_ERR_VERSION;
  defaults.struct_size = static_cast<std::uint32_t>(size);
  std::memcpy(out, &defaults, size);
  return WEIR_OK;
}

/// Copies the caller's struct over the defaults in `complete`. NULL leaves them.
template <typename T>
weir_status take_struct(const T* given, T& complete) {
  complete.struct_size = sizeof(T);
  if (given == nullptr) return WEIR_OK;
  const std::size_t size = given->struct_size;
  if (size < kSmallestStruct) return WEIR_ERR_INVALID;
  if (!tail_is_zero(given, sizeof(T), size)) return WEIR_ERR_VERSION;
  std::memcpy(&complete, given, std::min(size, sizeof(T)));
  complete.struct_size = sizeof(T);
  return WEIR_OK;
}

/// Whether an out-struct can be written. Asked before the call does anything.
template <typename T>
weir_status check_out(const T* out) {
  if (out == nullptr || out->struct_size < kSmallestStruct) return WEIR_ERR_INVALID;
  return tail_is_zero(out, sizeof(T), out->struct_size) ? WEIR_OK : WEIR_ERR_VERSION;
}

/// Writes as much as the caller's struct holds; its struct_size stays.
template <typename T>
void give_struct(T value, T* out) {
  value.struct_size = out->struct_size;
  std::memcpy(out, &value, std::min<std::size_t>(out->struct_size, sizeof(T)));
}

}  // namespace weir::api
