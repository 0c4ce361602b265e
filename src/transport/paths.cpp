// Connectivity checks: which five-tuples belong to a transport, and which of them is selected (see
// transport.h).
#include <array>

#include "transport/transport.h"
#include "weir/node.h"

namespace weir::transport {
namespace {

constexpr std::uint64_t kOneRefusal = 1'000'000;

}  // namespace

Mux::Arrival Mux::receive_stun(Time now, const FiveTuple& path, Bytes datagram) {
  const auto find_password = [](void* context, std::string_view ufrag) -> std::optional<std::string_view> {
    const Mux& mux = *static_cast<const Mux*>(context);
    const auto it = mux.by_ufrag_.find(ufrag);
    if (it == mux.by_ufrag_.end()) return std::nullopt;
    const Transport& transport = *it->second;
    return ufrag == transport.local_.ufrag ? transport.local_.password : transport.old_local_.password;
  };
  std::array<std::uint8_t, ice::LiteAgent::kReplySize> reply;
  const ice::LiteAgent::Outcome outcome = agent_.handle(datagram, path.remote, find_password, this, reply);
  switch (outcome.kind) {
    case ice::LiteAgent::Kind::silent:
      return {Kind::handled, nullptr};
    case ice::LiteAgent::Kind::drop:
      return drop(outcome.reason);
    case ice::LiteAgent::Kind::error:
      if (!outcome.authenticated && !may_refuse(now)) return drop(DropReason::STUN_RATE);
      transmit(path, Bytes{reply}.first(outcome.reply_size));
      return drop(outcome.reason);
    case ice::LiteAgent::Kind::check:
      break;
  }
  return checked(now, path, outcome, Bytes{reply}.first(outcome.reply_size));
}

/// Whether one more stranger may get an error response: a bucket of one second's worth.
bool Mux::may_refuse(Time now) {
  const std::uint64_t rate = limits_.max_unauthenticated_stun_per_second;
  const std::uint64_t full = rate * kOneRefusal;
  if (refusals_counted_ == Time::min()) {
    refusals_left_ = full;
    refusals_counted_ = now;
  }
  if (now > refusals_counted_) {
    const Duration elapsed = std::min<Duration>(now - refusals_counted_, std::chrono::seconds{1});
    refusals_left_ = std::min(full, refusals_left_ + static_cast<std::uint64_t>(elapsed.count()) * rate);
    refusals_counted_ = now;
  }
  if (refusals_left_ < kOneRefusal) return false;
  refusals_left_ -= kOneRefusal;
  return true;
}

Mux::Arrival Mux::checked(Time now, const FiveTuple& tuple, const ice::LiteAgent::Outcome& check,
                          Bytes reply) {
  const auto it = by_ufrag_.find(check.local_ufrag);
  if (it == by_ufrag_.end()) return drop(DropReason::STUN_UNKNOWN_USER);
  Transport& transport = *it->second;
  ++transport.stun_requests_;
  // Not even an answer: the sender should not take this pair for valid.
  if (!claim(now, transport, tuple)) return drop(DropReason::STUN_UNEXPECTED);
  transmit(tuple, reply);
  if (!transport.old_local_.ufrag.empty() && check.local_ufrag == transport.local_.ufrag)
    end_restart(transport);
  confirm(now, transport, tuple);
  if (transport.consent_lost_) {
    transport.consent_lost_ = false;
    emit(EventKind::consent_regained, transport);
  }
  select(now, transport, tuple, check.use_candidate);
  pump(now, transport);
  return {Kind::handled, nullptr};
}

/// True when the five-tuple is free, is the transport's own, or was given up by its holder.
bool Mux::claim(Time now, Transport& transport, const FiveTuple& tuple) {
  Transport* holder = find(tuple);
  if (holder == nullptr || holder == &transport) return true;
  for (const Transport::Path& path : holder->paths_) {
    if (path.tuple == tuple && now - path.last_check < kPathHold && !holder->closed_) return false;
  }
  forget_path(*holder, tuple);
  replace_selected(*holder);
  return true;
}

void Mux::confirm(Time now, Transport& transport, const FiveTuple& tuple) {
  std::vector<Transport::Path>& paths = transport.paths_;
  const auto known =
      std::find_if(paths.begin(), paths.end(), [&](const auto& path) { return path.tuple == tuple; });
  if (known != paths.end()) {
    known->last_check = now;
    return;
  }
  if (paths.size() >= std::max<std::size_t>(limits_.max_paths_per_transport, 2)) {
    auto oldest = paths.end();
    for (auto it = paths.begin(); it != paths.end(); ++it) {
      if (it->tuple == transport.selected_) continue;
      if (oldest == paths.end() || it->last_check < oldest->last_check) oldest = it;
    }
    forget_path(transport, FiveTuple{oldest->tuple});
  }
  paths.push_back({tuple, now});
  by_path_[tuple] = &transport;
  due(now + limits_.consent_timeout);
}

void Mux::select(Time now, Transport& transport, const FiveTuple& tuple, bool use_candidate) {
  if (!transport.selected_) {
    choose(transport, tuple);
    transport.nominated_ = use_candidate;
    return;
  }
  if (*transport.selected_ == tuple) {
    transport.nominated_ = transport.nominated_ || use_candidate;
    transport.restarted_ = false;
    return;
  }
  bool move = use_candidate;
  for (const Transport::Path& path : transport.paths_) {
    if (path.tuple == *transport.selected_ && now - path.last_check >= kSilent) move = true;
  }
  // After an ICE restart nothing is nominated yet: the first check of the new generation may move.
  if (!transport.nominated_ && transport.restarted_) move = true;
  if (!move) return;
  choose(transport, tuple);
  transport.nominated_ = use_candidate;
}

void Mux::choose(Transport& transport, const FiveTuple& tuple) {
  transport.selected_ = tuple;
  transport.restarted_ = false;
  ++transport.path_changes_;
  emit(EventKind::path_changed, transport);
}

/// The first check with the new credentials: the old ones are over. The paths stay until they fall silent.
void Mux::end_restart(Transport& transport) {
  by_ufrag_.erase(transport.old_local_.ufrag);
  transport.old_local_ = {};
  transport.nominated_ = false;
  transport.restarted_ = true;
}

void Mux::forget_path(Transport& transport, const FiveTuple& tuple) {
  by_path_.erase(tuple);
  std::erase_if(transport.paths_, [&](const Transport::Path& path) { return path.tuple == tuple; });
}

void Mux::expire_paths(Time now, Transport& transport) {
  std::vector<FiveTuple> silent;
  for (const Transport::Path& path : transport.paths_) {
    if (now - path.last_check >= limits_.consent_timeout) silent.push_back(path.tuple);
  }
  for (const FiveTuple& tuple : silent) forget_path(transport, tuple);
  if (!silent.empty()) replace_selected(transport);
}

/// After paths went: when the selected one is gone, the most recently checked takes over; with none left
/// consent is over.
void Mux::replace_selected(Transport& transport) {
  if (!transport.selected_) return;
  const auto holds = [&](const Transport::Path& path) { return path.tuple == *transport.selected_; };
  if (std::any_of(transport.paths_.begin(), transport.paths_.end(), holds)) return;
  transport.nominated_ = false;
  if (transport.paths_.empty()) {
    transport.selected_.reset();
    transport.consent_lost_ = true;
    emit(EventKind::consent_expired, transport);
    return;
  }
  const auto latest =
      std::max_element(transport.paths_.begin(), transport.paths_.end(),
                       [](const auto& a, const auto& b) { return a.last_check < b.last_check; });
  choose(transport, FiveTuple{latest->tuple});
}

}  // namespace weir::transport
