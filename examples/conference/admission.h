// Who may come in: the same decision for the page, WHIP and WHEP.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "address_limits.h"
#include "clock.h"
#include "messages.h"
#include "tokens.h"

namespace conference {

class Admission {
 public:
  Admission(std::optional<TokenKey> key, AddressLimits& limits, Clock clock)
      : key_{std::move(key)}, limits_{limits}, clock_{std::move(clock)} {}

  struct Admitted {
    std::string name;
    std::uint32_t may = 0;  // WEIR_MAY_*
  };

  /// @param address of the client; counts the attempt. @param token "" when there is none.
  std::variant<Admitted, Refusal> admit(const std::string& address, const std::string& room,
                                        const std::string& name, const std::string& token);

  bool open_to_all() const { return !key_; }
  std::uint64_t refused_tokens() const { return refused_tokens_; }

 private:
  std::variant<Admitted, Refusal> check_token(const std::string& room, const std::string& name,
                                              const std::string& token) const;

  std::optional<TokenKey> key_;
  AddressLimits& limits_;
  Clock clock_;
  std::uint64_t refused_tokens_ = 0;
};

}  // namespace conference
