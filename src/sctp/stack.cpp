#include "sctp/stack.h"

#include <usrsctp.h>

#include "sctp/association.h"

namespace weir::sctp {
namespace {

constexpr Duration kLongestTick = std::chrono::seconds{1};

/// What every association of the process uses. Extensions that no browser offers are off: what is not there
/// cannot be attacked.
void configure() {
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_asconf_enable(0);
  usrsctp_sysctl_set_sctp_auto_asconf(0);
  usrsctp_sysctl_set_sctp_auth_enable(0);
  usrsctp_sysctl_set_sctp_nrsack_enable(0);
  usrsctp_sysctl_set_sctp_pktdrop_enable(0);
  usrsctp_sysctl_set_sctp_pr_enable(1);        // RFC 3758
  usrsctp_sysctl_set_sctp_reconfig_enable(1);  // RFC 6525
  // No answers to packets that belong to no association, and none of their tags are remembered: each end has
  // an address of its own.
  usrsctp_sysctl_set_sctp_blackhole(2);
  usrsctp_sysctl_set_sctp_vtag_time_wait(0);
  usrsctp_sysctl_set_sctp_max_chunks_on_queue(2048);
  usrsctp_sysctl_set_sctp_initial_cwnd(10);
  usrsctp_sysctl_set_sctp_max_burst_default(10);
  usrsctp_sysctl_set_sctp_delayed_sack_time_default(20);
  usrsctp_sysctl_set_sctp_heartbeat_interval_default(30'000);
  usrsctp_sysctl_set_sctp_rto_min_default(250);
  usrsctp_sysctl_set_sctp_rto_max_default(3'000);
  usrsctp_sysctl_set_sctp_rto_initial_default(1'000);
  usrsctp_sysctl_set_sctp_init_rto_max_default(3'000);
  // Consent (RFC 7675) says when a path is dead; an outage that it survives, the association survives, too.
  usrsctp_sysctl_set_sctp_init_rtx_max_default(20);
  usrsctp_sysctl_set_sctp_assoc_rtx_max_default(200);
  usrsctp_sysctl_set_sctp_path_rtx_max_default(200);
  usrsctp_sysctl_set_sctp_max_retran_chunk(0);
}

}  // namespace

Stack::Stack() {
  usrsctp_init_nothreads(0, &Stack::on_output, nullptr);
  configure();
}

// Never destroyed: a late end of an association may come after the statics' time.
Stack& Stack::instance() {
  static Stack* const stack = new Stack;
  return *stack;
}

Stack::Key Stack::add(Association& association) {
  live_.emplace(next_key_, &association);
  return next_key_++;
}

Association* Stack::find(const void* key) const {
  const auto it = live_.find(reinterpret_cast<Key>(key));
  return it == live_.end() ? nullptr : it->second;
}

std::size_t Stack::associations() {
  const std::scoped_lock lock{mutex_};
  return live_.size();
}

void Stack::advance(Time now) {
  const std::scoped_lock lock{mutex_};
  // Time begins anew after a pause (nothing was there, or the machine slept) and with another run of virtual
  // time: what was due is due once.
  if (now - last_ > kLongestTick || last_ - now > kLongestTick) last_ = now - kTick;
  if (now - last_ < kTick) return;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - last_);
  last_ += elapsed;
  usrsctp_handle_timers(static_cast<std::uint32_t>(elapsed.count()));
}

int Stack::on_output(void* key, void* packet, std::size_t size, std::uint8_t, std::uint8_t) {
  // Called by usrsctp, so with the mutex held by whoever called it.
  if (Association* association = instance().find(key)) {
    association->put_output({static_cast<const std::uint8_t*>(packet), size});
  }
  return 0;
}

}  // namespace weir::sctp
