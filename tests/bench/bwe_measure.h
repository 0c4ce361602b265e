// From packet records to the numbers of a Result.
#pragma once

#include <memory>

#include "bwe_case.h"

namespace weir::bench {

using MediaFlows = std::vector<std::unique_ptr<MediaFlow>>;
using TcpFlows = std::vector<std::unique_ptr<TcpFlow>>;

Result measure(const Case& c, const MediaFlows& media, const TcpFlows& tcp);
Series make_series(const Case& c, const MediaFlows& media);

}  // namespace weir::bench
