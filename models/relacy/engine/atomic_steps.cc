#include "models/relacy/engine/atomic_steps.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

namespace sigproof::models {
namespace {

constexpr std::array<std::pair<std::memory_order, std::string_view>, 5> kOrderNames{{
    {std::memory_order_relaxed, "relaxed"},
    {std::memory_order_acquire, "acquire"},
    {std::memory_order_release, "release"},
    {std::memory_order_acq_rel, "acq_rel"},
    {std::memory_order_seq_cst, "seq_cst"},
}};

std::optional<Weakening> current_weakening;

bool fits(StepKind kind, std::memory_order order) {
  switch (kind) {
    case StepKind::kLoad:
      return order == std::memory_order_relaxed || order == std::memory_order_acquire;
    case StepKind::kStore:
      return order == std::memory_order_relaxed || order == std::memory_order_release;
    case StepKind::kRmw:
      return true;
    case StepKind::kWordLoad:
    case StepKind::kWordStore:
      return false;  // relaxed already
  }
  return false;
}

}  // namespace

std::string_view toString(std::memory_order order) noexcept {
  for (const auto& [value, name] : kOrderNames) {
    if (value == order) return name;
  }
  return "consume";
}

std::string_view toString(StepKind kind) noexcept {
  constexpr std::array<std::string_view, 5> kNames{"load", "store", "read-modify-write",
                                                   "word load", "word store"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view fromRoot(std::string_view path) noexcept {
  std::size_t start = std::string_view::npos;
  for (const std::string_view folder : {"/core/", "/models/relacy/"}) {
    const std::size_t found = path.rfind(folder);
    if (found != std::string_view::npos) start = found + 1;
  }
  return start == std::string_view::npos ? path : path.substr(start);
}

std::optional<Weakening> parseWeakening(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::size_t equals = text.rfind('=');
  if (colon == std::string_view::npos || equals == std::string_view::npos || equals < colon ||
      colon == 0) {
    return std::nullopt;
  }
  Weakening weakening{.file = std::string(text.substr(0, colon))};
  const std::string_view line = text.substr(colon + 1, equals - colon - 1);
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), weakening.line);
  if (error != std::errc{} || end != line.data() + line.size() || weakening.line == 0) {
    return std::nullopt;
  }
  for (const auto& [order, name] : kOrderNames) {
    if (name != text.substr(equals + 1)) continue;
    weakening.order = order;
    return weakening;
  }
  return std::nullopt;
}

void AtomicSteps::weaken(Weakening weakening) {
  weakened_line_ = weakening.line;
  is_every_line_weakened_ = weakening.line == 0;
  current_weakening = std::move(weakening);
}

std::memory_order AtomicSteps::weakenedOrder(StepKind kind, std::memory_order order,
                                             const Location& at) noexcept {
  if (!std::string_view(at.file_name()).ends_with(current_weakening->file) ||
      (current_weakening->kind && *current_weakening->kind != kind) ||
      !fits(kind, current_weakening->order)) {
    return order;
  }
  was_weakened_ = true;
  return current_weakening->order;
}

std::vector<AtomicStep> AtomicSteps::all() {
  std::vector<AtomicStep> steps;
  for (const AtomicStep& step : table_) {
    if (step.file != nullptr) steps.push_back(step);
  }
  const auto key = [](const AtomicStep& step) {
    return std::tuple(fromRoot(step.file), step.line, step.kind);
  };
  std::ranges::sort(steps, {}, key);
  const auto repeated = std::ranges::unique(steps, {}, key);
  steps.erase(repeated.begin(), repeated.end());
  return steps;
}

}  // namespace sigproof::models
