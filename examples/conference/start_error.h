// A reason why the program cannot start: one line for people, then a non-zero exit.
#pragma once

#include <stdexcept>
#include <string>

namespace conference {

class StartError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace conference
