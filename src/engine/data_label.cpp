#include "engine/data_label.h"

#include <charconv>

namespace weir::engine {
namespace {

constexpr std::string_view kRoom = "room";
constexpr std::string_view kHost = "host";
constexpr std::string_view kParticipant = "participant/";

/// "" and "/NAME" are names, "/" and "NAME" are none.
bool is_name(std::string_view rest) {
  return rest.empty() || (rest.front() == '/' && rest.size() > 1);
}

}  // namespace

DataLabel DataLabel::parse(std::string_view label) {
  if (label.find('\0') != std::string_view::npos) return {};  // would read as another one in C
  for (const auto& [word, kind] : {std::pair{kRoom, Kind::room}, std::pair{kHost, Kind::host}}) {
    if (!label.starts_with(word)) continue;
    const std::string_view rest = label.substr(word.size());
    return is_name(rest) ? DataLabel{.kind = kind, .participant = {}, .name = rest} : DataLabel{};
  }
  if (!label.starts_with(kParticipant)) return {};
  const std::string_view text = label.substr(kParticipant.size());
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc{} || !is_name(rest)) return {};
  return {.kind = Kind::participant, .participant = Id{id}, .name = rest};
}

std::string label_from(Id sender, std::string_view name) {
  return std::string{kParticipant} + std::to_string(sender.value) + std::string{name};
}

}  // namespace weir::engine
