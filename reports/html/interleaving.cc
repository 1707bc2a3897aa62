#include "reports/html/interleaving.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace sigproof::reports {
namespace {

// In pixels. Texts are monospaced.
constexpr double kCharacterWidth = 6.7;
constexpr double kRowHeight = 22;
constexpr double kHeadHeight = 30;
constexpr double kNumberWidth = 34;
constexpr double kDotX = 12;
constexpr double kTextX = 24;
constexpr double kLaneGap = 18;
constexpr double kTextDrop = 4;  // from a row's middle to its text's base line
constexpr std::size_t kMostSteps = 1000;

struct Step {
  std::size_t lane = 0;
  std::string does;
  std::string order;
  std::string at;
  bool is_stale = false;
  bool is_broken = false;
  std::optional<std::size_t> from;

  std::size_t length() const {
    return does.size() + (order.empty() ? 0 : order.size() + 2) + (is_stale ? 7 : 0);
  }
};

struct Drawing {
  std::vector<std::string> lanes;
  std::vector<Step> steps;
};

std::string stepMember(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

bool flagMember(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

// A record that was not parsed from text may hold signed integers.
std::optional<std::size_t> numberMember(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number_integer() || found->get<std::int64_t>() < 0) {
    return std::nullopt;
  }
  return found->get<std::size_t>();
}

std::optional<Drawing> read(const nlohmann::json& json) {
  if (!json.is_object() || !json.contains("columns") || !json.contains("steps")) return {};
  const nlohmann::json& columns = json.at("columns");
  const nlohmann::json& steps = json.at("steps");
  if (!columns.is_array() || !steps.is_array() || steps.size() > kMostSteps) return {};
  Drawing drawing;
  for (const auto& column : columns) {
    drawing.lanes.push_back(column.is_string() ? column.get<std::string>() : "");
  }
  for (const auto& step : steps) {
    if (!step.is_object()) return {};
    const std::optional<std::size_t> lane = numberMember(step, "column");
    if (!lane || *lane >= drawing.lanes.size()) return {};
    std::optional<std::size_t> from = numberMember(step, "from");
    if (from && *from >= drawing.steps.size()) from.reset();
    drawing.steps.push_back({.lane = *lane,
                             .does = stepMember(step, "does"),
                             .order = stepMember(step, "order"),
                             .at = stepMember(step, "at"),
                             .is_stale = flagMember(step, "stale"),
                             .is_broken = flagMember(step, "broken"),
                             .from = from});
  }
  if (drawing.steps.empty()) return {};
  return drawing;
}

std::string pixels(double value) { return fmt::format("{:.1f}", value); }

Markup label(double x, double y, std::string_view style, const Markup& content) {
  return element("text", {{"x", pixels(x)}, {"y", pixels(y)}, {"class", std::string(style)}},
                 content);
}

class Painter {
 public:
  explicit Painter(const Drawing& drawing) : drawing_(drawing) {
    std::vector<std::size_t> longest;
    for (const std::string& lane : drawing.lanes) longest.push_back(lane.size());
    for (const Step& step : drawing.steps) {
      // The last line says what broke, and may extend to the right.
      if (!step.is_broken) longest[step.lane] = std::max(longest[step.lane], step.length());
    }
    double x = kNumberWidth;
    for (const std::size_t characters : longest) {
      lane_x_.push_back(x);
      lane_width_.push_back(kTextX + static_cast<double>(characters) * kCharacterWidth + kTextX);
      x += lane_width_.back() + kLaneGap;
    }
    where_x_ = x;
  }

  Markup paint() const {
    Markup content = bands() + heads() + arrows() + steps();
    const std::string width = pixels(totalWidth());
    const std::string height = pixels(rowY(drawing_.steps.size()));
    return element("svg",
                   {{"class", "interleaving"},
                    {"role", "img"},
                    {"aria-label", "the interleaving, step by step; its text follows"},
                    {"viewBox", fmt::format("0 0 {} {}", width, height)},
                    {"width", width},
                    {"height", height}},
                   content);
  }

 private:
  static double rowY(std::size_t row) {
    return kHeadHeight + (static_cast<double>(row) + 0.5) * kRowHeight;
  }

  double totalWidth() const {
    double width = where_x_;
    for (const Step& step : drawing_.steps) {
      width = std::max(width, where_x_ + static_cast<double>(step.at.size()) * kCharacterWidth);
      if (!step.is_broken) continue;
      width = std::max(width, lane_x_[step.lane] + 2 * kTextX +
                                  static_cast<double>(step.length()) * kCharacterWidth);
    }
    return width + kTextX;
  }

  Markup heads() const {
    Markup heads;
    for (std::size_t i = 0; i < drawing_.lanes.size(); ++i) {
      heads += label(lane_x_[i] + kDotX, kHeadHeight * 0.6, "head", text(drawing_.lanes[i]));
    }
    return heads;
  }

  // The steps of one lane between two preemptions.
  Markup bands() const {
    Markup bands;
    const std::vector<Step>& steps = drawing_.steps;
    for (std::size_t begin = 0, end = 0; begin < steps.size(); begin = end) {
      while (end < steps.size() && steps[end].lane == steps[begin].lane) ++end;
      const std::size_t lane = steps[begin].lane;
      bands += element("rect",
                       {{"class", "band"},
                        {"x", pixels(lane_x_[lane])},
                        {"y", pixels(rowY(begin) - kRowHeight / 2 + 1)},
                        {"width", pixels(lane_width_[lane])},
                        {"height", pixels(static_cast<double>(end - begin) * kRowHeight - 2)},
                        {"rx", "4"}},
                       {});
    }
    return bands;
  }

  // Draws an arrow only for a load that reads another lane's store, or a stale one. The other loads
  // read what everybody expects.
  Markup arrows() const {
    Markup arrows;
    for (std::size_t i = 0; i < drawing_.steps.size(); ++i) {
      const Step& load = drawing_.steps[i];
      if (!load.from) continue;
      const Step& store = drawing_.steps[*load.from];
      if (store.lane == load.lane && !load.is_stale) continue;
      const double x1 = lane_x_[store.lane] + kDotX;
      const double x2 = lane_x_[load.lane] + kDotX;
      const double y1 = rowY(*load.from);
      const double y2 = rowY(i);
      const double bend = store.lane == load.lane ? -kNumberWidth : 0;
      arrows += element(
          "path",
          {{"class", load.is_stale ? "read stale" : "read"},
           {"d", fmt::format("M{:.1f} {:.1f} C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", x1, y1,
                             x1 + bend, (y1 + y2) / 2, x2 + bend, (y1 + y2) / 2, x2, y2)}},
          {});
    }
    return arrows;
  }

  Markup steps() const {
    Markup rows;
    for (std::size_t i = 0; i < drawing_.steps.size(); ++i) {
      const Step& step = drawing_.steps[i];
      const std::string style = step.is_broken ? "broken" : step.is_stale ? "stale" : "step";
      const double y = rowY(i);
      Markup words = text(step.does);
      if (step.is_stale) words += element("tspan", {{"class", "stale"}}, text("  stale"));
      if (!step.order.empty()) {
        words += element("tspan", {{"class", "order"}}, text("  " + step.order));
      }
      rows += label(0, y + kTextDrop, "where", text(std::to_string(i + 1))) +
              element("circle",
                      {{"class", style},
                       {"cx", pixels(lane_x_[step.lane] + kDotX)},
                       {"cy", pixels(y)},
                       {"r", "4"}},
                      {}) +
              label(lane_x_[step.lane] + kTextX, y + kTextDrop, style, words);
      if (!step.is_broken) rows += label(where_x_, y + kTextDrop, "where", text(step.at));
    }
    return rows;
  }

  const Drawing& drawing_;
  std::vector<double> lane_x_;
  std::vector<double> lane_width_;
  double where_x_ = 0;
};

}  // namespace

Markup interleavingDrawing(const nlohmann::json& interleaving) {
  const std::optional<Drawing> drawing = read(interleaving);
  if (!drawing) return {};
  return element("div", {{"class", "scroll"}}, Painter(*drawing).paint());
}

}  // namespace sigproof::reports
