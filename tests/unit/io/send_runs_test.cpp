#include "io/send_runs.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using weir::Address;
using weir::EgressBatch;
using weir::FiveTuple;
using weir::io::SendRun;
using weir::io::SendRuns;

namespace {

FiveTuple path_to(std::uint16_t port, const char* ip = "127.0.0.1") {
  return {Address::parse(ip, 1).value(), Address::parse(ip, port).value()};
}

struct Batch {
  void add(std::uint32_t flow, std::size_t size) {
    add(flow, size, path_to(static_cast<std::uint16_t>(flow)));
  }
  void add(std::uint32_t flow, std::size_t size, const FiveTuple& path) {
    REQUIRE(egress.reserve(size).size() == size);
    egress.commit(path, size, flow);
  }
  /// As "0+2+3 1": entries of each run.
  std::string runs(bool segmentation = true, bool v6 = false) {
    grouped.group(egress, v6, segmentation);
    std::string text;
    for (const SendRun& run : grouped.runs()) {
      if (!text.empty()) text += ' ';
      std::uint32_t entry = run.first;
      std::uint32_t bytes = 0;
      for (std::uint32_t i = 0; i < run.count; ++i, entry = grouped.next(entry)) {
        text += (i == 0 ? "" : "+") + std::to_string(entry);
        bytes += egress.entries()[entry].size;
      }
      CHECK(bytes == run.bytes);
      CHECK(run.segment == egress.entries()[run.first].size);
    }
    return text;
  }

  EgressBatch egress{1 << 20};
  SendRuns grouped;
};

}  // namespace

TEST_CASE("equal datagrams of a flow are one run, whatever is between them") {
  Batch batch;
  for (int i = 0; i < 3; ++i) {
    batch.add(1, 100);
    batch.add(2, 100);
  }
  CHECK(batch.runs() == "0+2+4 1+3+5");
  CHECK(batch.runs(false) == "0 1 2 3 4 5");
}

TEST_CASE("a smaller datagram ends a run, a larger one begins the next, and the order stays") {
  Batch batch;
  for (const std::size_t size : {100U, 100U, 60U, 60U, 100U, 100U, 101U, 101U}) batch.add(1, size);
  CHECK(batch.runs() == "0+1+2 3 4+5 6+7");
}

TEST_CASE("datagrams without a flow, and those whose path changed, are not joined") {
  Batch batch;
  batch.add(EgressBatch::kNoFlow, 100, path_to(1));
  batch.add(EgressBatch::kNoFlow, 100, path_to(1));
  batch.add(7, 100, path_to(1));
  batch.add(7, 100, path_to(2));
  batch.add(7, 100, path_to(2));
  batch.add(7, 100, path_to(1));
  CHECK(batch.runs() == "0 1 2 3+4 5");
}

TEST_CASE("a run has as many datagrams and bytes as one message takes") {
  Batch batch;
  for (std::uint32_t i = 0; i < SendRuns::kMaxSegments + 1; ++i) batch.add(3, 10);
  batch.runs();
  REQUIRE(batch.grouped.runs().size() == 2);
  CHECK(batch.grouped.runs()[0].count == SendRuns::kMaxSegments);
  CHECK(batch.grouped.runs()[1].count == 1);

  Batch large;
  for (int i = 0; i < 52; ++i) large.add(3, 1300);
  large.runs();
  REQUIRE(large.grouped.runs().size() == 2);
  CHECK(large.grouped.runs()[0].bytes == SendRuns::kMaxBytes);
}

TEST_CASE("what was taken back is in no run") {
  Batch batch;
  for (int i = 0; i < 4; ++i) batch.add(1, 100);
  batch.egress.cancel(0);
  batch.egress.cancel(2);
  CHECK(batch.runs() == "1+3");
}

TEST_CASE("each family has its own runs") {
  Batch batch;
  batch.add(1, 100);
  batch.add(2, 100, path_to(5, "::1"));
  batch.add(1, 100);
  batch.add(2, 100, path_to(5, "::1"));
  CHECK(batch.runs() == "0+2");
  CHECK(batch.runs(true, true) == "1+3");
}

TEST_CASE("a batch knows nothing of the one before it") {
  Batch batch;
  batch.add(1, 100);
  batch.add(1, 100);
  CHECK(batch.runs() == "0+1");
  batch.egress.clear();
  batch.add(1, 100);
  batch.add(2, 100);
  CHECK(batch.runs() == "0 1");
  batch.egress.clear();
  CHECK(batch.runs().empty());
}
