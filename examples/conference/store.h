// Who was where and when: rooms, members, and their joins and leaves, in SQLite. Meetings never depend on it:
// a write that fails is counted and logged once, and nothing else happens.
//
//   room (id, name, opened_ms)   member (id, room, name, kind)   visit (id, member, joined_ms, left_ms,
//   reason)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace conference {

class Store {
 public:
  /// Opens or makes a database; ":memory:" keeps nothing. Throws StartError when it cannot be used.
  /// @param complain gets one line when writing begins to fail.
  Store(const std::string& path, std::function<void(const std::string&)> complain);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// A member comes. @param kind "browser", "whip", "whep" or "bot". @return names the visit; 0 when it could
  /// not be written.
  std::int64_t begin_visit(std::string_view room, std::string_view name, std::string_view kind,
                           std::int64_t now_ms);
  void end_visit(std::int64_t visit, std::string_view reason, std::int64_t now_ms);

  /// Visits that a crash left open end now.
  void close_open_visits(std::int64_t now_ms);
  /// Forgets all but the newest visits, then members and rooms without any.
  void prune(std::int64_t keep_visits);

  std::int64_t count_visits();
  std::int64_t count_open_visits();
  std::uint64_t write_failures() const { return write_failures_; }

  static constexpr int schema_version = 1;

 private:
  struct Database;

  void open(const std::string& path);
  bool attempt(const std::function<void()>& write);

  std::unique_ptr<Database> database_;
  std::function<void(const std::string&)> complain_;
  std::uint64_t write_failures_ = 0;
  bool complained_ = false;
};

}  // namespace conference
