// weir/data.h
#include "weir/data.h"

#include "api/boundary.h"
#include "api/handle.h"

using weir::Id;
using weir::MutableBytes;
using weir::Result;
using weir::Time;
using weir::engine::Engine;
namespace api = weir::api;

weir_status weir_data_init(weir_data* message, size_t size) {
  return api::init_struct(message, size, weir_data{});
}

weir_status weir_participant_send_data(weir_node* node, weir_participant participant,
                                       const weir_data* message) {
  if (node == nullptr || message == nullptr) return WEIR_ERR_INVALID;
  weir_data complete{};
  if (const weir_status status = api::take_struct(message, complete); status != WEIR_OK) return status;
  return api::guarded([&] {
    return node->io->call(Id{participant}, [&](Engine& engine, Time now) {
      return engine.send_data(now, Id{participant}, complete);
    });
  });
}

weir_status weir_room_send_data(weir_node* node, weir_room room, const weir_data* message,
                                uint32_t* reached) {
  if (node == nullptr || message == nullptr) return WEIR_ERR_INVALID;
  weir_data complete{};
  if (const weir_status status = api::take_struct(message, complete); status != WEIR_OK) return status;
  return api::guarded([&]() -> weir_status {
    const Result<std::uint32_t> sent = node->io->ask<std::uint32_t>(
        Id{room}, [&](Engine& engine, Time now) { return engine.send_room_data(now, Id{room}, complete); });
    if (!sent) return sent.error().status;
    if (reached != nullptr) *reached = *sent;
    return WEIR_OK;
  });
}

weir_status weir_participant_read_data(weir_node* node, weir_participant participant, weir_data* message,
                                       uint8_t* buffer, size_t capacity, int32_t timeout_ms) {
  if (node == nullptr || (buffer == nullptr && capacity > 0)) return WEIR_ERR_INVALID;
  if (const weir_status status = api::check_out(message); status != WEIR_OK) return status;
  return api::guarded([&]() -> weir_status {
    weir_data taken{};
    const weir_status status =
        node->io->read_data(Id{participant}, taken, MutableBytes{buffer, capacity}, timeout_ms);
    if (status == WEIR_OK) {
      api::give_struct(taken, message);
    } else if (status == WEIR_ERR_BUFFER) {
      weir_data needed{};
      api::take_struct(message, needed);
      needed.size = taken.size;
      api::give_struct(needed, message);
    }
    return status;
  });
}
