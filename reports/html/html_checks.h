// How one check looks in the HTML report: as a row that opens, and as a problem that is shown
// whole.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/html/markup.h"
#include "reports/record/record.h"

namespace sigproof::reports {

/// What `draw` makes. Where it throws, a paragraph that says so of `what`: no part of the page
/// costs the others.
Markup drawn(std::string_view what, const std::function<Markup()>& draw);

/// "1,380".
std::string formatCount(std::uint64_t count);

/// "3 ms", "12.3 s", "4 min 12 s".
std::string formatSeconds(double seconds);

/// Whether it is a known bug that nothing catches, and that says why.
bool isAccepted(const Record& record);

/// The anchor of a check's row.
std::string anchorOf(const std::string& check);

/// The verdict as a word with its colour; a mutant's is "caught", "accepted" or "not caught".
Markup verdictBadge(const Record& record);

/// An identifier, as a link to its paragraph of the specification.
Markup propertyChip(Property property);
Markup propertyChips(const std::vector<Property>& properties);

/// The kind's heading, what its checks do, and a row for each of `records`, all of that kind.
Markup kindSection(Kind kind, const std::vector<Record>& records);

/// A failed or unfinished check with all its evidence in sight.
Markup problem(const Record& record);

}  // namespace sigproof::reports
