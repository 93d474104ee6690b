// What a process gives up is given up in a child of the test, which tells of it on its standard
// error.
#include "cli/confine.hpp"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "cli/load.hpp"

namespace dnstorm::cli {
namespace {

const ConfineOptions no_more = {"", true}, as_nobody = {"nobody", false};

plan::Plan plan_with(const OperatorRegistry& operators, const char* op) {
  plan::Plan plan;
  plan.components.emplace_back().op = operators.find(op);
  return plan;
}

// Of /proc/self/status, the same for all threads: what differs is told as often as it does.
std::string of_all_threads(const std::string& key) {
  std::set<std::string> values;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(thread.path() / "status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(key + ":\t")) values.insert(line.substr(key.size() + 2));
  }
  return fmt::format("{}={} ", key, fmt::join(values, "|"));
}

// A thread that sits in a system call while the others act.
class Waiting {
 public:
  Waiting() {
    if (pipe(ends_) != 0) std::abort();
    thread_ = std::thread([this] {
      char byte = 0;
      got_ = ::read(ends_[0], &byte, 1) == 1 && byte == 'x';
    });
  }
  // Whether it has slept through all of it.
  bool woken() {
    if (::write(ends_[1], "x", 1) != 1) return false;
    thread_.join();
    return got_;
  }

 private:
  int ends_[2];
  bool got_ = false;
  std::thread thread_;
};

class ConfineDeathTest : public ::testing::Test {
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer holds back the signals by which setuid() reaches all threads";
#endif
  }
};

// Confines a process of three threads; answers what it still has.
std::string confined(const ConfineOptions& options, const char* op) {
  OperatorRegistry operators = builtin_registry();
  Waiting first, second;
  auto done = confine(options, plan_with(operators, op));
  if (!done.ok()) return done.error().what;
  std::string all;
  for (const char* key : {"Uid", "CapEff", "CapPrm", "CapAmb", "NoNewPrivs", "Seccomp"})
    all += of_all_threads(key);
  std::thread([&] { all += "later " + of_all_threads("NoNewPrivs"); }).join();
  return all + (first.woken() && second.woken() ? "woken" : "lost");
}

// The name of the error that a call gives.
template <class Call>
std::string problem(const char* name, Call call) {
  errno = 0;
  return fmt::format("{}={} ", name, call() < 0 ? strerrorname_np(errno) : "done");
}

[[noreturn]] void tell(const std::string& text) {
  fmt::print(stderr, "{}\n", text);
  _exit(0);  // LeakSanitizer, at the end of exit(), may not look any more
}

// `filter`: as /proc tells it; 2: there is one.
std::string kept(uid_t user, const std::string& filter) {
  return fmt::format(
      "^Uid={0}.{0}.{0}.{0} CapEff={1:016} CapPrm={1:016} CapAmb={1:016} NoNewPrivs=1 {2}"
      "later NoNewPrivs=1 woken\n$",
      user, 0, filter);
}
const std::string filtered = "Seccomp=2 ";

TEST_F(ConfineDeathTest, NothingChangesUnlessItIsAskedFor) {
  EXPECT_EXIT(tell(confined({}, "words")), ::testing::ExitedWithCode(0),
              of_all_threads("CapEff") + ".*" + of_all_threads("NoNewPrivs") +
                  of_all_threads("Seccomp") + "later " + of_all_threads("NoNewPrivs") + "woken");
}

TEST_F(ConfineDeathTest, EveryThreadGivesUpWhatItHas) {
  EXPECT_EXIT(tell(confined(no_more, "words")), ::testing::ExitedWithCode(0),
              kept(geteuid(), filtered));
}

std::string nobody_can() {
  auto done = confine(as_nobody, {});
  if (!done.ok()) return done.error().what;
  return of_all_threads("Gid") + of_all_threads("Groups") +
         problem("back", [] { return setuid(0); }) +
         problem("read", [] { return open("/proc/1/environ", O_RDONLY); });
}

TEST_F(ConfineDeathTest, AUserImpliesIt) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can go on as somebody else";
  const passwd* nobody = getpwnam("nobody");
  if (nobody == nullptr) GTEST_SKIP() << "there is no user nobody";
  EXPECT_EXIT(tell(confined(as_nobody, "words")), ::testing::ExitedWithCode(0),
              kept(nobody->pw_uid, filtered));
  EXPECT_EXIT(
      tell(nobody_can()), ::testing::ExitedWithCode(0),
      fmt::format("^Gid={0}.{0}.{0}.{0} Groups={0} *back=EPERM read=EACCES", nobody->pw_gid));
}

// Ends with 7, if programs may be started.
int start_shell() {
  char name[] = "sh", option[] = "-c", text[] = "exit 7";
  char* const words[] = {name, option, text, nullptr};
  return execv("/bin/sh", words);
}

std::string refused_calls() {
  auto done = confine(no_more, {});
  if (!done.ok()) return done.error().what;
  return problem("execve", start_shell) + problem("unshare", [] { return unshare(CLONE_FS); }) +
         problem("chroot", [] { return chroot("/"); }) +
         problem("open", [] { return open("/dev/null", O_RDWR); }) + problem("fork", [] {
           pid_t child = fork();
           if (child == 0) _exit(0);
           return child;
         });
}

TEST_F(ConfineDeathTest, CallsThatATopologyDoesNotNeedAreRefused) {
  EXPECT_EXIT(tell(refused_calls()), ::testing::ExitedWithCode(0),
              "^execve=EPERM unshare=EPERM chroot=EPERM open=done fork=done \n$");
}

void confine_and_start_shell(const char* op) {
  fmt::print(stderr, "{}\n", confined(no_more, op));
  start_shell();
}

TEST_F(ConfineDeathTest, ATopologyThatStartsProgramsMay) {
  for (const char* op : {"shell_bolt", "shell_spout"})
    EXPECT_EXIT(confine_and_start_shell(op), ::testing::ExitedWithCode(7),
                kept(geteuid(), of_all_threads("Seccomp")));
}

std::string nobody_asks_for_root() {
  if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) return "cannot be nobody";
  auto allowed = check_confine({"root", false});
  return allowed.ok() ? "allowed" : allowed.error().what;
}

TEST_F(ConfineDeathTest, AUserThatCannotBeIsToldBefore) {
  EXPECT_TRUE(check_confine({}).ok());
  EXPECT_TRUE(check_confine(no_more).ok());
  auto unknown = check_confine({"no-such-user", false});
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().kind, ErrorKind::usage);
  EXPECT_EQ(unknown.error().what, "--user no-such-user: no such user");
  EXPECT_EXIT(tell(nobody_asks_for_root()), ::testing::ExitedWithCode(0),
              "^--user root: only root can go on as somebody else\n$");
}

}  // namespace
}  // namespace dnstorm::cli
