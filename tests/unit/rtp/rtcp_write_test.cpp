#include <doctest/doctest.h>

#include <array>
#include <string>

#include "rtp/rtcp.h"
#include "unit/rtp/material.h"
#include "unit/rtp/rtcp_material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::only;

/// What a writer makes; then the same with one byte less, which must leave the buffer's writer failed and
/// empty.
template <typename F>
Buffer written(F&& write) {
  Buffer out(2048);
  ByteWriter writer{out};
  write(writer);
  REQUIRE(writer.ok());
  out.resize(writer.size());
  CHECK(out.size() % 4 == 0);
  Buffer small(out.size() - 1);
  ByteWriter tight{small};
  write(tight);
  CHECK_FALSE(tight.ok());
  CHECK(tight.size() == 0);
  Buffer exact(out.size());
  ByteWriter fitting{exact};
  write(fitting);
  CHECK(fitting.ok());
  return out;
}

}  // namespace

TEST_CASE("a sender report with a block reads back") {
  const ReportBlock block{.ssrc = 9,
                          .fraction_lost = 255,
                          .cumulative_lost = -5,
                          .highest_sequence = 0x00021234,
                          .jitter = 77,
                          .last_sr = 0xaabbccdd,
                          .delay_since_last_sr = 65536};
  const Buffer bytes = written([&](ByteWriter& w) {
    write_sender_report(w, 1, NtpTime{0x1122334455667788}, 90'000, 10, 1000, {{block}});
  });
  const auto report = only<SenderReport>(bytes);
  CHECK(report.ssrc == 1);
  CHECK(report.ntp.value == 0x1122334455667788);
  CHECK(report.rtp_timestamp == 90'000);
  CHECK(report.packet_count == 10);
  CHECK(report.octet_count == 1000);
  REQUIRE(report.blocks.size() == 1);
  CHECK(report.blocks[0].ssrc == 9);
  CHECK(report.blocks[0].fraction_lost == 255);
  CHECK(report.blocks[0].cumulative_lost == -5);
  CHECK(report.blocks[0].highest_sequence == 0x00021234);
  CHECK(report.blocks[0].jitter == 77);
  CHECK(report.blocks[0].last_sr == 0xaabbccdd);
  CHECK(report.blocks[0].delay_since_last_sr == 65536);
}

TEST_CASE("cumulative loss saturates at 24 signed bits") {
  for (const auto& [given, expected] : {std::pair{0x7fffff, 0x7fffff}, std::pair{0x800000, 0x7fffff},
                                        std::pair{-0x800000, -0x800000}, std::pair{-0x800001, -0x800000}}) {
    ReportBlock block;
    block.cumulative_lost = given;
    const Buffer bytes = written([&](ByteWriter& w) { write_receiver_report(w, 1, {{block}}); });
    CHECK(only<ReceiverReport>(bytes).blocks[0].cumulative_lost == expected);
  }
}

TEST_CASE("at most 31 blocks go into a report") {
  const std::vector<ReportBlock> blocks(32);
  const Buffer bytes = written([&](ByteWriter& w) { write_receiver_report(w, 1, blocks); });
  CHECK(only<ReceiverReport>(bytes).blocks.size() == 31);
}

TEST_CASE("a CNAME of any length makes a whole chunk") {
  for (std::size_t length = 0; length < 9; ++length) {
    const std::string cname(length, 'x');
    const Buffer bytes = written([&](ByteWriter& w) { write_sdes_cname(w, 5, cname); });
    const Bytes chunks = only<SourceDescription>(bytes).chunks;
    CHECK(load_u32(chunks.data()) == 5);
    CHECK(chunks[4] == 1);
    CHECK(chunks[5] == length);
    CHECK(chunks[6 + length] == 0);
  }
  const std::string long_name(300, 'x');
  const Buffer bytes = written([&](ByteWriter& w) { write_sdes_cname(w, 5, long_name); });
  CHECK(only<SourceDescription>(bytes).chunks[5] == 255);
}

TEST_CASE("BYE, PLI, FIR and REMB read back") {
  const std::array<std::uint32_t, 2> ssrcs{7, 8};
  const Buffer bye = written([&](ByteWriter& w) { write_bye(w, ssrcs); });
  CHECK(only<Bye>(bye).size() == 2);
  CHECK(only<Bye>(bye)[1] == 8);

  const Buffer pli = written([&](ByteWriter& w) { write_pli(w, 1, 2); });
  CHECK(only<Pli>(pli).sender_ssrc == 1);
  CHECK(only<Pli>(pli).media_ssrc == 2);

  const Buffer fir = written([&](ByteWriter& w) { write_fir(w, 1, 2, 200); });
  CHECK(only<Fir>(fir).size() == 1);
  CHECK(only<Fir>(fir).ssrc(0) == 2);
  CHECK(only<Fir>(fir).sequence(0) == 200);

  for (const std::uint64_t rate : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x3ffff},
                                   std::uint64_t{0x40000}, std::uint64_t{2'500'000}, UINT64_MAX}) {
    const Buffer remb = written([&](ByteWriter& w) { write_remb(w, 1, rate, ssrcs); });
    const auto read = only<Remb>(remb);
    CHECK(read.bitrate <= rate);
    CHECK(read.bitrate >= rate - rate / 0x20000);  // 18 bits of it
    CHECK(read.ssrcs.size() == 8);
  }
}

TEST_CASE("a reference time and an answer read back") {
  Buffer question(20);
  ByteWriter asks{question};
  write_reference_time(asks, 7, NtpTime{0x0102030405060708U});
  REQUIRE(asks.ok());
  const auto asked = only<ExtendedReport>(asks.written());
  CHECK(asked.ssrc == 7);
  CHECK(asked.reference()->value == 0x0102030405060708U);
  Buffer out(24);
  ByteWriter answers{out};
  write_reference_answer(answers, 8, {.ssrc = 7, .last_rr = 0x03040506, .delay = 65'536});
  REQUIRE(answers.ok());
  int count = 0;
  only<ExtendedReport>(answers.written()).for_each_answer([&](const ReferenceAnswer& answer) {
    ++count;
    CHECK(answer.ssrc == 7);
    CHECK(answer.last_rr == asked.reference()->middle());
    CHECK(answer.delay == 65'536);
  });
  CHECK(count == 1);
  out.resize(23);
  ByteWriter small{out};
  write_reference_answer(small, 8, {});
  CHECK_FALSE(small.ok());
}

TEST_CASE("NACK entries hold a number and the sixteen after it, across the wrap") {
  const auto numbers_of = [](std::initializer_list<std::uint16_t> numbers, std::size_t entries) {
    const std::vector<std::uint16_t> given{numbers};
    const Buffer bytes = written([&](ByteWriter& w) { write_nack(w, 1, 2, given); });
    const auto nack = only<Nack>(bytes);
    CHECK(nack.entries.size() == entries * 4);
    std::vector<std::uint16_t> read;
    nack.for_each([&](std::uint16_t n) { read.push_back(n); });
    CHECK(read == given);
  };
  numbers_of({5}, 1);
  numbers_of({5, 6, 21}, 1);
  numbers_of({5, 22}, 2);
  numbers_of({65534, 65535, 0, 1, 14}, 1);
  numbers_of({65534, 15}, 2);
  numbers_of({1, 100, 200, 30000}, 4);
}

TEST_CASE("no numbers make no NACK") {
  Buffer out(100);
  ByteWriter writer{out};
  write_nack(writer, 1, 2, {});
  CHECK(writer.ok());
  CHECK(writer.size() == 0);
}

}  // namespace weir::rtp
