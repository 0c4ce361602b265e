// The whole server: node, rooms, web server and bots on one libuv loop, from start to a clean end.
#pragma once

namespace conference {

struct ServeOptions;

/// Runs until a signal ends it. Throws StartError when it cannot start. @return the exit code.
int serve(const ServeOptions& options);

}  // namespace conference
