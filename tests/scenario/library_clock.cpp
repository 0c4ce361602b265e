// mbedTLS 2.28 begins each hello's random with time() (RFC 5246 section 7.4.1.2), whatever source of
// randomness it is given, and every key follows from that. A program's own definition takes the place of the
// C library's also for shared libraries, so that a seed reproduces a run however long the run takes.
#include <ctime>

extern "C" __attribute__((visibility("default"))) std::time_t time(std::time_t* out) noexcept {
  constexpr std::time_t now = 1'800'000'000;
  if (out != nullptr) *out = now;
  return now;
}
