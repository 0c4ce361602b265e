#include "io/hook_scope.h"

#include <doctest/doctest.h>

#include <thread>

using weir::io::HookScope;

TEST_CASE("a thread is inside a hook of a node until the hook returns, also below another node's hook") {
  const int first = 0;
  const int second = 0;
  CHECK_FALSE(HookScope::inside(&first));
  {
    const HookScope outer{&first};
    CHECK(HookScope::inside(&first));
    CHECK_FALSE(HookScope::inside(&second));
    {
      const HookScope inner{&second};
      CHECK(HookScope::inside(&first));
      CHECK(HookScope::inside(&second));
    }
    CHECK_FALSE(HookScope::inside(&second));
    bool elsewhere = true;
    std::thread other{[&] { elsewhere = HookScope::inside(&first); }};
    other.join();
    CHECK_FALSE(elsewhere);
  }
  CHECK_FALSE(HookScope::inside(&first));
}
