#include "load/server_process.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "load/error.h"

using namespace weir;
using load::ServerProcess;

TEST_CASE("CPU time is fields 14 and 15, whatever the process is called") {
  CHECK(load::cpu_ticks_of("12 (a) S 1 2 3 4 5 6 7 8 9 10 40 2 0 0 20") == 42);
  CHECK(load::cpu_ticks_of("12 (a b) ) 9 9 (x) S 1 2 3 4 5 6 7 8 9 10 40 2 0 0 20") == 42);
  CHECK_FALSE(load::cpu_ticks_of(""));
  CHECK_FALSE(load::cpu_ticks_of("12 (a) S 1 2 3"));
}

TEST_CASE("resident memory is VmRSS") {
  CHECK(load::rss_kb_of("Name:\tx\nVmHWM:\t   9 kB\nVmRSS:\t  1234 kB\n") == 1234);
  CHECK_FALSE(load::rss_kb_of("Name:\tx\n"));
}

TEST_CASE("a process that is there has used memory, one that is not is an error") {
  const ServerProcess self = ServerProcess::by_id(getpid());
  CHECK(self.use().rss_kb > 0);
  CHECK(self.use().cpu_s >= 0);
  CHECK_THROWS_AS(ServerProcess::by_id(0x7ffffff0), load::LoadError);
}
