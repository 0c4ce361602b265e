#include "rtp/rtcp.h"

#include <doctest/doctest.h>

#include <array>

#include "support/shared_data.h"
#include "unit/rtp/material.h"
#include "unit/rtp/rtcp_material.h"

namespace weir::rtp {
namespace {

using test::Buffer;
using test::hex;
using test::only;

/// Reads to the end; how many packets there were, or -1 when malformed.
int read_all(Bytes bytes) {
  RtcpReader reader{bytes};
  int count = 0;
  while (reader.next()) ++count;
  return reader.malformed() ? -1 : count;
}

}  // namespace

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
  const Buffer unassigned = hex("80d00001 00000001");
  CHECK(only<OtherRtcp>(unassigned).packet_type == 208);
  const Buffer tmmbr = hex("83cd0004 00000001 00000000 00000002 2c9e0000");
  CHECK(only<OtherRtcp>(tmmbr).format == 3);
  CHECK(only<OtherRtcp>(hex("8fce0003 00000001 00000000 61626364")).format == 15);
}

TEST_CASE("extended reports: the reference time and the answers, among blocks of other kinds") {
  const Buffer bytes =
      hex("80cf000e 0000000a"
          "01000001 deadbeef"                                               // loss run lengths
          "04000002 0102030405060708"                                       // the reference time
          "05000006 00000001 11223344 00010000 00000002 55667788 00020000"  // two answers
          "ff000000");                                                      // a kind of later times, empty
  const auto report = only<ExtendedReport>(bytes);
  CHECK(report.ssrc == 10);
  REQUIRE(report.reference());
  CHECK(report.reference()->value == 0x0102030405060708U);
  std::vector<ReferenceAnswer> answers;
  report.for_each_answer([&](const ReferenceAnswer& answer) { answers.push_back(answer); });
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].ssrc == 1);
  CHECK(answers[0].last_rr == 0x11223344U);
  CHECK(answers[1].delay == 0x20000U);

  const Buffer empty = hex("80cf0001 00000001");
  CHECK_FALSE(only<ExtendedReport>(empty).reference());
  for (const std::string text : {
           "80cf0000",                                      // no SSRC
           "80cf0003 00000001 04000002 01020304",           // the block is cut
           "80cf0003 00000001 04000001 01020304",           // half a reference time
           "80cf0004 00000001 05000002 00000001 11223344",  // two thirds of an answer
       }) {
    CAPTURE(text);
    CHECK(read_all(hex(text)) == -1);
  }
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
        "FeedbackRtpTllei_00_buffer.bin", "FeedbackRtpTmmb_00_buffer.bin"}) {
    CAPTURE(name);
    const Buffer bytes = load(name);
    only<OtherRtcp>(bytes);
  }
  const Buffer extended = load("Xr_00_buffer.bin");  // answers to two receivers, and padding
  std::vector<std::uint32_t> asked;
  only<ExtendedReport>(extended).for_each_answer(
      [&](const ReferenceAnswer& answer) { asked.push_back(answer.ssrc); });
  CHECK(asked == std::vector<std::uint32_t>{0x11121314, 0x21222324});
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
