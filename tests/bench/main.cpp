#include <exception>
#include <iostream>

#include "bench.h"

int main(int argc, char** argv) try {
  CLI::App app{"Measurements of libweir"};
  app.require_subcommand(1);
  weir::bench::Run run;
  weir::bench::add_allocation(app, run);
  weir::bench::add_bwe(app, run);
  weir::bench::add_floor(app, run);
  weir::bench::add_srtp(app, run);
  weir::bench::add_forward(app, run);
  weir::bench::add_join(app, run);
  weir::bench::add_memory(app, run);
  weir::bench::add_soak(app, run);
  weir::bench::add_workers(app, run);
  CLI11_PARSE(app, argc, argv);
  return run();
} catch (const std::exception& fault) {
  std::cerr << "weir-bench: " << fault.what() << '\n';
  return 2;
}
