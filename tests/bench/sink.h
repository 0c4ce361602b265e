// Where packets of a benchmark go: nobody reads them, and the cost of receiving is as small as can be.
//
//   lo      loopback. All receivers (127.x.y.z, one port) are one socket whose filter drops everything. Linux
//   charges what
//           its receiving half costs to the sender
//   netns   a network namespace of this process with a device that drops in its transmit function (ifb), so
//   that only
//           sending is paid. Ends with the process. Needs the right to make one (root, or user namespaces)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/address.h"

namespace weir::bench {

class Sink {
 public:
  /// `kind`: lo or netns. Before any thread begins. Throws std::runtime_error with the reason.
  static Sink open(std::string_view kind);

  /// What a sender binds to.
  Address sender() const { return sender_; }
  /// The address of receiver `index`, below kMaxReceivers. All differ.
  Address receiver(std::size_t index) const;
  static constexpr std::size_t kMaxReceivers = 60'000;

 private:
  struct Socket;

  Address sender_;
  Address first_;
  std::shared_ptr<Socket> socket_;  // lo: drops what comes
};

}  // namespace weir::bench
