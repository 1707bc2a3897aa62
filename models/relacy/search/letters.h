// The alphabet of a family of models: a program is a string, and each call that it makes is one
// letter. A family states all that it knows of a letter in one entry of one table: the words for
// reports, the facts that a model is configured by, the call and what the ledger expects of it.
//
//   struct Letter {
//     char letter;
//     std::string_view words;
//     void (Fixture::*call)();
//     Facts facts{};
//   };
//   static constexpr std::array kLetters{
//       Letter{'p', "push", &Fixture::push, {.can_allocate = true}},
//       Letter{'c', "clear", &Fixture::clear, {.can_free = true}},
//   };
//   static_assert(areLettersDistinct(kLetters));
//
//   (fixture.*letterOf(kLetters, 'c').call)();
//   const std::string text = wordsOf(kLetters, "ppc");            // " push, push, clear."
//   if (anyLetter(kLetters, "ppc", &Facts::can_free)) ...
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sigproof::models {

/// Stands in an owner's program where the threads start.
inline constexpr char kThreadsStart = '|';

/// Whether no two entries have the same letter, and none has kThreadsStart.
template <class Letters>
constexpr bool areLettersDistinct(const Letters& letters) {
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (letters[i].letter == kThreadsStart) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (letters[i].letter == letters[j].letter) return false;
    }
  }
  return true;
}

/// The entry for `letter`. Throws std::logic_error if there is none. A model is described when it
/// is made, so a program with an unknown letter fails there and never in an execution.
template <class Letters>
const typename Letters::value_type& letterOf(const Letters& letters, char letter) {
  for (const auto& entry : letters) {
    if (entry.letter == letter) return entry;
  }
  throw std::logic_error(
      fmt::format("a model's program has the letter '{}', which the table of its family's letters "
                  "lacks",
                  letter));
}

/// The first place in `program`, at or after `from`, whose letter `has` the fact; npos if there is
/// none. `has` is a member of the entries' facts or a function of them.
template <class Letters, class Fact>
std::size_t findLetter(const Letters& letters, std::string_view program, Fact has,
                       std::size_t from = 0) {
  for (std::size_t i = from; i < program.size(); ++i) {
    if (program[i] != kThreadsStart && std::invoke(has, letterOf(letters, program[i]).facts))
      return i;
  }
  return std::string_view::npos;
}

/// Whether a letter of `program` has the fact.
template <class Letters, class Fact>
bool anyLetter(const Letters& letters, std::string_view program, Fact has) {
  return findLetter(letters, program, has) != std::string_view::npos;
}

/// Whether `program` can allocate something after it could free something, so that the allocation
/// may get the address of what was freed. The facts have `can_free` and `can_allocate`.
template <class Letters>
bool canReuseAddresses(const Letters& letters, std::string_view program) {
  using Facts = decltype(Letters::value_type::facts);
  const std::size_t freed = findLetter(letters, program, &Facts::can_free);
  return freed != std::string_view::npos &&
         findLetter(letters, program, &Facts::can_allocate, freed + 1) != std::string_view::npos;
}

/// The calls in words: " push, (threads start), clear." The text of an empty program is ".".
template <class Letters>
std::string wordsOf(const Letters& letters, std::string_view program) {
  std::string text;
  for (const char letter : program) {
    const std::string_view words =
        letter == kThreadsStart ? "(threads start)" : letterOf(letters, letter).words;
    text += fmt::format(" {},", words);
  }
  if (text.empty()) return ".";
  text.back() = '.';
  return text;
}

/// The program's part before kThreadsStart, which runs before the threads do, and the part after
/// it. A program without kThreadsStart runs with the threads, all of it.
struct ProgramParts {
  std::string_view before_threads;
  std::string_view with_threads;
};
constexpr ProgramParts partsOf(std::string_view program) {
  const std::size_t start = program.find(kThreadsStart);
  if (start == std::string_view::npos) return {{}, program};
  return {program.substr(0, start), program.substr(start + 1)};
}

}  // namespace sigproof::models
