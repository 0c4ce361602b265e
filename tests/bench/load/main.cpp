// weir-load: many light WebRTC clients in one process, through a server's own signalling.
#include <cstdio>
#include <exception>
#include <iostream>

#include "load/adapter.h"
#include "load/error.h"
#include "load/options.h"
#include "load/report.h"
#include "load/run.h"

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kInterrupted = 130;

}  // namespace

int main(int argc, char** argv) try {
  std::optional<weir::load::Options> options;
  try {
    options = weir::load::parse_options(argc, argv);
  } catch (const weir::load::LoadError& fault) {
    std::cerr << "weir-load: " << fault.what() << '\n';
    return kUsage;
  }
  if (!options) return 0;
  const auto adapter = weir::load::make_adapter(*options);
  weir::load::Run run{*options, *adapter};
  try {
    const weir::load::Report report = run.execute();
    std::cout << (options->json ? json_of(report) + "\n" : text_of(report)) << std::flush;
  } catch (const weir::load::LoadError& fault) {
    std::cerr << "weir-load: " << fault.what() << '\n';
    return run.interrupted() ? kInterrupted : kFailed;
  }
  return 0;
} catch (const std::exception& fault) {
  std::cerr << "weir-load: " << fault.what() << '\n';
  return kFailed;
}
