#include "store.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "start_error.h"

using namespace conference;

namespace {

/// A folder of its own, gone afterwards.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-store-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const char* name) const { return (path / name).string(); }
};

void execute(const std::string& path, const char* sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  CHECK(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(handle);
}

std::string fault(const std::string& path) {
  try {
    const Store store{path, nullptr};
    return "";
  } catch (const StartError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("visits begin and end") {
  Store store{":memory:", nullptr};
  const auto ada = store.begin_visit("lobby", "Ada", "browser", 1000);
  const auto again = store.begin_visit("lobby", "Ada", "browser", 2000);
  const auto bob = store.begin_visit("o'hara; DROP TABLE visit", "Böb", "whip", 3000);
  CHECK(ada != 0);
  CHECK(again != ada);
  CHECK(bob != 0);
  CHECK(store.count_visits() == 3);
  CHECK(store.count_open_visits() == 3);
  store.end_visit(ada, "left", 4000);
  store.end_visit(ada, "left", 5000);
  store.end_visit(0, "left", 5000);
  CHECK(store.count_open_visits() == 2);
  CHECK(store.write_failures() == 0);
}

TEST_CASE("a file keeps the history, and what a crash left open is closed") {
  const Folder folder;
  const std::string path = folder.file("history.db");
  {
    Store store{path, nullptr};
    store.begin_visit("lobby", "Ada", "browser", 1000);
  }
  Store store{path, nullptr};
  CHECK(store.count_visits() == 1);
  CHECK(store.count_open_visits() == 1);
  store.close_open_visits(9000);
  CHECK(store.count_open_visits() == 0);
}

TEST_CASE("only the newest visits are kept, and those that go on") {
  Store store{":memory:", nullptr};
  const auto lasting = store.begin_visit("old", "Ada", "browser", 1);
  for (int i = 0; i < 10; ++i) {
    store.end_visit(store.begin_visit("room" + std::to_string(i), "Bob", "browser", i), "left", i);
  }
  store.prune(3);
  CHECK(store.count_visits() == 4);
  CHECK(store.count_open_visits() == 1);
  store.end_visit(lasting, "left", 99);
  store.prune(3);
  CHECK(store.count_visits() == 3);
}

TEST_CASE("a file that is no database of ours is told at start") {
  const Folder folder;
  const std::string garbage = folder.file("garbage.db");
  std::ofstream{garbage} << std::string(8192, 'x');
  CHECK(fault(garbage).find("garbage.db") != std::string::npos);
  const std::string other = folder.file("other.db");
  execute(other, "CREATE TABLE songs (title TEXT)");
  CHECK(fault(other).find("another program") != std::string::npos);
  const std::string newer = folder.file("newer.db");
  CHECK(fault(newer).empty());
  execute(newer, "PRAGMA user_version = 2");
  CHECK(fault(newer).find("schema version 2") != std::string::npos);
  CHECK(fault(folder.file("no/such/folder.db")).find("cannot use the database") == 0);
  CHECK(fault(folder.path.string()).find("cannot use the database") == 0);
}

TEST_CASE("a write that fails is counted, told once, and changes nothing else") {
  const Folder folder;
  const std::string path = folder.file("history.db");
  std::vector<std::string> complaints;
  Store store{path, [&](const std::string& line) { complaints.push_back(line); }};
  const auto visit = store.begin_visit("lobby", "Ada", "browser", 1000);
  execute(path, "DROP TABLE visit");
  CHECK(store.begin_visit("lobby", "Bob", "browser", 1000) == 0);
  store.end_visit(visit, "left", 2000);
  CHECK(store.write_failures() == 2);
  CHECK(complaints.size() == 1);
}
