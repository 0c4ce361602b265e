// What a client offers of sound.
#pragma once

#include <string>

#include "scenario/client.h"

namespace weir::scenario {

int audio_type(const Person& person);
/// The payload types of a line of sound, for its m= line.
std::string audio_types(const Person& person);
/// The attributes that stand for them.
std::string audio_attributes(const Person& person);

}  // namespace weir::scenario
