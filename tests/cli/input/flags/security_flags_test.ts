import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DEFAULT_CAPABILITIES } from "../../../../src/image/capabilities.ts";
import { refusalOf, specOf } from "../../../support/flags_to_spec.ts";
import { tempDir } from "../../../support/temp_dir.ts";

function split(typed: string): string[] {
  return typed.split(" ").filter((word) => word !== "");
}

Deno.test("flags give and take rights as podman's do", async (t) => {
  const without = (name: string) =>
    DEFAULT_CAPABILITIES.filter((one) => one !== name);
  const withMore = (...names: string[]) =>
    [...DEFAULT_CAPABILITIES, ...names].toSorted();
  const table: [string, readonly string[]][] = [
    ["", DEFAULT_CAPABILITIES],
    ["--cap-add=net_admin", withMore("CAP_NET_ADMIN")],
    ["--cap-add=CAP_MKNOD,sys_time", withMore("CAP_MKNOD", "CAP_SYS_TIME")],
    ["--cap-add=mknod --cap-add=mknod", withMore("CAP_MKNOD")],
    ["--cap-add=", DEFAULT_CAPABILITIES],
    ["--cap-drop=chown", without("CAP_CHOWN")],
    ["--cap-drop=all", []],
    ["--cap-drop=ALL --cap-add=kill", ["CAP_KILL"]],
  ];
  for (const [typed, expected] of table) {
    await t.step(typed || "nothing", () => {
      const sets = specOf(split(typed)).process?.capabilities;
      const { bounding, effective, permitted } = sets ?? {};
      assertEquals([bounding, effective, permitted], [
        ...[expected, expected, expected],
      ]);
    });
  }
});

Deno.test("--security-opt means what podman's means", async (t) => {
  using dir = tempDir();
  const profile = dir.join("own.json");
  await Deno.writeTextFile(profile, '{"defaultAction":"SCMP_ACT_LOG"}');
  const summary = (typed: string) => {
    const options = split(typed).map((word) => `--security-opt=${word}`);
    const { process, linux, mounts } = specOf(options);
    const proc = mounts?.find(({ destination }) => destination === "/proc");
    return [
      process?.["noNewPrivileges"] ? "no-new" : "",
      process?.["apparmorProfile"] ?? "",
      linux?.seccomp?.defaultAction ?? "unconfined",
      `${linux?.maskedPaths?.length}/${linux?.readonlyPaths?.length}`,
      proc?.options?.join(),
    ].join(" ");
  };
  const [seccomp, paths, proc] = [
    ...["SCMP_ACT_ERRNO", "13/6", "nosuid,noexec,nodev"],
  ];
  const table: [string, string][] = [
    ["", `  ${seccomp} ${paths} ${proc}`],
    ["no-new-privileges", `no-new  ${seccomp} ${paths} ${proc}`],
    ["no-new-privileges=true", `no-new  ${seccomp} ${paths} ${proc}`],
    ["no-new-privileges:true", `no-new  ${seccomp} ${paths} ${proc}`],
    ["no-new-privileges=false", `  ${seccomp} ${paths} ${proc}`],
    [
      "no-new-privileges no-new-privileges=0",
      `  ${seccomp} ${paths} ${proc}`,
    ],
    ["seccomp=unconfined", `  unconfined ${paths} ${proc}`],
    [`seccomp=${profile}`, `  SCMP_ACT_LOG ${paths} ${proc}`],
    [`seccomp=${profile} seccomp=`, `  ${seccomp} ${paths} ${proc}`],
    ["apparmor=mine", ` mine ${seccomp} ${paths} ${proc}`],
    ["apparmor=unconfined", `  ${seccomp} ${paths} ${proc}`],
    ["label=disable", `  ${seccomp} ${paths} ${proc}`],
    ["mask=/a:/b mask=/c", `  ${seccomp} 16/6 ${proc}`],
    ["unmask=ALL", `  ${seccomp} 0/0 ${proc}`],
    ["unmask=/proc/acpi:/proc/keys", `  ${seccomp} 11/6 ${proc}`],
    ["unmask=/proc/*", `  ${seccomp} 4/0 ${proc}`],
    ["systempaths=unconfined", `  ${seccomp} 0/0 ${proc}`],
    ["proc-opts=hidepid=2,nosuid", `  ${seccomp} ${paths} hidepid=2,nosuid`],
  ];
  for (const [typed, expected] of table) {
    await t.step(typed || "nothing", () => {
      assertEquals(summary(typed), expected);
    });
  }
});

