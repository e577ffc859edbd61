import { assertEquals, assertFalse, assertMatch } from "@std/assert";
import { walk } from "@std/fs";
import { fromFileUrl } from "@std/path";
import { DEFAULTS, resolveConfig } from "../../../src/cli/input/config.ts";
import { FILE_KEYS, SERVE_KEYS } from "../../../src/cli/input/config_file.ts";
import { serveSettings } from "../../../src/cli/input/serve_settings.ts";
import { DEFAULT_PART_RULES } from "../../../src/engine/part_rules.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import { needs } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

const INSTALL = fromFileUrl(
  new URL("../../../scripts/install", import.meta.url),
);
const SETTINGS = "/etc/orlop/orlop.toml";
const NO_FLAGS = {
  listen: undefined,
  "cni-conf-dir": undefined,
  "cni-bin-dir": undefined,
  runtime: undefined,
  "cgroup-manager": undefined,
  "metrics-listen": undefined,
};
// It installs what scripts/build makes, and tests build nothing.
const ofBuilt = { ignore: Deno.env.get("ORLOP") === undefined };

async function install(destdir: string, ...args: string[]): Promise<string> {
  const { code, stderr } = await new Deno.Command(INSTALL, {
    args,
    env: {
      DESTDIR: destdir,
      PREFIX: "/usr",
      // Left from trying orlop: not what the machine's cleanup is about.
      ORLOP_ROOT: "/tour/root",
      ORLOP_RUNROOT: "/tour/run",
    },
  }).output();
  const text = new TextDecoder().decode(stderr);
  assertEquals(code, 0, text);
  return text;
}

async function list(directory: string): Promise<string[]> {
  const files = await Array.fromAsync(walk(directory, { includeDirs: false }));
  return files.map(({ path }) => path.slice(directory.length)).toSorted();
}

Deno.test(
  "install puts all in place, and takes it away",
  ofBuilt,
  async (t) => {
    using dir = tempDir();
    const at = (path: string) => Deno.readTextFile(`${dir.path}${path}`);
    await install(dir.path, "--schedule=systemd");
    await t.step("files", async () => {
      assertEquals(await list(dir.path), [
        SETTINGS,
        "/etc/systemd/system/orlop-gc.service",
        "/etc/systemd/system/orlop-gc.timer",
        "/usr/bin/orlop",
        "/usr/share/bash-completion/completions/orlop",
        "/usr/share/fish/vendor_completions.d/orlop.fish",
        "/usr/share/man/man1/orlop.1",
        "/usr/share/zsh/site-functions/_orlop",
      ]);
      assertEquals(
        await Deno.readFile(dir.join("usr/bin/orlop")),
        await Deno.readFile(ORLOP),
      );
      const service = await at("/etc/systemd/system/orlop-gc.service");
      assertMatch(service, /^ExecStart=\/usr\/bin\/orlop gc/m);
      assertMatch(await at("/usr/share/man/man1/orlop.1"), /^\.TH /m);
    });
    await t.step("with the machine's store in the schedule", async () => {
      const service = await at("/etc/systemd/system/orlop-gc.service");
      assertMatch(service, /^ExecStart=\/usr\/bin\/orlop gc --quiet --wait/m);
    });
    await t.step("again, with the settings kept", async () => {
      await Deno.writeTextFile(dir.join(SETTINGS), 'root = "/mine"\n');
      const told = await install(dir.path, "--schedule", "cron");
      assertMatch(told, /whatever PREFIX is, settings .* are in \S+\/etc$/m);
      assertEquals(await at(SETTINGS), 'root = "/mine"\n');
      assertMatch(
        await at("/etc/cron.d/orlop-gc"),
        /root \/usr\/bin\/orlop gc/,
      );
    });
    await t.step("with one schedule in place of the other", async () => {
      const ofSchedule = async () =>
        (await list(dir.path)).filter((path) => path.includes("orlop-gc"));
      assertEquals(await ofSchedule(), ["/etc/cron.d/orlop-gc"]);
      await install(dir.path, "--schedule", "none");
      assertEquals(await ofSchedule(), []);
      await install(dir.path, "--schedule=cron");
      assertEquals(await ofSchedule(), ["/etc/cron.d/orlop-gc"]);
    });
    await t.step("again, with the schedule kept", async () => {
      const cron = "/etc/cron.d/orlop-gc";
      await Deno.writeTextFile(dir.join(cron), "# mine\n");
      await install(dir.path);
      assertEquals(await at(cron), "# mine\n");
    });
    await t.step("away, but for the store and the settings", async () => {
      await Deno.mkdir(dir.join("var/lib/orlop"), { recursive: true });
      await Deno.writeTextFile(dir.join("var/lib/orlop/storage.lock"), "");
      await install(dir.path, "--uninstall");
      const kept = [SETTINGS, "/var/lib/orlop/storage.lock"];
      assertEquals(await list(dir.path), kept);
    });
  },
);

