#include "engine/data_label.h"

#include <doctest/doctest.h>

using namespace weir;
using engine::DataLabel;
using Kind = DataLabel::Kind;

TEST_CASE("labels name the room, the host or a participant, with or without a name") {
  CHECK(DataLabel::parse("room").kind == Kind::room);
  CHECK(DataLabel::parse("room/x").kind == Kind::room);
  CHECK(DataLabel::parse("host").kind == Kind::host);
  CHECK(DataLabel::parse("host/a/b").name == "/a/b");
  const DataLabel to = DataLabel::parse("participant/144115188075855872/x");
  CHECK(to.kind == Kind::participant);
  CHECK(to.participant.value == 144115188075855872U);
  CHECK(to.name == "/x");
  CHECK(DataLabel::parse("participant/7").name.empty());
  CHECK(DataLabel::parse("participant/18446744073709551615").kind == Kind::participant);
}

TEST_CASE("what is nearly a label is none") {
  for (const std::string_view label :
       {std::string_view{""}, std::string_view{"r"}, std::string_view{"room/"}, std::string_view{"rooms"},
        std::string_view{"Room"}, std::string_view{" room"}, std::string_view{"host/"},
        std::string_view{"participant"}, std::string_view{"participant/"}, std::string_view{"participant//x"},
        std::string_view{"participant/x"}, std::string_view{"participant/-1"},
        std::string_view{"participant/+1"}, std::string_view{"participant/1x"},
        std::string_view{"participant/1/"}, std::string_view{"participant/18446744073709551616"},
        std::string_view{"room\0", 5}, std::string_view{"room/\0x", 7}}) {
    CAPTURE(label);
    CHECK(DataLabel::parse(label).kind == Kind::none);
  }
}

TEST_CASE("an answer's label leads back") {
  const Id ann{IdKind::participant, 1, 2, 3};
  const std::string label = engine::label_from(ann, "/x");
  CHECK(DataLabel::parse(label).participant == ann);
  CHECK(DataLabel::parse(label).name == "/x");
}
