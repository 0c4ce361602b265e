// Where a run's sound and video come from. The sound is always a local participant's. The video is either an
// encoder in the host that follows what the engine says there is for video (RFC 8867 section 4.2 asks for
// that), or a remote publisher of simulcast, of which the engine chooses layers.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "bwe_video.h"
#include "engine/engine.h"
#include "support/virtual_peer.h"

namespace weir::bench {

/// The engine that a source sends into, and who watches.
struct Stage {
  engine::Engine& engine;
  Id room;
  Id viewer;
  Address node;
};

class Source {
 public:
  Source(const Stage& stage, Time now, std::uint64_t seed);
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  Id sound() const { return sound_; }
  /// Nothing before there is one.
  virtual std::optional<Id> video() const = 0;
  /// Sends what is due. `active`: not paused.
  void step(Time now, bool active);
  Time deadline() const;
  virtual void on_keyframe_wanted() {}
  /// A datagram of the node to this address; false when it is another's.
  virtual bool receive(Time, const test::Datagram&) { return false; }

 protected:
  virtual void step_video(Time now, bool active) = 0;
  virtual Time video_deadline() const = 0;

  Stage stage_;
  Id person_;  // local

 private:
  void send_sound(Time now);

  Id sound_;
  Time next_sound_;
  std::uint16_t sequence_ = 0;
};

std::unique_ptr<Source> make_following_source(const Stage& stage, Time now, double most_kbps,
                                              std::uint64_t seed);
/// Encodings of a tenth, a third and all of `most_kbps`, three temporal layers each.
std::unique_ptr<Source> make_layered_source(const Stage& stage, Time now, double most_kbps,
                                            std::uint64_t seed);

/// What each choice of its layers takes, with UDP and IP, in steady state.
std::vector<double> layered_kbps(double most_kbps);

/// A packet of a VP8 frame (RFC 7741 section 4.2, and the frame tag of RFC 6386 section 9.1 in the first).
struct Vp8Packet {
  std::uint16_t picture = 0;
  std::uint8_t tl0 = 0;
  std::uint8_t temporal = 0;
  bool sync = false;
  bool first = false;
  bool key = false;
  std::uint16_t height = 0;
};
/// Fills `out` with it.
void write_vp8(const Vp8Packet& packet, MutableBytes out);

}  // namespace weir::bench
