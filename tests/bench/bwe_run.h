// weir-bench bwe
#pragma once

namespace weir::bench {

/// `argv` begins after the word bwe. The program's exit status.
int run_bwe(int argc, char** argv);

}  // namespace weir::bench
