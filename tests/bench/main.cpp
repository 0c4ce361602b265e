// weir-bench: measures, on virtual or real time, one record a line.
#include <cstdio>
#include <cstring>

#include "bwe_run.h"

int main(int argc, char** argv) {
  if (argc >= 2 && std::strcmp(argv[1], "bwe") == 0) return weir::bench::run_bwe(argc - 2, argv + 2);
  std::fputs("usage: weir-bench bwe ...\n", stderr);
  return 2;
}
