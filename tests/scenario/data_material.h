// What the scenarios of data channels have in common.
#pragma once

#include "scenario/world.h"

namespace weir::scenario::data {

using sctp::Channels;
using sctp::Reliability;

inline constexpr Reliability kLossy{.kind = Reliability::Kind::retransmits, .value = 0, .ordered = false};

/// Somebody with data channels and no media.
inline const Person kTalker{
    .sends_audio = true, .sends_video = false, .receives_audio = 0, .receives_video = 0, .data = true};

inline Client& join(World& world, Id room, const Person& person = kTalker,
                    weir_participant_options options = World::default_participant()) {
  Client& client = world.join(room, person, options);
  REQUIRE(world.run_until([&] { return client.data_up(); }, 3s));
  return client;
}

inline void open(World& world, std::initializer_list<Client*> clients, std::string_view label,
                 const Reliability& reliability = {}) {
  for (Client* client : clients) REQUIRE(client->open(world.now(), label, reliability));
  world.run(300ms);
}

inline std::string to(const Client& client, const std::string& name = "") {
  return "participant/" + std::to_string(client.id.value) + name;
}

inline weir_data message(std::string_view label, std::string_view body,
                         std::uint32_t flags = WEIR_DATA_TEXT) {
  weir_data data{};
  data.struct_size = sizeof data;
  data.flags = flags;
  data.data = as_bytes(body).data();
  data.size = body.size();
  std::copy(label.begin(), label.end(), data.label);
  return data;
}

struct Read {
  weir_status status;
  std::string body;
  weir_data data{};
};
inline Read read(World& world, Id participant, std::size_t capacity = 262'144) {
  std::vector<std::uint8_t> buffer(capacity);
  Read result{};
  result.status = world.engine().read_data(participant, result.data, buffer);
  if (result.status == WEIR_OK) result.body = as_text(Bytes{result.data.data, result.data.size});
  return result;
}

using Texts = std::vector<std::string>;

}  // namespace weir::scenario::data
