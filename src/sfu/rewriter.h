// One continuous stream for a receiver, whatever source it carries and whatever of it is left out: sequence
// number, timestamp, VP8 and VP9 picture id, TL0PICIDX (of frame markings, too), frame numbers and template
// ids of dependency descriptors go on where the last source stopped.
//
// A run is a stretch of packets whose numbers differ from the source's by constants. It ends with a switch of
// the source and where a packet is left out, so that a packet asked for again gets the numbers it had.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/sequence.h"
#include "base/time.h"
#include "sfu/origin.h"

namespace weir::sfu {

/// Numbers of a packet as its source counts them; the sequence is unwrapped.
struct SourceNumbers {
  std::int64_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint16_t picture_id = 0;
  std::uint8_t tl0_picture_index = 0;
  bool picture = true;             // false: the packet has no picture id (padding alone, another codec)
  std::uint8_t picture_bits = 15;  // of the picture id: 7 or 15
  bool indexed = false;            // a frame marking tells the index, whatever the payload
  // Of its dependency descriptor.
  std::uint16_t frame_number = 0;
  bool described = false;
  std::uint8_t first_template = 0;  // of the structure that comes with the packet
  std::uint8_t templates = 0;       // 0: none comes with it
};

/// The same as the receiver sees them.
struct EgressNumbers {
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint16_t picture_id = 0;
  std::uint8_t tl0_picture_index = 0;
  std::uint16_t frame_number = 0;
  std::uint8_t template_shift = 0;  // to be added to template ids
  bool marker = false;              // set by who decides on layers
  std::optional<std::uint32_t>
      active_targets{};  // what its descriptor is to say of them (sfu/active_targets.h)
};

class Rewriter {
 public:
  Rewriter(std::uint16_t first_sequence, std::uint32_t first_timestamp, std::uint32_t clock_rate)
      : highest_(first_sequence - std::int64_t{1}),
        entry_(highest_ + 1),
        last_timestamp_(first_timestamp),
        clock_rate_(clock_rate) {}

  /// Of the sources that begin from now on.
  void set_clock_rate(std::uint32_t clock_rate) { clock_rate_ = clock_rate; }

  /// A source begins with this packet. `elapsed`: how much later it was captured than the last packet that
  /// was sent; the time that passed stands for it when it is not known. `age`: how long ago the packet came
  /// in. Timestamps cannot go back, so a source that begins with what is past runs ahead of its time; the
  /// pictures that follow lie closer together until it does not.
  void begin(Time now, const Origin& origin, const SourceNumbers& first,
             std::optional<Duration> elapsed = std::nullopt, Duration age = {});

  /// A key picture of the present source begins with this packet: nothing before it is needed any more.
  void enter(const SourceNumbers& first);
  /// What has numbers behind `last_sent` was not sent and will not be; the numbers are given again. Packets
  /// of before are of no use then, so that what follows must be begin() or resume(), with a key picture.
  void take_back(std::uint16_t last_sent);
  /// The present source goes on with this packet, the first of a key picture.
  void resume(const SourceNumbers& first);

  /// Numbers of a packet of the present source; nothing when it is older than the switch, or when its number
  /// was given to a later one.
  /// `marker` is kept for when the packet is asked for again.
  std::optional<EgressNumbers> rewrite(Time now, const SourceNumbers& packet, bool marker = false);

  /// A packet of the present source is left out, and numbers close behind it. A later packet may have come
  /// before it and left its number open: that number is given back, for the receiver to be told that nothing
  /// is missing. `close_picture`: its whole picture is left out, and picture ids close as well (VP8, whose
  /// receivers take a gap in them for loss).
  std::optional<EgressNumbers> skip(const SourceNumbers& packet, bool close_picture);

  /// Where a sent packet came from.
  struct Found {
    Origin origin;
    std::int64_t sequence = 0;
    std::size_t run = 0;
  };
  std::optional<Found> find(std::uint16_t egress_sequence) const;
  /// Whether a number was given before the latest key picture.
  bool is_obsolete(std::uint16_t egress_sequence) const { return unwrap(egress_sequence) < entry_; }
  /// The numbers that a packet had when it was sent.
  EgressNumbers again(const Found& found, const SourceNumbers& packet) const;

  /// Difference between the receiver's and the present source's timestamps.
  std::uint32_t timestamp_delta() const { return newest().timestamp_delta; }
  /// The timestamp that was sent last, as its source counts.
  std::uint32_t last_source_timestamp() const { return last_timestamp_ - newest().timestamp_delta; }
  /// Nothing carries the stream before the first source.
  bool begun() const { return used_ != 0; }
  Origin origin() const { return used_ == 0 ? Origin{} : newest().origin; }

 private:
  struct Run {
    Origin origin;
    std::uint32_t switches = 0;  // sources before this one: runs of one source have the same
    std::int64_t first_source = 0;
    std::int64_t first_egress = 0;
    std::int64_t sequence_delta = 0;
    std::uint32_t timestamp_delta = 0;
    std::uint16_t picture_id_delta = 0;
    std::uint16_t frame_number_delta = 0;
    std::uint8_t tl0_delta = 0;
    std::uint8_t template_shift = 0;
  };
  static constexpr std::size_t kRuns = 64;  // two seconds of every other picture left out

  const Run& newest() const { return runs_[(used_ - 1) % kRuns]; }
  Run& newest() { return runs_[(used_ - 1) % kRuns]; }
  void push(const Run& run);
  std::int64_t unwrap(std::uint16_t egress_sequence) const;
  const Run* run_of(std::int64_t source_sequence) const;
  void catch_up(const SourceNumbers& packet);
  void note_picture(const SourceNumbers& packet, const EgressNumbers& numbers);
  static EgressNumbers apply(const Run& run, const SourceNumbers& packet);

  static constexpr std::size_t kMarkers = 2048;  // packets; they lie in the history for less

  std::bitset<kMarkers> markers_;  // by the receiver's sequence number
  std::vector<Run> runs_;          // a ring once it has kRuns
  std::size_t used_ = 0;           // counts up
  std::int64_t highest_;
  std::int64_t entry_ = 0;  // where the latest key picture begins
  std::uint32_t last_timestamp_;
  Time last_time_{};
  std::uint16_t last_picture_id_ = 0;
  std::uint8_t last_tl0_ = 0;
  std::uint16_t last_frame_number_ = 0;
  std::uint8_t next_template_ = 0;
  std::optional<std::uint16_t> source_picture_;  // the newest of the present source, sent or left out
  std::uint32_t clock_rate_;
  std::uint32_t ahead_ = 0;  // by how much timestamps of the present source run ahead of their time
  bool sent_ = false;
};

}  // namespace weir::sfu
