// The multiple-choice knapsack, exactly: one item of every class, the rates within a budget, the value as
// large as it can be.
//
// The linear relaxation says where to begin: the upper hulls of all classes merged by slope (Sinha and
// Zoltners 1979), taken until an increment no longer fits. From there a list of Pareto states grows class by
// class, those nearest to that break first (the expanding core of Pisinger 1995). A state goes when another
// is cheaper and no worse, or when the steepest increment that is left cannot lift it above the best solution
// known. The list is usually empty after a few classes, and that is the proof. When it is not empty at the
// limit of nodes, the largest bound of a state that is left is the proof of how far the answer can be from
// the best.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weir::abr {

struct KnapsackOutcome {
  bool feasible = false;    ///< False: not even the cheapest items fit. The rest is 0 then.
  std::int64_t value = 0;   ///< Of the chosen items.
  std::int64_t bound = 0;   ///< No choice is worth more. Equal to value: value is proven to be the best.
  std::uint32_t nodes = 0;  ///< States looked at.
};

/// All memory is taken by the constructor. Rates are at most kMaxRate, sums of values below 2^52: so the
/// bounds hold in double.
class Knapsack {
 public:
  static constexpr std::int64_t kMaxRate = 1'000'000'000'000;

  Knapsack(std::uint32_t max_classes, std::uint32_t max_items, std::uint32_t max_nodes);

  void clear();
  void begin_class();
  /// To the class begun last. No more items than told to the constructor, and at least one for each class.
  void add_item(std::int64_t rate, std::int64_t value, std::uint32_t tag);
  /// Any number of times.
  KnapsackOutcome solve(std::int64_t budget);
  /// The tag of the item that solve() chose.
  std::uint32_t chosen(std::uint32_t index) const { return items_[classes_[index].answer].tag; }

 private:
  struct Item {
    std::int64_t rate;
    std::int64_t value;
    std::uint32_t tag;
  };
  struct Class {
    std::uint32_t first;
    std::uint32_t end;     // after preparing: without dominated items
    std::uint32_t fits;    // end of those that can fit at all
    std::uint32_t start;   // the item of the relaxation's whole part
    std::uint32_t answer;  // of the best solution known
    bool in_core;
  };
  /// A step from one item on the hull of a class to the next.
  struct Increment {
    double slope;
    std::uint32_t owner;
    std::uint32_t from;
    std::uint32_t to;
  };
  struct State {
    std::int64_t rate;
    std::int64_t value;
    std::uint32_t parent;
    std::uint32_t item;
  };
  /// What moves of classes outside the core can do for a state.
  struct Slopes {
    double up;    // value for each unit of rate that is left, at most
    double down;  // value lost for each unit that is too much, at least
  };

  void prepare(Class& entry);
  void make_hull(std::uint32_t index);
  std::size_t relax();
  void fill(std::size_t from);
  void search(std::size_t broken, KnapsackOutcome& outcome);
  bool expand(std::uint32_t index, Slopes rest, std::uint32_t& nodes);
  void drop_dominated(std::size_t begin, Slopes rest);
  void restore();
  std::size_t next_up(std::size_t from) const;
  std::size_t next_down(std::size_t from) const;
  std::int64_t bound_of(std::int64_t rate, std::int64_t value, Slopes rest) const;
  double slope(std::uint32_t from, std::uint32_t to) const;

  std::uint32_t max_nodes_;
  std::vector<Item> items_;
  std::vector<Class> classes_;
  std::vector<Increment> increments_;
  std::vector<std::uint32_t> hull_;
  std::vector<State> states_;        // every level of the search, one after another
  std::vector<std::uint32_t> core_;  // the classes in the order of the levels
  std::size_t list_ = 0;             // where the newest level begins
  std::int64_t budget_ = 0;
  std::int64_t start_rate_ = 0;  // of the relaxation's whole part
  std::int64_t start_value_ = 0;
  std::int64_t best_ = 0;
  std::uint32_t best_parent_ = 0;
  std::uint32_t best_item_ = 0;
  std::size_t best_level_ = 0;  // 0: the answers of the classes are the best known
};

}  // namespace weir::abr