Deno.test(
  "install sets up a node of Kubernetes, and takes it away",
  ofBuilt,
  async (t) => {
    using dir = tempDir();
    const unit = "/etc/systemd/system/orlop.service";
    const network = "/etc/cni/net.d/10-orlop.conflist.example";
    const crictl = "/etc/crictl.yaml";
    const at = (path: string) => Deno.readTextFile(`${dir.path}${path}`);
    const ofServe = async () =>
      (await list(dir.path)).filter((path) =>
        [unit, network, crictl].includes(path)
      );
    await t.step("files", async () => {
      await install(dir.path, "--serve", "--schedule=none");
      assertEquals(await ofServe(), [network, crictl, unit]);
      assertMatch(await at(unit), /^ExecStart=\/usr\/bin\/orlop serve$/m);
      assertEquals(JSON.parse(await at(network)).name, "orlop");
    });
    await t.step("again, with crictl's settings kept", async () => {
      await Deno.writeTextFile(dir.join(crictl), "debug: true\n");
      await install(dir.path, "--serve", "--schedule=none");
      await install(dir.path, "--uninstall");
      assertEquals(await ofServe(), [crictl]);
    });
    await t.step("away", async () => {
      await Deno.remove(dir.join(crictl));
      await install(dir.path, "--serve", "--schedule=none");
      await install(dir.path, "--uninstall");
      assertEquals(await ofServe(), []);
    });
  },
);

Deno.test("systemd understands the unit that serves", {
  ...needs("systemd-analyze"),
}, async () => {
  using dir = tempDir();
  const source = new URL("../../../scripts/lib/orlop.service", import.meta.url);
  const text = await Deno.readTextFile(source);
  const path = dir.join("orlop.service");
  // It looks whether the program is there.
  await Deno.writeTextFile(path, text.replace("@PROGRAM@", "/bin/true"));
  const { code, stderr } = await new Deno.Command("systemd-analyze", {
    args: ["verify", "--man=no", path],
  }).output();
  const told = new TextDecoder().decode(stderr);
  assertEquals(code, 0, told);
  assertFalse(told.includes("orlop.service:"), told);
});

Deno.test("the settings that are installed say what holds anyway", async () => {
  using dir = tempDir();
  const source = new URL("../../../scripts/lib/orlop.toml", import.meta.url);
  const text = await Deno.readTextFile(source);
  const path = dir.join("orlop.toml");
  await Deno.writeTextFile(path, text.replaceAll(/^#(\w+ = )/gm, "$1"));
  const { connections, above } = DEFAULT_PART_RULES;
  const { serve, ...config } = await resolveConfig({ config: path });
  const { serve: _none, ...defaults } = DEFAULTS;
  assertEquals(serveSettings(NO_FLAGS, serve), serveSettings(NO_FLAGS, {}));
  assertEquals(config, {
    ...defaults,
    parts: { connections, above },
    // How to find the settings again, for a schedule.
    storeWords: ["--config", path],
  });
  const keys = text.match(/^#\w+(?= = )/gm)?.map((key) => key.slice(1));
  assertEquals(keys?.toSorted(), [...FILE_KEYS, ...SERVE_KEYS].toSorted());
});

Deno.test("install explains itself, and refuses what it does not know", async () => {
  for (const word of ["--help", "-h", "help"]) {
    const { code, stdout } = await new Deno.Command(INSTALL, { args: [word] })
      .output();
    assertEquals(code, 0);
    const text = new TextDecoder().decode(stdout);
    assertMatch(
      text,
      /^Usage: install \[--schedule cron\|systemd\|none\] \[--serve\]$/m,
    );
    assertMatch(text, /^PREFIX .*\n.*in \/etc, whatever it is/m);
  }
  const { code, stderr } = await new Deno.Command(INSTALL, {
    args: ["--frobnicate"],
  }).output();
  assertEquals(code, 1);
  assertMatch(new TextDecoder().decode(stderr), /see install --help/);
});
