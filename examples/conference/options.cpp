#include "options.h"

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <array>

#include "start_error.h"
#include "text.h"
#include "weir/node.h"

namespace conference {
namespace {

bool is_address(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(family, text.c_str(), bytes.data()) == 1;
}

std::string check_room(const std::string& name) {
  return valid_room_name(name) ? std::string{} : "a room's name is 1 to 64 of A-Z a-z 0-9 . _ -";
}

std::string check_origin(const std::string& origin) {
  if (origin == "*" || origin.rfind("http://", 0) == 0 || origin.rfind("https://", 0) == 0) return {};
  return "an origin looks like https://meet.example or https://meet.example:8443";
}

const std::map<std::string, int> log_levels{{"error", WEIR_LOG_ERROR},
                                            {"warning", WEIR_LOG_WARNING},
                                            {"info", WEIR_LOG_INFO},
                                            {"debug", WEIR_LOG_DEBUG}};

const std::map<std::string, std::uint32_t> srtp_backends{
    {"auto", WEIR_SRTP_AUTO}, {"libsrtp", WEIR_SRTP_LIBSRTP}, {"ipsec_mb", WEIR_SRTP_IPSEC_MB}};

void add_network_options(CLI::App& app, ServeOptions& o, std::vector<std::string>& public_addresses) {
  app.add_option("--port", o.port, "TCP port of the page and of signalling (0: the system chooses)")
      ->capture_default_str();
  app.add_option("--host", o.host, "listen on this address only");
  app.add_option("--media-port", o.media_port,
                 "first UDP port for media, one per worker (0: the system chooses)")
      ->capture_default_str();
  app.add_option("--public-ip", public_addresses,
                 "address that clients reach behind 1:1 NAT; once for IPv4, once for IPv6");
  app.add_option("--workers", o.workers, "threads that forward media")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_flag("--loopback", o.loopback, "offer loopback addresses for media, too");
  app.add_option("--srtp", o.srtp_backend, "who encrypts media: auto, libsrtp or ipsec_mb (default auto)")
      ->transform(CLI::CheckedTransformer(srtp_backends));
  app.add_option("--tls-cert", o.tls_cert, "certificate chain (PEM): serve https");
  app.add_option("--tls-key", o.tls_key, "private key (PEM) of --tls-cert");
}

void add_room_options(CLI::App& app, ServeOptions& o) {
  app.add_option("--bots", o.bots, "synthetic people in the bot room")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  app.add_option("--bot-room", o.bot_room, "where the synthetic people are")
      ->check(check_room)
      ->capture_default_str();
  app.add_option("--token-key", o.token_key,
                 "let in only holders of a token signed with the key in this file");
  app.add_option("--allow-origin", o.allowed_origins,
                 "another origin whose pages may use this server ('*': any)")
      ->check(check_origin);
  app.add_option("--database", o.database, "SQLite file for the history of joins and leaves")
      ->capture_default_str();
  app.add_option("--web", o.web, "serve the page from this folder instead of the program")
      ->check(CLI::ExistingDirectory);
  app.add_option("--resume-grace", o.resume_grace_s, "seconds in which a lost WebSocket may come back")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  app.add_option("--log-level", o.log_level, "error, warning, info or debug (default info)")
      ->transform(CLI::CheckedTransformer(log_levels));
}

void add_limit_options(CLI::App& app, ServeOptions& o) {
  const auto add = [&](const char* name, std::uint32_t& value, const char* text) {
    app.add_option(name, value, text)
        ->check(CLI::Range(1, 1'000'000))
        ->group("Limits")
        ->capture_default_str();
  };
  add("--max-rooms", o.max_rooms, "rooms at once");
  add("--max-participants", o.max_participants, "people in all rooms");
  add("--max-room-participants", o.max_room_participants, "people in one room");
  add("--max-connections", o.limits.total_connections, "TCP connections");
  add("--max-address-connections", o.limits.connections, "TCP connections of one address");
  add("--max-joins-per-minute", o.limits.joins_per_minute, "joins of one address, WHIP and WHEP included");
  add("--max-messages-per-second", o.messages_per_second, "messages on one WebSocket");
}

void add_token_command(CLI::App& app, TokenOptions& o) {
  CLI::App* const command = app.add_subcommand("token", "Print a join token for --token-key.");
  command->add_option("--key", o.key, "file with the key, 32 bytes at least")->required();
  command->add_option("--room", o.room, "the room it opens")->required()->check(check_room);
  command->add_option("--name", o.name, "the holder's name (default: the holder chooses)")
      ->check(
          [](const std::string& name) { return valid_member_name(name) ? std::string{} : "no usable name"; });
  command->add_option("--may", o.may, "send- or receive- with audio, video or data (default: all)")
      ->delimiter(',')
      ->check(CLI::IsMember({"send-audio", "send-video", "receive-audio", "receive-video"}));
  command->add_option("--minutes", o.minutes, "how long it is valid")
      ->check(CLI::Range(1, 60 * 24 * 366))
      ->capture_default_str();
}

void sort_public_addresses(const std::vector<std::string>& addresses, ServeOptions& o) {
  for (const std::string& address : addresses) {
    std::string* const place = is_address(AF_INET, address)    ? &o.public_ipv4
                               : is_address(AF_INET6, address) ? &o.public_ipv6
                                                               : nullptr;
    if (place == nullptr) throw StartError{"--public-ip: '" + address + "' is no IP address"};
    if (!place->empty()) throw StartError{"--public-ip: only one address of each family"};
    *place = address;
  }
}

void check_together(const ServeOptions& o) {
  if (o.tls_cert.empty() != o.tls_key.empty()) throw StartError{"--tls-cert and --tls-key belong together"};
  if (!o.host.empty() && !is_address(AF_INET, o.host) && !is_address(AF_INET6, o.host)) {
    throw StartError{"--host: '" + o.host + "' is no IP address"};
  }
  if (o.media_port != 0 && o.media_port + o.workers - 1 > 65'535) {
    throw StartError{"--media-port: no room for one port per worker"};
  }
}

/// One line, whatever CLI11 has to say.
std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::variant<ServeOptions, TokenOptions, CertificateOptions, Done> parse_options(int argc,
                                                                                 const char* const* argv) {
  CLI::App app{"A conference server on libweir: rooms, a page, WHIP and WHEP.", "weir-conference"};
  ServeOptions serve;
  TokenOptions token;
  CertificateOptions certificate;
  std::vector<std::string> public_addresses;
  bool version = false;
  app.add_flag("--version", version, "print the version and end");
  add_network_options(app, serve, public_addresses);
  add_room_options(app, serve);
  add_limit_options(app, serve);
  add_token_command(app, token);
  CLI::App* const make_cert = app.add_subcommand(
      "make-cert", "Make cert.pem and key.pem, self-signed, for tests on the local network.");
  make_cert->add_option("folder", certificate.folder, "where")->capture_default_str();
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Done{app.help()};
  } catch (const CLI::CallForAllHelp&) {
    return Done{app.help("", CLI::AppFormatMode::All)};
  } catch (const CLI::ParseError& error) {
    throw StartError{first_line(error.what()) + " (--help lists the options)"};
  }
  if (version) {
    return Done{"weir-conference " + std::to_string(WEIR_VERSION_MAJOR) + "." +
                std::to_string(WEIR_VERSION_MINOR) + "." + std::to_string(WEIR_VERSION_PATCH) + "\n"};
  }
  if (app.got_subcommand("token")) return token;
  if (app.got_subcommand("make-cert")) return certificate;
  sort_public_addresses(public_addresses, serve);
  check_together(serve);
  return serve;
}

}  // namespace conference
