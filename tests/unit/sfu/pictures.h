// Pictures of streams with layers, as a selector sees their packets.
#pragma once

#include <doctest/doctest.h>

#include <vector>

#include "sfu/layer_selector.h"

namespace weir::sfu {

inline LayerSelector::Target target(std::uint8_t encoding, std::uint8_t spatial, std::uint8_t temporal,
                                    bool lower = false) {
  return {.layer = {encoding, spatial, temporal}, .lower = lower};
}

/// One picture of one packet, of a stream with temporal layers.
inline LayerFacts picture(std::uint32_t number, std::uint8_t temporal = 0) {
  return {.timestamp = number * 3000,
          .temporal = temporal,
          .frame_start = true,
          .marker = true,
          .inter_picture = true};
}
inline LayerFacts key(std::uint32_t number) {
  LayerFacts facts = picture(number);
  facts.key_frame = true;
  facts.inter_picture = false;
  facts.switch_to = kTemporalLayers - 1;
  return facts;
}

/// The frames of one picture of a stream with spatial layers, one packet each.
inline std::vector<LayerFacts> picture_of(std::uint32_t number, std::uint8_t layers, bool is_key,
                                          bool inter_layer) {
  std::vector<LayerFacts> frames;
  for (std::uint8_t s = 0; s < layers; ++s) {
    LayerFacts facts = is_key ? key(number) : picture(number);
    facts.key_frame = is_key && s == 0;
    facts.spatial = s;
    facts.frame_end = true;
    facts.marker = s + 1 == layers;
    facts.inter_layer = s > 0 && (is_key || inter_layer);
    facts.needed = static_cast<std::uint8_t>((is_key || inter_layer ? 0xffU : 1U) << s);
    frames.push_back(facts);
  }
  return frames;
}

/// Which spatial layers of a picture are forwarded, and on which the marker is.
struct Forwarded {
  std::vector<int> layers;
  int marker = -1;
};
inline Forwarded forward(LayerSelector& selector, const std::vector<LayerFacts>& frames) {
  Forwarded out;
  for (const LayerFacts& facts : frames) {
    const auto decision = selector.decide(0, facts);
    if (decision.verdict != LayerSelector::Verdict::forward &&
        decision.verdict != LayerSelector::Verdict::begin)
      continue;
    out.layers.push_back(facts.spatial);
    if (decision.marker) {
      CHECK(out.marker == -1);
      out.marker = facts.spatial;
    }
  }
  return out;
}

}  // namespace weir::sfu
