#include "http_sessions.h"

#include "sdp_fragment.h"
#include "secrets.h"
#include "text.h"

namespace conference {
namespace {

constexpr std::string_view sdp_type = "application/sdp";
constexpr std::string_view fragment_type = "application/trickle-ice-sdpfrag";

struct Place {
  MemberKind kind = MemberKind::whip;
  std::string room;
  std::string secret;  // empty: the endpoint itself
};

/// /whip/{room} or /whip/{room}/{secret}
std::optional<Place> parse_path(std::string_view path) {
  Place place;
  if (path.substr(0, 6) == "/whep/") {
    place.kind = MemberKind::whep;
  } else if (path.substr(0, 6) != "/whip/") {
    return std::nullopt;
  }
  path.remove_prefix(6);
  const std::size_t slash = path.find('/');
  place.room = path.substr(0, slash);
  if (!valid_room_name(place.room)) return std::nullopt;
  if (slash == std::string_view::npos) return place;
  place.secret = path.substr(slash + 1);
  if (place.secret.empty() || place.secret.find('/') != std::string::npos) return std::nullopt;
  return place;
}

HttpResponse not_allowed(std::string allow) {
  return problem(405, "Method not allowed").with("Allow", std::move(allow));
}

/// The HTTP status of a refusal.
HttpResponse refused(const Refusal& refusal) {
  std::string detail = refusal.message;
  if (refusal.line != 0) detail += " (line " + std::to_string(refusal.line) + ")";
  const std::string& code = refusal.code;
  if (code == "token_missing" || code == "token_invalid" || code == "token_expired") {
    // RFC 6750 section 3: a challenge names the error unless there was no token at all.
    const std::string error = code == "token_missing" ? "" : ", error=\"invalid_token\"";
    return problem(401, code, detail).with("WWW-Authenticate", "Bearer realm=\"weir\"" + error);
  }
  if (code == "token_room" || code == "not_allowed") return problem(403, code, detail);
  if (code == "rate") return problem(429, code, detail).with("Retry-After", "60");
  if (code == "full" || code == "limit" || code == "shutdown") {
    return problem(503, code, detail).with("Retry-After", "10");
  }
  if (code == "sdp") return problem(400, code, detail);
  if (code == "not_found") return problem(404, code, detail);
  return problem(code == "internal" ? 500 : 400, code, detail);
}

}  // namespace

HttpSessions::HttpSessions(Hub& hub, Admission& admission, std::vector<std::string> allowed_origins)
    : hub_{hub}, admission_{admission}, allowed_origins_{std::move(allowed_origins)} {
  hub_.on_http_member_left = [this](weir_participant left) {
    std::erase_if(sessions_, [&](const auto& each) { return each.second.participant == left; });
  };
}

bool HttpSessions::serves(std::string_view path) {
  return path.substr(0, 6) == "/whip/" || path.substr(0, 6) == "/whep/";
}

HttpResponse HttpSessions::handle(const HttpRequest& request) {
  HttpResponse response;
  const auto place = parse_path(request.path);
  if (!origin_allowed(request.origin, request.host, allowed_origins_)) {
    response = problem(403, "not_allowed", "Pages of this origin may not use this server.");
    return response.with("Vary", "Origin");
  }
  if (!place) {
    response = problem(404, "not_found", "There is nothing here.");
  } else if (place->secret.empty()) {
    response = on_endpoint(request, place->kind, place->room);
  } else {
    response = on_resource(request, place->room, place->secret);
  }
  allow_origin(request, response);
  return response;
}

/// CORS, for the pages of allowed origins.
void HttpSessions::allow_origin(const HttpRequest& request, HttpResponse& response) const {
  if (request.origin.empty()) return;
  response.with("Access-Control-Allow-Origin", request.origin).with("Vary", "Origin");
  response.with("Access-Control-Expose-Headers", "Location, ETag, Accept-Patch");
  if (request.method != Method::options) return;
  response.with("Access-Control-Allow-Methods", "OPTIONS, POST, PATCH, DELETE");
  response.with("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match");
  response.with("Access-Control-Max-Age", "600");
}

HttpResponse HttpSessions::on_endpoint(const HttpRequest& request, MemberKind kind, const std::string& room) {
  switch (request.method) {
    case Method::post:
      return create(request, kind, room);
    case Method::options: {
      HttpResponse response;
      response.status = 204;
      return response.with("Accept-Post", std::string{sdp_type}).with("Allow", "OPTIONS, POST");
    }
    default:
      return not_allowed("OPTIONS, POST");  // RFC 9725 section 4.1
  }
}

HttpResponse HttpSessions::on_resource(const HttpRequest& request, const std::string& room,
                                       const std::string& secret) {
  if (request.method == Method::options) {
    HttpResponse response;
    response.status = 204;
    return response.with("Accept-Patch", std::string{fragment_type}).with("Allow", "OPTIONS, PATCH, DELETE");
  }
  const auto found = sessions_.find(secret);
  if (found == sessions_.end() || found->second.room != room) {
    return problem(404, "not_found", "The session has ended or never was.");
  }
  switch (request.method) {
    case Method::patch:
      return patch(request, found->second);
    case Method::remove: {
      hub_.leave(found->second.participant, "left");  // takes it out of sessions_
      return {};
    }
    default:
      return not_allowed("OPTIONS, PATCH, DELETE");
  }
}

HttpResponse HttpSessions::create(const HttpRequest& request, MemberKind kind, const std::string& room) {
  if (media_type(request.content_type) != sdp_type) {
    return problem(415, "Unsupported media type", "An offer is application/sdp.")
        .with("Accept-Post", std::string{sdp_type});
  }
  const std::string name = !request.name.empty() ? request.name : kind == MemberKind::whip ? "WHIP" : "WHEP";
  if (!valid_member_name(name)) return problem(400, "name", "A name is 1 to 64 printable characters.");
  const auto admitted = admission_.admit(request.peer, room, name, bearer_token(request.authorization));
  if (const auto* refusal = std::get_if<Refusal>(&admitted)) return refused(*refusal);
  const auto& [granted_name, may] = std::get<Admission::Admitted>(admitted);
  constexpr std::uint32_t sending = WEIR_MAY_SEND_AUDIO | WEIR_MAY_SEND_VIDEO;
  const std::uint32_t direction = kind == MemberKind::whip ? sending : WEIR_MAY_ALL & ~sending;
  if ((may & direction) == 0) return refused({"not_allowed", "The token does not allow this direction.", 0});

  const auto joined = hub_.join({room, granted_name, kind, may & direction, nullptr});
  if (const auto* refusal = std::get_if<Refusal>(&joined)) return refused(*refusal);
  Member& member = *std::get<Member*>(joined);
  const auto answered = hub_.offer(member, request.body, {});
  if (const auto* refusal = std::get_if<Refusal>(&answered)) {
    hub_.leave(member.id, "refused");
    return refused(*refusal);
  }
  const SdpFragment ice = ice_of(request.body);
  const std::string secret = random_secret();
  const std::string etag = "\"" + std::to_string(++etags_) + "\"";
  sessions_[secret] = {member.id, room, request.body, ice.password, ice.ufrag, etag};
  HttpResponse response;
  response.status = 201;
  response.content_type = sdp_type;
  response.body = std::get<AnswerView>(answered).sdp;
  response.with("Location", request.path + "/" + secret).with("ETag", etag);
  return response.with("Accept-Patch", std::string{fragment_type});
}

/// RFC 9725 section 4.3: If-Match names the ICE session for trickle, "*" restarts ICE.
HttpResponse HttpSessions::patch(const HttpRequest& request, Ongoing& session) {
  if (media_type(request.content_type) != fragment_type) {
    return problem(415, "Unsupported media type", "A change is application/trickle-ice-sdpfrag.")
        .with("Accept-Patch", std::string{fragment_type});
  }
  if (request.if_match.empty()) return problem(428, "Precondition required", "If-Match is missing.");
  const auto fragment = parse_fragment(request.body);
  if (!fragment) return problem(400, "sdp", "The fragment cannot be read.");
  if (!names_etag(request.if_match, session.etag)) {
    return problem(412, "Precondition failed", "The ICE session has been restarted since.");
  }
  const bool other = !fragment->ufrag.empty() &&
                     (fragment->ufrag != session.ufrag || fragment->password != session.password);
  if (!other) return trickle(session, fragment->candidates);
  if (request.if_match != "*") {
    return problem(412, "Precondition failed", "An ICE restart asks for If-Match: *.");
  }
  return restart(session, *fragment);
}

HttpResponse HttpSessions::trickle(Ongoing& session, const std::vector<std::string>& candidates) {
  const Member* const member = hub_.find(session.participant);
  if (member == nullptr) return problem(404, "not_found", "The session has ended.");
  for (const std::string& candidate : candidates) {
    const weir_status status = hub_.add_candidate(*member, candidate);
    if (status != WEIR_OK) return problem(400, "sdp", "A candidate cannot be read.");
  }
  HttpResponse response;
  response.status = 204;
  return response;
}

HttpResponse HttpSessions::restart(Ongoing& session, const SdpFragment& fragment) {
  Member* const member = hub_.find(session.participant);
  if (member == nullptr) return problem(404, "not_found", "The session has ended.");
  std::string offer = with_credentials(session.offer, fragment);
  const auto answered = hub_.offer(*member, offer, {});
  if (const auto* refusal = std::get_if<Refusal>(&answered)) return refused(*refusal);
  const std::string& answer = std::get<AnswerView>(answered).sdp;
  session.offer = std::move(offer);
  session.ufrag = fragment.ufrag;
  session.password = fragment.password;
  session.etag = "\"" + std::to_string(++etags_) + "\"";
  const FirstMedia media = first_media(answer);
  HttpResponse response;
  response.content_type = fragment_type;
  response.body = fragment_text(ice_of(answer), media.line, media.mid);
  return response.with("ETag", session.etag);
}

}  // namespace conference
