#include "crowd.h"

#include <algorithm>
#include <stdexcept>

#include "support/library_time.h"

namespace weir::bench {

namespace {

using namespace std::chrono_literals;

std::uint32_t key_of(const Address& address) {
  return load_u32(address.ip.data());
}

Address node_address() {
  Address address;
  store_u32(address.ip.data(), 0x7f000001U);
  address.port = 5000;
  return address;
}

engine::Options with_address(engine::Options options, const Address& node) {
  options.candidates = {node};
  return options;
}

}  // namespace

Crowd::Crowd(engine::Options options, std::uint64_t seed)
    : random_(seed),
      network_(seed + 1),
      node_(node_address()),
      backend_(srtp::make_backend()),
      engine_(with_address(std::move(options), node_), *crypto::Certificate::make(random_, 1'700'000'000),
              random_, Log{}) {}

Id Crowd::open_room() {
  weir_room_options room{};
  room.struct_size = sizeof room;
  const auto opened = engine_.open_room(now_, room);
  if (!opened) throw std::runtime_error{opened.error().reason};
  drain();
  return *opened;
}

void Crowd::close_room(Id room) {
  if (engine_.close_room(now_, room) != WEIR_OK) throw std::runtime_error{"cannot close a room"};
  drain();
}

CrowdClient& Crowd::join(Id room, const CrowdShape& shape) {
  weir_participant_options person{};
  person.struct_size = sizeof person;
  person.may = WEIR_MAY_ALL;
  const auto joined = engine_.join(now_, room, person);
  if (!joined) throw std::runtime_error{joined.error().reason};
  CrowdClient& client =
      *clients_.emplace_back(std::make_unique<CrowdClient>(next_client_++, shape, node_, backend_));
  ids_[client.address().text()] = *joined;
  by_address_[key_of(client.address())] = &client;
  negotiate(client);
  return client;
}

void Crowd::negotiate(CrowdClient& client) {
  const auto answer = engine_.negotiate(now_, participant(client), client.offer());
  if (!answer) throw std::runtime_error{answer.error().reason};
  client.take_answer(*answer);
  drain();
}

void Crowd::take_out(CrowdClient& client) {
  ids_.erase(client.address().text());
  by_address_.erase(key_of(client.address()));
  std::erase_if(clients_, [&](const auto& each) { return each.get() == &client; });
}

void Crowd::leave(CrowdClient& client) {
  if (engine_.leave(now_, participant(client)) != WEIR_OK) throw std::runtime_error{"cannot leave"};
  drain();
  take_out(client);
}

void Crowd::clear() {
  ids_.clear();
  by_address_.clear();
  clients_.clear();
}

void Crowd::abandon(CrowdClient& client) {
  take_out(client);
}

void Crowd::show(CrowdClient& client, std::uint64_t first) {
  auto rank = static_cast<std::uint32_t>(first);
  const auto lines = engine_.participant_subscriptions(participant(client));
  if (!lines) throw std::runtime_error{lines.error().reason};
  for (const std::uint64_t line : *lines) {
    weir_subscription_info info{};
    info.struct_size = sizeof info;
    if (engine_.subscription_info(Id{line}, info) != WEIR_OK) throw std::runtime_error{"no such line"};
    weir_source source{};
    source.struct_size = sizeof source;
    source.kind = info.kind == WEIR_KIND_AUDIO ? WEIR_SOURCE_VOICE : WEIR_SOURCE_MEMBER;
    if (info.kind != WEIR_KIND_AUDIO) source.rank = rank++;
    if (engine_.set_source(now_, Id{line}, source) != WEIR_OK) throw std::runtime_error{"cannot subscribe"};
  }
  drain();
}

void Crowd::want(CrowdClient& client, std::uint32_t height) {
  const auto lines = engine_.participant_subscriptions(participant(client));
  if (!lines) throw std::runtime_error{lines.error().reason};
  for (const std::uint64_t line : *lines) {
    weir_wants wants;
    weir_wants_init(&wants, sizeof wants);
    wants.max_height = height;
    if (engine_.set_wants(now_, Id{line}, wants) == WEIR_ERR_NOT_FOUND)
      throw std::runtime_error{"no such line"};
  }
  drain();
}

void Crowd::carry(CrowdClient& client) {
  for (const test::Datagram& sent : client.take_transmits()) {
    if (loss_ > 0 && static_cast<double>(network_.below(1'000'000)) < loss_ * 1e6) continue;
    const engine::Datagram datagram{.path = {sent.to, sent.from}, .bytes = sent.bytes};
    while (engine_.receive(now_, {&datagram, 1}) == 0) drain();
  }
}

/// What leaves, where it goes.
void Crowd::drain() {
  for (;;) {
    std::vector<transport::HandshakeJob> jobs = engine_.take_jobs();
    weir_event event;
    while (engine_.next_event(event)) {
    }
    EgressBatch& egress = engine_.egress();
    for (const EgressBatch::Entry& entry : egress.entries()) {
      const auto to = by_address_.find(key_of(entry.path.remote));
      if (to == by_address_.end() || entry.size == 0) continue;
      if (loss_ > 0 && static_cast<double>(network_.below(1'000'000)) < loss_ * 1e6) continue;
      to->second->receive(now_, egress.bytes(entry));
    }
    egress.clear();
    if (jobs.empty()) return;
    for (transport::HandshakeJob& job : jobs) {
      job.run();
      engine_.finish(now_, std::move(job));
    }
  }
}

void Crowd::step() {
  now_ += kStep;
  test::set_library_time(now_);
  while (engine_.deadline() <= now_) {
    engine_.advance(now_);
    drain();
    if (engine_.egress().entries().empty() && engine_.deadline() <= now_) break;
  }
  for (const auto& client : clients_) {
    client->step(now_);
    carry(*client);
  }
  drain();
}

void Crowd::run(Duration time) {
  for (const Time end = now_ + time; now_ < end;) step();
}

void Crowd::connect(CrowdClient& client) {
  const Time limit = now_ + 10s;
  while (!client.up()) {
    if (now_ > limit) throw std::runtime_error{"a client does not connect"};
    now_ += kStep;
    test::set_library_time(now_);
    if (engine_.deadline() <= now_) engine_.advance(now_);
    drain();
    client.step(now_);
    carry(client);
    drain();
  }
}

}  // namespace weir::bench
