// One mark from 0 (no connection) to 5 (nothing to complain about) for what a person's connection is like.
#pragma once

namespace conference {

/// @param loss 0 to 1, the worse direction. @param round_trip_time seconds, 0 when not known.
int quality_score(double loss, double round_trip_time, bool connected);

}  // namespace conference
