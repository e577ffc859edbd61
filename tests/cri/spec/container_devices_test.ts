import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeviceSchema } from "../../../src/cri/api/api_pb.js";
import { listDevices } from "../../../src/cri/spec/container_devices.ts";
import { openHost } from "../../../src/process/host.ts";

type Device = MessageInitShape<typeof DeviceSchema>;

const host = openHost(undefined);
// Which other tests make and remove meanwhile.
const PASSING = /^\/dev\/(loop|dm-|mapper)/;
const SKIPPED = /^\/dev\/(pts|shm|fd|mqueue|\.lxc|\.lxd-mounts|\.udev)(\/|$)/;

function list(devices: readonly Device[], privileged = false) {
  const asked = devices.map((device) => create(DeviceSchema, device));
  return listDevices(host, asked, { privileged });
}

/** All devices below a folder of this machine. */
function devicesIn(folder: string): readonly string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (SKIPPED.test(path)) return [];
    if (isDirectory) return devicesIn(path);
    const { isCharDevice, isBlockDevice } = Deno.lstatSync(path);
    const isLasting = !PASSING.test(path);
    return (isCharDevice || isBlockDevice) && isLasting ? [path] : [];
  }).toSorted();
}

Deno.test("listDevices() takes devices as they are asked for", async () => {
  assertEquals(await list([]), []);
  const found = await list([
    { hostPath: "/dev/null" },
    { hostPath: "/dev/zero", containerPath: "/dev/own", permissions: "r" },
    { hostPath: "/dev/no-such", permissions: "rw" },
  ]);
  assertEquals(found, [
    { source: "/dev/null", target: "/dev/null", access: "rwm" },
    { source: "/dev/zero", target: "/dev/own", access: "r" },
    { source: "/dev/no-such", target: "/dev/no-such", access: "rw" },
  ]);
});

Deno.test("listDevices() takes a folder for all devices below it", async () => {
  const all = devicesIn("/dev");
  assert(all.includes("/dev/null"));
  const found = await list([
    { hostPath: "/dev", containerPath: "/own", permissions: "rw" },
    { hostPath: "/dev/null" },
  ]);
  assertEquals(found.at(-1)?.source, "/dev/null");
  const below = found.slice(0, -1)
    .filter(({ source }) => !PASSING.test(source))
    .toSorted((a, b) => a.source < b.source ? -1 : 1);
  assertEquals(
    below,
    all.map((source) => ({
      ...{ source, target: source.replace("/dev", "/own"), access: "rw" },
    })),
  );
});

Deno.test("listDevices() gives who is privileged all but a container's own", async () => {
  const isPrivileged = true;
  const found = await list([{ hostPath: "/dev/null" }], isPrivileged);
  assertEquals(found.at(-1), {
    ...{ source: "/dev/null", target: "/dev/null", access: "rwm" },
  });
  const own = ["/dev/console", "/dev/tty", "/dev/ptmx"];
  assertEquals(
    found.slice(0, -1).map(({ source }) => source)
      .filter((source) => !PASSING.test(source)).toSorted(),
    devicesIn("/dev").filter((path) => !own.includes(path)),
  );
  for (const device of found.slice(0, -1)) {
    assertEquals(Object.keys(device), ["source"]);
  }
});

Deno.test("listDevices() refuses contradictory requests", async (t) => {
  const cases: readonly (readonly [Device, string])[] = [
    [
      { hostPath: "/dev/null", permissions: "rx" },
      'Cannot use device "/dev/null": expected some of r, w and m, not "rx"',
    ],
    [
      { hostPath: "/dev/null", permissions: "rwmr" },
      'Cannot use device "/dev/null": expected some of r, w and m, not "rwmr"',
    ],
    [
      { hostPath: "/usr" },
      'Cannot use devices of "/usr": a directory of devices is below /dev',
    ],
    [
      { hostPath: "/dev/../" },
      'Cannot use devices of "/": a directory of devices is below /dev',
    ],
    [{ hostPath: "dev" }, ""],
    [{ hostPath: "" }, ""],
  ];
  for (const [device, why] of cases) {
    await t.step(JSON.stringify(device), async () => {
      const error = await assertRejects(() => list([device]), TypeError);
      if (why !== "") assertEquals(error.message, why);
    });
  }
});
