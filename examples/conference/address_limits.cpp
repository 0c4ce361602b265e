#include "address_limits.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace conference {

void TokenBucket::refill(std::int64_t now_us) {
  if (now_us <= refilled_us_) return;
  if (refilled_us_ != 0) {
    level_ = std::min(burst_, level_ + per_second_ * static_cast<double>(now_us - refilled_us_) / 1e6);
  }
  refilled_us_ = now_us;
}

bool TokenBucket::take(std::int64_t now_us) {
  refill(now_us);
  if (level_ < 1) return false;
  level_ -= 1;
  return true;
}

bool TokenBucket::full(std::int64_t now_us) {
  refill(now_us);
  return level_ >= burst_;
}

std::string limit_key(const std::string& address) {
  in6_addr six{};
  if (inet_pton(AF_INET6, address.c_str(), &six) != 1) return address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    in_addr four{};
    std::memcpy(&four, six.s6_addr + 12, 4);
    inet_ntop(AF_INET, &four, text.data(), text.size());
    return text.data();
  }
  std::memset(six.s6_addr + 8, 0, 8);
  inet_ntop(AF_INET6, &six, text.data(), text.size());
  return std::string{text.data()} + "/64";
}

AddressLimits::Entry* AddressLimits::entry(const std::string& key) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) return &found->second;
  if (entries_.size() >= max_addresses) return nullptr;
  const double joins = options_.joins_per_minute;
  return &entries_.emplace(key, Entry{0, TokenBucket{joins / 60.0, joins}}).first->second;
}

bool AddressLimits::may_open(const std::string& address) const {
  if (connections_ >= options_.total_connections) return false;
  const auto found = entries_.find(limit_key(address));
  return found == entries_.end() ? entries_.size() < max_addresses
                                 : found->second.connections < options_.connections;
}

bool AddressLimits::open(const std::string& address) {
  if (!may_open(address)) {
    ++refused_connections_;
    return false;
  }
  ++entry(limit_key(address))->connections;
  ++connections_;
  return true;
}

void AddressLimits::close(const std::string& address) {
  const auto found = entries_.find(limit_key(address));
  if (found == entries_.end() || found->second.connections == 0) return;
  --found->second.connections;
  --connections_;
}

bool AddressLimits::join(const std::string& address, std::int64_t now_us) {
  Entry* const counted = entry(limit_key(address));
  if (counted != nullptr && counted->joins.take(now_us)) return true;
  ++refused_joins_;
  return false;
}

void AddressLimits::forget_idle(std::int64_t now_us) {
  for (auto each = entries_.begin(); each != entries_.end();) {
    const bool idle = each->second.connections == 0 && each->second.joins.full(now_us);
    each = idle ? entries_.erase(each) : std::next(each);
  }
}

}  // namespace conference
