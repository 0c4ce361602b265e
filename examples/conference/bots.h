// Synthetic people in a room, so that somebody alone sees a meeting at once. They are local participants of
// the node with a camera (the library's test card) and a microphone (its synthetic voice), and need no
// network.
//
// Nothing here knows a clock or a thread: the server calls tick() when it is due.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "conversation.h"
#include "weir/weir.h"

namespace conference {

class Bots {
 public:
  struct Participant {
    weir_participant id;
    std::string name;
  };

  /// `count` bots join; bot number i speaks and looks as `first_seed` + i makes it. Fewer join when the
  /// library refuses one: then status() says why.
  Bots(weir_node* node, weir_room room, std::size_t count, std::uint64_t first_seed);
  /// All leave. The node must still live; a room that was closed meanwhile does no harm.
  ~Bots();
  Bots(const Bots&) = delete;
  Bots& operator=(const Bots&) = delete;

  /// One more. False when the library refuses: status() says why.
  bool add();
  /// The newest leaves. False when there is none.
  bool remove();

  std::size_t size() const { return bots_.size(); }
  std::vector<Participant> participants() const;
  std::vector<std::string> names() const;
  bool owns(weir_participant participant) const;
  /// What the library last answered to a bot that could not join, be made or send; WEIR_OK: nothing went
  /// wrong.
  weir_status status() const { return status_; }

  /// Sends what is due. `now_us` is monotonic, `wallclock_ms` (since 1970, UTC) is what the test cards show.
  /// Returns when to call again, on the clock of `now_us`; an earlier call does no harm.
  std::int64_t tick(std::int64_t now_us, std::int64_t wallclock_ms);
  /// Give the bots every event of the node: they answer WEIR_EVENT_KEYFRAME_WANTED, and forget a bot that the
  /// host sent away.
  void on_event(const weir_event& event);

 private:
  struct Bot {
    weir_participant id = 0;
    std::string name;
    weir_track camera = 0;
    weir_track microphone = 0;
    weir_test_card* card = nullptr;
    weir_voice* voice = nullptr;
    std::int64_t next_audio_us = 0;
    std::int64_t next_video_us = 0;
    std::int64_t next_look_us = 0;  ///< When to ask again whether anybody watches.
    bool started = false;
    bool watched = false;
    bool key_wanted = true;
  };

  weir_status join(Bot& bot);
  weir_status make_media(Bot& bot, std::uint64_t number);
  void leave(Bot& bot);
  void start(Bot& bot, std::size_t place, std::int64_t now_us);
  void look_for_watchers(Bot& bot, std::int64_t now_us);
  void send_audio(Bot& bot, bool talking);
  void send_video(Bot& bot, std::int64_t now_us, std::int64_t wallclock_ms);
  void write(weir_track track, weir_frame& frame);

  weir_node* node_;
  weir_room room_;
  std::uint64_t first_seed_;
  std::uint64_t joined_ = 0;  ///< How many ever joined: names and seeds go on from there.
  Conversation conversation_;
  weir_status status_ = WEIR_OK;
  std::vector<Bot> bots_;
};

}  // namespace conference
