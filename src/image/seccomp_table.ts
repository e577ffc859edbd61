/**
 * The system calls that containers may make by default: what podman 4.x and 5.x
 * allow on x86-64 and arm64, each in 64 and 32 bits.
 */

import type {
  SeccompArgument,
  SeccompProfile,
  SeccompRule,
} from "../formats/oci/seccomp_profile.ts";

/** Harmless, or guarded by capabilities in the kernel. */
const ALLOWED = [
  // Names in directories, and what is noted of files.
  `
  access chdir chmod chown chown32 creat faccessat faccessat2 fchdir fchmod
  fchmodat fchown fchown32 fchownat fgetxattr flistxattr fremovexattr
  fsetxattr getcwd getxattr lchown lchown32 lgetxattr link linkat listxattr
  llistxattr lremovexattr lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat
  newfstatat open openat openat2 readlink readlinkat removexattr rename
  renameat renameat2 rmdir setxattr stat stat64 statfs statfs64 statx symlink
  symlinkat truncate truncate64 unlink unlinkat`,
  // Open files.
  `
  _llseek close close_range copy_file_range dup dup2 dup3 fadvise64
  fadvise64_64 fallocate fcntl fcntl64 fdatasync flock fstat fstat64 fstatat64
  fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getdents getdents64
  ioctl lseek pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read
  readahead readdir readv sendfile sendfile64 splice sync_file_range tee
  utimensat utimensat_time64 write writev`,
  // Waiting for something.
  `
  _newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait
  epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 fanotify_mark futex
  futex_time64 inotify_add_watch inotify_init inotify_init1 inotify_rm_watch
  io_cancel io_destroy io_getevents io_setup io_submit pause poll ppoll
  ppoll_time64 pselect6 pselect6_time64 select signalfd signalfd4`,
  // Connections; socket itself has rules of its own.
  `
  accept accept4 bind connect getpeername getsockname getsockopt listen recv
  recvfrom recvmmsg recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto
  setsockopt shutdown socketcall socketpair`,
  // Clocks and timers.
  `
  adjtimex alarm clock_adjtime clock_adjtime64 clock_getres
  clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
  clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time
  timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64
  timer_settime timer_settime64 timerfd timerfd_create timerfd_gettime
  timerfd_gettime64 timerfd_settime timerfd_settime64 times utime utimes`,
  // Memory.
  `
  brk get_mempolicy madvise mbind membarrier memfd_create memfd_secret mincore
  mlock mlock2 mlockall mmap mmap2 mprotect mremap msync munlock munlockall
  munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages set_mempolicy`,
  // Who a process is.
  `
  capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups
  getgroups32 getpgid getpgrp getpid getppid getresgid getresgid32 getresuid
  getresuid32 getsid gettid getuid getuid32 setfsgid setfsgid32 setfsuid
  setfsuid32 setgid setgid32 setgroups setgroups32 setpgid setregid setregid32
  setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setsid
  setuid setuid32 umask`,
  // Processes, and what limits them.
  `
  clone clone3 execve execveat exit exit_group fork get_robust_list
  get_thread_area getcpu getpriority getrlimit getrusage ioprio_get ioprio_set
  keyctl landlock_add_rule landlock_create_ruleset landlock_restrict_self
  pidfd_getfd pidfd_open prctl prlimit64 process_mrelease process_vm_readv
  process_vm_writev ptrace restart_syscall rseq sched_get_priority_max
  sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
  sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64
  sched_setaffinity sched_setattr sched_setparam sched_setscheduler
  sched_yield seccomp set_robust_list set_thread_area set_tid_address setns
  setpriority setrlimit syscall ugetrlimit unshare vfork wait4 waitid waitpid`,
  // Signals.
  `
  kill pidfd_send_signal rt_sigaction rt_sigpending rt_sigprocmask
  rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
  rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaction sigaltstack signal
  sigpending sigprocmask sigreturn sigsuspend tgkill tkill`,
  // Messages and memory between processes.
  `
  ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64
  mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd
  semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget`,
  // Mounts, which still take rights.
  `
  fsconfig fsmount fsopen fspick mount mount_setattr move_mount
  name_to_handle_at open_tree pivot_root umount umount2`,
  // The machine as a whole.
  `
  getrandom reboot sync syncfs sysinfo syslog uname`,
];

