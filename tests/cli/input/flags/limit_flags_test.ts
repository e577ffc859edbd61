import { assertEquals, assertStringIncludes } from "@std/assert";
import { refusalOf, specOf } from "../../../support/flags_to_spec.ts";

const MI = 1024 ** 2;

Deno.test("flags limit the cgroup as podman's do", async (t) => {
  const table: [string, string, unknown][] = [
    ["--memory=64m", "memory", { limit: 64 * MI, swap: 128 * MI }],
    ["-m 1.5g", "memory", { limit: 1536 * MI, swap: 3072 * MI }],
    ["-m64m", "memory", { limit: 64 * MI, swap: 128 * MI }],
    ["--memory=0", "memory", undefined],
    ["--memory=", "memory", undefined],
    ["--memory=1m --memory=2m", "memory", { limit: 2 * MI, swap: 4 * MI }],
    ["--memory=64m --memory-swap=65m", "memory", {
      limit: 64 * MI,
      swap: 65 * MI,
    }],
    ["--memory=64m --memory-swap=64m", "memory", {
      limit: 64 * MI,
      swap: 64 * MI,
    }],
    ["--memory=64m --memory-swap=-1", "memory", { limit: 64 * MI }],
    ["--memory=64m --memory-swap=0", "memory", {
      limit: 64 * MI,
      swap: 128 * MI,
    }],
    ["--memory-swap=-1", "memory", undefined],
    ["--memory=64m --memory-reservation=64m", "memory", {
      limit: 64 * MI,
      swap: 128 * MI,
      reservation: 64 * MI,
    }],
    ["--memory-reservation=32m", "memory", { reservation: 32 * MI }],
    ["--memory-swappiness=0", "memory", { swappiness: 0 }],
    ["--oom-kill-disable", "memory", { disableOOMKiller: true }],
    ["--cpus=1.5", "cpu", { quota: 150000, period: 100000 }],
    ["--cpus=.5", "cpu", { quota: 50000, period: 100000 }],
    ["--cpus=1e1", "cpu", { quota: 1000000, period: 100000 }],
    ["--cpus=0", "cpu", undefined],
    ["--cpu-quota=5000", "cpu", { quota: 5000 }],
    ["--cpu-quota=-1", "cpu", undefined],
    ["--cpu-period=5000", "cpu", { period: 5000 }],
    ["--cpu-shares=512", "cpu", { shares: 512 }],
    ["-c 2", "cpu", { shares: 2 }],
    ["--cpu-shares=0", "cpu", undefined],
    ["--cpuset-cpus=0-1,3", "cpu", { cpus: "0-1,3" }],
    ["--cpuset-cpus=", "cpu", undefined],
    ["--cpuset-mems=0", "cpu", { mems: "0" }],
    ["--pids-limit=5", "pids", { limit: 5 }],
    ["--pids-limit=-1", "pids", { limit: 0 }],
    ["--pids-limit=0", "pids", { limit: 0 }],
    ["--pids-limit=5 --pids-limit=7", "pids", { limit: 7 }],
    ["--tty", "pids", { limit: 2048 }],
  ];
  for (const [typed, part, expected] of table) {
    await t.step(typed, () => {
      const resources = specOf(typed.split(" ")).linux?.resources ?? {};
      assertEquals(resources[part], expected);
    });
  }
});

Deno.test("flags limit processes as podman's do", async (t) => {
  const none = 2n ** 64n - 1n;
  const table: [string, [string, bigint, bigint][]][] = [
    ["--ulimit=core=0", [["CORE", 0n, 0n]]],
    ["--ulimit=nofile=1:2", [["NOFILE", 1n, 2n]]],
    ["--ulimit=memlock=-1", [["MEMLOCK", none, none]]],
    ["--ulimit=stack=5:-1", [["STACK", 5n, none]]],
    ["--ulimit=cpu=5,core=1", [["CPU", 5n, 5n], ["CORE", 1n, 1n]]],
    ["--ulimit=core=1 --ulimit=core=2", [["CORE", 2n, 2n]]],
    ["--ulimit=host", []],
    ["--ulimit=", []],
    ["--ulimit=fsize=9223372036854775807", [
      ["FSIZE", 2n ** 63n - 1n, 2n ** 63n - 1n],
    ]],
  ];
  for (const [typed, expected] of table) {
    await t.step(typed, () => {
      const { process } = specOf(typed.split(" "));
      assertEquals(
        process?.rlimits,
        expected.map(([type, soft, hard]) => ({
          type: `RLIMIT_${type}`,
          hard,
          soft,
        })),
      );
    });
  }
});

