// Opens reports in headless Chromium and asks it what it shows. Skipped where there is no Chromium.

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "proto/manifest.pb.h"
#include "verify/manifest/manifest_testing.h"
#include "verify/report/report.h"

namespace weighbridge {
namespace {

// The width of A4 between the page's margins, in CSS pixels.
constexpr int kPaperWidth = 680;

std::string Folder(const char* variable) {
  const char* folder = std::getenv(variable);
  return folder == nullptr ? testing::TempDir() : std::string(folder);
}

std::string Quoted(const std::string& word) {
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class ReportBrowserTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v chromium >/dev/null") != 0) GTEST_SKIP() << "chromium is not installed: apt-get install chromium";
  }

  // What Chromium prints when it opens the page in a window of that size.
  static std::string Open(const std::string& html, int width, const std::string& flags) {
    const std::string page = Folder("TEST_TMPDIR") + "/page.html";
    std::ofstream(page, std::ios::binary) << html;
    const std::string home = Quoted(Folder("TEST_TMPDIR"));
    const std::string command = absl::StrCat(
        "HOME=", home, " timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars ",
        "--user-data-dir=", home, "/profile --window-size=", width, ",5000 ", flags, " ", Quoted("file://" + page), " 2>/dev/null");
    std::string printed;
    FILE* pipe = popen(command.c_str(), "r");
    char buffer[4096];
    for (size_t size; (size = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) printed.append(buffer, size);
    EXPECT_EQ(pclose(pipe), 0) << command;
    return printed;
  }

  // The values of JavaScript expressions on the page, as text. Only here does a script come into it.
  static std::vector<std::string> Ask(const std::string& html, int width, const std::string& flags,
                                      const std::vector<std::string>& questions) {
    std::string script = "<script>addEventListener('load',()=>{const answers=[];";
    for (const std::string& question : questions) absl::StrAppend(&script, "answers.push(", question, ");");
    absl::StrAppend(&script, "const pre=document.createElement('pre');pre.id='answers';pre.textContent=answers.join('\\n')+'\\n';",
                    "document.body.append(pre)})</script></body>");
    std::string page = absl::StrReplaceAll(html, {{"</body>", script}, {"Content-Security-Policy", "x"}});
    const std::string dom = Open(page, width, flags + " --dump-dom");
    const std::string start = "<pre id=\"answers\">";
    const size_t begin = dom.find(start);
    EXPECT_NE(begin, std::string::npos) << "no answers";
    if (begin == std::string::npos) return std::vector<std::string>(questions.size());
    const std::string text = dom.substr(begin + start.size(), dom.find("</pre>", begin) - begin - start.size());
    std::vector<std::string> answers = absl::StrSplit(absl::StrReplaceAll(text, {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}}), '\n');
    answers.pop_back();
    EXPECT_EQ(answers.size(), questions.size());
    answers.resize(questions.size());
    return answers;
  }
};

// The page as it is printed, for a screen.
std::string AsOnPaper(const std::string& html) {
  return absl::StrReplaceAll(html, {{"@media print", "@media all"}, {"@media screen", "@media speech"}});
}

Manifest HostileManifest() {
  Manifest manifest = MixedManifest();
  OutputTensor* tensor = manifest.mutable_output()->mutable_tensors(0);
  tensor->set_name("<script>document.title='owned'</script>");
  tensor->set_verdict(OutputTensor::VERDICT_DIFFERS);
  tensor->set_finding("</td></table><img src=x onerror=\"document.title='owned'\">\x01 \"quoted\" 'quoted'");
  manifest.mutable_output()->mutable_tensors(1)->set_name("abc\u202ecba\u200f.weight");
  manifest.mutable_output()->mutable_tensors(2)->set_name(std::string(100'000, 'x'));
  manifest.mutable_sources(0)->set_id("</style><svg onload=\"document.title='owned'\">");
  manifest.mutable_sources(0)->mutable_files(0)->mutable_origin()->set_uri("javascript:document.title='owned'");
  manifest.mutable_recipe()->set_name("</title><script>document.title='owned'</script>");
  manifest.mutable_recipe()->set_textproto("</pre><script>document.title='owned'</script>");
  return manifest;
}

// The least contrast (WCAG 2) of any text with what lies behind it.
constexpr char kLeastContrast[] = R"((() => {
  const luminance = c => { const [r, g, b] = c.match(/[\d.]+/g).map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\)$/.test(c)) return c; } return 'rgb(255, 255, 255)'; };
  let least = 99;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || /SCRIPT|STYLE/.test(e.tagName)) continue;
    const style = getComputedStyle(e), a = luminance(e.namespaceURI.endsWith('svg') ? style.fill : style.color), b = luminance(behind(e));
    least = Math.min(least, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
  }
  return least.toFixed(2);
})())";

constexpr char kOverflow[] = "document.documentElement.scrollWidth - innerWidth";
// Cells out of which text sticks.
constexpr char kOverfullCells[] = "[...document.querySelectorAll('td, th')].filter(e => e.scrollWidth > e.clientWidth + 1).length";

