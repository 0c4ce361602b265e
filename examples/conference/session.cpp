#include "session.h"

#include "node_calls.h"

namespace conference {
namespace {

constexpr double burst_seconds = 2;

template <typename... Kinds>
struct Overloaded : Kinds... {
  using Kinds::operator()...;
};
template <typename... Kinds>
Overloaded(Kinds...) -> Overloaded<Kinds...>;

}  // namespace

Session::Session(Hub& hub, Admission& admission, Clock clock, Client& client, std::string address,
                 std::uint32_t messages_per_second)
    : hub_{hub},
      admission_{admission},
      clock_{std::move(clock)},
      client_{client},
      address_{std::move(address)},
      rate_{static_cast<double>(messages_per_second), burst_seconds * messages_per_second} {}

Session::~Session() {
  if (self_ != 0) hub_.detach(self_, &client_);
}

/// Nobody any more after another WebSocket has taken the session.
Member* Session::self() {
  Member* const member = self_ == 0 ? nullptr : hub_.find(self_);
  return member != nullptr && member->client == &client_ ? member : nullptr;
}

void Session::reply(std::string message) {
  client_.send(std::make_shared<const std::string>(std::move(message)));
}

void Session::receive(std::string_view text) {
  const bool in_rate = rate_.take(clock_.monotonic_us());
  const auto parsed = parse_request(text);
  if (std::holds_alternative<NotAnObject>(parsed)) {
    client_.close(1007, "not a JSON object");
  } else if (const auto* bad = std::get_if<BadRequest>(&parsed)) {
    reply(error_message(bad->id, bad->refusal));
  } else {
    const Request& request = std::get<Request>(parsed);
    if (in_rate) return handle(request);
    std::visit(
        [&](const auto& each) {
          refuse(each.id, {"rate", "Too many messages. Wait a second.", 0});
        },
        request);
  }
}

void Session::handle(const Request& request) {
  std::visit(Overloaded{[&](const Join& each) { on(each); }, [&](const Resume& each) { on(each); },
                        [&](const Ping& each) { on(each); },
                        [&](const auto& each) {
                          Member* const member = self();
                          if (member == nullptr)
                            return refuse(each.id, {"not_joined", "Join a room first.", 0});
                          on_joined(each, *member);
                        }},
             request);
}

void Session::on(const Join& join) {
  if (self() != nullptr)
    return refuse(join.id, {"already_joined", "This WebSocket is in a room already.", 0});
  const auto admitted = admission_.admit(address_, join.room, join.name, join.token);
  if (const auto* refusal = std::get_if<Refusal>(&admitted)) return refuse(join.id, *refusal);
  const auto& [name, may] = std::get<Admission::Admitted>(admitted);
  const auto joined = hub_.join({join.room, name, MemberKind::browser, may, &client_});
  if (const auto* refusal = std::get_if<Refusal>(&joined)) return refuse(join.id, *refusal);
  const Member& member = *std::get<Member*>(joined);
  self_ = member.id;
  reply(joined_message(join.id, hub_.joined_view(member, false)));
}

void Session::on(const Resume& resume) {
  if (self() != nullptr)
    return refuse(resume.id, {"already_joined", "This WebSocket is in a room already.", 0});
  if (hub_.stopping()) return refuse(resume.id, {"shutdown", "The server is stopping.", 0});
  Member* const member = hub_.resume(resume.session, &client_);
  if (member == nullptr)
    return refuse(resume.id, {"session_unknown", "The session has ended. Join again.", 0});
  self_ = member->id;
  reply(joined_message(resume.id, hub_.joined_view(*member, true)));
  hub_.tell_lines(*member);
  hub_.tell_demands(*member);
}

void Session::on_joined(const Offer& offer, Member& member) {
  const auto answered = hub_.offer(member, offer.sdp, offer.tracks);
  if (const auto* refusal = std::get_if<Refusal>(&answered)) return refuse(offer.id, *refusal);
  reply(answer_message(offer.id, std::get<AnswerView>(answered)));
  hub_.tell_lines(member);
}

void Session::on_joined(const Candidate& candidate, Member& member) {
  const weir_status status = hub_.add_candidate(member, candidate.candidate);
  if (status != WEIR_OK) return refuse(candidate.id, refusal_of(status));
  reply(ok_message(candidate.id));
}

void Session::on_joined(const Subscribe& subscribe, Member& member) {
  const auto done = hub_.subscribe(member, subscribe.mid, subscribe.wanted);
  if (const auto* refusal = std::get_if<Refusal>(&done)) return refuse(subscribe.id, *refusal);
  reply(ok_message(subscribe.id));
}

void Session::on_joined(const Mute& mute, Member& member) {
  const auto done = hub_.mute(member, mute.track, mute.muted);
  if (const auto* refusal = std::get_if<Refusal>(&done)) return refuse(mute.id, *refusal);
  reply(ok_message(mute.id));
}

void Session::on_joined(const Wants& wants, Member& member) {
  const weir_status status = hub_.set_wants(member, wants);
  if (status != WEIR_OK) return refuse(wants.id, refusal_of(status));
  reply(ok_message(wants.id));
}

void Session::on_joined(const Exclude& exclude, Member& member) {
  const weir_status status = hub_.set_excluded(member, exclude.participants);
  if (status != WEIR_OK) return refuse(exclude.id, refusal_of(status));
  reply(ok_message(exclude.id));
}

void Session::on_joined(const Chat& chat, Member& member) {
  hub_.chat_by_websocket(member, chat.text);
  reply(ok_message(chat.id));
}

void Session::on_joined(const Leave& leave, Member& member) {
  reply(ok_message(leave.id));
  hub_.leave(member.id, "left");
}

}  // namespace conference
