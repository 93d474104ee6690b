#include "cli/testing/results.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace dnstorm::cli {

namespace {

struct Sums {
  std::size_t passed = 0, failed = 0, bad = 0;
};

Sums sums_of(const FileResults& file) {
  Sums sums;
  if (!file.problems.empty()) ++sums.bad;
  for (const TestResult& test : file.tests) {
    if (test.status == TestStatus::passed) ++sums.passed;
    if (test.status == TestStatus::failed) ++sums.failed;
    if (test.status == TestStatus::bad) ++sums.bad;
  }
  return sums;
}

Sums sums_of(const std::vector<FileResults>& files) {
  Sums all;
  for (const FileResults& file : files) {
    Sums sums = sums_of(file);
    all.passed += sums.passed;
    all.failed += sums.failed;
    all.bad += sums.bad;
  }
  return all;
}

std::string_view name_of(TestStatus status) {
  static constexpr std::string_view names[] = {"passed", "failed", "bad"};
  return names[static_cast<std::size_t>(status)];
}

// What XML 1.0 cannot say at all becomes a question mark.
std::string xml(const std::string& text) {
  std::string out;
  for (char c : text) {
    auto code = static_cast<unsigned char>(c);
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += code < 0x20 && c != '\n' && c != '\t' ? '?' : c;
  }
  return out;
}

std::string junit_case(const FileResults& file, const TestResult& test) {
  std::string head = fmt::format(
      "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.3f}\"",
      xml(file.file), xml(test.name), xml(file.file), test.place.line, test.seconds);
  if (test.status == TestStatus::passed) return head + "/>\n";
  std::string_view kind = test.status == TestStatus::failed ? "failure" : "error";
  std::string first = test.lines.empty() ? "" : test.lines.front();
  return fmt::format("{}>\n      <{} message=\"{}\">{}</{}>\n    </testcase>\n", head, kind,
                     xml(first), xml(fmt::format("{}", fmt::join(test.lines, "\n"))), kind);
}

}  // namespace

std::string result_text(const TestResult& result) {
  if (result.status == TestStatus::passed)
    return fmt::format("ok      {} ({} run{})\n", result.name, result.runs,
                       result.runs == 1 ? "" : "s");
  std::string text = fmt::format(
      "{} {}\n", result.status == TestStatus::failed ? "FAILED " : "BAD    ", result.name);
  for (const std::string& line : result.lines) text += "  " + line + "\n";
  return text;
}

std::string summary_text(const std::vector<FileResults>& files) {
  Sums sums = sums_of(files);
  std::string text = fmt::format("{} passed, {} failed", sums.passed, sums.failed);
  return text + (sums.bad == 0 ? "\n" : fmt::format(", {} could not run\n", sums.bad));
}

std::string junit_xml(const std::vector<FileResults>& files) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const FileResults& file : files) {
    Sums sums = sums_of(file);
    std::size_t tests = sums.passed + sums.failed + sums.bad;
    text += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
                        xml(file.file), tests, sums.failed, sums.bad);
    if (!file.problems.empty())
      text += junit_case(
          file,
          {.name = "the file", .place = {}, .status = TestStatus::bad, .lines = file.problems});
    for (const TestResult& test : file.tests) text += junit_case(file, test);
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

std::string results_json(const std::vector<FileResults>& files) {
  using Json = nlohmann::ordered_json;
  Sums sums = sums_of(files);
  Json list = Json::array();
  for (const FileResults& file : files) {
    Json tests = Json::array();
    for (const TestResult& test : file.tests)
      tests.push_back({{"name", test.name},
                       {"line", test.place.line},
                       {"status", name_of(test.status)},
                       {"runs", test.runs},
                       {"seconds", test.seconds},
                       {"lines", test.lines}});
    list.push_back({{"file", file.file}, {"problems", file.problems}, {"tests", tests}});
  }
  Json all = {{"passed", sums.passed}, {"failed", sums.failed}, {"bad", sums.bad}};
  all["files"] = list;
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

int results_code(const std::vector<FileResults>& files) {
  Sums sums = sums_of(files);
  if (sums.bad != 0) return 2;
  return sums.failed != 0 ? 1 : 0;
}

}  // namespace dnstorm::cli
