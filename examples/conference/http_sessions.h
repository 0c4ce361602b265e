// WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): a session is made by POST of an offer, changed by PATCH,
// ended by DELETE. The URL of a session holds 160 random bits; who knows it may change and end the session,
// so it is never logged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "admission.h"
#include "http_message.h"
#include "hub.h"
#include "sdp_fragment.h"

namespace conference {

class HttpSessions {
 public:
  HttpSessions(Hub& hub, Admission& admission, std::vector<std::string> allowed_origins);

  /// Whether a path is one of ours: /whip/... or /whep/...
  static bool serves(std::string_view path);

  HttpResponse handle(const HttpRequest& request);

  std::size_t count() const { return sessions_.size(); }

 private:
  struct Ongoing {
    weir_participant participant = 0;
    std::string room;
    std::string offer;     // the newest, for an ICE restart by PATCH
    std::string password;  // of the client's ICE
    std::string ufrag;
    std::string etag;
  };

  HttpResponse on_endpoint(const HttpRequest& request, MemberKind kind, const std::string& room);
  HttpResponse on_resource(const HttpRequest& request, const std::string& room, const std::string& secret);
  HttpResponse create(const HttpRequest& request, MemberKind kind, const std::string& room);
  HttpResponse patch(const HttpRequest& request, Ongoing& session);
  HttpResponse trickle(Ongoing& session, const std::vector<std::string>& candidates);
  HttpResponse restart(Ongoing& session, const SdpFragment& fragment);
  void allow_origin(const HttpRequest& request, HttpResponse& response) const;

  Hub& hub_;
  Admission& admission_;
  std::vector<std::string> allowed_origins_;
  std::unordered_map<std::string, Ongoing> sessions_;  // by secret
  std::uint64_t etags_ = 0;
};

}  // namespace conference
