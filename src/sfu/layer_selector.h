// Which packets of a track a receiver gets. Something that says what is wanted sets a target; the selector
// follows it no sooner than the decoder can:
//
// - another encoding begins with a key frame of it, and the present one goes on until then; when less is
//   wanted it goes on with its lowest temporal layer alone;
// - a temporal layer is left with the next picture, and joined where the stream says that nothing before is
//   missing, or, in a stream that says nothing of it, with a key frame after a while;
// - a spatial layer is left with the next picture, unless something that the lower one needs was left out
//   (L3T3_KEY, simulcast in one stream): then with a key picture;
// - a spatial layer is joined with a key picture, or with its first frame after the sender left it out, where
//   nothing that it needs was left out or the frame refers to its own picture alone.
#pragma once

#include <array>
#include <optional>

#include "base/sequence.h"
#include "sfu/layer.h"

namespace weir::sfu {

class LayerSelector {
 public:
  struct Target {
    LayerId layer;
    /// Encodings with which a receiver that sees nothing may begin: the picture is there sooner.
    std::uint8_t entries = 0xff;
    /// Less than what was sent before.
    bool lower = false;
  };

  enum class Verdict : std::uint8_t {
    forward,
    begin,           // forward; this packet is the first of an encoding
    other_encoding,  // not the one that is carried
    other_layer,     // of the one that is carried, but above what is wanted
    await_keyframe,
    paused,
  };
  struct Decision {
    Verdict verdict = Verdict::paused;
    bool marker = false;         // of the packet as it leaves
    bool whole_picture = false;  // other_layer: nothing of its picture is sent
    bool stuck = false;          // a layer that is wanted came, and only a key frame leads to it
  };

  /// Nothing: paused. What comes after a pause begins anew.
  void set_target(std::optional<Target> target);
  const std::optional<Target>& target() const { return target_; }
  /// What is carried now; nothing before the first key frame and while paused.
  std::optional<LayerId> current() const { return begun_ ? std::optional{current_} : std::nullopt; }
  /// Spatial layers of which the receiver lacks nothing, as bits: what it gets of the present picture.
  std::uint8_t whole_layers() const;
  /// The encoding that is carried begins anew.
  void restart() { begun_ = false; }

  /// So many of the uppermost temporal layers are left out for the time being, whatever the target.
  void shed(std::uint8_t layers) { shed_ = layers; }

  /// What was wanted of an encoding, and what is carried, turns out to have temporal layers up to this one.
  void widen(std::uint8_t encoding, std::uint8_t temporal);

  Decision decide(std::uint8_t encoding, const LayerFacts& facts);

  /// Only a key frame of the target's encoding leads further.
  bool needs_keyframe() const;

 private:
  std::uint8_t wanted_temporal() const;
  std::uint8_t target_temporal() const;
  std::uint8_t wanted_spatial() const;
  bool may_begin(std::uint8_t encoding) const;
  Decision begin(std::uint8_t encoding, const LayerFacts& facts);
  void begin_picture(const LayerFacts& facts);
  void rise(const LayerFacts& facts);
  void climb(const LayerFacts& facts);
  bool joins(const LayerFacts& facts) const;
  Decision leave_out(const LayerFacts& facts);
  Decision send(const LayerFacts& facts, Verdict verdict);

  static constexpr std::size_t kSpatialIds = 8;  // VP9's have three bits
  bool intact(std::uint8_t spatial) const { return ((intact_ >> spatial) & 1U) != 0; }
  bool present(std::uint8_t spatial) const;
  bool may_grow() const;
  std::uint8_t last_layer() const { return key_picture_ || may_grow() ? top_ : current_.spatial; }

  std::optional<Target> target_;
  LayerId current_;
  std::uint8_t shed_ = 0;
  std::uint8_t top_temporal_ = 0;  // of the encoding that is carried
  bool begun_ = false;
  std::uint8_t intact_ = 0xff;  // bit s: nothing that spatial layer s needs was left out since a key picture
  std::array<std::uint8_t, kSpatialIds> idle_{};  // pictures since a spatial layer was seen
  std::uint16_t missed_ = 0;  // pictures of wanted temporal layers that could not be joined

  // The present picture.
  std::uint32_t picture_ = 0;
  std::uint16_t first_frame_ = 0;  // its first frame number, when described_
  std::uint8_t top_ = 0;           // the highest spatial layer that is wanted of it
  std::uint8_t lacking_ = 0;       // bit s: something that spatial layer s needs of it was left out
  bool described_ = false;
  bool key_picture_ = false;
  bool ended_ = false;  // its marker was sent
};

}  // namespace weir::sfu
