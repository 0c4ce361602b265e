// A publisher's stream in any scalability mode, of which each packet says what its frame refers to, and the
// receiver who checks with it that all he gets could be decoded.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rtp/dependency_descriptor.h"
#include "rtp/packet.h"
#include "scenario/client.h"

namespace weir::scenario {

/// Where frames refer to the spatial layer below: L modes, L_KEY modes, S modes of webrtc-svc.
enum class InterLayer : std::uint8_t { always, key_pictures, never };

/// What tells the layers of a stream without a dependency descriptor and without layers in its payload.
enum class Marking : std::uint8_t {
  none,
  layers,      // a frame marking, with an index of base pictures (RFC 9626 section 3.1)
  pictures,    // a frame marking without layers (section 3.2)
  references,  // H.264 slices that say whether others refer to them
};

struct ScalabilityMode {
  std::string_view name;
  Codec codec = Codec::vp9;
  int spatial = 1;
  int temporal = 1;
  InterLayer inter_layer = InterLayer::always;
  bool descriptor = false;  // dependency descriptor
  bool flexible = false;    // VP9 only
  Marking marking = Marking::none;
};

/// What every packet says of its frame.
struct FrameRecord {
  std::uint32_t id = 0;
  std::uint32_t picture = 0;
  bool key = false;
  int spatial = 0;
  int temporal = 0;
  int packet = 0;
  int packets = 1;
  std::vector<std::uint32_t> refers_to{};  // ids
};

class LayeredStream {
 public:
  /// Sends by `client`, whose camera is off. `first` tells its frames from others'.
  LayeredStream(const ScalabilityMode& mode, Client& client, std::uint32_t first);

  /// The spatial layers from `layers` up are not sent, and come back without a key frame.
  void set_spatial_layers(int layers) { spatial_ = layers; }
  /// The next picture's frames of a spatial layer, which nothing refers to, are skipped.
  void skip_unreferenced(std::optional<int> spatial) { skipped_ = spatial; }
  void send_picture(Time now);
  std::size_t key_pictures() const { return key_pictures_; }

 private:
  struct Frame {
    FrameRecord record;
    std::uint16_t number = 0;  // of the descriptor
    bool inter_picture = false;
    bool inter_layer = false;
    std::vector<std::uint8_t> picture_diffs;  // VP9, flexible
  };
  struct Last {
    std::uint32_t id = 0;
    std::uint16_t number = 0;
    std::uint32_t picture = 0;
  };

  std::optional<Frame> make_frame(int spatial, int temporal, bool key);
  void refer(Frame& frame, const Last& last);
  void send_frame(const Frame& frame, std::uint32_t timestamp, bool last);
  std::vector<std::uint8_t> head(const Frame& frame, bool first, bool last) const;
  std::vector<std::uint8_t> vp9_head(const Frame& frame, bool first, bool last) const;
  std::vector<std::uint8_t> descriptor(const Frame& frame, bool first, bool last) const;
  std::vector<std::uint8_t> marking(const Frame& frame, bool first, bool last) const;
  bool of_base_alone(const FrameRecord& record) const;
  unsigned indication(bool key, int spatial, int temporal, int to_spatial, int to_temporal) const;
  void write_structure(class Bits& bits) const;

  ScalabilityMode mode_;
  Client& client_;
  int spatial_;
  std::optional<int> skipped_;
  std::uint32_t next_id_;
  std::uint32_t picture_ = 0;
  std::uint16_t frame_number_ = 65'500;
  std::uint16_t sequence_ = 65'400;
  std::uint16_t picture_id_ = 0x7fe0;
  std::uint8_t tl0_ = 250;
  int position_ = 0;  // in the temporal pattern
  std::size_t answered_ = 0;
  std::size_t key_pictures_ = 0;
  bool key_sent_ = false;
  std::array<std::array<std::optional<Last>, 3>, 3> last_;  // by spatial and temporal layer
};

/// Reads the packets of one line from where it stopped and checks each.
class StreamChecker {
 public:
  explicit StreamChecker(const ScalabilityMode& mode) : mode_(mode) {}

  struct Seen {
    int pictures = 0;
    int spatial = -1;  // of the last picture
    int temporal = -1;
    int highest_spatial = -1;  // of any
    int highest_temporal = -1;
    std::uint32_t first_id = 0;
  };
  /// Everything up to now; pictures are whole then.
  Seen take(const Received& line);
  /// Decode targets that the receiver was last told to be active, as (spatial, temporal).
  std::set<std::pair<int, int>> active_targets() const;

 private:
  void take_packet(const rtp::Packet& packet, Seen& seen);
  void check_numbers(const rtp::Packet& packet, const FrameRecord& record);
  void check_vp9(const rtp::Packet& packet, const FrameRecord& record);
  void check_marking(const rtp::Packet& packet, const FrameRecord& record);
  void check_descriptor(const rtp::Packet& packet, const FrameRecord& record);

  ScalabilityMode mode_;
  std::size_t taken_ = 0;
  std::optional<std::uint16_t> sequence_;
  std::optional<std::uint32_t> timestamp_;
  bool ended_ = true;              // the last packet had a marker
  int packets_ = 0;                // of the present frame
  int top_ = -1;                   // spatial layer of the present picture
  std::set<std::uint32_t> whole_;  // frames
  std::map<std::uint32_t, std::uint16_t> picture_ids_;
  std::map<std::uint32_t, std::uint16_t> frame_numbers_;
  std::optional<std::uint16_t> last_picture_id_;
  std::optional<std::uint16_t> last_frame_number_;
  std::optional<std::uint8_t> tl0_;
  std::shared_ptr<const rtp::DependencyStructure> structure_;
  std::uint32_t active_ = 0;
};

}  // namespace weir::scenario
