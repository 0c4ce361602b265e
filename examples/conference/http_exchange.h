// One HTTP request on a connection: reads it, has it answered, sends the response.
#pragma once

#include <string>
#include <string_view>

#include "http_message.h"
#include "lws.h"
#include "routes.h"

namespace conference {

class HttpExchange {
 public:
  HttpExchange(lws* wsi, std::string_view path, Routes& routes);

  // From libwebsockets; what they return goes back to it.
  int begin();  // the headers are there
  int on_body(std::string_view part);
  int on_body_complete() { return respond(routes_.answer(request_)); }
  int on_writable();

 private:
  void read_headers();
  int add_status(const HttpResponse& response, unsigned char** at, unsigned char* end);
  int respond(const HttpResponse& response);
  int complete();

  lws* wsi_;
  Routes& routes_;
  HttpRequest request_;
  std::string rest_;  // LWS_PRE bytes, then what is still to be sent
  std::size_t sent_ = 0;
  bool responded_ = false;
};

}  // namespace conference
