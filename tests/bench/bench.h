// weir-bench: each subcommand adds itself to the command line and leaves behind what to run.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace weir::bench {

/// The chosen subcommand; its answer is the exit status.
using Run = std::function<int()>;

void add_allocation(CLI::App& app, Run& run);
void add_bwe(CLI::App& app, Run& run);
void add_floor(CLI::App& app, Run& run);
void add_srtp(CLI::App& app, Run& run);
void add_forward(CLI::App& app, Run& run);
void add_join(CLI::App& app, Run& run);
void add_memory(CLI::App& app, Run& run);
void add_soak(CLI::App& app, Run& run);
void add_workers(CLI::App& app, Run& run);

}  // namespace weir::bench
