// The command line.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "address_limits.h"

namespace conference {

/// Run the server.
struct ServeOptions {
  std::uint16_t port = 8080;
  std::string host;  // empty: every address
  std::uint16_t media_port = 0;
  std::string public_ipv4;
  std::string public_ipv6;
  std::uint32_t workers = 1;
  bool loopback = false;
  int log_level = 2;               // WEIR_LOG_*
  std::uint32_t srtp_backend = 0;  // WEIR_SRTP_*
  std::uint32_t bots = 0;
  std::string bot_room = "lobby";
  std::string tls_cert;
  std::string tls_key;
  std::string token_key;
  std::vector<std::string> allowed_origins;
  std::string database = ":memory:";
  std::string web;  // empty: the page inside the program
  std::uint32_t resume_grace_s = 30;
  AddressLimitOptions limits;
  std::uint32_t messages_per_second = 50;
  std::uint32_t max_rooms = 1000;
  std::uint32_t max_participants = 2000;
  std::uint32_t max_room_participants = 500;
};

/// Print a join token.
struct TokenOptions {
  std::string key;
  std::string room;
  std::string name;
  std::vector<std::string> may;
  std::uint32_t minutes = 60;
};

/// Make a self-signed certificate and its key.
struct CertificateOptions {
  std::string folder = ".";
};

/// Nothing to do but print `text` and end.
struct Done {
  std::string text;
};

/// Throws StartError for a wrong option.
std::variant<ServeOptions, TokenOptions, CertificateOptions, Done> parse_options(int argc,
                                                                                 const char* const* argv);

}  // namespace conference
