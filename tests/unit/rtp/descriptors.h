// Dependency descriptors as Chrome 110 to 126 made them (published with Jitsi's tests), for tests that run
// without the shared data.
#pragma once

namespace weir::test {

inline constexpr const char* kDescriptorL1T1 = "80000180003a410180ef808680";
inline constexpr const char* kDescriptorL1T3 = "800001800214eaa860414d141020842701df010d";
inline constexpr const char* kDescriptorL3T3 =
    "d0013481e81485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a0941"
    "b820ac1282503157f974000ca864330e222222eca8655304224230eca87753013f00b3027f016704ff02cf";
inline constexpr const char* kDescriptorL3T3Key =
    "8f008581e81485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b5524906d54"
    "923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf";
inline constexpr const char* kDescriptorL2T2KeyShift =
    "8700ed80e3061eaa82804028280514d14134518010a091889a09409fc059c13fc0b3c0";
inline constexpr const char* kDescriptorNoChains = "8000138002044eaaaf2860414d34538a0940413fc0b3c0";

}  // namespace weir::test
