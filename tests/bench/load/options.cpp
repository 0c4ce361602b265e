#include "load/options.h"

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <iostream>

#include "load/error.h"

namespace weir::load {
namespace {

constexpr std::size_t kLeastPayload = 40;  // descriptor, frame header, send time
constexpr std::size_t kMostPayload = 1350;
constexpr std::size_t kMostPackets = 128;
constexpr std::uint32_t kMostFps = 240;

template <typename T>
bool read_number(std::string_view text, T& out) {
  const char* const end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, out);
  return code == std::errc{} && at == end;
}

/// Takes what is before `separator` from the front of `rest`; all of it where there is none.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return part;
}

bool take_port(std::string_view text, Url& url) {
  return read_number(text, url.port) && url.port != 0;
}

void add_load_options(CLI::App& app, Options& o, std::string& video, std::string& audio) {
  app.add_option("--rooms", o.rooms, "rooms")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--publishers", o.publishers, "clients in each room that send")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--subscribers", o.subscribers, "clients in each room that receive everything sent in it")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--video", video, "bytes of a packet x packets of a frame x frames a second, or none")
      ->capture_default_str();
  app.add_option("--audio", audio, "50 packets a second of 100 bytes: on or off")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  app.add_option("--seconds", o.seconds, "how long it is measured")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
}

void add_other_options(CLI::App& app, Options& o) {
  app.add_option("--warmup", o.warmup, "most seconds until all streams come whole, before measuring")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  app.add_option("--join-rate", o.join_rate, "joins a second")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--join-timeout", o.join_timeout, "seconds after which joining has failed")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  app.add_option("--sample", o.sample, "one of so many received packets is decrypted for its delay")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--server-pid", o.server_pid, "whose CPU time and memory (default: who listens on the port)")
      ->check(CLI::PositiveNumber);
  app.add_option("--api-key", o.api_key.name, "of LiveKit, whose secret signs the clients' tokens")
      ->envname("LIVEKIT_API_KEY")
      ->capture_default_str();
  app.add_option("--api-secret", o.api_key.secret, "better in the environment, which others cannot list")
      ->envname("LIVEKIT_API_SECRET");
  app.add_flag("--json", o.json, "print the result as one JSON object");
}

}  // namespace

Url parse_url(std::string_view text) {
  const auto refuse = [&]() -> LoadError {
    return LoadError{"--url: '" + std::string{text} + "' is no URL like ws://127.0.0.1:8080/path"};
  };
  struct Scheme {
    std::string_view prefix;
    bool tls;
  };
  constexpr std::array<Scheme, 4> kSchemes{
      {{"ws://", false}, {"wss://", true}, {"http://", false}, {"https://", true}}};
  for (const Scheme& scheme : kSchemes) {
    if (text.substr(0, scheme.prefix.size()) != scheme.prefix) continue;
    Url url;
    url.tls = scheme.tls;
    url.port = scheme.tls ? 443 : 80;
    std::string_view rest = text.substr(scheme.prefix.size());
    const std::size_t slash = rest.find('/');
    if (slash != std::string_view::npos) {
      url.path = rest.substr(slash);
      rest = rest.substr(0, slash);
    }
    if (!rest.empty() && rest.front() == '[') {  // RFC 3986 section 3.2.2
      rest.remove_prefix(1);
      url.host = take_until(rest, ']');
      if (!rest.empty() && (rest.front() != ':' || !take_port(rest.substr(1), url))) throw refuse();
    } else {
      const bool has_port = rest.find(':') != std::string_view::npos;
      url.host = take_until(rest, ':');
      if (has_port && !take_port(rest, url)) throw refuse();
    }
    if (url.host.empty()) throw refuse();
    return url;
  }
  throw refuse();
}

std::optional<VideoShape> parse_video(std::string_view text) {
  if (text == "none") return std::nullopt;
  VideoShape shape;
  std::string_view rest = text;
  const bool read = read_number(take_until(rest, 'x'), shape.size) &&
                    read_number(take_until(rest, 'x'), shape.packets) && read_number(rest, shape.fps);
  const bool fits = read && shape.size >= kLeastPayload && shape.size <= kMostPayload && shape.packets >= 1 &&
                    shape.packets <= kMostPackets && shape.fps >= 1 && shape.fps <= kMostFps;
  if (fits) return shape;
  throw LoadError{"--video: '" + std::string{text} +
                  "' is neither none nor SIZExPACKETSxFPS with sizes 40 to 1350, 1 to 128 packets and 1 to "
                  "240 frames a second"};
}

std::optional<Options> parse_options(int argc, const char* const* argv) {
  CLI::App app{"Many light WebRTC clients against a conferencing server, measured.", "weir-load"};
  Options options;
  std::string url;
  std::string video = "1200x14x30";
  std::string audio = "on";
  app.add_option("--target", options.target, "which server: weir, janus or livekit")
      ->required()
      ->check(CLI::IsMember({"weir", "janus", "livekit"}));
  app.add_option("--url", url, "where its signalling is: ws://127.0.0.1:8080")->required();
  add_load_options(app, options, video, audio);
  add_other_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    const std::string text = error.what();
    throw LoadError{text.substr(0, text.find('\n')) + " (--help lists the options)"};
  }
  options.url = parse_url(url);
  options.video = parse_video(video);
  options.audio = audio == "on";
  if (!options.video && !options.audio) throw LoadError{"--video none and --audio off leave nothing to send"};
  if (options.clients() > Options::kMaxClients) {
    throw LoadError{"more than " + std::to_string(Options::kMaxClients) + " clients"};
  }
  return options;
}

}  // namespace weir::load
