#include "rtp/rtcp.h"

#include <doctest/doctest.h>

#include <array>

#include "support/shared_data.h"
#include "unit/rtp/material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;

/// The only packet of `bytes`, which is a T.
template <typename T>
T only(Bytes bytes) {
  RtcpReader reader{bytes};
  const auto packet = reader.next();
  REQUIRE(packet);
  REQUIRE(std::holds_alternative<T>(*packet));
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.malformed());
  return std::get<T>(*packet);
}

/// Reads to the end; how many packets there were, or -1 when malformed.
int read_all(Bytes bytes) {
  RtcpReader reader{bytes};
  int count = 0;
  while (reader.next()) ++count;
  return reader.malformed() ? -1 : count;
}

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

TEST_CASE("a compound packet is read from front to back") {
  Buffer out(200);
  ByteWriter writer{out};
  write_receiver_report(writer, 1, {});
  write_sdes_cname(writer, 1, "weir");
  write_pli(writer, 1, 2);
  const Bytes whole = writer.written();
  RtcpReader reader{whole};
  CHECK(std::holds_alternative<ReceiverReport>(*reader.next()));
  CHECK(std::holds_alternative<SourceDescription>(*reader.next()));
  CHECK(std::holds_alternative<Pli>(*reader.next()));
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.malformed());
  // Every cut either falls between two packets or is malformed.
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const int expected = size == 0 ? 0 : size == 8 ? 1 : size == 8 + 16 ? 2 : -1;
    CAPTURE(size);
    CHECK(read_all(cut) == expected);
  }
}

TEST_CASE("what comes before a malformed packet is still read") {
  const Buffer bytes = hex("81ce0002 00000001 00000002 81ce0001 00000001");
  RtcpReader broken{bytes};
  CHECK(broken.next());
  CHECK_FALSE(broken.next());
  CHECK(broken.malformed());
  CHECK_FALSE(broken.next());
}

TEST_CASE("padding is taken off, whatever its alignment, and must lie within the packet") {
  CHECK(read_all(hex("a1cb0002 00000001 00000004")) == 1);
  CHECK(read_all(hex("a1cb0002 00000001 00000008")) == -1);  // nothing left for the SSRC
  CHECK(read_all(hex("a1cb0002 00000001 00000009")) == -1);
  CHECK(read_all(hex("a1cb0002 00000001 00000000")) == -1);
  CHECK(read_all(hex("a0cb0000")) == -1);
  const Buffer bytes = hex("afcd0005 00000001 00000002 00010001 000001 00 2001 04 01");
  CHECK(only<TransportFeedback>(bytes).fci.size() == 11);
}

TEST_CASE("bodies that do not hold what they announce are malformed") {
  for (const std::string text : {
           "81c80006 00000001 0000000000000000 00000000 00000000 00000000",   // SR without its block
           "80c80005 00000001 0000000000000000 00000000 00000000",            // SR cut
           "81c90001 00000001",                                               // RR without its block
           "82cb0001 00000001",                                               // BYE of two with one
           "81cb0002 00000001 04616263",                                      // BYE with a cut reason
           "81ca0002 00000001 01046162",                                      // SDES item cut
           "81ca0002 00000001 01026162",                                      // SDES items without an end
           "81cd0002 00000001 00000002",                                      // NACK of nothing
           "8fcd0003 00000001 00000002 00000000",                             // transport feedback cut
           "84ce0003 00000001 00000000 00000002",                             // FIR cut
           "84ce0002 00000001 00000000",                                      // FIR of nobody
           "8fce0005 00000001 00000000 52454d42 01000001 00000002 00000003",  // not that long
           "8fce0004 00000001 00000000 52454d42 01000001",                    // REMB without its SSRC
           "8fce0004 00000001 00000000 52454d42 00ffffff",                    // a rate beyond 64 bits
           "81ce0000",                                                        // PLI without SSRCs
           "41ce0002 00000001 00000002",                                      // version 1
           "81ce0003 00000001 00000002",                                      // longer than the datagram
           "81ce00",
       }) {
    CAPTURE(text);
    CHECK(read_all(hex(text)) == -1);
  }
}

TEST_CASE("what is of no interest is passed by") {
  const Buffer app = hex("82cc0002 00000001 61626364");
  CHECK(only<OtherRtcp>(app).packet_type == 204);
  CHECK(only<OtherRtcp>(app).format == 2);
  const Buffer extended = hex("80cf0001 00000001");
  CHECK(only<OtherRtcp>(extended).packet_type == 207);
  const Buffer tmmbr = hex("83cd0004 00000001 00000000 00000002 2c9e0000");
  CHECK(only<OtherRtcp>(tmmbr).format == 3);
  CHECK(only<OtherRtcp>(hex("8fce0003 00000001 00000000 61626364")).format == 15);
}

