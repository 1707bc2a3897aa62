// Adds the protocol's exports to a real module, and changes nothing that the module has.
//
//   ListeningModule made = makeListen(bytes);
//   // made.bytes is the module with one more page of memory 0; the words are in that page
//
// Where the words are. Memory 0 gets one more page, and the words lie there: the module's linker
// laid out no static data, no stack and no heap in that page. (A program that ran on might later
// use the page as heap; the check runs no further than the start function.) The signal word is the
// last four bytes of the memory, and the terminated word is unaligned at the page's beginning: so
// every module reaches both ends of what R3 and D4 permit. A data segment fills the signal word
// with 0xDEADBEEF, so that a registration is seen to write 0.
//
// Who edits what. Binaryen adds the globals and their exports. Its C API can't change the limits of
// a memory without making all data segments anew, which fails for modules that are linked
// dynamically. So we add the page and the segment to the binary that Binaryen wrote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sigproof::modules {

inline constexpr std::uint32_t kPageSizeBytes = 65536;
/// What the signal word holds before registration.
inline constexpr std::uint32_t kSignalFill = 0xDEADBEEF;

/// The module has no place for the words. what() is one sentence.
class CanNotListen : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ListeningModule {
  std::vector<std::uint8_t> bytes;
  std::uint32_t signal_address = 0;
  std::uint32_t terminated_address = 0;
  std::string edited_by;  ///< "Binaryen", or why it wasn't and what did it instead
};

/// A copy of `module` that exports the words' addresses under the names of both protocols. Throws
/// UnreadableModule or CanNotListen. Starts a child process for Binaryen, which ends the process
/// that it is in when it can't read a module; call it before there are other threads.
ListeningModule makeListen(std::span<const std::uint8_t> module);

/// An immutable i32 global and the name that it is exported under.
struct ExportedGlobal {
  std::string_view name;
  std::uint32_t value;
};

/// Adds the globals by editing the binary: for modules that Binaryen can't read. Every byte of
/// every other section stays. Throws UnreadableModule.
std::vector<std::uint8_t> addGlobals(std::span<const std::uint8_t> module,
                                     std::span<const ExportedGlobal> globals);

/// Sets the initial size of memory 0, raises its maximum by as many pages, and adds an active data
/// segment of the 4 bytes of `value` at `address`. Throws UnreadableModule; CanNotListen if memory
/// 0 is missing or can't be that large.
std::vector<std::uint8_t> addPagesAndWord(std::span<const std::uint8_t> module,
                                          std::uint64_t initial_pages, std::uint32_t address,
                                          std::uint32_t value);

}  // namespace sigproof::modules
