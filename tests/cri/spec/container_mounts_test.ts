import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assertEquals, assertThrows } from "@std/assert";
import { MountPropagation, MountSchema } from "../../../src/cri/api/api_pb.js";
import {
  checkPropagation,
  podFiles,
  readMount,
} from "../../../src/cri/spec/container_mounts.ts";
import { propagationOf } from "../../../src/cri/spec/host_paths.ts";

type Mount = MessageInitShape<typeof MountSchema>;
const { PROPAGATION_PRIVATE, PROPAGATION_HOST_TO_CONTAINER } = MountPropagation;
const { PROPAGATION_BIDIRECTIONAL } = MountPropagation;

function read(mount: Mount) {
  return readMount(
    create(MountSchema, { hostPath: "/s", containerPath: "/t", ...mount }),
  );
}

Deno.test("readMount() reads access, propagation and options", async (t) => {
  const recursiveReadOnly = true;
  const table: [Mount, string, readonly string[]][] = [
    [{}, "read-write", ["rprivate"]],
    [{ readonly: true }, "read-only", ["rprivate"]],
    [{ readonly: true, recursiveReadOnly }, "all-read-only", ["rprivate"]],
    [
      { propagation: PROPAGATION_HOST_TO_CONTAINER, readonly: true },
      "read-only",
      ["rslave"],
    ],
    [{ propagation: PROPAGATION_BIDIRECTIONAL }, "read-write", ["rshared"]],
    [
      { mountOptions: ["noexec", "rnosuid"] },
      "read-write",
      ["rprivate", "noexec", "rnosuid"],
    ],
    [
      { hostPath: "", image: { image: "a" }, readonly: true },
      "read-only",
      ["rprivate"],
    ],
  ];
  for (const [mount, access, options] of table) {
    await t.step(JSON.stringify(mount), () => {
      const found = read(mount);
      assertEquals([found.access, found.options], [access, options]);
    });
  }
});

Deno.test("readMount() refuses contradictory requests", async (t) => {
  const image = { image: "a" };
  const recursiveReadOnly = true;
  const table: [Mount, string][] = [
    [{ recursiveReadOnly }, "must be read-only"],
    [
      {
        readonly: true,
        recursiveReadOnly,
        propagation: PROPAGATION_BIDIRECTIONAL,
      },
      "must be private",
    ],
    [
      {
        readonly: true,
        recursiveReadOnly,
        propagation: PROPAGATION_HOST_TO_CONTAINER,
      },
      "must be private",
    ],
    [{ propagation: Number(7) }, "propagation 7 is unknown"],
    [{ image }, "both a path and an image"],
    [{ hostPath: "" }, 'Cannot use mount "": it is not an absolute path'],
    [{ hostPath: "relative" }, "not an absolute path"],
    [{ containerPath: "relative" }, "not an absolute path"],
    [{ containerPath: "/a\0" }, "not an absolute path"],
    [{ imageSubPath: "a" }, "but no image"],
    [
      {
        hostPath: "",
        image,
        readonly: true,
        propagation: PROPAGATION_BIDIRECTIONAL,
      },
      "an image has no propagation",
    ],
    [{ hostPath: "", image }, "an image is read-only"],
    [
      { hostPath: "", image, readonly: true, imageSubPath: "a\0b" },
      "has a NUL",
    ],
    [{ uidMappings: [{ length: 1 }] }, "expected one range of groups, not 0"],
    [{ mountOptions: ["suid"] }, 'option "suid" is not known'],
    [{ mountOptions: ["tmpcopyup"] }, 'option "tmpcopyup" is not known'],
  ];
  for (const [mount, message] of table) {
    await t.step(message, () => {
      assertThrows(() => read(mount), TypeError, message);
    });
  }
});

Deno.test("checkPropagation() requires what the host has", async (t) => {
  const table: [MountPropagation, string, boolean][] = [
    [PROPAGATION_PRIVATE, "private", true],
    [PROPAGATION_HOST_TO_CONTAINER, "private", false],
    [PROPAGATION_HOST_TO_CONTAINER, "private,slave", true],
    [PROPAGATION_HOST_TO_CONTAINER, "shared", true],
    [PROPAGATION_BIDIRECTIONAL, "private,slave", false],
    [PROPAGATION_BIDIRECTIONAL, "shared", true],
    [PROPAGATION_BIDIRECTIONAL, "shared,slave", true],
  ];
  for (const [propagation, actual, isFine] of table) {
    await t.step(`${propagation} ${actual}`, () => {
      const check = () =>
        checkPropagation({ propagation, target: "/t" }, "/s", actual);
      if (isFine) check();
      else {assertThrows(
          check,
          TypeError,
          `the host's mount there is ${actual}`,
        );}
    });
  }
});

Deno.test("propagationOf() finds the mount that a path is on", async (t) => {
  const table = [
    ["/", "private"],
    ["/a", "shared"],
    ["/a/b", "private"],
    ["/a/b", "private,slave"],
    ["/ab", "unbindable"],
  ].map(([target = "", propagation = ""]) => ({
    ...{ target, propagation, source: "", type: "", options: "" },
  }));
  const paths: [string, string][] = [
    ["/x", "private"],
    ["/", "private"],
    ["/a", "shared"],
    ["/a/c", "shared"],
    ["/a/b/c", "private,slave"],
    ["/ab", "unbindable"],
    ["/abc", "private"],
  ];
  for (const [path, expected] of paths) {
    await t.step(path, () => {
      assertEquals(propagationOf(path, table), expected);
    });
  }
  assertEquals(propagationOf("/x", []), "private");
});

Deno.test("podFiles() leaves alone what a container has itself", async (t) => {
  const files = { resolvConf: "/p/r", hostname: "/p/n", hosts: "/p/h" };
  const all = ["/etc/resolv.conf", "/etc/hostname", "/etc/hosts"];
  const table: [readonly string[], readonly string[]][] = [
    [[], all],
    [["/etc/hosts"], ["/etc/resolv.conf", "/etc/hostname"]],
    [["/etc"], []],
    [["/etcetera"], all],
  ];
  for (const [targets, expected] of table) {
    await t.step(targets.join(), () => {
      const found = podFiles({ files }, { targets, access: "read-only" });
      assertEquals(found.map(({ target }) => target), expected);
    });
  }
});
