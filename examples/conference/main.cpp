// weir-conference: rooms for browsers, WHIP and WHEP, on libweir.
#include <cstdio>
#include <exception>
#include <variant>

#include "clock.h"
#include "options.h"
#include "server.h"
#include "start_error.h"
#include "tls.h"
#include "tokens.h"
#include "weir/room.h"

namespace {

using namespace conference;

int run(const ServeOptions& options) {
  return serve(options);
}

int run(const TokenOptions& options) {
  Grant grant{options.room, options.name, 0, 0};
  for (const std::string& word : options.may) grant.may |= may_bit(word).value_or(0);
  if (options.may.empty()) grant.may = WEIR_MAY_ALL;
  grant.expires_s = system_clock().wall_ms() / 1000 + std::int64_t{options.minutes} * 60;
  std::puts(TokenKey::read(options.key).sign(grant).c_str());
  return 0;
}

int run(const CertificateOptions& options) {
  const auto [certificate, key] = make_certificate(options.folder);
  std::printf("weir-conference --port 8443 --tls-cert %s --tls-key %s\n", certificate.c_str(), key.c_str());
  return 0;
}

int run(const Done& done) {
  std::fputs(done.text.c_str(), stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return std::visit([](const auto& options) { return run(options); },
                      conference::parse_options(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "weir-conference: %s\n", error.what());
    return 1;
  }
}
