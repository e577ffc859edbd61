/** What containers get that are made as a kubelet asks for. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  MountPropagation,
  NamespaceMode,
  SecurityProfile_ProfileType as ProfileType,
} from "../../../src/cri/api/api_pb.js";
import { findProgram } from "../../../src/process/find_program.ts";
import { runCommand } from "../../../src/process/run_command.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import { needsNetworks } from "../../support/nodes/test_network.ts";
import { MONITOR_NEEDS } from "../../support/monitored_container.ts";
import { type ConfigInit, specPods } from "../../support/nodes/spec_pods.ts";
import { libc } from "../../support/own_libc.ts";
import { APP } from "../../support/test_runtime.ts";

const NEEDED = {
  ignore: MONITOR_NEEDS.ignore || needsNetworks().ignore,
};
const utf8 = new TextEncoder();

Deno.test("a container of a request has what its pod has", NEEDED, async () => {
  await using test = await specPods();
  const sandbox = await test.pod("web", {
    dns: { servers: ["10.9.8.7"], searches: ["a.b"], options: [] },
  });
  const lines = await test.run(
    sandbox,
    "id; cat /proc/sys/kernel/hostname; cat /etc/resolv.conf /etc/hostname; " +
      "echo $FROM_IMAGE $SECRET $container; cd /proc/self/ns; for n in net ipc " +
      "uts; do ls -l $n | sed 's/.*-> //'; done; df /dev/shm | tail -n1; " +
      "echo > /made && echo written",
    {
      envs: [{ key: "SECRET", value: utf8.encode("sä$cret") }],
      linux: {
        securityContext: {
          runAsUser: { value: 0n },
          runAsGroup: { value: 7n },
          supplementalGroups: [9n],
        },
      },
    },
  );
  const [id, hostname, ...rest] = lines.split("\n");
  assertEquals(id, "uid=0(root) gid=7(7) groups=7(7),9");
  assertEquals(hostname, "web");
  assert(rest.includes("nameserver 10.9.8.7"), lines);
  assert(rest.includes("1 sä$cret"), lines);
  assert(rest.includes("written"), lines);
  for (const [name, path] of Object.entries(sandbox.namespaces)) {
    if (path === undefined) continue;
    const { ino } = await Deno.stat(path);
    assert(lines.includes(`:[${ino}]`), `${name} ${ino} ${lines}`);
  }
});

Deno.test(
  "a container of a request may do what it is given",
  NEEDED,
  async (t) => {
    await using test = await specPods();
    const sandbox = await test.pod("rights");
    const status = "grep -E '^(Cap(Eff|Bnd|Amb)|NoNewPrivs|Seccomp):' " +
      "/proc/self/status | tr -d '\\t\\n'";
    const context = (
      securityContext: NonNullable<
        NonNullable<ConfigInit["linux"]>["securityContext"]
      >,
    ): ConfigInit => ({ linux: { securityContext } });
    const table: [string, ConfigInit, RegExp][] = [
      ["nothing said", {}, /CapEff:00000000800405fb.*NoNewPrivs:0Seccomp:0/],
      [
        "nothing at all",
        context({ capabilities: { dropCapabilities: ["ALL"] } }),
        /CapEff:0+CapBnd:0+CapAmb:0+/,
      ],
      [
        "one for a user",
        context({
          runAsUser: { value: 33n },
          capabilities: {
            dropCapabilities: ["all"],
            addCapabilities: ["CAP_CHOWN"],
          },
        }),
        /CapEff:0+CapBnd:0{15}1CapAmb:0+NoNew/,
      ],
      [
        "one for a user and all it starts",
        context({
          runAsUser: { value: 33n },
          capabilities: {
            dropCapabilities: ["ALL"],
            addAmbientCapabilities: ["CHOWN"],
          },
        }),
        /CapEff:0{15}1CapBnd:0{15}1CapAmb:0{15}1/,
      ],
      [
        "a default profile",
        context({
          noNewPrivs: true,
          seccomp: { profileType: ProfileType.RuntimeDefault },
        }),
        /NoNewPrivs:1Seccomp:2/,
      ],
      [
        "all that there is",
        context({
          privileged: true,
          seccomp: { profileType: ProfileType.RuntimeDefault },
        }),
        /CapEff:000001[0-9a-f]+.*Seccomp:0/,
      ],
    ];
    for (const [name, config, expected] of table) {
      await t.step(name, async () => {
        assertMatch(await test.run(sandbox, status, config), expected);
      });
    }
    await t.step("a profile of the kubelet's", async () => {
      const path = test.dir.join("profile.json");
      await Deno.writeTextFile(
        path,
        JSON.stringify({
          defaultAction: "SCMP_ACT_ALLOW",
          syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO" }],
        }),
      );
      const seccomp = {
        profileType: ProfileType.Localhost,
        localhostRef: path,
      };
      const text = await test.run(sandbox, "mkdir /x", context({ seccomp }));
      assertMatch(text, /Operation not permitted/);
    });
  },
);

Deno.test(
  "a container of a request sees no more than it may",
  NEEDED,
  async () => {
    await using test = await specPods();
    const sandbox = await test.pod("paths");
    const text = await test.run(
      sandbox,
      "ls /data | wc -l; echo x > /bin/x; cat /bin/x; echo x > /root-file; true",
      {
        linux: {
          securityContext: {
            maskedPaths: ["/data"],
            readonlyPaths: ["/bin"],
            readonlyRootfs: true,
          },
        },
      },
    );
    assertMatch(text, /^0\n/);
    assertEquals(text.match(/Read-only file system/g)?.length, 2);
  },
);

Deno.test(
  "a container of a request has mounts that travel as they are to",
  NEEDED,
  async (t) => {
    await using test = await specPods();
    const sandbox = await test.pod("mounts");
    const shared = test.dir.join("shared");
    await Deno.mkdir(`${shared}`);
    const run = (name: string, ...args: string[]) =>
      runCommand(findProgram(name), args);
    await run("mount", "-t", "tmpfs", "tmpfs", shared);
    await run("mount", "--make-shared", shared);
    await Deno.mkdir(`${shared}/sub`);
    await Deno.mkdir(`${shared}/below`);
    await run("mount", "-t", "tmpfs", "tmpfs", `${shared}/below`);
    const { PROPAGATION_BIDIRECTIONAL, PROPAGATION_PRIVATE } = MountPropagation;
    const at = (rest: object): ConfigInit => ({
      mounts: [{ containerPath: "/v", hostPath: shared, ...rest }],
    });
    const script = "echo > /v/sub/x; echo > /v/below/x; true";
    const readonly = true;
    const table: [string, object, number][] = [
      ["to write", {}, 0],
      ["to read", { readonly }, 1],
      ["to read with all below it", { readonly, recursiveReadOnly: true }, 2],
    ];
    for (const [name, rest, failures] of table) {
      await t.step(name, async () => {
        const text = await test.run(sandbox, script, at(rest));
        assertEquals(text.match(/Read-only/g)?.length ?? 0, failures, text);
      });
    }
    await t.step("to write, and not to run", async () => {
      const text = await test.run(
        sandbox,
        "cp /bin/busybox /v/sub/; /v/sub/busybox true; grep ' /v ' /proc/mounts",
        at({ mountOptions: ["noexec", "nosuid", "nodev"] }),
      );
      assertMatch(text, /Permission denied/);
      assertMatch(text, / \/v tmpfs \S*nosuid,nodev,noexec/);
    });
    const mount = "busybox mount -t tmpfs tmpfs /v/sub";
    const privileged = { linux: { securityContext: { privileged: true } } };
    for (
      const [propagation, isSeen] of [
        [PROPAGATION_PRIVATE, false],
        [PROPAGATION_BIDIRECTIONAL, true],
      ] as const
    ) {
      await t.step(MountPropagation[propagation], async () => {
        await test.run(sandbox, mount, {
          ...at({ propagation }),
          ...privileged,
        });
        const found = await test.agent.mounter.isMounted(`${shared}/sub`);
        assertEquals(found, isSeen);
      });
    }
    await t.step("not where the host's do not", async () => {
      const config = at({
        hostPath: test.dir.path,
        propagation: PROPAGATION_BIDIRECTIONAL,
      });
      await run(
        "mount",
        "--bind",
        "--make-private",
        test.dir.path,
        test.dir.path,
      );
      await assertRejects(
        () => test.run(sandbox, "", config),
        TypeError,
        "private, not shared",
      );
      await run("umount", test.dir.path);
    });
  },
);

Deno.test(
  "a container of a request sees images, and cannot change them",
  NEEDED,
  async () => {
    await using test = await specPods();
    const sandbox = await test.pod("images");
    const image = { image: "localhost/app:1" };
    const script = "cat /i/data/file /d/file; echo > /i/x; echo > /d/x; true";
    const text = await test.run(sandbox, script, {
      mounts: [
        { containerPath: "/i", readonly: true, image },
        { containerPath: "/d", readonly: true, image, imageSubPath: "../data" },
      ],
    });
    assertEquals(text.match(/from the image/g)?.length, 2, text);
    assertEquals(text.match(/Read-only/g)?.length, 2, text);
  },
);

Deno.test(
  "a path in an image leads to nothing of the host",
  NEEDED,
  async (t) => {
    await using test = await specPods();
    const sandbox = await test.pod("escape");
    const { store } = test.agent;
    {
      using held = await store.lock({ layers: "read", images: "read" });
      const layer = held.images.records
        .find(({ names }) => names?.includes(APP))?.layer;
      assert(layer);
      const diff = `${layerDirectory(store.paths, layer)}/diff`;
      await Deno.symlink("/etc", `${diff}/data/absolute`);
      await Deno.symlink("../../../../../etc", `${diff}/data/relative`);
    }
    for (
      const imageSubPath of [
        ...["data/absolute", "data/relative", "../../../../etc", "/etc"],
      ]
    ) {
      await t.step(imageSubPath, async () => {
        const mount = { containerPath: "/v", readonly: true, imageSubPath };
        const text = await test.run(sandbox, "cat /v/passwd; ls /v", {
          mounts: [{ ...mount, image: { image: APP } }],
        });
        assertMatch(text, /^web:x:33:34/m);
        assertEquals(text.split("\n").slice(-3), ["group", "passwd", ""]);
      });
    }
  },
);

Deno.test(
  "a container of a request shares processes as it is to",
  NEEDED,
  async (t) => {
    await using test = await specPods();
    const ps =
      "ls /proc | grep -c '^[0-9]'; cat /proc/1/cmdline | tr '\\0' ' '";
    const shared = await test.pod("shared", {
      namespaces: { network: "pod", ipc: "pod", pid: "pod" },
    });
    const own = await test.pod("own");
    const pid = (pid: NamespaceMode, targetId = ""): ConfigInit => ({
      linux: { securityContext: { namespaceOptions: { pid, targetId } } },
    });
    await t.step("the pod's", async () => {
      assertMatch(await test.run(shared, ps, pid(NamespaceMode.POD)), /pause/);
      assertMatch(await test.run(shared, ps), /pause/);
    });
    await t.step("its own", async () => {
      assertMatch(await test.run(own, ps), /sh -c/);
      assertMatch(
        await test.run(shared, ps, pid(NamespaceMode.CONTAINER)),
        /sh/,
      );
    });
    await t.step("another container's", async () => {
      const { id } = await test.start(own, "sleep 1000");
      const text = await test.run(own, ps, pid(NamespaceMode.TARGET, id));
      assertMatch(text, /sleep 1000/);
    });
    await t.step("the host's", async () => {
      const text = await test.run(own, "ls /proc", pid(NamespaceMode.NODE));
      assert(text.split(/\s/).includes(String(Deno.pid)));
    });
  },
);

Deno.test(
  "a container of a request in the host's network has the host's",
  NEEDED,
  async () => {
    await using test = await specPods();
    const sandbox = await test.pod("host", {
      namespaces: { network: "node", ipc: "node", pid: "node" },
    });
    const text = await test.run(
      sandbox,
      "cat /proc/sys/kernel/hostname; ls /sys/class/net; ls -d /dev/mqueue; " +
        "busybox mount | grep -E ' /(sys|dev/shm|dev/mqueue) '",
    );
    assertEquals(text.split("\n")[0], Deno.hostname());
    assertMatch(text, /\blo\b/);
  },
);

Deno.test(
  "a container of a request has limits and devices",
  NEEDED,
  async () => {
    await using test = await specPods();
    const sandbox = await test.pod("limits", {
      cgroupParent: "/orlop-test/pod",
    });
    const text = await test.run(
      sandbox,
      "cat /proc/self/cgroup /proc/self/oom_score_adj; cat " +
        "/sys/fs/cgroup/memory/memory.limit_in_bytes " +
        "/sys/fs/cgroup/memory.max 2>&1; ls -l /dev/own; " +
        "head -c 1 /dev/own",
      {
        devices: [{
          hostPath: "/dev/kmsg",
          containerPath: "/dev/own",
          permissions: "w",
        }],
        linux: {
          resources: {
            memoryLimitInBytes: 64n << 20n,
            oomScoreAdj: 777n,
            cpuShares: 512n,
            hugepageLimits: [{ pageSize: "2MB", limit: 0n }],
          },
        },
      },
    );
    assertMatch(text, /777\n/);
    const file = "/proc/self/oom_score_adj";
    const own = Number(libc?.readProcessFile(Deno.pid, "oom_score_adj"));
    const low = await test.run(sandbox, `cat ${file}`, {
      linux: { resources: { oomScoreAdj: -998n } },
    });
    // As low as who starts it may.
    assert([-998, own].includes(Number(low)), low);
    assertMatch(text, /67108864/);
    assertMatch(text, /^c.* 1, +11 .*\/dev\/own$/m);
    assertMatch(text, /Operation not permitted/);
  },
);

Deno.test(
  "a container of a request has what kubelets mount for all",
  NEEDED,
  async () => {
    await using test = await specPods();
    const sandbox = await test.pod("usual");
    const path = (name: string) => test.dir.join(`kubelet-${name}`);
    await Deno.writeTextFile(path("hosts"), "10.1.2.3 of-the-kubelet\n");
    await Deno.writeTextFile(path("log"), "");
    await Deno.mkdir(path("secrets"));
    await Deno.writeTextFile(`${path("secrets")}/token`, "secret\n");
    const text = await test.run(
      sandbox,
      "cat /etc/hosts /var/run/secrets/token; echo why > /dev/termination-log; " +
        "echo x > /var/run/secrets/y; touch /dev/shm/z && ls /dev/pts",
      {
        mounts: [
          { containerPath: "/etc/hosts", hostPath: path("hosts") },
          { containerPath: "/dev/termination-log", hostPath: path("log") },
          {
            containerPath: "/var/run/secrets",
            hostPath: path("secrets"),
            readonly: true,
            recursiveReadOnly: true,
          },
        ],
      },
    );
    assertEquals(await Deno.readTextFile(path("log")), "why\n");
    assertMatch(text, /^10.1.2.3 of-the-kubelet\nsecret\n/);
    assertMatch(text, /Read-only file system/);
    assertMatch(text, /ptmx/);
  },
);
