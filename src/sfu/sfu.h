// The control plane of an engine: who is in which room, who sends what, and which track each subscription
// carries. Every call leaves the routes settled, unless a batch puts that off. Packets are not seen here.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/slots.h"
#include "base/time.h"
#include "sfu/model.h"
#include "weir/node.h"

namespace weir::sfu {

struct Limits {
  std::uint32_t rooms = 1000;
  std::uint32_t participants = 2000;
  std::uint32_t room_participants = 500;
  std::uint32_t tracks_per_participant = 8;
  std::uint32_t subscriptions_per_participant = 64;
  Duration voice_hold = std::chrono::seconds{2};
  bool layers_decided = false;  // somebody decides on layers, and asks for the key frames that they need
};

/// Nobody needs a key frame of the track any more.
void cancel_keyframes(Track& track);

class Sfu {
 public:
  Sfu(std::uint8_t worker, Limits limits, Random& random);

  /// Many changes of one room at once: `changes()` makes them, and the rules are looked at once, at the end.
  /// In a room of hundreds that look is what a change costs. The room outlives them.
  template <typename Changes>
  void batch(Time now, Room& room, Changes&& changes) {
    {
      const Hold hold{room};
      changes();
    }
    if (room.unsettled) settle(now, room);
  }

  // Rooms and people.
  Result<Room*> open_room(const weir_room_options& options);
  void close_room(Time now, Room& room);
  Result<Participant*> join(Time now, Room& room, const weir_participant_options& options);
  void leave(Time now, Participant& participant);
  void set_connected(Time now, Participant& participant, bool connected);

  // Tracks.
  Result<Track*> add_track(Time now, Participant& participant, MediaKind kind, Line line,
                           std::int32_t content);
  void remove_track(Time now, Track& track);
  void update_track_line(Time now, Track& track, Line line);
  void set_content(Time now, Track& track, std::int32_t content);
  void set_muted(Time now, Track& track, bool muted);
  /// The codec of its packets became known or changed.
  void set_codec(Time now, Track& track, Codec codec);
  /// The SSRC of an encoding changed: every receiver of it waits for a fresh start.
  void restart(Time now, Track& track, std::uint8_t encoding);
  /// An encoding of it began or ended.
  void layers_changed(Time now, Track& track);

  // Subscriptions.
  Result<Subscription*> add_subscription(Time now, Participant& participant, MediaKind kind, Line line);
  void remove_subscription(Time now, Subscription& subscription);
  void update_subscription_line(Time now, Subscription& subscription, Line line);
  weir_status set_source(Time now, Subscription& subscription, const Source& source);
  /// Whom the receiver neither hears nor sees from now on. In any order; may name somebody twice.
  void set_excluded(Time now, Participant& receiver, std::vector<Id> excluded);

  // What the data path found out.
  /// The pending source of a subscription has begun.
  void switched(Time now, Subscription& subscription);
  /// A voice began, or became louder: lines that follow voices may change at once.
  void voice_began(Time now, Room& room);
  /// Regular look at who is loudest; call every kSpeakerInterval while anybody speaks.
  static constexpr Duration kSpeakerInterval = std::chrono::milliseconds{100};
  void consider_speakers(Time now, Room& room);

  /// What a receiver's layers were decided from has changed. Urgent: not only in a measurement.
  void touch_layers(Participant& receiver, bool urgent = false);
  /// Tells the receiver which layer a subscription carries and why, when that is news.
  void tell_layer(Time now, Subscription& subscription);

  /// A key frame of an encoding is needed by somebody who can get it.
  void want_keyframe(Time now, Track& track, std::uint8_t encoding);
  /// The same for what a subscription waits for or, failing that, carries.
  void want_keyframe(Time now, const Subscription& subscription);

  Slots<Room>& rooms() { return rooms_; }
  const Slots<Room>& rooms() const { return rooms_; }
  Slots<Participant>& participants() { return participants_; }
  const Slots<Participant>& participants() const { return participants_; }
  Slots<Track>& tracks() { return tracks_; }
  const Slots<Track>& tracks() const { return tracks_; }
  Slots<Subscription>& subscriptions() { return subscriptions_; }
  const Slots<Subscription>& subscriptions() const { return subscriptions_; }

  /// Drain: events, in order.
  std::vector<weir_event> take_events() { return std::exchange(events_, {}); }
  /// Drain: participants whose tracks have a new deadline (a key frame to ask for).
  std::vector<Id> take_woken() { return std::exchange(woken_, {}); }

  /// Drain: receivers whose layers are to be decided anew.
  std::vector<Id> take_undecided() { return std::exchange(undecided_, {}); }

  /// Events that the engine itself adds to the same stream.
  weir_event& emit(Time now, std::int32_t type, const Participant& participant);

 private:
  struct Choice {
    Track* track = nullptr;
    std::int32_t idle = WEIR_IDLE_NO_SOURCE;
  };
  /// Rules that a change may touch.
  enum class Touched { all, speakers };
  struct View;
  struct Hold {
    explicit Hold(Room& in) : room(in) { ++room.batches; }
    ~Hold() { --room.batches; }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    Room& room;
  };

  weir_event& emit(Time now, std::int32_t type, const Room& room);
  Choice admissible(const Subscription& subscription, Track* track) const;
  Choice choose(const Subscription& subscription, const View& view) const;
  static View view_of(const Room& room);
  static LayerSelector::Target best_of(Time now, const Track& track);
  std::size_t rank_voices(Time now, Room& room) const;
  void settle(Time now, Room& room, Touched touched = Touched::all);
  void settle_voices(Time now, Room& room);
  void settle_shared(Time now, const SharedLines& shared, const std::vector<Track*>& order);
  static SharedLines* shared_lines(const Subscription& subscription);
  static void follow_rule(Subscription& subscription);
  static void follow_rule_no_more(Subscription& subscription);
  void settle_one(Time now, Subscription& subscription);
  void settle_watchers(Time now, Track& track);
  void assign(Time now, Subscription& subscription, Choice choice);
  void unroute(Subscription& subscription, Track* track);
  void begin_again(Time now, Subscription& subscription);
  void forget_source(Subscription& subscription);
  void source_event(Time now, const Subscription& subscription);

  Limits limits_;
  Random& random_;
  Slots<Room> rooms_;
  Slots<Participant> participants_;
  Slots<Track> tracks_;
  Slots<Subscription> subscriptions_;
  std::vector<weir_event> events_;
  std::vector<Id> woken_;
  std::vector<Id> undecided_;
};

}  // namespace weir::sfu
