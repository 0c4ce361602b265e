#include "admission.h"

#include "weir/room.h"

namespace conference {

std::variant<Admission::Admitted, Refusal> Admission::admit(const std::string& address,
                                                            const std::string& room, const std::string& name,
                                                            const std::string& token) {
  if (!limits_.join(address, clock_.monotonic_us())) {
    return Refusal{"rate", "Too many joins from your address. Try again in a minute.", 0};
  }
  auto admitted = check_token(room, name, token);
  if (std::holds_alternative<Refusal>(admitted)) ++refused_tokens_;
  return admitted;
}

std::variant<Admission::Admitted, Refusal> Admission::check_token(const std::string& room,
                                                                  const std::string& name,
                                                                  const std::string& token) const {
  if (!key_) return Admitted{name, WEIR_MAY_ALL};
  if (token.empty()) return Refusal{"token_missing", "This server lets in only holders of a token.", 0};
  const auto verified = key_->verify(token, clock_.wall_ms() / 1000);
  if (const auto* fault = std::get_if<TokenFault>(&verified)) {
    if (*fault == TokenFault::expired) return Refusal{"token_expired", "The token has expired.", 0};
    return Refusal{"token_invalid", "The token is not valid here.", 0};
  }
  const Grant& grant = std::get<Grant>(verified);
  if (grant.room != room) return Refusal{"token_room", "The token is for another room.", 0};
  return Admitted{grant.name.empty() ? name : grant.name, grant.may};
}

}  // namespace conference
