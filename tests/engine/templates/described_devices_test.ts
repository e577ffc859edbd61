import { assertEquals, assertRejects } from "@std/assert";
import { addDescribedDevices } from "../../../src/engine/templates/described_devices.ts";
import { openHost } from "../../../src/process/host.ts";
import { libc } from "../../support/own_libc.ts";
import { isRoot, needsThat } from "../../support/peers.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const host = openHost(libc);
const SPEC = {
  ociVersion: "1.0.2",
  process: {
    cwd: "/",
    env: ["PATH=/bin", "A=old"],
    user: { uid: 7, gid: 8, additionalGids: [9] },
  },
  mounts: [{ destination: "/a/b" }, { destination: "/c" }],
  linux: { resources: { devices: [{ allow: false, access: "rwm" }] } },
};

const YAML = `# a comment
cdiVersion: "1.0.0"
kind: a.b/yaml
devices:
- name: "0"
  containerEdits: &edits
    env: [Y=2]
    deviceNodes:
    - {path: /dev/mine, hostPath: /dev/null, fileMode: 0640}
- name: anchored
  containerEdits: *edits
`;
const BOMB = `a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
d: [*c, *c, *c, *c, *c, *c, *c, *c, *c]
`;

function write(
  dir: TempDir,
  name: string,
  { kind = "a.b/c", ...changes }: Record<string, unknown>,
): void {
  const text = JSON.stringify({ cdiVersion: "1.0.0", kind, ...changes });
  Deno.mkdirSync(dir.join(name, ".."), { recursive: true });
  Deno.writeTextFileSync(dir.join(name), text, { mode: 0o644 });
}

function device(env: string, name = "x") {
  return { name, containerEdits: { env: [env] } };
}

Deno.test({
  name: "addDescribedDevices() changes what a device says, and no more",
  ...needsThat(isRoot, "not root"),
  async fn() {
    using dir = tempDir("/var/tmp");
    write(dir, "1/a.json", {
      containerEdits: { env: ["A=new", "ALL=1"], additionalGids: [0, 9, 5] },
      devices: [device("X=1"), {
        name: "y",
        containerEdits: {
          deviceNodes: [{ path: "/dev/mine", hostPath: "/dev/null" }],
          mounts: [
            { hostPath: "/etc", containerPath: "/a", options: ["ro", "bind"] },
            { hostPath: "/etc", containerPath: "/c" },
          ],
          hooks: [{ hookName: "poststop", path: "/bin/true", timeout: 3 }],
        },
      }],
    });
    const names = ["a.b/c=x", "a.b/c=y", "a.b/c=x"];
    const directories = [dir.join("1"), dir.join("none")];
    const made = await addDescribedDevices(host, SPEC, { names, directories });
    assertEquals<unknown>(JSON.parse(JSON.stringify(made)), {
      ociVersion: "1.0.2",
      process: {
        cwd: "/",
        env: ["PATH=/bin", "A=new", "ALL=1", "X=1"],
        user: { uid: 7, gid: 8, additionalGids: [9, 5] },
      },
      mounts: [
        {
          ...{ destination: "/a", source: "/etc", type: "bind" },
          options: ["ro", "bind"],
        },
        {
          ...{ destination: "/c", source: "/etc", type: "bind" },
          options: ["rbind", "rprivate", "rw"],
        },
        { destination: "/a/b" },
      ],
      hooks: { poststop: [{ path: "/bin/true", timeout: 3 }] },
      linux: {
        devices: [{
          ...{ path: "/dev/mine", type: "c", major: 1, minor: 3 },
          ...{ fileMode: 0o666, uid: 7, gid: 8 },
        }],
        resources: {
          devices: [
            { allow: false, access: "rwm" },
            { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
          ],
        },
      },
    });
    assertEquals(await addDescribedDevices(host, SPEC, { names: [] }), SPEC);
  },
});

Deno.test({
  name: "addDescribedDevices() takes the last folder's, and refuses doubts",
  ...needsThat(isRoot, "not root"),
  async fn(t) {
    using dir = tempDir("/var/tmp");
    const directories = [dir.join("1"), dir.join("2")];
    write(dir, "1/a.json", { devices: [device("X=1"), device("Y=1", "y")] });
    write(dir, "1/b.json", { devices: [device("Z=1", "z")] });
    write(dir, "1/c.json", { devices: [device("Z=2", "z")] });
    write(dir, "2/a.json", { devices: [device("X=2")] });
    write(dir, "2/b.json", { kind: "a.b/open", devices: [device("X=3")] });
    write(dir, "2/c.json", { kind: "a.b/bad", devices: [{ name: "x" }] });
    write(dir, "2/d.json", {
      kind: "a.b/gone",
      devices: [{
        name: "x",
        containerEdits: { deviceNodes: [{ path: "/dev/none-such" }] },
      }, {
        name: "y",
        containerEdits: {
          mounts: [{ hostPath: "/none", containerPath: "/a" }],
        },
      }],
    });
    const yaml = (name: string, text: string) =>
      Deno.writeTextFileSync(dir.join(name), text, { mode: 0o644 });
    yaml("2/e.yaml", YAML);
    yaml("2/g.yml", "cdiVersion: [");
    yaml("2/h.yaml", "kind: a.b/short");
    yaml("2/i.yaml", "");
    yaml("2/j.yaml", `${YAML}---\n${YAML}`);
    yaml("2/k.yaml", BOMB);
    Deno.writeTextFileSync(dir.join("2/f.txt"), "{");
    Deno.chmodSync(dir.join("2/b.json"), 0o666);
    const add = async (name: string) => {
      const wanted = { names: [name], directories };
      const made = await addDescribedDevices(host, SPEC, wanted);
      return made.process?.env?.at(-1);
    };
    assertEquals(await add("a.b/c=x"), "X=2");
    assertEquals(await add("a.b/c=y"), "Y=1");
    assertEquals(await add("a.b/yaml=0"), "Y=2");
    assertEquals(await add("a.b/yaml=anchored"), "Y=2");
    const table: [string, string][] = [
      ["a.b/c=none", "nothing describes it"],
      ["a.b/c=z", `both "${dir.join("1/b.json")}" and`],
      ["a.b/open=x", `others can write to "${dir.join("2/b.json")}"`],
      ["a.b/bad=x", "containerEdits: "],
      ["a.b/short=x", 'h.yaml", cdiVersion: expected'],
      ["none/there=x", `Cannot read "${dir.join("2/g.yml")}": Flow sequence`],
      ["none/there=x", 'i.yaml": expected'],
      ["none/there=x", 'j.yaml": Source contains multiple documents'],
      ["none/there=x", 'k.yaml": Excessive alias count'],
      ["a.b/gone=x", '"/dev/none-such": it is not there'],
      ["a.b/gone=y", 'Cannot mount "/none" for a device'],
      ["none", "expected vendor.com/class=name"],
    ];
    for (const [name, message] of table) {
      await t.step(`${name}: ${message}`, async () => {
        await assertRejects(() => add(name), TypeError, message);
      });
    }
  },
});
