#include "io/interfaces.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using weir::Address;
using weir::io::candidate_addresses;
using weir::io::CandidateRules;

namespace {

Address at(const char* text) {
  return Address::parse(text, 0).value();
}

const std::vector<Address> kMachine{at("127.0.0.1"),    at("192.0.2.10"), at("169.254.3.4"), at("::1"),
                                    at("2001:db8::10"), at("fe80::1"),    at("192.0.2.10")};

CandidateRules everything() {
  CandidateRules rules;
  rules.listen_ipv4 = at("0.0.0.0");
  rules.listen_ipv6 = at("::");
  return rules;
}

std::vector<std::string> texts(const std::vector<Address>& addresses) {
  std::vector<std::string> out;
  for (const Address& address : addresses) out.push_back(address.text());
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("all addresses of the machine but loopback and link-local, each once") {
  CHECK(texts(candidate_addresses(kMachine, everything(), 5000)) ==
        Texts{"192.0.2.10:5000", "[2001:db8::10]:5000"});
}

TEST_CASE("loopback comes last when asked for") {
  CandidateRules rules = everything();
  rules.loopback = true;
  CHECK(texts(candidate_addresses(kMachine, rules, 5000)) ==
        Texts{"192.0.2.10:5000", "[2001:db8::10]:5000", "127.0.0.1:5000", "[::1]:5000"});
}

TEST_CASE("loopback is announced when there is nothing else") {
  const std::vector<Address> lonely{at("127.0.0.1"), at("::1"), at("fe80::1")};
  CHECK(texts(candidate_addresses(lonely, everything(), 7)) == Texts{"127.0.0.1:7", "[::1]:7"});
  CandidateRules one = everything();
  one.listen_ipv6.reset();
  one.listen_ipv4 = at("127.0.0.1");
  CHECK(texts(candidate_addresses(kMachine, one, 7)) == Texts{"127.0.0.1:7"});
}

TEST_CASE("a family that is off has no candidates") {
  CandidateRules rules = everything();
  rules.listen_ipv4.reset();
  CHECK(texts(candidate_addresses(kMachine, rules, 1)) == Texts{"[2001:db8::10]:1"});
  rules.public_ipv4 = at("198.51.100.1");
  CHECK(texts(candidate_addresses(kMachine, rules, 1)) == Texts{"[2001:db8::10]:1"});
}

TEST_CASE("a public address replaces the local ones of its family") {
  CandidateRules rules = everything();
  rules.public_ipv4 = at("198.51.100.1");
  CHECK(texts(candidate_addresses(kMachine, rules, 9)) == Texts{"198.51.100.1:9", "[2001:db8::10]:9"});
  rules.public_ipv6 = at("2001:db8::99");
  CHECK(texts(candidate_addresses(kMachine, rules, 9)) == Texts{"198.51.100.1:9", "[2001:db8::99]:9"});
  rules.loopback = true;
  CHECK(texts(candidate_addresses(kMachine, rules, 9)) ==
        Texts{"198.51.100.1:9", "[2001:db8::99]:9", "127.0.0.1:9", "[::1]:9"});
}

TEST_CASE("a listen address is the only one of its family, even a link-local one") {
  CandidateRules rules = everything();
  rules.listen_ipv4 = at("192.0.2.77");
  rules.listen_ipv6 = at("fe80::5");
  CHECK(texts(candidate_addresses(kMachine, rules, 2)) == Texts{"192.0.2.77:2", "[fe80::5]:2"});
}

TEST_CASE("no more candidates than a client should check") {
  std::vector<Address> many;
  for (int i = 1; i <= 40; ++i) many.push_back(at(("192.0.2." + std::to_string(i)).c_str()));
  CHECK(candidate_addresses(many, everything(), 1).size() == weir::io::kMaxCandidates);
  many.resize(weir::io::kMaxCandidates);
  CHECK(candidate_addresses(many, everything(), 1).size() == weir::io::kMaxCandidates);
}

TEST_CASE("the machine's own addresses have no port and include loopback") {
  const std::vector<Address> machine = weir::io::machine_addresses();
  for (const Address& address : machine) CHECK(address.port == 0);
  CHECK(std::any_of(machine.begin(), machine.end(), [](const Address& a) { return a.is_loopback(); }));
}
