// One ICE candidate (RFC 8839 section 5.1):
//
//   candidate:<foundation> <component> <transport> <priority> <address> <port> typ <type>
//             [raddr <address>] [rport <port>] [<name> <value>] ...
//
// Only the form is checked: an ICE-lite node answers checks and starts none, so it needs no remote candidate.
// Names
// ("....local", RFC 8828) are valid addresses.
#include "sdp/parser.h"
#include "sdp/text.h"

namespace weir::sdp {

namespace {

constexpr std::size_t kMaxFoundation = 32;
constexpr std::size_t kMaxAddress = 255;
constexpr std::uint32_t kMaxPriority = 0x7fffffff;

bool is_address(std::string_view text) {
  return !text.empty() && text.size() <= kMaxAddress && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || c == '.' || c == ':' || c == '-' || c == '_' || c == '%';
  });
}

std::optional<std::string> extensions_fault(std::string_view rest) {
  for (std::string_view name = take_word(rest); !name.empty(); name = take_word(rest)) {
    const std::string_view value = take_word(rest);
    if (name == "raddr" && !is_address(value)) return "raddr is no address: " + quoted(value);
    if (name == "rport" && !number<std::uint16_t>(value)) return "rport is no port: " + quoted(value);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> candidate_fault(std::string_view text) {
  const std::string_view foundation = take_word(text);
  const std::string_view component = take_word(text);
  const std::string_view transport = take_word(text);
  const std::string_view priority = take_word(text);
  const std::string_view address = take_word(text);
  const std::string_view port = take_word(text);
  if (port.empty())
    return "a candidate needs foundation, component, transport, priority, address, port and typ";
  if (foundation.size() > kMaxFoundation) return "the candidate's foundation is longer than 32 characters";
  const auto component_id = number<std::uint16_t>(component);
  if (!component_id || *component_id == 0 || *component_id > 256) {
    return "the candidate's component is not within 1 to 256: " + quoted(component);
  }
  if (!is_token(transport)) return "the candidate's transport is no token: " + quoted(transport);
  const auto value = number<std::uint32_t>(priority);
  if (!value || *value > kMaxPriority)
    return "the candidate's priority is no number below 2^31: " + quoted(priority);
  if (!is_address(address)) return "the candidate's address is none: " + quoted(address);
  if (!number<std::uint16_t>(port)) return "the candidate's port is no number up to 65535: " + quoted(port);
  if (take_word(text) != "typ") return "the candidate lacks \"typ\" after its port";
  const std::string_view type = take_word(text);
  if (!is_token(type)) return "the candidate's type is no token: " + quoted(type);
  return extensions_fault(text);
}

Result<bool> check_candidate(std::string_view text) {
  constexpr std::size_t kLongest = 1024;
  if (text.substr(0, 2) == "a=") text.remove_prefix(2);
  text = trim(text);
  if (text.empty()) return true;
  if (text.size() > kLongest) return fault(1, "the candidate is longer than 1024 characters");
  if (!std::all_of(text.begin(), text.end(), [](char c) { return is_visible(c) || c == ' '; })) {
    return fault(1, "the candidate holds a character that is no visible ASCII");
  }
  constexpr std::string_view kPrefix = "candidate:";
  if (text.substr(0, kPrefix.size()) != kPrefix) return fault(1, "no candidate: " + quoted(text));
  if (text.size() == kPrefix.size()) return true;
  if (auto reason = candidate_fault(text.substr(kPrefix.size()))) return fault(1, std::move(*reason));
  return true;
}

}  // namespace weir::sdp
