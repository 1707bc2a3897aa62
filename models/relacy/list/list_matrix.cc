#include "models/relacy/list/list_matrix.h"

#include <array>
#include <string>
#include <string_view>

namespace sigproof::models {
namespace {

struct OwnerProgram {
  std::string name;
  std::string letters;  // of ListFixture::letters(), list_model.cc
  std::string series{};
  bool is_without_readers = false;
};

// One line a program.
const std::vector<OwnerProgram>& ownerPrograms() {
  static const std::vector<OwnerProgram> kPrograms = {
      {"push", "ppp"},
      {"failing_push", "p|qp"},
      {"push_filter", "ppf", "pushes, then a filter"},
      {"filter_newest", "pp|lp"},
      {"filter_middle", "ppp|m"},
      {"filter_oldest", "ppp|f"},
      {"filter_two_in_a_row", "ppp|b"},
      {"filter_every_other", "pppp|e"},
      {"filter_all", "pp|Ap"},
      {"filter_none", "ppp|k"},
      {"throwing_filter", "ppp|xf"},
      {"two_filters", "pp|fpf"},
      {"replacement", "ppp|s"},
      {"replacement_of_all", "pp|Sf"},
      {"push_replace_filter", "psf"},
      {"late_reclaim", "pp|frr"},
      {"clear", "ppc"},
      {"clear_then_push", "pp|cp"},
      {"push_filter_push_clear", "ppfpc"},
      {.name = "destructor",
       .letters = "ppp|d",
       .is_without_readers = true},  // detach() must come before it if there are readers
      {"detach", "pp|t"},
      {"detach_then_filter", "p|tf"},
      {"detach_twice", "p|tt"},
      {"detach_then_destructor", "pp|ftd"},
  };
  return kPrograms;
}

// Programs of one shape, for the growth of the search; that of two pushes is "push_filter".
std::vector<OwnerProgram> growingPrograms() {
  constexpr unsigned kMostPushes = 6;
  std::vector<OwnerProgram> programs;
  for (unsigned pushes = 1; pushes <= kMostPushes; ++pushes) {
    if (pushes == 2) continue;
    programs.push_back({std::to_string(pushes) + (pushes == 1 ? "_push_filter" : "_pushes_filter"),
                        std::string(pushes, 'p') + "f", "pushes, then a filter"});
  }
  return programs;
}

// The readers and handlers beside the owner.
struct Surroundings {
  std::string_view name;
  std::vector<std::string> readers;  // of ListFixture::readerLetters()
  std::vector<unsigned> handlers;
};

const std::vector<Surroundings>& everySurroundings() {
  static const std::vector<Surroundings> kSurroundings = {
      {"handler", {}, {1}},
      {"nested_handlers", {}, {2}},
      {"reader", {"i"}, {}},
      {"two_readers", {"i", "i"}, {}},
      {"reader_and_handler", {"i"}, {1}},
      {"reader_and_nested_handlers", {"i"}, {2}},
      {"interrupted_reader", {"i"}, {0, 1}},
      {"nestedly_interrupted_reader", {"i"}, {0, 2}},
      {"handlers_on_both_threads", {"i"}, {1, 1}},
      {"two_readers_and_handler", {"i", "i"}, {1}},
  };
  return kSurroundings;
}

// The product above has only readers that iterate once. These do more.
const std::vector<ListProgram>& otherPrograms() {
  static const std::vector<ListProgram> kOthers = {
      {.name = "reader_twice_against_push_filter", .owner = "ppf", .readers = {"ii"}},
      {.name = "reader_asks_is_empty", .owner = "pcpf", .readers = {"ee"}},
      {.name = "reader_returns_against_detach", .owner = "p|tf", .readers = {"ii"}},
      {.name = "detach_from_empty_against_two_readers", .owner = "|td", .readers = {"i", "i"}},
  };
  return kOthers;
}

}  // namespace

std::vector<ListProgram> listMatrix() {
  std::vector<OwnerProgram> owners = ownerPrograms();
  for (OwnerProgram& owner : growingPrograms()) owners.push_back(std::move(owner));
  std::vector<ListProgram> programs;
  for (const OwnerProgram& owner : owners) {
    for (const Surroundings& around : everySurroundings()) {
      if (owner.is_without_readers && !around.readers.empty()) continue;
      programs.push_back({.name = std::string(around.name) + "_against_" + owner.name,
                          .owner = owner.letters,
                          .readers = around.readers,
                          .handlers = around.handlers,
                          .series = owner.series});
    }
  }
  programs.insert(programs.end(), otherPrograms().begin(), otherPrograms().end());
  return programs;
}

}  // namespace sigproof::models
