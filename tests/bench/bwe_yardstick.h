// What a run is held against: the best that could be had of the link, by one who knows more than a sender
// can.
#pragma once

#include <vector>

#include "bwe_case.h"

namespace weir::bench {

/// Share of what the link carried (at most the source's rate) that one could use who knows exactly what the
/// link carried, and what waited, a round trip ago, and who sees to it that 95 % of the bytes wait at most
/// `most_wait` s: of all who send f times that capacity, less a fifth of a second's share of what waited, the
/// best. Without such an f: 0.
double possible_use(const Case& c, double most_wait = 0.08);

/// The most that flows of layers can use of `kbps`: each of `active` flows sends sound and one of the
/// choices, or sound alone.
double best_choice(double kbps, std::size_t active, const std::vector<double>& choices, double sound);

}  // namespace weir::bench