Deno.test("--privileged gives all, and hides nothing", () => {
  const { process, linux, mounts } = specOf(["--privileged"]);
  assertEquals(process?.capabilities?.["bounding"]?.length, 41);
  assertEquals(linux?.seccomp, undefined);
  assertEquals([linux?.maskedPaths, linux?.readonlyPaths], [[], []]);
  const devices = linux?.resources?.["devices"];
  assertEquals(devices, [{ allow: true, access: "rwm" }]);
  const sys = mounts?.filter(({ destination }) => /^\/sys/.test(destination));
  assertEquals(sys?.length, 2);
  assert(sys?.every(({ options }) => options?.includes("rw")));
});

Deno.test("flags share namespaces as podman's do", async (t) => {
  const table: [string, string][] = [
    ["", "pid ipc uts mount network"],
    ["--pid=host", "ipc uts mount network"],
    ["--ipc=host", "pid uts mount network"],
    ["--ipc=shareable", "pid ipc uts mount network"],
    ["--ipc=none", "pid ipc uts mount network"],
    ["--uts=host", "pid ipc mount network"],
    ["--cgroupns=private", "pid ipc uts mount network cgroup"],
    ["--cgroupns=host", "pid ipc uts mount network"],
    ["--userns=host", "pid ipc uts mount network"],
    ["--network=host --pid=host", "ipc uts mount"],
  ];
  for (const [typed, expected] of table) {
    await t.step(typed || "nothing", () => {
      const spaces = specOf(split(typed)).linux?.namespaces ?? [];
      assertEquals(spaces.map(({ type }) => type).join(" "), expected);
    });
  }
  assertEquals(specOf(["--uts=host"]).hostname, undefined);
  assertEquals(specOf(["-h", "web"]).hostname, "web");
});

Deno.test("--sysctl sets what is the container's own", async (t) => {
  const own = { "net.ipv4.ping_group_range": "0 0" };
  const table: [string, unknown][] = [
    ["", own],
    ["--sysctl=kernel.msgmax=5", { ...own, "kernel.msgmax": "5" }],
    ["--sysctl=net.a=1,fs.mqueue.b=2", {
      ...own,
      "net.a": "1",
      "fs.mqueue.b": "2",
    }],
    ["--sysctl=net.a=1 --sysctl=net.a=2", { ...own, "net.a": "2" }],
    ["--sysctl=net.ipv4.ping_group_range=1_1", {
      "net.ipv4.ping_group_range": "1_1",
    }],
    ["--network=host", {}],
    ["--network=host --sysctl=kernel.sem=1", { "kernel.sem": "1" }],
  ];
  for (const [typed, expected] of table) {
    await t.step(typed || "nothing", () => {
      assertEquals(specOf(split(typed)).linux?.["sysctl"], expected);
    });
  }
});

Deno.test("--umask is read as octal digits", () => {
  const umask = (typed: string) => specOf([typed]).process?.user?.umask;
  assertEquals(umask("--tty"), 0o022);
  assertEquals(umask("--umask=0077"), 0o077);
  assertEquals(umask("--umask=22"), 0o022);
  assertEquals(umask("--umask=0"), 0);
});

