#include "text.h"

#include <doctest/doctest.h>

#include <string>

using namespace conference;

TEST_CASE("characters are counted, not bytes") {
  CHECK(count_characters("") == 0);
  CHECK(count_characters("aü€😀") == 4);
}

TEST_CASE("what RFC 3629 forbids is no text") {
  CHECK_FALSE(count_characters("\x80"));
  CHECK_FALSE(count_characters("\xc0\x80"));          // overlong
  CHECK_FALSE(count_characters("\xe0\x80\x80"));      // overlong
  CHECK_FALSE(count_characters("\xed\xa0\x80"));      // surrogate
  CHECK_FALSE(count_characters("\xf4\x90\x80\x80"));  // above U+10FFFF
  CHECK_FALSE(count_characters("\xf8\x88\x80\x80\x80"));
  CHECK_FALSE(count_characters("a\xc3"));  // cut off
  CHECK(count_characters("\xf4\x8f\xbf\xbf") == 1);
}

TEST_CASE("a member's name shows something and rearranges nothing") {
  CHECK(valid_member_name("Ada Lovelace"));
  CHECK(valid_member_name("שלום"));
  CHECK_FALSE(valid_member_name("\u3000\u200b"));
  CHECK_FALSE(valid_member_name("a\nb"));
  CHECK_FALSE(valid_member_name("a\u2066b"));
  CHECK_FALSE(valid_member_name("a\u0085"));
  std::string longest;
  for (int i = 0; i < 64; ++i) longest += "😀";
  CHECK(valid_member_name(longest));
  CHECK_FALSE(valid_member_name(longest + "a"));
}

TEST_CASE("a room's name fits an URL") {
  CHECK(valid_room_name("Daily.stand-up_2"));
  CHECK(valid_room_name(std::string(64, 'a')));
  CHECK_FALSE(valid_room_name(std::string(65, 'a')));
  for (const char* name : {"", "a b", "a/b", "ä", "a%", "a?"}) {
    CAPTURE(name);
    CHECK_FALSE(valid_room_name(name));
  }
}