TEST_F(ReportBrowserTest, ShowsVerdictAndNumbers) {
  const std::vector<std::string> answers =
      Ask(*RenderReport(MixedManifest()), 1200, "",
          {"document.querySelector('h1').innerText", "document.querySelector('.meaning').innerText",
           "document.querySelector('.tally').innerText.replace(/\\s+/g, ' ')", "document.querySelectorAll('article').length",
           "[...document.querySelectorAll('.lineage b')].map(e => e.innerText)", "document.querySelectorAll('.streams path').length",
           "document.scripts.length"});
  EXPECT_EQ(answers[0], "≠ NO: differs");
  EXPECT_EQ(answers[1],
            "The output is not what the recipe minigpt4 makes of blip2, base, delta and minigpt4. 60 of 68 tensors are bit for bit as they "
            "should be.");
  EXPECT_EQ(answers[2],
            "= exact 60 ≈ within tolerance 2 ≠ differs 2 − missing 1 + unexpected 1 ≠ wrong dtype 1 ≠ wrong shape 1 ↕ out of order 1");
  EXPECT_EQ(answers[3], "4");
  EXPECT_EQ(answers[4], "blip2,base,delta,minigpt4,vicuna,Output");
  EXPECT_EQ(answers[5], "5");
  EXPECT_EQ(answers[6], "1");  // The one that asks.
}

TEST_F(ReportBrowserTest, NamesStayText) {
  const std::vector<std::string> answers = Ask(
      *RenderReport(HostileManifest()), 1200, "",
      {"document.title", "document.scripts.length", "document.querySelectorAll('img, iframe, object, embed, link, a, base, form').length",
       "[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length",
       "[...document.querySelectorAll('code')].some(e => e.textContent === \"<script>document.title='owned'<\" + \"/script>\")",
       "[...document.querySelectorAll('code')].some(e => e.textContent === 'abcU+202EcbaU+200F.weight')",
       "/[\\u0000-\\u0009\\u200e\\u200f\\u202a-\\u202e]/.test(document.body.textContent)", "document.querySelectorAll('section').length",
       kOverflow});
  EXPECT_EQ(answers, (std::vector<std::string>{"Weighbridge: NO: </title><script>document.title='owned'</script>", "1", "0", "0", "true",
                                               "true", "false", "8", "0"}));
}

TEST_F(ReportBrowserTest, FitsAndCanBeRead) {
  const std::string html = *RenderReport(HostileManifest());
  for (const auto& [page, width, flags] : std::vector<std::tuple<std::string, int, std::string>>{
           {html, 1200, ""}, {html, 1200, "--force-dark-mode"}, {html, 375, ""}, {AsOnPaper(html), kPaperWidth, ""}}) {
    SCOPED_TRACE(absl::StrCat(width, " ", flags));
    const std::vector<std::string> answers =
        Ask(page, width, flags, {kOverflow, kLeastContrast, kOverfullCells, "matchMedia('(prefers-color-scheme: dark)').matches"});
    EXPECT_EQ(answers[0], "0");
    double contrast = 0;
    EXPECT_TRUE(absl::SimpleAtod(answers[1], &contrast));
    EXPECT_GE(contrast, 4.5);
    EXPECT_EQ(answers[2], "0");
    EXPECT_EQ(answers[3], flags.empty() ? "false" : "true");
  }
}

TEST_F(ReportBrowserTest, PaperShowsWhatScreensFold) {
  const std::string html = *RenderReport(MixedManifest());
  const std::vector<std::string> folded = {"[...document.querySelectorAll('details')].filter(e => e.offsetHeight < 60).length"};
  EXPECT_NE(Ask(html, kPaperWidth, "", folded)[0], "0");
  EXPECT_EQ(Ask(AsOnPaper(html), kPaperWidth, "", folded)[0], "0");
}

// For people to look at: the test's outputs.
TEST_F(ReportBrowserTest, KeepsPictures) {
  const std::string folder = Folder("TEST_UNDECLARED_OUTPUTS_DIR");
  for (const auto& [name, manifest] :
       std::vector<std::pair<std::string, Manifest>>{{"exact", ExactManifest()}, {"mixed", MixedManifest()}}) {
    const std::string html = *RenderReport(manifest);
    const std::string path = absl::StrCat(folder, "/", name);
    std::ofstream(path + ".html", std::ios::binary) << html;
    Open(html, 1200, absl::StrCat("--screenshot=", Quoted(path + "_light.png")));
    Open(html, 1200, absl::StrCat("--force-dark-mode --screenshot=", Quoted(path + "_dark.png")));
    Open(html, 1200, absl::StrCat("--no-pdf-header-footer --print-to-pdf=", Quoted(path + ".pdf")));
    const std::string light = ReadFile(path + "_light.png");
    EXPECT_TRUE(absl::StartsWith(light, "\x89PNG")) << path;
    EXPECT_GT(light.size(), 50'000) << "an empty page";
    EXPECT_NE(light, ReadFile(path + "_dark.png"));
    EXPECT_TRUE(absl::StartsWith(ReadFile(path + ".pdf"), "%PDF-")) << path;
  }
}

}  // namespace
}  // namespace weighbridge
