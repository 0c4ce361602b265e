#include "scenario/world.h"

#include <algorithm>

#include "rtp/packet.h"
#include "support/library_time.h"

namespace weir::scenario {

namespace {

Address node_address() {
  return *Address::parse("192.0.2.1", 5000);
}

engine::Options with_candidate(engine::Options options) {
  options.candidates = {node_address()};
  options.ntp_at_zero = World::kNtpAtZero;
  return options;
}

std::shared_ptr<const crypto::Certificate> make_certificate(Random& random) {
  auto made = crypto::Certificate::make(random, 1'700'000'000);
  REQUIRE(made.ok());
  return *made;
}

Address client_address(std::uint32_t number, std::uint32_t generation) {
  return *Address::parse("198.51.100." + std::to_string(number % 250 + 1),
                         static_cast<std::uint16_t>(20'000 + number + generation * 1000));
}

}  // namespace

World::World(std::uint64_t seed, engine::Options options)
    : random_(seed),
      network_(seed ^ 0x5eedU),
      node_address_(node_address()),
      engine_(with_candidate(std::move(options)), make_certificate(random_), random_, Log{}) {
  test::set_library_time(now_);
}

weir_participant_options World::default_participant() {
  weir_participant_options options{};
  options.struct_size = sizeof options;
  options.may = WEIR_MAY_ALL;
  options.default_audio_source = WEIR_SOURCE_VOICE;
  return options;
}

Id World::open_room(std::uint32_t max_participants) {
  const auto room = engine_.open_room(now_, {.struct_size = sizeof(weir_room_options),
                                             .max_participants = max_participants,
                                             .user = 0,
                                             .dominant_speaker = 1,
                                             .dominant_hold_ms = 1000});
  REQUIRE(room.ok());
  return *room;
}

Client& World::join(Id room, const Person& person, weir_participant_options options) {
  const auto number = static_cast<std::uint32_t>(clients_.size() + 1);
  const Address local = client_address(number, 0);
  clients_.push_back(std::make_unique<Client>(number, person, local, node_address_, network_.u64()));
  Client& client = *clients_.back();
  addresses_[local.text()] = number;
  links_[number] = {};
  if (person.joins_as_listener) options.may = WEIR_MAY_RECEIVE_AUDIO | WEIR_MAY_RECEIVE_VIDEO;
  const auto joined = engine_.join(now_, room, options);
  REQUIRE(joined.ok());
  client.id = *joined;
  REQUIRE(negotiate(client) == WEIR_OK);
  return client;
}

Id World::join_local(Id room, weir_participant_options options) {
  options.kind = WEIR_PARTICIPANT_LOCAL;
  const auto joined = engine_.join(now_, room, options);
  REQUIRE(joined.ok());
  drain();
  return *joined;
}

void World::leave(Client& client) {
  CHECK(engine_.leave(now_, client.id) == WEIR_OK);
  drain();
}

weir_status World::negotiate(Client& client) {
  const auto answer = engine_.negotiate(now_, client.id, client.offer());
  drain();
  if (!answer) {
    return answer.error().status;
  }
  client.take_answer(*answer);
  return WEIR_OK;
}

std::uint32_t World::client_at(const Address& address) const {
  const auto found = addresses_.find(address.text());
  return found == addresses_.end() ? 0 : found->second;
}

/// When a datagram leaves a narrowed link towards the client; nothing when it is dropped.
std::optional<Time> World::through_link(const Link& link, LinkUse& use, std::size_t bytes) {
  constexpr Duration kBucket = 30ms;
  Time leaves = now_;
  if (link.kbps > 0) {
    const Duration wait = std::max(use.free_at, now_) - now_;
    if (wait > (link.policer ? kBucket : link.queue)) {
      ++use.dropped;
      return std::nullopt;
    }
    use.free_at =
        now_ + wait + Duration{static_cast<std::int64_t>(static_cast<double>(bytes) * 8000 / link.kbps)};
    if (!link.policer) {
      leaves = use.free_at;
      use.longest_wait = std::max(use.longest_wait, wait);
    }
  }
  use.bytes += bytes;
  if (link.radio == Duration{}) return leaves;
  leaves += Duration{static_cast<std::int64_t>(network_.unit() * static_cast<double>(link.radio.count()))};
  use.last_arrival = leaves = std::max(leaves, use.last_arrival);
  return leaves;
}

class World::Beside final : public test::TcpPath {
 public:
  Beside(World& world, std::uint32_t client) : world_(world), client_(client) {}

  Time now() const override { return world_.now_; }
  void after(Duration delay, std::function<void()> event) override { world_.after(delay, std::move(event)); }
  void send(std::uint32_t bytes, std::function<void()> arrived) override {
    const Link& link = world_.links_[client_];
    const auto leaves = world_.through_link(link, world_.uses_[client_], bytes);
    if (leaves && !link.cut) world_.later_.emplace(*leaves + link.delay, std::move(arrived));
  }
  void acknowledge(std::uint32_t, std::function<void()> arrived) override {
    after(world_.links_[client_].delay, std::move(arrived));
  }

 private:
  World& world_;
  std::uint32_t client_;
};

std::unique_ptr<test::TcpPath> World::beside(const Client& client) {
  return std::make_unique<Beside>(*this, client.number());
}

void World::send(const test::Datagram& datagram, std::uint32_t number) {
  const Link link = number == 0 ? Link{} : links_[number];
  const bool dtls = !datagram.bytes.empty() && datagram.bytes[0] >= 20 && datagram.bytes[0] <= 63;
  const bool lost = network_.unit() < link.loss || (dtls && network_.unit() < link.dtls_loss);
  const Duration extra{static_cast<std::int64_t>(network_.unit() * static_cast<double>(link.jitter.count()))};
  if (link.cut || lost) return;
  Time leaves = now_;
  LinkUse& use = uses_[number];
  if (datagram.from == node_address_) {
    const auto at = through_link(link, use, datagram.bytes.size());
    if (!at) return;
    leaves = *at;
  } else if (datagram.bytes.size() > 1 && datagram.bytes[0] >= 128 && rtp::is_rtcp(datagram.bytes)) {
    if (link.rtcp_loss > 0 && network_.unit() < link.rtcp_loss) return;
    if (link.rtcp_late > Duration{} && ++use.reports % 4 == 0) leaves += link.rtcp_late;
  }
  const bool twice = link.twice && datagram.to == node_address_;
  for (int i = 0; i < (twice ? 2 : 1); ++i) {
    flights_.push({.at = leaves + link.delay + extra, .order = order_++, .datagram = datagram});
  }
}

void World::drain() {
  for (;;) {
    for (transport::HandshakeJob& job : engine_.take_jobs()) {
      job.run();
      working_.push_back({.at = now_ + handshake_latency, .job = std::move(job)});
    }
    weir_event event;
    while (engine_.next_event(event)) events_.push_back(event);
    EgressBatch& egress = engine_.egress();
    if (egress.entries().empty()) return;
    for (const EgressBatch::Entry& entry : egress.entries()) {
      const Bytes bytes = egress.bytes(entry);
      if (bytes.empty()) continue;
      const std::uint32_t number = client_at(entry.path.remote);
      if (number == 0) strangers[entry.path.remote.text()].second += bytes.size();
      send({.from = entry.path.local, .to = entry.path.remote, .bytes = {bytes.begin(), bytes.end()}},
           number);
    }
    egress.clear();
  }
}

void World::note(const test::Datagram& datagram) {
  // Size, kind and time; what is inside is added by the clients, plain. (mbedTLS 2.28 puts the wall clock
  // into its hellos, so that keys, and with them the bytes of a datagram, differ from run to run.)
  for (const std::uint64_t fact :
       {static_cast<std::uint64_t>(to_us(now_)), std::uint64_t{datagram.bytes.size()},
        std::uint64_t{datagram.bytes.empty() ? 0U : datagram.bytes[0]}}) {
    transcript_ = (transcript_ ^ fact) * 0x100000001b3U;
  }
}

void World::deliver(const test::Datagram& datagram) {
  note(datagram);
  if (datagram.to == node_address_) {
    const engine::Datagram arrival{.path = {.local = datagram.to, .remote = datagram.from},
                                   .bytes = datagram.bytes};
    CHECK(engine_.receive(now_, {&arrival, 1}) == 1);
    drain();
    return;
  }
  const std::uint32_t number = client_at(datagram.to);
  if (number != 0) clients_[number - 1]->receive(now_, datagram);
}

/// What has arrived by now.
void World::deliver_due() {
  std::vector<test::Datagram> read;
  const auto there = [&] { return !flights_.empty() && flights_.top().at <= now_; };
  while (there()) {
    read.clear();
    while (there() && flights_.top().datagram.to == node_address_ && read.size() < read_at_once) {
      read.push_back(flights_.top().datagram);
      flights_.pop();
    }
    if (read.size() < 2) {
      const test::Datagram datagram = read.empty() ? flights_.top().datagram : read.front();
      if (read.empty()) flights_.pop();
      deliver(datagram);
      continue;
    }
    std::vector<engine::Datagram> arrivals;
    for (const test::Datagram& datagram : read) {
      note(datagram);
      arrivals.push_back({.path = {.local = datagram.to, .remote = datagram.from}, .bytes = datagram.bytes});
    }
    CHECK(engine_.receive(now_, arrivals) == arrivals.size());
    drain();
  }
}

Time World::next() const {
  Time at = engine_.deadline();
  if (!flights_.empty()) at = std::min(at, flights_.top().at);
  for (const Working& working : working_) at = std::min(at, working.at);
  for (const auto& client : clients_) at = std::min(at, client->deadline());
  if (!later_.empty()) at = std::min(at, later_.begin()->first);
  return at;
}

void World::run(Duration duration) {
  run_until([] { return false; }, duration);
}

bool World::run_until(const std::function<bool()>& done, Duration limit) {
  const Time end = now_ + limit;
  // Every turn moves time on or handles something that was due; a world that does neither is broken.
  int turns_without_time = 0;
  while (!done()) {
    const Time at = std::min(std::max(next(), now_), end);
    turns_without_time = at == now_ ? turns_without_time + 1 : 0;
    REQUIRE(turns_without_time < 10'000);
    now_ = at;
    test::set_library_time(now_);
    deliver_due();
    while (!later_.empty() && later_.begin()->first <= now_) {
      const auto event = later_.extract(later_.begin());
      event.mapped()();
    }
    for (std::size_t i = 0; i < working_.size();) {
      if (working_[i].at > now_) {
        ++i;
        continue;
      }
      transport::HandshakeJob job = std::move(working_[i].job);
      working_.erase(working_.begin() + static_cast<std::ptrdiff_t>(i));
      engine_.finish(now_, std::move(job));
      drain();
    }
    if (engine_.deadline() <= now_) engine_.advance(now_);
    drain();
    for (const auto& client : clients_) {
      if (client->deadline() <= now_) client->step(now_);
      for (const test::Datagram& datagram : client->peer().take_transmits()) send(datagram, client->number());
    }
    if (now_ >= end) return done();
  }
  return true;
}

void World::move(Client& client) {
  const Address to = client_address(client.number(), 1);
  addresses_[to.text()] = client.number();
  client.peer().move_to(now_, to);
}

void World::inject(const Address& from, Bytes bytes) {
  strangers[from.text()].first += bytes.size();
  deliver({.from = from, .to = node_address_, .bytes = {bytes.begin(), bytes.end()}});
}

Id World::track(const Client& client, const char* mid) {
  const auto ids = engine_.participant_tracks(client.id);
  REQUIRE(ids.ok());
  for (const std::uint64_t id : *ids) {
    weir_track_info info{};
    REQUIRE(engine_.track_info(Id{id}, info) == WEIR_OK);
    if (std::string_view{info.mid} == mid) return Id{id};
  }
  return {};
}

Id World::subscription(const Client& client, const char* mid) {
  const auto ids = engine_.participant_subscriptions(client.id);
  REQUIRE(ids.ok());
  for (const std::uint64_t id : *ids) {
    if (std::string_view{info(Id{id}).mid} == mid) return Id{id};
  }
  return {};
}

weir_subscription_info World::info(Id subscription) {
  weir_subscription_info info{};
  REQUIRE(engine_.subscription_info(subscription, info) == WEIR_OK);
  return info;
}

void World::watch(Client& client, int line, const Client& whom) {
  const Id subscription_id = subscription(client, ("rv" + std::to_string(line)).c_str());
  weir_source source{};
  source.kind = WEIR_SOURCE_TRACK;
  source.track = track(whom, "cam").value;
  CHECK(engine_.set_source(now_, subscription_id, source) == WEIR_OK);
  drain();
}

void World::set_rule(Client& client, MediaKind kind, int line, std::int32_t rule, std::uint32_t rank) {
  const std::string mid = (kind == MediaKind::audio ? "ra" : "rv") + std::to_string(line);
  weir_source source{};
  source.kind = rule;
  source.rank = rank;
  CHECK(engine_.set_source(now_, subscription(client, mid.c_str()), source) == WEIR_OK);
  drain();
}

weir_track_stats World::track_stats(Id track) {
  weir_track_stats stats{};
  REQUIRE(engine_.track_stats(now_, track, stats) == WEIR_OK);
  return stats;
}

weir_subscription_stats World::subscription_stats(Id subscription) {
  weir_subscription_stats stats{};
  REQUIRE(engine_.subscription_stats(subscription, stats) == WEIR_OK);
  return stats;
}

weir_participant_stats World::participant_stats(const Client& client) {
  weir_participant_stats stats{};
  REQUIRE(engine_.participant_stats(client.id, stats) == WEIR_OK);
  return stats;
}

weir_node_stats World::node_stats() {
  weir_node_stats stats{};
  engine_.node_stats(stats);
  return stats;
}

std::uint64_t World::transcript() const {
  std::uint64_t all = transcript_;
  for (const auto& client : clients_) all = (all ^ client->digest()) * 0x100000001b3U;
  return all;
}

std::vector<weir_event> World::events(std::int32_t type) const {
  std::vector<weir_event> found;
  std::copy_if(events_.begin(), events_.end(), std::back_inserter(found),
               [&](const weir_event& e) { return e.type == type; });
  return found;
}

}  // namespace weir::scenario