/** Not in a container; programs cope with EPERM better than with ENOSYS. */
const FORBIDDEN = [
  // Another kernel, another layout of memory, other modes of the processor.
  `
  kexec_file_load kexec_load migrate_pages move_pages swapcontext swapoff swapon
  uselib userfaultfd vm86 vm86old vmsplice io_pgetevents`,
  // What nobody needs any more.
  `
  bdflush nfsservctl nice oldfstat oldlstat oldolduname oldstat olduname
  pciconfig_iobase pciconfig_read pciconfig_write sgetmask ssetmask sysfs
  ustat`,
];

/** Allowed with a capability, EPERM without. */
const BY_CAPABILITY: Readonly<Record<string, string>> = {
  CAP_DAC_READ_SEARCH: "open_by_handle_at",
  CAP_SYS_ADMIN: "bpf fanotify_init lookup_dcookie perf_event_open quotactl " +
    "setdomainname sethostname setns",
  CAP_SYS_CHROOT: "chroot",
  CAP_SYS_MODULE: "delete_module finit_module init_module query_module",
  CAP_SYS_PACCT: "acct",
  CAP_SYS_PTRACE: "kcmp process_madvise",
  CAP_SYS_RAWIO: "ioperm iopl",
  CAP_SYS_TIME: "clock_settime clock_settime64 settimeofday stime",
  CAP_SYS_TTY_CONFIG: "vhangup",
};

/** Allowed on some architectures, in Go's terms. */
const BY_ARCHITECTURE: readonly (readonly [arches: string, names: string])[] = [
  ["amd64", "arch_prctl modify_ldt"],
  [
    "arm64",
    "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls " +
    "sync_file_range2",
  ],
];

// <linux/personality.h>: Linux, 32 bits of it, both without randomization
// being touched (UNAME26), and the question which one it is.
const PERSONALITIES = [0, 0x8, 0x20000, 0x20008, 0xffffffff];
// <linux/socket.h> and <linux/netlink.h>; <asm-generic/errno-base.h>
const AF_NETLINK = 16;
const NETLINK_AUDIT = 9;
const EPERM = 1;
const EINVAL = 22;
const ENOSYS = 38;

/** What applies unless the machine or the user has another profile. */
export function defaultSeccomp(): SeccompProfile {
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: ENOSYS,
    architectures: [],
    archMap: [
      {
        architecture: "SCMP_ARCH_X86_64",
        subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"],
      },
      {
        architecture: "SCMP_ARCH_AARCH64",
        subArchitectures: ["SCMP_ARCH_ARM"],
      },
    ],
    syscalls: [
      forbid(FORBIDDEN.join(" ")),
      allow(ALLOWED.join(" ")),
      ...PERSONALITIES.map((value) =>
        allow("personality", { args: [{ index: 0, value, op: "SCMP_CMP_EQ" }] })
      ),
      ...BY_ARCHITECTURE.map(([arches, names]) =>
        allow(names, { includes: { arches: arches.split(" ") } })
      ),
      ...Object.entries(BY_CAPABILITY).flatMap(([capability, names]) => [
        allow(names, { includes: { caps: [capability] } }),
        forbid(names, { excludes: { caps: [capability] } }),
      ]),
      ...socketRules(),
    ],
  };
}

/** All sockets but those that write to the audit log without the right to. */
function socketRules(): readonly SeccompRule[] {
  const excludes = { caps: ["CAP_AUDIT_WRITE"] };
  const family = (op: string): SeccompArgument => ({
    index: 0,
    value: AF_NETLINK,
    op,
  });
  const protocol = (op: string): SeccompArgument => ({
    index: 2,
    value: NETLINK_AUDIT,
    op,
  });
  return [
    {
      ...forbid("socket", { excludes }),
      errnoRet: EINVAL,
      args: [family("SCMP_CMP_EQ"), protocol("SCMP_CMP_EQ")],
    },
    allow("socket", { excludes, args: [family("SCMP_CMP_NE")] }),
    allow("socket", { excludes, args: [protocol("SCMP_CMP_NE")] }),
    allow("socket", { includes: excludes }),
  ];
}

type Details = Omit<SeccompRule, "names" | "action">;

function allow(names: string, details: Details = {}): SeccompRule {
  return { names: wordsOf(names), action: "SCMP_ACT_ALLOW", ...details };
}

function forbid(names: string, details: Details = {}): SeccompRule {
  const action = "SCMP_ACT_ERRNO";
  return { names: wordsOf(names), action, errnoRet: EPERM, ...details };
}

function wordsOf(names: string): readonly string[] {
  return names.trim().split(/\s+/);
}
