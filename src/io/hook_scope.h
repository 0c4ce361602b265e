// Marks a thread as being inside a hook of a node, so that a call from there back into that node can be
// refused.
#pragma once

namespace weir::io {

class HookScope {
 public:
  explicit HookScope(const void* node) : node_(node), outer_(innermost_) { innermost_ = this; }
  ~HookScope() { innermost_ = outer_; }
  HookScope(const HookScope&) = delete;
  HookScope& operator=(const HookScope&) = delete;

  /// True on a thread that is inside a hook of `node`, however deep.
  static bool inside(const void* node) {
    for (const HookScope* scope = innermost_; scope != nullptr; scope = scope->outer_) {
      if (scope->node_ == node) return true;
    }
    return false;
  }

 private:
  inline static thread_local const HookScope* innermost_ = nullptr;

  const void* node_;
  const HookScope* outer_;
};

}  // namespace weir::io