Deno.test("rights that make no sense are refused", async (t) => {
  using dir = tempDir();
  const damaged = dir.join("damaged.json");
  await Deno.writeTextFile(damaged, '{"defaultAction":"x"}');
  const option = "use no-new-privileges, seccomp=…";
  const table: [string, string][] = [
    ["--cap-add=bogus", '"bogus" is unknown'],
    ["--cap-drop=bogus", '"bogus" is unknown'],
    ["--cap-add=chown --cap-drop=chown", "both added and dropped"],
    ["--cap-add=all --cap-drop=all", "both added and dropped"],
    ["--security-opt=", option],
    ["--security-opt=bogus", option],
    ["--security-opt=bogus=1", option],
    ["--security-opt=seccomp", option],
    ["--security-opt=systempaths=x", option],
    ["--security-opt=no-new-privileges=x", "no-new-privileges=true"],
    ["--security-opt=mask=x", '"x" is not absolute'],
    ["--security-opt=seccomp=/nope", "there is no such file"],
    [`--security-opt=seccomp=${dir.path}`, "no file that can be read"],
    [`--security-opt=seccomp=${damaged}`, '"x" is unknown'],
    ["--sysctl=vm.swappiness=1", "it is the whole machine's"],
    ["--sysctl=kernel.hostname=x", "it is the whole machine's"],
    ["--sysctl=kernel.semaphore=x", "it is the whole machine's"],
    ["--sysctl=net.a", "write NAME=VALUE"],
    ["--sysctl==1", "write NAME=VALUE"],
    ["--network=host --sysctl=net.a=1", "with --network=host it is the host's"],
    ["--ipc=host --sysctl=fs.mqueue.a=1", "with --ipc=host it is the host's"],
    ["--pid=bogus", "use one of private, host"],
    ["--ipc=bogus", "use one of private, shareable, host, none"],
    ["--userns=keep-id", "use one of host"],
    ["--uts=host --hostname=x", "it is the host's"],
    ["--umask=9", "write octal digits"],
    ["--umask=", "write octal digits"],
    ["--umask=77777", "write octal digits"],
    ...["a", "a:", ":1.2.3.4", "a:b", "a:1.2.3", "a:[::1]", "#:1.2.3.4"].map(
      (text): [string, string] => [`--add-host=${text}`, "write NAME:ADDRESS"],
    ),
    ["--stop-signal=bogus", "write a name"],
    ["--stop-signal=99", "write a name"],
    ["--stop-signal=", "write a name"],
    ["--stop-timeout=-1", "write whole seconds"],
    ["--stop-timeout=1.5", "write whole seconds"],
    ["--group-add=keep-groups", "names or numbers"],
    ["--label==b", "write NAME=VALUE"],
    ["--annotation=a", "write NAME=VALUE"],
    ["--label=", '"--label=": write NAME=VALUE'],
    ["--label==x", '"--label==x": write NAME=VALUE'],
    ["--hostname=a/b", 'Cannot use host name "a/b"'],
    ["--entrypoint=[1]", "a JSON array of texts"],
    ["--entrypoint=[", "a JSON array of texts"],
  ];
  for (const [typed, message] of table) {
    await t.step(typed, () => {
      assertStringIncludes(refusalOf(typed.split(" ")) ?? "taken", message);
    });
  }
});

Deno.test("flags of podman's that orlop has not say what to do", async (t) => {
  const table: [string, string][] = [
    ["--init", "start one of the image's"],
    ["-P", "name each port"],
    ["--ip=10.0.0.5", "the network's CNI configuration"],
    ["--restart=always", "let systemd do it"],
    ["--uidmap=0:1:2", "use podman for that"],
    ["--replace", "orlop rm --force NAME"],
    ["--gpus=all", "--device"],
    ["--volumes-from=x", "-v SRC:DST"],
    ["--secret=x", "-v FILE:DST:ro"],
    ["--arch=arm64", "use --platform OS/ARCH"],
    ["--tz=local", "-e TZ="],
    ["--http-proxy", "-e HTTPS_PROXY"],
    ["--no-hosts", "-v FILE:/etc/hosts:ro"],
    ["--expose=80", "lead a port of the host to it"],
    ["--health-interval=3s", "let what starts it do so"],
    ["--log-driver=journald", "orlop logs shows"],
    ["--log-opt=tag=x", "write max-size=SIZE"],
    ["--log-opt=max-size=0", "write a size"],
    ["--log-opt=max-size=much", "write a size"],
    ["--timeout=3", "orlop stop NAME"],
    ["-v=/cache", "--tmpfs /cache"],
  ];
  for (const [typed, message] of table) {
    await t.step(typed, () => {
      assertStringIncludes(refusalOf(typed.split(" ")) ?? "taken", message);
    });
  }
  assertEquals(refusalOf(["--detach=false", "--http-proxy=false"]), undefined);
});