Deno.test("flags say how readily a container is killed", () => {
  const score = (typed: string) => specOf([typed]).process?.["oomScoreAdj"];
  assertEquals(score("--oom-score-adj=-1000"), -1000);
  assertEquals(score("--oom-score-adj=1000"), 1000);
  assertEquals(score("--tty"), undefined);
});

Deno.test("limits that make no sense are refused, and none is lost", async (t) => {
  const size = "write a size, such as 512m";
  const whole = "write a whole number";
  const table: [string, string][] = [
    ["--memory=-1", size],
    ["--memory=1e3", size],
    ["--memory=64x", size],
    ["--memory=99999999999999999999", size],
    ["--memory=9000p", size],
    ["--memory=٣m", size],
    ["--memory=64m\n", size],
    ["--memory-swap=-2", size],
    ["--memory-reservation=x", size],
    ["--shm-size=-1", size],
    ["--memory-swap=64m", "--memory has to be given"],
    ["--memory=64m --memory-swap=32m", "--memory-swap counts it, too"],
    ["--memory=32m --memory-reservation=64m", "--memory is only 33554432"],
    ["--memory-swappiness=101", `${whole} from 0 to 100`],
    ["--memory-swappiness=-1", `${whole} from 0 to 100`],
    ["--cpus=abc", "write a number"],
    ["--cpus=", "write a number"],
    ["--cpus=-1", "write a number"],
    ["--cpus=NaN", "write a number"],
    ["--cpus=Infinity", "write a number"],
    ["--cpus=1e300", "write a number"],
    ["--cpus=0x1", "write a number"],
    ["--cpus=1,5", "write a number"],
    ["--cpus=0.001", "0.01 at least"],
    ["--cpus=1e-9", "0.01 at least"],
    ["--cpus=1 --cpu-quota=5000", "already"],
    ["--cpu-quota=999", "less than 1000"],
    ["--cpu-quota=-5", whole],
    ["--cpu-period=999", "1000 to 1000000"],
    ["--cpu-period=1000001", "1000 to 1000000"],
    ["--cpu-shares=-5", whole],
    ["--cpu-shares=1.5", whole],
    ["--cpuset-cpus=a", "a list of numbers"],
    ["--cpuset-cpus=0-", "a list of numbers"],
    ["--cpuset-cpus=0,,1", "a list of numbers"],
    ["--cpuset-mems=-1", "a list of numbers"],
    ["--pids-limit=abc", whole],
    ["--pids-limit=-5", whole],
    ["--pids-limit=", whole],
    ["--pids-limit=1e3", whole],
    ["--pids-limit=99999999999999999999", whole],
    ["--oom-score-adj=1001", "-1000 to 1000"],
    ["--oom-score-adj=-1001", "-1000 to 1000"],
    ["--oom-score-adj=x", "-1000 to 1000"],
    ["--oom-score-adj=", "-1000 to 1000"],
    ["--ulimit=nofile", "write TYPE=SOFT"],
    ["--ulimit=nofile=1=2", "write TYPE=SOFT"],
    ["--ulimit=NOFILE=5", "use one of core, cpu"],
    ["--ulimit=toString=5", "use one of core, cpu"],
    ["--ulimit=nofile=", "write whole numbers"],
    ["--ulimit=nofile=a", "write whole numbers"],
    ["--ulimit=nofile=1:2:3", "write whole numbers"],
    ["--ulimit=nofile=-2", "write whole numbers"],
    ["--ulimit=nofile=1e3", "write whole numbers"],
    ["--ulimit=nofile=9223372036854775808", "write whole numbers"],
    ["--ulimit=nofile=6:5", "above the hard one"],
    ["--ulimit=nofile=-1:5", "above the hard one"],
    ["--ulimit=host --ulimit=core=0", "cannot be combined"],
  ];
  for (const [typed, message] of table) {
    await t.step(JSON.stringify(typed), () => {
      assertStringIncludes(refusalOf(typed.split(" ")) ?? "taken", message);
    });
  }
});
