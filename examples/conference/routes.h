// Which request gets which answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "http_message.h"
#include "http_sessions.h"
#include "web_files.h"

namespace conference {

class Routes {
 public:
  /// @param metrics gives the text of GET /metrics. @param stopping tells /healthz.
  Routes(WebFiles files, HttpSessions& sessions, std::function<std::string()> metrics,
         std::function<bool()> stopping)
      : files_{std::move(files)},
        sessions_{sessions},
        metrics_{std::move(metrics)},
        stopping_{std::move(stopping)} {}

  HttpResponse answer(const HttpRequest& request);

 private:
  HttpResponse page(const HttpRequest& request);

  WebFiles files_;
  HttpSessions& sessions_;
  std::function<std::string()> metrics_;
  std::function<bool()> stopping_;
};

}  // namespace conference
