#include "store.h"

#include <sqlite3.h>

#include <map>
#include <stdexcept>

#include "start_error.h"

namespace conference {
namespace {

constexpr const char* schema = R"sql(
  BEGIN;
  CREATE TABLE room (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, opened_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE member (
    id INTEGER PRIMARY KEY, room INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE,
    name TEXT NOT NULL, kind TEXT NOT NULL, UNIQUE (room, name, kind)) STRICT;
  CREATE TABLE visit (
    id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    joined_ms INTEGER NOT NULL, left_ms INTEGER, reason TEXT) STRICT;
  CREATE INDEX visit_member ON visit (member);
  CREATE INDEX visit_open ON visit (id) WHERE left_ms IS NULL;
  PRAGMA user_version = 1;
  COMMIT;
)sql";

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

/// A connection and its prepared statements.
struct Store::Database {
  sqlite3* handle = nullptr;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements;

  ~Database() {
    for (const auto& [sql, statement] : statements) sqlite3_finalize(statement);
    sqlite3_close(handle);
  }

  void check(int status) const {
    if (status != SQLITE_OK && status != SQLITE_ROW && status != SQLITE_DONE)
      throw Failure{sqlite3_errmsg(handle)};
  }

  void execute(const char* sql) const { check(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr)); }

  sqlite3_stmt* prepare(const char* sql) {
    const auto found = statements.find(sql);
    if (found != statements.end()) return found->second;
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
    statements.emplace(sql, statement);
    return statement;
  }

  static int bind(sqlite3_stmt* statement, int at, std::int64_t value) {
    return sqlite3_bind_int64(statement, at, value);
  }
  static int bind(sqlite3_stmt* statement, int at, std::string_view text) {
    return sqlite3_bind_text64(statement, at, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }

  /// Runs a statement; its first column where it gives a row, else 0.
  template <typename... Values>
  std::int64_t run(const char* sql, const Values&... values) {
    sqlite3_stmt* const statement = prepare(sql);
    int at = 0;
    (check(bind(statement, ++at, values)), ...);
    const int status = sqlite3_step(statement);
    const std::int64_t result = status == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    const int finished = sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    check(status);
    check(finished);
    return result;
  }
};

Store::Store(const std::string& path, std::function<void(const std::string&)> complain)
    : database_{std::make_unique<Database>()}, complain_{std::move(complain)} {
  try {
    open(path);
  } catch (const Failure& failure) {
    throw StartError{"cannot use the database " + path + ": " + failure.what()};
  }
}

Store::~Store() = default;

void Store::open(const std::string& path) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int opened = sqlite3_open_v2(path.c_str(), &database_->handle, flags, nullptr);
  if (database_->handle == nullptr) throw Failure{"out of memory"};
  database_->check(opened);
  sqlite3_busy_timeout(database_->handle, 100);  // signalling waits meanwhile
  const std::int64_t version = database_->run("PRAGMA user_version");
  if (version == 0) {
    if (database_->run("SELECT count(*) FROM sqlite_schema") != 0)
      throw Failure{"it belongs to another program"};
  } else if (version != schema_version) {
    throw Failure{"it has schema version " + std::to_string(version) + ", this program knows " +
                  std::to_string(schema_version)};
  }
  database_->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;");
  if (version == 0) database_->execute(schema);
  // A damaged file or one without write permission should be told now, not in the middle of a meeting.
  database_->run(
      "SELECT count(*) FROM visit JOIN member ON visit.member = member.id JOIN room ON member.room = "
      "room.id");
  database_->execute("BEGIN IMMEDIATE; PRAGMA user_version = 1; COMMIT;");
}

bool Store::attempt(const std::function<void()>& write) {
  try {
    write();
    return true;
  } catch (const Failure& failure) {
    ++write_failures_;
    if (!complained_ && complain_)
      complain_(std::string{"the database cannot be written: "} + failure.what());
    complained_ = true;
    return false;
  }
}

std::int64_t Store::begin_visit(std::string_view room, std::string_view name, std::string_view kind,
                                std::int64_t now_ms) {
  std::int64_t visit = 0;
  attempt([&] {
    database_->run("INSERT INTO room (name, opened_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING", room, now_ms);
    const std::int64_t room_id = database_->run("SELECT id FROM room WHERE name = ?1", room);
    database_->run("INSERT INTO member (room, name, kind) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                   room_id, name, kind);
    const std::int64_t member = database_->run(
        "SELECT id FROM member WHERE room = ?1 AND name = ?2 AND kind = ?3", room_id, name, kind);
    visit =
        database_->run("INSERT INTO visit (member, joined_ms) VALUES (?1, ?2) RETURNING id", member, now_ms);
  });
  return visit;
}

void Store::end_visit(std::int64_t visit, std::string_view reason, std::int64_t now_ms) {
  if (visit == 0) return;
  attempt([&] {
    database_->run("UPDATE visit SET left_ms = ?2, reason = ?3 WHERE id = ?1 AND left_ms IS NULL", visit,
                   now_ms, reason);
  });
}

void Store::close_open_visits(std::int64_t now_ms) {
  attempt([&] {
    database_->run("UPDATE visit SET left_ms = ?1, reason = 'server-ended' WHERE left_ms IS NULL", now_ms);
  });
}

void Store::prune(std::int64_t keep_visits) {
  attempt([&] {
    database_->run("DELETE FROM visit WHERE left_ms IS NOT NULL AND id <= (SELECT max(id) FROM visit) - ?1",
                   keep_visits);
    database_->run(
        "DELETE FROM member WHERE NOT EXISTS (SELECT 1 FROM visit WHERE visit.member = member.id)");
    database_->run("DELETE FROM room WHERE NOT EXISTS (SELECT 1 FROM member WHERE member.room = room.id)");
  });
}

std::int64_t Store::count_visits() {
  return database_->run("SELECT count(*) FROM visit");
}

std::int64_t Store::count_open_visits() {
  return database_->run("SELECT count(*) FROM visit WHERE left_ms IS NULL");
}

}  // namespace conference
