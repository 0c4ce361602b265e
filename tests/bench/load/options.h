// The command line of weir-load.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::load {

/// Where a server's signalling is: ws://host:port/path (also wss, http, https).
struct Url {
  std::string host;  // an address or a name
  std::uint16_t port = 0;
  std::string path;  // "" where the URL has none
  bool tls = false;
};

/// Throws LoadError.
Url parse_url(std::string_view text);

/// What a server lets clients in by: LiveKit's of its --dev where nothing is given.
struct ApiKey {
  std::string name = "devkey";
  std::string secret = "secret";
};

/// Of every frame as many packets of one payload size. Size and count have limits that a frame's egress
/// relies on.
struct VideoShape {
  std::size_t size = 1200;
  std::size_t packets = 14;
  std::uint32_t fps = 30;
  bool operator==(const VideoShape&) const = default;
};

/// "1200x14x30" or "none". Throws LoadError.
std::optional<VideoShape> parse_video(std::string_view text);

struct Options {
  static constexpr std::uint32_t kMaxClients = 20'000;

  std::string target;
  Url url;
  std::uint32_t rooms = 1;
  std::uint32_t publishers = 1;   // in each room
  std::uint32_t subscribers = 1;  // in each room, each of all publishers of it
  std::optional<VideoShape> video = VideoShape{};
  bool audio = true;
  std::uint32_t seconds = 20;
  std::uint32_t warmup = 20;        // seconds, at most
  std::uint32_t join_rate = 50;     // a second
  std::uint32_t join_timeout = 30;  // seconds for the joins of one role, on top of what their rate takes
  std::uint32_t sample = 32;        // one of so many received packets is decrypted for its delay
  ApiKey api_key;
  int server_pid = 0;  // 0: whoever listens on the URL's port
  bool json = false;

  std::uint32_t clients() const { return rooms * (publishers + subscribers); }
  std::uint32_t tracks() const { return publishers * ((video ? 1U : 0U) + (audio ? 1U : 0U)); }
};

/// Nothing, with the text printed, where only help was asked for. Throws LoadError.
std::optional<Options> parse_options(int argc, const char* const* argv);

}  // namespace weir::load