TEST_CASE("mediasoup's vectors") {
  WEIR_NEEDS_SHARED_DATA(folder, "protocol_vectors/mediasoup_rtp_rtcp");
  const auto load = [&](const std::string& name) { return test::read_file(*folder / name); };
  const Buffer bye = load("Bye_00_buffer.bin");
  CHECK(only<Bye>(bye).size() == 2);
  CHECK(only<Bye>(bye)[0] == 0x624276e0);
  const Buffer rr = load("ReceiverReport_00_buffer.bin");
  CHECK(only<ReceiverReport>(rr).ssrc == 0x5d931534);
  CHECK(only<ReceiverReport>(rr).blocks[0].cumulative_lost == 1);
  CHECK(only<ReceiverReport>(rr).blocks[0].delay_since_last_sr == 5);
  const Buffer sr = load("SenderReport_00_buffer.bin");
  CHECK(only<SenderReport>(sr).ntp.value == 0xdd3ac1b476547171);
  CHECK(only<SenderReport>(sr).octet_count == 577280);
  const Buffer nack = load("FeedbackRtpNack_00_buffer.bin");
  std::vector<std::uint16_t> lost;
  only<Nack>(nack).for_each([&](std::uint16_t n) { lost.push_back(n); });
  CHECK(lost == std::vector<std::uint16_t>{2959, 2960, 2961});
  const Buffer remb = load("FeedbackPsRemb_00_buffer.bin");
  CHECK(only<Remb>(remb).bitrate == 122754);
  CHECK(only<Remb>(remb).ssrcs.size() == 8);
  const Buffer fir = load("FeedbackPsFir_00_buffer.bin");
  CHECK(only<Fir>(fir).ssrc(0) == 0x02d03702);
  CHECK(only<Fir>(fir).sequence(0) == 4);
  // Meant as a TSTR and a VBCM, their message type is that of a FIR, whose entries have 8 bytes.
  const Buffer tst = load("FeedbackPsTst_00_buffer.bin");
  CHECK(only<Fir>(tst).size() == 1);
  CHECK(read_all(load("FeedbackPsVbcm_00_buffer.bin")) == -1);
  const Buffer pli = load("FeedbackPsPli_00_buffer.bin");
  CHECK(only<Pli>(pli).sender_ssrc == 1);
  CHECK(only<Pli>(pli).media_ssrc == 0x0330bdee);
  CHECK(read_all(load("Sdes_00_buffer1.bin")) == 1);
  CHECK(read_all(load("Sdes_07_buffer.bin")) == -1);
  CHECK(read_all(load("Packet_00_buffer.bin")) == -1);
  // The test it comes from sets the padding bit over a count of zero, which RFC 3550 does not allow.
  Buffer sdes = load("Sdes_01_buffer2.bin");
  CHECK(read_all(sdes) == -1);
  sdes[0] &= 0xdf;
  CHECK(read_all(sdes) == 1);
  for (const std::string name :
       {"FeedbackPsAfb_00_buffer.bin", "FeedbackPsLei_00_buffer.bin", "FeedbackPsRpsi_00_buffer.bin",
        "FeedbackPsSli_00_buffer.bin", "FeedbackRtpEcn_00_buffer.bin", "FeedbackRtpSrReq_00_buffer.bin",
        "FeedbackRtpTllei_00_buffer.bin", "FeedbackRtpTmmb_00_buffer.bin", "Xr_00_buffer.bin"}) {
    CAPTURE(name);
    const Buffer bytes = load(name);
    only<OtherRtcp>(bytes);
  }
}

TEST_CASE("TMMBR in compound packets is passed by") {
  WEIR_NEEDS_SHARED_DATA(folder, "protocol_vectors/tmmbr");
  for (const std::string name : {"RTCPPacketTMMBR0.bin", "RTCPPacketTMMBR1.bin", "RTCPPacketTMMBR2.bin"}) {
    CAPTURE(name);
    const Buffer bytes = test::read_file(*folder / name);
    RtcpReader reader{bytes};
    bool found = false;
    while (const auto packet = reader.next()) {
      const auto* other = std::get_if<OtherRtcp>(&*packet);
      found |= other != nullptr && other->packet_type == 205 && other->format == 3;
    }
    CHECK(found);
    CHECK_FALSE(reader.malformed());
  }
}

TEST_CASE("aiortc's good and broken packets") {
  WEIR_NEEDS_SHARED_DATA(folder, "hostile_corpora/aiortc_packets");
  for (const std::string name :
       {"rtcp_bye.bin", "rtcp_bye_no_sources.bin", "rtcp_bye_padding.bin", "rtcp_psfb_pli.bin", "rtcp_rr.bin",
        "rtcp_rtpfb.bin", "rtcp_sdes.bin", "rtcp_sr.bin"}) {
    CAPTURE(name);
    CHECK(read_all(test::read_file(*folder / name)) == 1);
  }
  for (const std::string name :
       {"rtcp_bye_invalid.bin", "rtcp_psfb_invalid.bin", "rtcp_rr_invalid.bin", "rtcp_rtpfb_invalid.bin",
        "rtcp_sdes_item_truncated.bin", "rtcp_sdes_source_truncated.bin", "rtcp_sr_invalid.bin"}) {
    CAPTURE(name);
    CHECK(read_all(test::read_file(*folder / name)) == -1);
  }
}

TEST_CASE("hostile compound packets end") {
  WEIR_NEEDS_SHARED_DATA(folder, "hostile_corpora/webrtc_fuzz/rtcp-corpus");
  std::size_t seen = 0;
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    ++seen;
    read += std::max(0, read_all(test::read_file(entry.path())));
  }
  CHECK(seen == 67);
  CHECK(read > 10);
}

}  // namespace weir::rtp
