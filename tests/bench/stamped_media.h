// Media that tell how long they took: every packet carries when it was sent, and the kernel notes when it
// came, so that what the clients' own threads wait for counts for nothing.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "io/node.h"
#include "media_peer.h"

namespace weir::bench {

/// A speaker and its listeners in a room of their own, on real sockets, with a thread that serves them.
class StampedMedia {
 public:
  StampedMedia(io::Node& node, std::size_t listeners);
  ~StampedMedia();
  StampedMedia(const StampedMedia&) = delete;
  StampedMedia& operator=(const StampedMedia&) = delete;

  /// Delays of the packets that came since the last call, in milliseconds.
  std::vector<double> take_delays();
  std::uint64_t sent() const { return sent_; }

 private:
  struct Member;

  void serve();
  void speak();
  void listen(Member& member);

  std::vector<std::unique_ptr<Member>> members_;  // the speaker first
  std::mutex mutex_;
  std::vector<double> delays_;
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<bool> stop_{false};
  std::uint16_t sequence_ = 0;
  std::thread thread_;
};

/// Joins a room, and gives the client what the node answers.
Id join(io::Node& node, Id room, const std::string& offer, std::string& answer);

}  // namespace weir::bench
