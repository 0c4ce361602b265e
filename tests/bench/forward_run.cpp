#include "forward_run.h"

#include <algorithm>
#include <ctime>
#include <stdexcept>

#include "rtp/packet.h"

namespace weir::bench {

namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kTransportCc = 3;
constexpr Duration kOneWay = 20ms;   // from the node to a receiver
constexpr Duration kReports = 50ms;  // as libwebrtc's at such rates

double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::uint32_t tail_of(const Address& address) {
  return load_u32(address.ip.data());
}

engine::Options options_for(const ForwardSettings& settings) {
  engine::Options options;
  options.max_room_participants = static_cast<std::uint32_t>(settings.subscribers + 1);
  options.egress_bytes = std::size_t{16} << 20;
  // Receivers that report nothing are not paced, and have room for whatever is sent.
  if (!settings.feedback) options.default_receive_bitrate = 1'000'000'000;
  return options;
}

}  // namespace

ForwardRun::ForwardRun(const ForwardSettings& settings, const Sink& sink, std::size_t first_receiver)
    : settings_(settings) {
  auto opened = io::UdpSocket::open(sink.sender(), settings.socket);
  if (!opened) throw std::runtime_error{opened.error().reason};
  socket_ = std::move(*opened);
  if (uv_loop_init(&loop_) != 0) throw std::runtime_error{"cannot make an event loop"};
  const auto take = [](void* context, std::span<const engine::Datagram> datagrams) {
    ForwardRun& run = *static_cast<ForwardRun*>(context);
    const double begin = cpu_ns();
    run.engine_->receive(run.now_, datagrams);
    run.cost_.engine_ns += cpu_ns() - begin;
    run.drain(true);
    run.callback_ns_ += cpu_ns() - begin;
  };
  if (socket_->start(loop_, {take, this}) != 0) throw std::runtime_error{"cannot read a socket"};

  engine::Options options = options_for(settings);
  options.candidates = {socket_->local()};
  auto certificate = crypto::Certificate::make(random_, 1'700'000'000);
  engine_ = std::make_unique<engine::Engine>(options, *certificate, random_, Log{});
  weir_room_options room{};
  room.struct_size = sizeof room;
  const Id in = *engine_->open_room(now_, room);
  weir_participant_options person{};
  person.struct_size = sizeof person;
  person.may = WEIR_MAY_ALL;

  const Id sender = *engine_->join(now_, in, person);
  publisher_ =
      std::make_unique<MediaPeer>(1, publisher_socket_.local(), socket_->local(), settings.shape, true, true);
  connect(*publisher_, sender);
  track_ = Id{engine_->participant_tracks(sender)->at(0)};
  std::vector<Id> receivers;
  subscribers_.resize(settings.subscribers);
  for (std::size_t i = 0; i < settings.subscribers; ++i) {
    const Address at = sink.receiver(first_receiver + i);
    subscribers_[i].peer =
        std::make_unique<MediaPeer>(2 + i, at, socket_->local(), settings.shape, false, settings.feedback);
    by_receiver_[tail_of(at)] = i;
    const Id receiver = *engine_->join(now_, in, person);
    connect(*subscribers_[i].peer, receiver);
    receivers.push_back(receiver);
  }
  for (const Id receiver : receivers) choose_source(receiver);
}

ForwardRun::~ForwardRun() {
  uv_walk(
      &loop_, [](uv_handle_t* handle, void*) { uv_close(handle, nullptr); }, nullptr);
  while (uv_loop_close(&loop_) == UV_EBUSY) uv_run(&loop_, UV_RUN_DEFAULT);
}

void ForwardRun::choose_source(Id subscriber) {
  weir_source source{};
  source.struct_size = sizeof source;
  source.kind = WEIR_SOURCE_TRACK;
  source.track = track_.value;
  const Id line{engine_->participant_subscriptions(subscriber)->at(0)};
  if (engine_->set_source(now_, line, source) != WEIR_OK) throw std::runtime_error{"cannot subscribe"};
}

/// ICE and DTLS in memory.
void ForwardRun::connect(MediaPeer& peer, Id participant) {
  const auto answer = engine_->negotiate(now_, participant, peer.offer());
  if (!answer) throw std::runtime_error{answer.error().reason};
  peer.take_answer(*answer);
  const Time limit = now_ + 5s;
  while (!peer.peer().connected()) {
    if (now_ > limit) throw std::runtime_error{"a client does not connect"};
    peer.peer().step(now_);
    carry(peer);
    arrive(false);
    now_ += 1ms;
    if (engine_->deadline() <= now_) engine_->advance(now_);
    for (transport::HandshakeJob& job : engine_->take_jobs()) {
      job.run();
      engine_->finish(now_, std::move(job));
    }
    note_departures();
    EgressBatch& egress = engine_->egress();
    for (const EgressBatch::Entry& entry : egress.entries()) {
      const Bytes bytes = egress.bytes(entry);
      if (entry.path.remote != peer.address()) continue;
      peer.peer().receive(now_, {entry.path.local, entry.path.remote, {bytes.begin(), bytes.end()}});
    }
    egress.clear();
    report_all();
  }
  carry(peer);
  arrive(false);
  drain(false);
}

/// What a client has to say, in memory.
void ForwardRun::carry(MediaPeer& peer) {
  for (test::Datagram& sent : peer.peer().take_transmits()) arriving_.push_back(std::move(sent));
}

/// As sockets hand over what has come: so many at once.
void ForwardRun::arrive(bool measured) {
  constexpr std::size_t kRead = 32;
  std::vector<engine::Datagram> read;
  for (std::size_t first = 0; first < arriving_.size(); first += kRead) {
    read.clear();
    for (std::size_t i = first; i < std::min(first + kRead, arriving_.size()); ++i) {
      read.push_back({.path = {arriving_[i].to, arriving_[i].from}, .bytes = arriving_[i].bytes});
    }
    const double begin = cpu_ns();
    engine_->receive(now_, read);
    cost_.engine_ns += cpu_ns() - begin;
    if (measured) drain(true);
  }
  arriving_.clear();
}

/// What receivers of transport-wide feedback will report: the numbers are readable in what left.
void ForwardRun::note_departures() {
  if (!settings_.feedback) return;
  const EgressBatch& egress = engine_->egress();
  for (const EgressBatch::Entry& entry : egress.entries()) {
    const auto who = by_receiver_.find(tail_of(entry.path.remote));
    const Bytes bytes = egress.bytes(entry);
    if (who == by_receiver_.end() || bytes.size() < 12 || bytes[0] < 128 || rtp::is_rtcp(bytes)) continue;
    const auto packet = rtp::Packet::parse(bytes);
    if (!packet) continue;
    const auto number = packet->extension(kTransportCc);
    if (!number || number->size() < 2) continue;
    subscribers_[who->second].arrivals.on_packet(now_ + kOneWay, load_u16(number->data()));
  }
}

void ForwardRun::drain(bool measured) {
  for (transport::HandshakeJob& job : engine_->take_jobs()) {
    job.run();
    engine_->finish(now_, std::move(job));
  }
  weir_event event;
  while (engine_->next_event(event)) {
  }
  send_egress(measured);
  while (engine_->pending()) {
    const double begin = cpu_ns();
    engine_->advance(now_);
    cost_.engine_ns += cpu_ns() - begin;
    send_egress(measured);
  }
}

void ForwardRun::send_egress(bool measured) {
  EgressBatch& egress = engine_->egress();
  if (measured && !egress.entries().empty()) {
    note_departures();
    const double begin = cpu_ns();
    const io::SendOutcome outcome = socket_->send(egress);
    cost_.send_ns += cpu_ns() - begin;
    cost_.drops += outcome.buffer_full + outcome.failed;
  }
  egress.clear();
}

void ForwardRun::send_frame() {
  for (const test::Datagram& packet : publisher_->next_frame(now_))
    publisher_socket_.send(packet.to, packet.bytes);
  const double before = callback_ns_;
  const double begin = cpu_ns();
  uv_run(&loop_, UV_RUN_NOWAIT);
  cost_.receive_ns += cpu_ns() - begin - (callback_ns_ - before);
}

void ForwardRun::report_all() {
  if (!settings_.feedback) return;
  for (Subscriber& subscriber : subscribers_) report(subscriber);
  arrive(true);
}

void ForwardRun::report(Subscriber& subscriber) {
  if (subscriber.peer == nullptr || now_ < subscriber.next_report || !subscriber.arrivals.pending()) return;
  subscriber.next_report = now_ + kReports;
  std::array<std::uint8_t, 1200> memory;
  ByteWriter out{memory};
  if (!subscriber.arrivals.write(out, 1, 2)) throw std::runtime_error{"a report does not fit"};
  subscriber.peer->peer().send_rtcp(out.written());
  carry(*subscriber.peer);
}

/// Timers of the engine, reports and checks of the clients, until then.
void ForwardRun::pass(Duration time) {
  const Time end = now_ + time;
  // As a worker does, which wakes at whole milliseconds.
  for (now_ += 1ms; now_ < end; now_ += 1ms) {
    if (engine_->deadline() > now_) continue;
    const double begin = cpu_ns();
    engine_->advance(now_);
    cost_.engine_ns += cpu_ns() - begin;
    drain(true);
  }
  now_ = end;
  report_all();
  for (Subscriber& subscriber : subscribers_) {
    if (subscriber.peer->peer().deadline() > now_) continue;
    subscriber.peer->peer().step(now_);
    carry(*subscriber.peer);
  }
  publisher_->peer().step(now_);
  carry(*publisher_);
  arrive(true);
}

ForwardCost ForwardRun::run(Duration media) {
  cost_ = {};
  const io::SendCounters before = socket_->counters();
  weir_node_stats first{};
  engine_->node_stats(first);
  for (Duration done{}; done < media; done += settings_.shape.interval) {
    send_frame();
    pass(settings_.shape.interval);
  }
  weir_node_stats last{};
  engine_->node_stats(last);
  cost_.offered = static_cast<std::uint64_t>(media / settings_.shape.interval) * settings_.shape.packets *
                  settings_.subscribers;
  cost_.packets = last.packets_forwarded - first.packets_forwarded;
  cost_.bytes = last.bytes_sent - first.bytes_sent;
  cost_.socket = socket_->counters();
  cost_.socket.calls -= before.calls;
  cost_.socket.messages -= before.messages;
  cost_.socket.segments -= before.segments;
  return cost_;
}

}  // namespace weir::bench
