// Two who send streams of a scalability mode and one who receives and checks one of them.
#pragma once

#include <vector>

#include "scenario/layered_stream.h"
#include "scenario/wishes.h"

namespace weir::scenario {

inline constexpr Duration kPicture = std::chrono::milliseconds{33};

inline const char* sdp_name(Codec codec) {
  switch (codec) {
    case Codec::vp8:
      return "VP8";
    case Codec::vp9:
      return "VP9";
    case Codec::h264:
      return "H264";
    case Codec::h265:
      return "H265";
    default:
      return "AV1";
  }
}

/// One who sends a stream of the mode and one who receives it.
class Scene {
 public:
  explicit Scene(const ScalabilityMode& mode) : mode_(mode) {
    const Id room = world_.open_room();
    Person sender;
    sender.receives_video = 0;
    sender.video_codec = sdp_name(mode.codec);
    sender.describes = mode.descriptor;
    sender.marks = mode.marking != Marking::none && mode.marking != Marking::references;
    Person receiver = sender;
    receiver.sends_video = false;
    receiver.receives_video = 1;
    receiver.keeps_packets = true;
    for (Client** who : {&ann_, &cid_}) {
      *who = &world_.join(room, sender);
      (*who)->set_camera(false);
    }
    bob_ = &world_.join(room, receiver);
    streams_.emplace_back(mode, *ann_, 1U << 24);
    streams_.emplace_back(mode, *cid_, 2U << 24);
    world_.run(std::chrono::seconds{1});
    world_.watch(*bob_, 0, *ann_);
  }

  StreamChecker::Seen run(int pictures) {
    for (int i = 0; i < pictures; ++i) {
      for (LayeredStream& stream : streams_) stream.send_picture(world_.now());
      world_.run(kPicture);
    }
    world_.run(std::chrono::milliseconds{10});
    return checker_.take(bob_->video(0));
  }
  /// Until the wanted layers are there, and no sooner anything that cannot be decoded.
  StreamChecker::Seen reach(int spatial, int temporal, int within = 90) {
    StreamChecker::Seen seen;
    for (int i = 0; i < within; i += 4) {
      seen = run(4);
      if (seen.spatial == spatial && seen.highest_temporal == temporal) break;
    }
    CHECK(seen.spatial == spatial);
    CHECK(seen.highest_temporal == temporal);
    return seen;
  }
  void wish(int spatial, int temporal) {
    weir_wants wants = all();
    wants.max_spatial = static_cast<std::uint32_t>(spatial);
    wants.max_temporal = static_cast<std::uint32_t>(temporal);
    want(world_, *bob_, 0, wants);
  }
  void show(bool ann) { world_.watch(*bob_, 0, ann ? *ann_ : *cid_); }

  World& world() { return world_; }
  Client& receiver() { return *bob_; }
  Client& sender() { return *ann_; }
  LayeredStream& stream() { return streams_.front(); }
  StreamChecker& checker() { return checker_; }
  const ScalabilityMode& mode() const { return mode_; }

 private:
  ScalabilityMode mode_;
  World world_{91};
  Client* ann_ = nullptr;
  Client* cid_ = nullptr;
  Client* bob_ = nullptr;
  std::vector<LayeredStream> streams_;
  StreamChecker checker_{mode_};
};

}  // namespace weir::scenario
