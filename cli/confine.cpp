#include "cli/confine.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>

namespace dnstorm::cli {

namespace {

Error refused(std::string_view what) {
  return {ErrorKind::permission, fmt::format("{}: {}", what, std::strerror(errno)), {}};
}

Result<void> become(const std::string& name) {
  const passwd* user = getpwnam(name.c_str());
  if (user == nullptr) return refused(name);
  if (initgroups(name.c_str(), user->pw_gid) != 0 ||
      setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
      setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
    return refused(fmt::format("cannot go on as user {}", name));
  return {};
}

// Of this thread alone: the kernel keeps both by thread.
bool drop_own() {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
         syscall(SYS_capset, &head, none) == 0;
}

std::atomic<std::uint32_t> threads_done{0};
std::atomic<bool> thread_failed{false};

void on_drop(int) {
  int kept = errno;
  if (!drop_own()) thread_failed = true;
  threads_done.fetch_add(1);
  threads_done.notify_one();
  errno = kept;
}

std::set<pid_t> other_threads() {
  std::set<pid_t> threads;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", ignored))
    threads.insert(static_cast<pid_t>(std::stol(entry.path().filename())));
  threads.erase(static_cast<pid_t>(syscall(SYS_gettid)));
  return threads;
}

// A thread that has not dropped may make another one meanwhile: until there is none left to tell.
Result<void> drop_everywhere() {
  const int number = SIGRTMIN + 3;
  struct sigaction action {
  }, before{};
  action.sa_handler = on_drop;
  action.sa_flags = SA_RESTART;
  sigaction(number, &action, &before);
  std::set<pid_t> told;
  for (bool news = true; news;) {
    news = false;
    for (pid_t thread : other_threads()) {
      if (!told.insert(thread).second) continue;
      std::uint32_t done = threads_done.load();
      if (syscall(SYS_tgkill, getpid(), thread, number) != 0) continue;  // it has ended
      threads_done.wait(done);
      news = true;
    }
  }
  bool good = drop_own() && !thread_failed;
  sigaction(number, &before, nullptr);
  if (!good) return refused("capabilities cannot be dropped");
  return {};
}

constexpr int denied[] = {SCMP_SYS(execve),
                          SCMP_SYS(execveat),
                          SCMP_SYS(ptrace),
                          SCMP_SYS(process_vm_readv),
                          SCMP_SYS(process_vm_writev),
                          SCMP_SYS(init_module),
                          SCMP_SYS(finit_module),
                          SCMP_SYS(delete_module),
                          SCMP_SYS(kexec_load),
                          SCMP_SYS(kexec_file_load),
                          SCMP_SYS(mount),
                          SCMP_SYS(umount2),
                          SCMP_SYS(pivot_root),
                          SCMP_SYS(chroot),
                          SCMP_SYS(unshare),
                          SCMP_SYS(setns),
                          SCMP_SYS(bpf),
                          SCMP_SYS(perf_event_open),
                          SCMP_SYS(userfaultfd),
                          SCMP_SYS(add_key),
                          SCMP_SYS(request_key),
                          SCMP_SYS(keyctl),
                          SCMP_SYS(swapon),
                          SCMP_SYS(swapoff),
                          SCMP_SYS(reboot),
                          SCMP_SYS(settimeofday),
                          SCMP_SYS(clock_settime),
                          SCMP_SYS(clock_adjtime),
                          SCMP_SYS(sethostname),
                          SCMP_SYS(setdomainname),
                          SCMP_SYS(acct),
                          SCMP_SYS(quotactl),
                          SCMP_SYS(personality)};

Result<void> filter_calls() {
  std::unique_ptr<void, void (*)(void*)> filter(seccomp_init(SCMP_ACT_ALLOW), seccomp_release);
  if (!filter) return Error{ErrorKind::unavailable, "seccomp: no memory", {}};
  int code = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  for (int call : denied)
    if (code == 0) code = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0);
  if (code == 0) code = seccomp_load(filter.get());
  if (code == 0) return {};
  return Error{ErrorKind::unavailable,
               fmt::format("system calls cannot be filtered: {}", std::strerror(-code)),
               {}};
}

bool starts_programs(const plan::Plan& plan) {
  for (const plan::ComponentPlan& component : plan.components)
    if (component.op->name == "shell_bolt" || component.op->name == "shell_spout") return true;
  return false;
}

}  // namespace

Result<void> check_confine(const ConfineOptions& options) {
  if (options.user.empty()) return {};
  if (getpwnam(options.user.c_str()) == nullptr)
    return Error{ErrorKind::usage, fmt::format("--user {}: no such user", options.user), {}};
  if (geteuid() != 0)
    return Error{ErrorKind::permission,
                 fmt::format("--user {}: only root can go on as somebody else", options.user),
                 {}};
  return {};
}

Result<void> confine(const ConfineOptions& options, const plan::Plan& plan) {
  if (options.user.empty() && !options.confine) return {};
  if (!options.user.empty()) DNSTORM_CHECK(become(options.user));
  DNSTORM_CHECK(drop_everywhere());
  if (!starts_programs(plan)) DNSTORM_CHECK(filter_calls());
  return {};
}

}  // namespace dnstorm::cli
