// The record that a fuzz program writes about itself, as reports/record/record.h has it, into the
// file that the environment variable SIGPROOF_RECORD_FILE names; nowhere if it names none.
//
//   beginRecord(kTargetDescription, "fuzz/list");   // unfinished, until there is more to say
//   countExecution();
//   recordViolation("R4", text, module_text);        // or a sanitizer's report, or the process's
//   end
//
// It is written at the start, at the end, and when a property or a sanitizer's rule is broken, each
// time whole or not at all. So a process that is killed or hangs leaves one, too, which says
// "unfinished". `seconds`, `peak_memory_kib`, `seed` and `replay` are for whoever started the
// program.
#pragma once

#include <string>

#include "fuzz/support/record/target_description.h"

namespace sigproof::fuzz {

/// The description as one line of JSON: {"check", "properties", "covered", "cannot_see", "engine"}.
std::string describe(const TargetDescription& target, const std::string& check);

/// Writes the first record. Once, before there is another thread. A file that can't be written is
/// one line on standard error, here and later, and the run continues.
void beginRecord(const TargetDescription& target, const std::string& check);

/// Any thread.
void countExecution() noexcept;

/// Writes "failed" with the violation as summary: "R4: overlapping words were registered". `who` is
/// the broken property ("R4", "R6/D1"), or who noticed ("the harness"). The first finding of a
/// process stands; its thread may give it again with the module's text. Any thread.
void recordViolation(const std::string& who, const std::string& text,
                     const std::string& module_text = {});

}  // namespace sigproof::fuzz
