#include "options.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "start_error.h"

using namespace conference;

namespace {

auto parse(std::vector<const char*> words) {
  words.insert(words.begin(), "weir-conference");
  return parse_options(static_cast<int>(words.size()), words.data());
}

/// The one line that a wrong command line gives; "" when it is right.
std::string fault(const std::vector<const char*>& words) {
  try {
    parse(words);
    return "";
  } catch (const StartError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("without options there is a server with defaults") {
  const auto options = std::get<ServeOptions>(parse({}));
  CHECK(options.port == 8080);
  CHECK(options.database == ":memory:");
  CHECK(options.resume_grace_s == 30);
  CHECK(options.bots == 0);
}

TEST_CASE("options are read") {
  const auto options =
      std::get<ServeOptions>(parse({"--port", "9000", "--bots", "3", "--public-ip", "198.51.100.1",
                                    "--public-ip", "2001:db8::1", "--allow-origin", "https://a.example",
                                    "--allow-origin", "https://b.example", "--log-level", "debug"}));
  CHECK(options.port == 9000);
  CHECK(options.bots == 3);
  CHECK(options.public_ipv4 == "198.51.100.1");
  CHECK(options.public_ipv6 == "2001:db8::1");
  CHECK(options.allowed_origins.size() == 2);
  CHECK(options.log_level == 3);
}

TEST_CASE("a wrong option gives one line") {
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"--prot", "1"},
                                             {"--port", "65536"},
                                             {"--port", "http"},
                                             {"--port"},
                                             {"--bots", "-1"},
                                             {"--workers", "0"},
                                             {"--public-ip", "example.org"},
                                             {"--public-ip", "192.0.2.1", "--public-ip", "192.0.2.2"},
                                             {"--host", "example.org"},
                                             {"--tls-cert", "cert.pem"},
                                             {"--bot-room", "a/b"},
                                             {"--allow-origin", "meet.example"},
                                             {"--media-port", "65535", "--workers", "2"},
                                             {"--log-level", "loud"},
                                             {"token", "--room", "r"},
                                             {"token", "--key", "k", "--room", "r", "--may", "sing"},
                                             {"more"}}) {
    const std::string line = fault(words);
    CAPTURE(words[0]);
    CAPTURE(line);
    CHECK_FALSE(line.empty());
    CHECK(line.find('\n') == std::string::npos);
  }
}

TEST_CASE("commands") {
  const auto token = std::get<TokenOptions>(
      parse({"token", "--key", "k", "--room", "r", "--may", "send-audio,receive-audio", "--minutes", "5"}));
  CHECK(token.may == std::vector<std::string>{"send-audio", "receive-audio"});
  CHECK(token.minutes == 5);
  CHECK(std::get<CertificateOptions>(parse({"make-cert"})).folder == ".");
  CHECK(std::get<CertificateOptions>(parse({"make-cert", "there"})).folder == "there");
  CHECK(std::get<Done>(parse({"--help"})).text.find("--token-key") != std::string::npos);
}
