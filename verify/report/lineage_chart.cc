#include "verify/report/lineage_chart.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "proto/manifest.pb.h"
#include "proto/recipe.pb.h"
#include "verify/manifest/manifest.h"
#include "verify/report/charts.h"
#include "verify/report/html.h"
#include "verify/report/numbers.h"

namespace weighbridge::report {
namespace {

constexpr int kMostSources = 24;
constexpr int kMostMade = 4;
// A box is so many times as wide as the gap behind it.
constexpr double kBoxOfGap = 2.2;

// A box of the diagram.
struct Node {
  std::string id;
  int column = 0;
  // Half-open, in rows of the sources.
  int first_row = 0;
  int end_row = 0;
  int64_t bytes_used = 0;
  int target = -1;  // The node that this one goes into.
  Html content;
};

// The ids of the sources that a recipe reads; none when its text is no recipe.
std::set<std::string> SourcesOf(const RecipeText& text) {
  std::set<std::string> ids;
  const std::optional<Recipe> recipe = ParseRecipeText(text);
  if (!recipe.has_value()) return ids;
  for (const Recipe::Source& source : recipe->sources()) ids.insert(source.id());
  return ids;
}

Html BoxText(const Html& title, const Html& first_line, absl::string_view second_line) {
  return Concat(Element("b", title), Element("span", first_line), Element("span", second_line));
}

std::vector<Node> SourceNodes(const Manifest& manifest) {
  std::vector<Node> nodes;
  for (const SourceCheckpoint& source : manifest.sources()) {
    Node node;
    node.id = source.id();
    node.first_row = static_cast<int>(nodes.size());
    node.end_row = node.first_row + 1;
    for (const SourceAccounting& accounting : manifest.accounting().sources()) {
      if (accounting.id() == source.id()) node.bytes_used = std::max<int64_t>(accounting.bytes_used(), 0);
    }
    node.content = BoxText(Name(source.id()), Concat(Name(source.format()), ", ", CountOf(source.files_size(), "file")),
                           absl::StrCat(Count(node.bytes_used), " bytes used"));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

// Lets every node that goes nowhere yet, and for which `is_input` holds, go into `node`, which is put behind them.
template <typename Predicate>
void Collect(const Predicate& is_input, Node node, std::vector<Node>* nodes) {
  node.first_row = static_cast<int>(nodes->size());
  for (Node& input : *nodes) {
    if (input.target != -1 || !is_input(input)) continue;
    input.target = static_cast<int>(nodes->size());
    node.column = std::max(node.column, input.column + 1);
    node.first_row = std::min(node.first_row, input.first_row);
    node.end_row = std::max(node.end_row, input.end_row);
    node.bytes_used = SaturatingAdd(node.bytes_used, input.bytes_used);
  }
  // A recipe that reads none of them has no place in the diagram.
  if (node.column > 0) nodes->push_back(std::move(node));
}

std::vector<Node> AllNodes(const Manifest& manifest) {
  std::vector<Node> nodes = SourceNodes(manifest);
  for (const SourceRecipe& made : manifest.made_sources()) {
    const std::set<std::string> inputs = SourcesOf(made.recipe());
    Node node;
    node.id = made.id();
    node.content = BoxText(Name(made.id()), Concat("made by ", Name(made.recipe().name())), "in the same pass");
    Collect([&](const Node& input) { return inputs.contains(input.id); }, std::move(node), &nodes);
  }
  Node output;
  output.content = BoxText(Concat("Output"), Concat("made by ", Name(manifest.recipe().name())),
                           absl::StrCat(Count(manifest.accounting().output_bytes()), " bytes"));
  Collect([](const Node&) { return true; }, std::move(output), &nodes);
  return nodes;
}

// Percents of the width at which a column begins and ends.
double Left(int column, int columns) {
  return 100 * column * (kBoxOfGap + 1) / (columns * (kBoxOfGap + 1) - 1);
}
double Right(int column, int columns) {
  return Left(column, columns) + 100 * kBoxOfGap / (columns * (kBoxOfGap + 1) - 1);
}

Html Lines(const std::vector<Node>& nodes, int columns, int rows) {
  const auto middle = [&](const Node& node) { return 50.0 * (node.first_row + node.end_row) / rows; };
  const double all = std::max(1.0, static_cast<double>(nodes.back().bytes_used));
  std::vector<Stream> streams;
  for (const Node& node : nodes) {
    if (node.target < 0) continue;
    const Node& target = nodes[node.target];
    const double width = 1 + 24 * static_cast<double>(node.bytes_used) / all;
    streams.push_back({Right(node.column, columns), middle(node), Right(target.column - 1, columns), Left(target.column, columns),
                       middle(target), width});
  }
  return Streams(streams);
}

}  // namespace

Html LineageChart(const Manifest& manifest) {
  const int rows = manifest.sources_size();
  if (rows == 0 || rows > kMostSources || manifest.made_sources_size() > kMostMade) return {};
  const std::vector<Node> nodes = AllNodes(manifest);
  const int columns = nodes.back().column + 1;
  Html content = Lines(nodes, columns, rows);
  for (const Node& node : nodes) {
    const std::string style = absl::StrFormat("left:%.5g%%;width:%.5g%%;top:%.5g%%;height:%.5g%%", Left(node.column, columns),
                                              Right(node.column, columns) - Left(node.column, columns), 100.0 * node.first_row / rows,
                                              100.0 * (node.end_row - node.first_row) / rows);
    content.Append(ElementWith("div class=\"place\"", {{"style", style}}, Element("div class=\"box\"", node.content)));
  }
  return ElementWith("div class=\"lineage\"", {{"style", absl::StrFormat("height:%.5grem", 5.2 * rows)}}, content);
}

}  // namespace weighbridge::report
