// How much one address may ask for. Time is an argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace conference {

/// Refills evenly; a burst may use at once what has gathered.
class TokenBucket {
 public:
  TokenBucket(double per_second, double burst) : per_second_{per_second}, burst_{burst}, level_{burst} {}

  bool take(std::int64_t now_us);
  bool full(std::int64_t now_us);

 private:
  void refill(std::int64_t now_us);

  double per_second_;
  double burst_;
  double level_;
  std::int64_t refilled_us_ = 0;
};

/// Whose limits apply: an IPv4 address, or an IPv6 network of 64 bits, because one household has all of that.
std::string limit_key(const std::string& address);

struct AddressLimitOptions {
  std::uint32_t connections = 64;        // open at once, for one address
  std::uint32_t joins_per_minute = 120;  // for one address
  std::uint32_t total_connections = 2000;
};

/// Open connections and joins of every address that has any.
class AddressLimits {
 public:
  explicit AddressLimits(const AddressLimitOptions& options) : options_{options} {}

  /// Counts a connection unless there are too many already. Pair with close().
  bool open(const std::string& address);
  void close(const std::string& address);
  bool may_open(const std::string& address) const;

  /// Counts an attempt to join.
  bool join(const std::string& address, std::int64_t now_us);

  /// Forgets addresses that have no connection and no recent join.
  void forget_idle(std::int64_t now_us);

  std::size_t connections() const { return connections_; }
  std::size_t addresses() const { return entries_.size(); }
  std::uint64_t refused_connections() const { return refused_connections_; }
  std::uint64_t refused_joins() const { return refused_joins_; }
  void count_refused_connection() { ++refused_connections_; }

  /// Addresses remembered at most; a new one beyond that may not join.
  static constexpr std::size_t max_addresses = 65'536;

 private:
  struct Entry {
    std::uint32_t connections = 0;
    TokenBucket joins;
  };

  Entry* entry(const std::string& key);

  AddressLimitOptions options_;
  std::unordered_map<std::string, Entry> entries_;
  std::size_t connections_ = 0;
  std::uint64_t refused_connections_ = 0;
  std::uint64_t refused_joins_ = 0;
};

}  // namespace conference
